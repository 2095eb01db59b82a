/**
 * `dlrkit status`: how the messages of a journal stand, read beside a tracker.
 *
 * @module
 */
import { Journal, Summary, TrackingEvent } from "@dlrkit/core"
import * as Clock from "effect/Clock"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import { durationText } from "./DurationText.ts"
import * as Flags from "./Flags.ts"
import { openJournal } from "./OpenJournal.ts"
import * as SummaryTable from "./SummaryTable.ts"
import * as Terminal from "./Terminal.ts"

/** The command. */
export const command = Command.make("status", {
  config: Flags.config,
  journal: Flags.journal,
  json: Flags.json
}).pipe(
  Command.withShortDescription("How the messages of a journal stand"),
  Command.withDescription("Reads a journal, also beside a tracker that writes it, and sums up all its messages."),
  Command.withHandler(
    Effect.fnUntraced(function* (flags) {
      yield* status(flags.json).pipe(Effect.provide(yield* openJournal(flags)))
    })
  )
)

/** How far a consumer of events has come. */
interface SinkState {
  readonly name: string
  /** Events that it has not acknowledged. */
  readonly backlog: number
  /** When the oldest of these was recorded. */
  readonly oldestAt: string | null
  readonly failure: { readonly since: string; readonly at: string; readonly detail: string } | null
}

const sinkStates = Effect.gen(function* () {
  const { store } = yield* Journal.Journal
  const consumers = yield* store.consumers
  const first = yield* store.firstSeq
  const last = yield* store.lastSeq
  return yield* Effect.forEach(consumers, ({ consumer, failure, seq }) =>
    Effect.gen(function* () {
      const has = Math.max(seq, first - 1)
      const [oldest] = has < last ? yield* store.events(has, 1) : []
      const state: SinkState = {
        name: consumer,
        backlog: Math.max(0, last - has),
        oldestAt: oldest?.at ?? null,
        failure:
          failure === undefined
            ? null
            : {
                since: TrackingEvent.isoTime(failure.since),
                at: TrackingEvent.isoTime(failure.at),
                detail: failure.detail
              }
      }
      return state
    })
  )
})

/** How a consumer stands, in a line. */
const sinkLine = ({ backlog, failure, name, oldestAt }: SinkState, now: number): string => {
  const ago = (at: string) => `${durationText(Math.max(0, now - Date.parse(at)))} ago`
  const behind = `${backlog} ${backlog === 1 ? "event" : "events"} behind`
  return [
    `${name}: ${backlog === 0 ? "has every event" : behind}`,
    ...(oldestAt === null ? [] : [`the oldest of ${ago(oldestAt)}`]),
    ...(failure === null ? [] : [`failing since ${failure.since}, last ${ago(failure.at)}: ${failure.detail}`])
  ].join(", ")
}

const status = Effect.fnUntraced(function* (json: boolean) {
  const { store } = yield* Journal.Journal
  const summary = Summary.fromTotals(yield* store.totals())
  const events = yield* store.lastSeq
  const last = (yield* store.events(events - 1, 1))[0]
  const sinks = yield* sinkStates
  if (json) {
    return yield* Terminal.printResult(
      JSON.stringify({ journal: store.location, ...summary, events, lastEventAt: last?.at ?? null, sinks })
    )
  }
  yield* Terminal.printResult(yield* SummaryTable.render(summary, undefined))
  if (summary.failed > 0) yield* Terminal.printResult(`\nfailures by cause:\n${SummaryTable.failures(summary)}`)
  yield* Terminal.printResult("")
  if (summary.late > 0) {
    yield* Terminal.printResult(`late: ${summary.late} ended with a receipt after they had been called unconfirmed`)
  }
  if (summary.contradicted > 0) {
    yield* Terminal.printResult(`contradicted: of ${summary.contradicted} another receipt says a different end`)
  }
  yield* Terminal.printResult(
    `journal: ${store.location}, ${events} events${last === undefined ? "" : `, the last at ${last.at}`}`
  )
  const now = yield* Clock.currentTimeMillis
  for (const sink of sinks) yield* Terminal.printResult(sinkLine(sink, now))
})
