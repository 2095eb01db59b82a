/**
 * `dlrkit status`: how the messages of a journal stand, read beside a tracker.
 *
 * @module
 */
import { Journal, JournalStore, Summary, TrackerDefinition } from "@dlrkit/core"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Configuration from "./Configuration.ts"
import * as Flags from "./Flags.ts"
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
      yield* status(flags.json).pipe(Effect.provide(yield* readJournal(flags)))
    })
  )
)

/** The journal that the flags name, to be read alone. */
export const readJournal = Effect.fnUntraced(function* (flags: {
  readonly config: Option.Option<string>
  readonly journal: Option.Option<string>
}): Effect.fn.Return<
  Layer.Layer<Journal.Journal, unknown, Exclude<TrackerDefinition.Platform, Journal.Journal | Scope.Scope>>,
  Configuration.LoadError,
  FileSystem.FileSystem
> {
  const { definition, environment } = yield* Configuration.load({
    config: Option.getOrUndefined(flags.config),
    journal: Option.getOrUndefined(flags.journal)
  })
  return TrackerDefinition.journalLayer(definition).pipe(
    Layer.provide(environment),
    Layer.provide(Layer.succeed(JournalStore.Access, "read" as const))
  )
})

const status = Effect.fnUntraced(function* (json: boolean) {
  const { store } = yield* Journal.Journal
  const summary = Summary.fromTotals(yield* store.totals())
  const events = yield* store.lastSeq
  const last = (yield* store.events(events - 1, 1))[0]
  const sinks = (yield* store.consumers).map(({ consumer, seq }) => ({ name: consumer, backlog: events - seq }))
  if (json) {
    return yield* Terminal.printResult(
      JSON.stringify({ journal: store.location, ...summary, events, lastEventAt: last?.at ?? null, sinks })
    )
  }
  yield* Terminal.printResult(yield* SummaryTable.render(summary, undefined))
  if (summary.failed > 0) yield* Terminal.printResult(`\nfailures by cause:\n${SummaryTable.failures(summary)}`)
  yield* Terminal.printResult(
    `\njournal: ${store.location}, ${events} events${last === undefined ? "" : `, the last at ${last.at}`}`
  )
  for (const { backlog, name } of sinks) {
    yield* Terminal.printResult(`${name}: ${backlog === 0 ? "has every event" : `${backlog} events behind`}`)
  }
})
