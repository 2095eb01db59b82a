/**
 * `dlrkit report`: how each carrier does, and what to do about its failures; read beside a tracker.
 *
 * @module
 */
import { Exporter, Journal, Scorecard } from "@dlrkit/core"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Flags from "./Flags.ts"
import * as KnownCarrier from "./KnownCarrier.ts"
import { openJournal } from "./OpenJournal.ts"
import * as ScorecardText from "./ScorecardText.ts"
import * as SummaryTable from "./SummaryTable.ts"
import * as Terminal from "./Terminal.ts"

/** The command. */
export const command = Command.make("report", {
  config: Flags.config,
  journal: Flags.journal,
  run: Flag.Int("run").pipe(
    Flag.withMetavar("N"),
    Flag.withDescription("Only the messages that this run of the tracker claimed last; events name their run"),
    Flag.optional
  ),
  carrier: Flags.carrier,
  json: Flags.json
}).pipe(
  Command.withShortDescription("How each carrier does, and what to do about its failures"),
  Command.withDescription(
    "Sums up by carrier: delivered of ended with its 95 % interval, the time to the final receipt, the top causes of failure and what to do. Messages still open are counted apart."
  ),
  Command.withHandler(
    Effect.fnUntraced(function* (flags) {
      yield* report(Option.getOrUndefined(flags.run), Option.getOrUndefined(flags.carrier), flags.json).pipe(
        Effect.provide(yield* openJournal(flags))
      )
    })
  )
)

const report = Effect.fnUntraced(function* (run: number | undefined, carrier: string | undefined, json: boolean) {
  const { store } = yield* Journal.Journal
  if (carrier !== undefined) yield* KnownCarrier.check(carrier, run)
  const counting = Scorecard.make()
  yield* Stream.runForEachArray(Exporter.messages(run), (page) =>
    Effect.sync(() => {
      for (const message of page) if (carrier === undefined || message.carrier === carrier) counting.note(message)
    })
  )
  const scorecard = counting.scorecard()
  if (json) {
    return yield* Terminal.printResult(JSON.stringify({ journal: store.location, ...ScorecardText.toJson(scorecard) }))
  }
  yield* Terminal.printResult(ScorecardText.render(scorecard))
  const names = Object.keys(scorecard.byCarrier)
  if (names.length > 0 && names.every((name) => name === "unknown")) Terminal.stderr.print(SummaryTable.carrierHint)
})
