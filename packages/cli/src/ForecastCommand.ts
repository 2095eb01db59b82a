/**
 * `dlrkit forecast`: what to expect of a budget, before anything is sent.
 *
 * @module
 */
import { DelayCurve, Forecast, Journal, JournalStore } from "@dlrkit/core"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { durationFlag, durationText } from "./DurationText.ts"
import * as Flags from "./Flags.ts"
import { openJournal } from "./OpenJournal.ts"
import * as Terminal from "./Terminal.ts"

/** A number above 0, below what makes a forecast take minutes. */
const countFlag = (name: string, most: number) =>
  Flag.Int(name).pipe(
    Flag.withMetavar("N"),
    Flag.filter(
      (count) => count > 0 && count <= most,
      (count) => `Expected a number from 1 to ${most}, got ${count}`
    )
  )

/** The most credentials that are tried for a lag. */
const mostCredentials = 64

/** The command. */
export const command = Command.make("forecast", {
  config: Flags.config,
  journal: Flags.journal,
  messages: countFlag("messages", 100_000_000).pipe(Flag.withDescription("How many messages are to be sent")),
  perHour: countFlag("per-hour", 10_000_000).pipe(Flag.withDescription("How many of them in an hour")),
  requestsPerMinute: countFlag("requests-per-minute", 100_000).pipe(
    Flag.withDescription("How many requests the platform allows each credential"),
    Flag.withDefault(300)
  ),
  credentials: countFlag("credentials", mostCredentials).pipe(
    Flag.withDescription("How many credentials there are"),
    Flag.withDefault(1)
  ),
  api: Flag.Literals("api", ["conversations", "messaging"]).pipe(
    Flag.withDescription("The API that is read; sweeps are of conversations alone"),
    Flag.withDefault("conversations" as const)
  ),
  deadline: durationFlag("deadline").pipe(
    Flag.withDescription("How long after it was sent a message is followed"),
    Flag.withDefault(72 * 3_600_000)
  ),
  lag: durationFlag("lag").pipe(
    Flag.withDescription("Say how many credentials a 95th percentile of the lag of so much takes"),
    Flag.optional
  ),
  json: Flags.json
}).pipe(
  Command.withShortDescription("Predict lag, time and requests of a campaign"),
  Command.withDescription(
    "Predicts how long after a receipt is final at the platform it is known here, how long all takes, and how many requests. Sends nothing."
  ),
  Command.withExamples([
    { command: "dlrkit forecast --messages 100000 --per-hour 50000 --lag 30s", description: "What a lag of 30 s takes" }
  ]),
  Command.withHandler(
    Effect.fnUntraced(function* (flags) {
      const { journal, api } = flags
      const known = yield* carriersOf(api).pipe(
        Effect.provide(yield* openJournal(flags)),
        // Without a journal, and without one having been named, nothing has been learned yet.
        Effect.catchIf(
          (error) => Option.isNone(journal) && error instanceof JournalStore.JournalError,
          () => Effect.succeed([])
        )
      )
      const learned = known.length > 0
      const told = tell({ ...flags, lag: Option.getOrUndefined(flags.lag) }, learned ? known : typical)
      yield* Terminal.printResult(
        flags.json ? JSON.stringify({ ...told, learned }) : `${render(told)}\n${learned ? fromLearned : fromTypical}`
      )
    })
  )
)

const carriersOf = (api: string) =>
  Effect.flatMap(Journal.Journal, ({ store }) => Forecast.learned(store, `genesys-${api}`))

/** Carriers of which nothing is known: all take as long as is typical. */
const typical: Forecast.ForecastOptions["carriers"] = [{ name: "typical", share: 1, curve: DelayCurve.typical }]

const fromLearned = "from what the journal has learned of its carriers"
const fromTypical = "from what is typical: 85 % of receipts within seconds, 10 % minutes, 3 % hours, 2 % never"

/** What is asked for. Durations in milliseconds. */
export interface Question {
  readonly messages: number
  readonly perHour: number
  readonly requestsPerMinute: number
  readonly credentials: number
  readonly api: "conversations" | "messaging"
  readonly deadline: number
  /** The 95th percentile of the lag that is wanted. */
  readonly lag?: number | undefined
}

/** What to expect: the object that `--json` prints. Durations in milliseconds. */
export interface Told {
  readonly messages: number
  readonly perHour: number
  readonly requestsPerMinute: number
  readonly credentials: number
  readonly meanLagMs: number
  readonly p95LagMs: number
  /** From the first sending until the last final receipt is known. */
  readonly lastKnownMs: number
  /** From the first sending until every message is final or given up. */
  readonly endMs: number
  readonly requests: number
  /** How many credentials the wanted lag takes; `null` where none are enough. Only where a lag was asked for. */
  readonly wanted?: { readonly p95LagMs: number; readonly credentials: number | null }
}

/** A budget paces a little below its limit, so that jitter on the way does not break the platform's count. */
const margin = 1.025

/** What a sweep of the conversations API is like where nothing else is set. */
const sweep = { pageSize: 100, lag: 60_000 }

/** A request that is expected to reveal less unseen time is not sent. Milliseconds. */
const floor = 1000

/** Forecasts, with each carrier's share of the messages and how long its receipts take. */
export const tell = (question: Question, carriers: Forecast.ForecastOptions["carriers"]): Told => {
  const { api, credentials, deadline, lag, messages, perHour, requestsPerMinute } = question
  const options: Forecast.ForecastOptions = {
    messages,
    perHour,
    perMinute: requestsPerMinute / margin,
    credentials,
    carriers,
    sweep: api === "conversations" ? sweep : undefined,
    floor,
    deadline
  }
  const { end, lag95, lastKnown, meanLag, requests } = Forecast.predict(options)
  return {
    messages,
    perHour,
    requestsPerMinute,
    credentials,
    meanLagMs: Math.round(meanLag),
    p95LagMs: Math.round(lag95),
    lastKnownMs: Math.round(lastKnown),
    endMs: Math.round(end),
    requests,
    ...(lag === undefined
      ? {}
      : {
          wanted: { p95LagMs: lag, credentials: Forecast.credentialsFor(options, lag, mostCredentials) ?? null }
        })
  }
}

/** A forecast for people. */
export const render = (told: Told): string => {
  const {
    credentials,
    endMs,
    lastKnownMs,
    meanLagMs,
    messages,
    p95LagMs,
    perHour,
    requests,
    requestsPerMinute,
    wanted
  } = told
  const lines = [
    `${messages} messages, ${perHour} an hour; ${requestsPerMinute} requests a minute for each of ${count(credentials)}`,
    `lag from a final receipt to knowing it: mean ${durationText(meanLagMs)}, 95th percentile ${durationText(p95LagMs)}`,
    `the last receipt is known after ${durationText(lastKnownMs)}; every message has its end after ${durationText(endMs)}`,
    `${requests} requests`
  ]
  if (wanted !== undefined) {
    const what = `a 95th percentile of ${durationText(wanted.p95LagMs)}`
    lines.push(
      wanted.credentials === null
        ? `${what} is not reached, however many credentials there are: a request that reveals less than a second is not sent (floor)`
        : `${what} takes ${count(wanted.credentials)}`
    )
  }
  return lines.join("\n")
}

const count = (credentials: number) => (credentials === 1 ? "1 credential" : `${credentials} credentials`)
