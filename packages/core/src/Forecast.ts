/**
 * What to expect of a budget: the planner runs against a model of the platform, with messages whose receipts take as
 * long as the curves have it.
 *
 * All times in milliseconds.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as DelayCurve from "./DelayCurve.ts"
import * as DelayCurves from "./DelayCurves.ts"
import type { JournalError, JournalStoreService } from "./JournalStore.ts"
import * as PlannedRun from "./PlannedRun.ts"
import * as Planner from "./Planner.ts"
import * as RequestPlanner from "./RequestPlanner.ts"
import type { SweepOptions } from "./SweepCells.ts"

/** What a forecast is made for. */
export interface ForecastOptions {
  readonly messages: number
  /** How many are sent in an hour. */
  readonly perHour: number
  /** Requests that one credential may send in a minute, as the budget paces them. */
  readonly perMinute: number
  readonly credentials: number
  /** Each carrier's share of the messages, and how long its receipts take. */
  readonly carriers: ReadonlyArray<{
    readonly name: string
    readonly share: number
    readonly curve: DelayCurve.DelayCurve
  }>
  /** Left out where sweeps are not to be had. */
  readonly sweep?: SweepOptions | undefined
  /** The share of conversations with several messages (two to five); none unless told. */
  readonly several?: number
  /** A request with a smaller expected gain is not sent. */
  readonly floor: number
  /** Messages without a final receipt are given up after so long. */
  readonly deadline: number
  /** Counts the lag of messages sent since this moment only, and up to that one only; the first is sent at 0. */
  readonly counted?: { readonly since: number; readonly until: number }
}

/** What to expect. */
export interface Forecast {
  /** From the final receipt's being there to its being known here. */
  readonly meanLag: number
  readonly lag95: number
  /** From the first sending until the last final receipt is known. */
  readonly lastKnown: number
  /** From the first sending until every message is final or given up. */
  readonly end: number
  readonly requests: number
}

/**
 * What a journal has learned of the carriers whose messages a source asks for: their shares, and how long their receipts
 * take. Nothing where it has none yet.
 */
export const learned = Effect.fnUntraced(function* (
  store: JournalStoreService,
  source: string
): Effect.fn.Return<ForecastOptions["carriers"], JournalError> {
  const curves = yield* Planner.curvesOf(store, source)
  const counts = new Map<string, number>()
  for (const { carrier, count } of yield* store.totals()) counts.set(carrier, (counts.get(carrier) ?? 0) + count)
  return Array.from(counts, ([name, share]) => ({ name, share, curve: curves.of(name) }))
})

/** An answer of the platform, in the mean. */
const latency = 100
/** Of more messages, so many are enough to see where the lag stays the same, if it takes so many hours to send them. */
const enough = 40_000
const enoughHours = 3
/** The lag stays the same where that of the second half is at most so many times that of the first. */
const steady = 1.2
/** Twice as many credentials bring nothing where the lag remains above this share. */
const noGain = 0.98

/** Forecasts. Takes a second or a few, whatever the number of messages. */
export const predict = (options: ForecastOptions): Forecast => {
  const { counted, messages, perHour } = options
  const sample = Math.max(enough, enoughHours * perHour)
  if (messages > sample && counted === undefined) {
    const { forecast, growth } = run({ ...options, messages: sample })
    if (growth < steady) {
      const later = ((messages - sample) / perHour) * 3_600_000
      return {
        ...forecast,
        lastKnown: forecast.lastKnown + later,
        end: forecast.end + later,
        requests: Math.round((forecast.requests * messages) / sample)
      }
    }
  }
  return run(options).forecast
}

/**
 * The fewest credentials with which the 95th percentile of the lag is at most `lag95`. None where `most` are not enough,
 * or where more bring nothing, since the floor lets no more requests be sent.
 */
export const credentialsFor = (options: ForecastOptions, lag95: number, most = 64): number | undefined => {
  const lagWith = (credentials: number) => predict({ ...options, credentials }).lag95
  let high = 1
  for (let lag = lagWith(1), before = Number.POSITIVE_INFINITY; lag > lag95; lag = lagWith(high)) {
    if (high === most || lag > noGain * before) return undefined
    before = lag
    high = Math.min(most, high * 2)
  }
  let low = high >> 1
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (lagWith(middle) <= lag95) high = middle
    else low = middle
  }
  return high
}

const run = (options: ForecastOptions): { readonly forecast: Forecast; readonly growth: number } => {
  const { carriers, counted, credentials, deadline, floor, perMinute, sweep } = options
  const curves = DelayCurves.make({
    carriers: Object.fromEntries(carriers.map(({ curve, name }) => [name, curve])),
    fixed: true
  })
  const traffic = trafficOf(options)
  const { finalAt, sentAt } = traffic
  const count = sentAt.length
  const until = counted?.until ?? (sentAt[count - 1] ?? 0) + deadline
  const { knownAt, requests } = PlannedRun.run({
    planner: RequestPlanner.make({ floor, curves, sweep }),
    ...{ traffic, sweep, latency, until, gap: 60_000 / (perMinute * credentials) }
  })
  const lags: Array<number> = []
  let lastKnown = 0
  let end = 0
  for (let message = 0; message < count; message++) {
    const givenUpAt = Math.min(sentAt[message]! + deadline, until)
    end = Math.max(end, Math.min(knownAt[message]!, givenUpAt))
    if (finalAt[message]! >= givenUpAt) continue
    const known = Math.min(knownAt[message]!, givenUpAt)
    lastKnown = Math.max(lastKnown, known)
    if (sentAt[message]! >= (counted?.since ?? 0)) lags.push(known - finalAt[message]!)
  }
  const half = lags.length >> 1
  const growth = mean(lags.slice(half)) / mean(lags.slice(0, half))
  const meanLag = mean(lags)
  const lag95 = lags.sort((a, b) => a - b)[Math.floor(lags.length * 0.95)] ?? 0
  return { forecast: { meanLag, lag95, lastKnown, end, requests }, growth }
}

const mean = (values: ReadonlyArray<number>) =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)

/** Messages sent at random (Poisson), the same each time. */
const trafficOf = ({ carriers, messages, perHour, several = 0 }: ForecastOptions): PlannedRun.Traffic => {
  const next = random(1)
  const gap = ((1 + 2.5 * several) * 3_600_000) / perHour
  const sent: Array<{ readonly sentAt: number; readonly conversation: number; readonly carrier: number }> = []
  let startedAt = 0
  for (let conversation = 0; sent.length < messages; conversation++) {
    startedAt += gap * -Math.log(1 - next())
    let draw = next() * carriers.reduce((sum, { share }) => sum + share, 0)
    let carrier = 0
    while (carrier < carriers.length - 1 && draw >= carriers[carrier]!.share) draw -= carriers[carrier++]!.share
    const length = next() < several ? 2 + Math.floor(next() * 4) : 1
    let sentAt = startedAt
    for (let index = 0; index < length && sent.length < messages; index++) {
      if (index > 0) sentAt += 60_000 * -Math.log(1 - next())
      sent.push({ sentAt, conversation, carrier })
    }
  }
  sent.sort((a, b) => a.sentAt - b.sentAt)
  return {
    carriers: carriers.map(({ name }) => name),
    carrier: Uint16Array.from(sent, ({ carrier }) => carrier),
    conversation: Int32Array.from(sent, ({ conversation }) => conversation),
    sentAt: Float64Array.from(sent, ({ sentAt }) => sentAt),
    finalAt: Float64Array.from(
      sent,
      ({ carrier, sentAt }) => sentAt + DelayCurve.ageAt(carriers[carrier]!.curve, next())
    )
  }
}

/** Numbers in [0, 1), the same each time: a linear congruence with the constants of Numerical Recipes, its high half used. */
const random = (seed: number) => {
  let state = seed
  const half = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state >>> 16
  }
  return () => (half() * 65_536 + half()) / 4_294_967_296
}
