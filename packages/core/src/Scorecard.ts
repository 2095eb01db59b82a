/**
 * The scorecard of each carrier: how many of its messages that ended were delivered and how sure that figure is, how long
 * it took until they were final, why they failed, and what to do about that.
 *
 * Messages that are still open are counted apart, never as failures. Those that are unconfirmed ended without a receipt and
 * may have arrived: they count among those that ended, and not among those that were delivered.
 *
 * Eight bytes are kept of each message that has both times, so that the quantiles are exact.
 *
 * @module
 */
import { isFinal, type TrackedMessage } from "./Message.ts"
import { type Actor, type Cause, causes } from "./Taxonomy.ts"

/** An interval of shares, each from 0 to 1. */
export interface Interval {
  readonly from: number
  readonly to: number
}

/** One of the reasons why a carrier's messages failed. */
export interface TopCause {
  readonly cause: Cause
  readonly failures: number
  /** Of all failures of the carrier, from 0 to 1. */
  readonly share: number
  readonly mustAct: Actor
  readonly action: string
}

/** How long messages took from being sent to being final. Milliseconds; `undefined` where it is known of none. */
export interface TimeToFinal {
  readonly messages: number
  /** Have a final receipt, and nobody knows when they were sent, or the two times contradict each other. */
  readonly unknown: number
  readonly p50: number | undefined
  readonly p95: number | undefined
}

/** How a carrier does. */
export interface Score {
  readonly registered: number
  /** Still open. */
  readonly open: number
  readonly ended: number
  readonly delivered: number
  readonly failed: number
  readonly unconfirmed: number
  /** Delivered of ended, from 0 to 1; `undefined` where none ended. */
  readonly deliveredOfEnded: number | undefined
  /** Where the share of delivered messages lies with 95 % confidence: the Wilson score interval. */
  readonly interval: Interval | undefined
  readonly timeToFinal: TimeToFinal
  /** The most frequent causes, three at the most. */
  readonly topCauses: ReadonlyArray<TopCause>
  /** Of messages that are final both here and by the carrier's own receipts: how many, and how many say the same end. */
  readonly ownWord: { readonly messages: number; readonly agree: number }
}

/** The scorecard. */
export interface Scorecard {
  readonly all: Score
  /** In the order of the alphabet. */
  readonly byCarrier: Readonly<Record<string, Score>>
}

/** How many causes are named of a carrier. */
const named = 3

/** The quantile of the normal distribution that leaves 2.5 % on either side. */
const z = 1.959963984540054

/**
 * The Wilson score interval of a share with 95 % confidence (E. B. Wilson, 1927): it stays within 0 and 1, and is honest
 * where there are few messages, or where all or none were delivered.
 */
export const wilson = (part: number, whole: number): Interval | undefined => {
  if (whole === 0) return undefined
  const share = part / whole
  const spread = (z * z) / whole
  const middle = (share + spread / 2) / (1 + spread)
  const half = (z / (1 + spread)) * Math.sqrt((share * (1 - share)) / whole + spread / (4 * whole))
  return { from: Math.max(0, middle - half), to: Math.min(1, middle + half) }
}

/** Numbers, eight bytes each. */
interface Samples {
  values: Float64Array
  length: number
}

const push = (samples: Samples, value: number): void => {
  if (samples.length === samples.values.length) {
    const wider = new Float64Array(Math.max(64, 2 * samples.length))
    wider.set(samples.values)
    samples.values = wider
  }
  samples.values[samples.length] = value
  samples.length += 1
}

/** The smallest value that so many of all values do not exceed (nearest rank). */
const quantile = (sorted: Float64Array, share: number): number | undefined =>
  sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]

interface Tally {
  open: number
  delivered: number
  failed: number
  unconfirmed: number
  untimed: number
  readonly times: Samples
  readonly failures: Map<Cause, { count: number; readonly actors: Map<Actor, number> }>
  ownWord: { messages: number; agree: number }
}

const empty = (): Tally => ({
  open: 0,
  delivered: 0,
  failed: 0,
  unconfirmed: 0,
  untimed: 0,
  times: { values: new Float64Array(0), length: 0 },
  failures: new Map(),
  ownWord: { messages: 0, agree: 0 }
})

/** Counts a message. */
const count = (tally: Tally, message: TrackedMessage): void => {
  const { cause = "unexplained", finalAt, report, resolution, sentAt, status } = message
  tally[resolution ?? "open"] += 1
  if (!isFinal(status)) return
  if (sentAt !== undefined && finalAt !== undefined && finalAt >= sentAt) push(tally.times, finalAt - sentAt)
  else tally.untimed += 1
  if (status === "failed") {
    const failures = tally.failures.get(cause) ?? { count: 0, actors: new Map() }
    tally.failures.set(cause, failures)
    failures.count += 1
    const actor = message.actor ?? causes[cause].actor
    failures.actors.set(actor, (failures.actors.get(actor) ?? 0) + 1)
  }
  if (report?.state === "delivered" || report?.state === "failed") {
    tally.ownWord.messages += 1
    if (report.state === status) tally.ownWord.agree += 1
  }
}

const scoreOf = ({ delivered, failed, failures, open, ownWord, times, unconfirmed, untimed }: Tally): Score => {
  const ended = delivered + failed + unconfirmed
  const sorted = times.values.slice(0, times.length).sort()
  return {
    registered: ended + open,
    open,
    ended,
    delivered,
    failed,
    unconfirmed,
    deliveredOfEnded: ended === 0 ? undefined : delivered / ended,
    interval: wilson(delivered, ended),
    timeToFinal: {
      messages: times.length,
      unknown: untimed,
      p50: quantile(sorted, 0.5),
      p95: quantile(sorted, 0.95)
    },
    topCauses: Array.from(failures)
      .sort(([, a], [, b]) => b.count - a.count)
      .slice(0, named)
      .map(([cause, { actors, count }]) => ({
        cause,
        failures: count,
        share: count / failed,
        mustAct: Array.from(actors).sort(([, a], [, b]) => b - a)[0]?.[0] ?? causes[cause].actor,
        action: causes[cause].action
      })),
    ownWord
  }
}

/** A scorecard as it grows. */
export interface Counting {
  readonly note: (message: TrackedMessage) => void
  readonly scorecard: () => Scorecard
}

/** Begins a scorecard. */
export const make = (): Counting => {
  const all = empty()
  const byCarrier = new Map<string, Tally>()
  return {
    note: (message) => {
      const tally = byCarrier.get(message.carrier) ?? empty()
      byCarrier.set(message.carrier, tally)
      count(tally, message)
      count(all, message)
    },
    scorecard: () => ({
      all: scoreOf(all),
      byCarrier: Object.fromEntries(
        Array.from(byCarrier)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([carrier, tally]) => [carrier, scoreOf(tally)])
      )
    })
  }
}
