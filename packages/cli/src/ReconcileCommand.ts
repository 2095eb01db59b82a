/**
 * `dlrkit reconcile`: what was tracked, the platform's own analytics, and the carriers' own word, side by side.
 *
 * @module
 */
import { Reconciliation, TrackerDefinition } from "@dlrkit/core"
import { currentActor } from "@dlrkit/core/node"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Configuration from "./Configuration.ts"
import * as Delivery from "./Delivery.ts"
import { Finished } from "./ExitCode.ts"
import * as Flags from "./Flags.ts"
import { opened, openJournal } from "./OpenJournal.ts"
import * as SummaryTable from "./SummaryTable.ts"
import * as Terminal from "./Terminal.ts"
import * as TextTable from "./TextTable.ts"
import { version } from "./Version.ts"

/** The command. */
export const command = Command.make("reconcile", {
  config: Flags.config,
  journal: Flags.journal,
  audit: Flags.audit,
  actor: Flags.actor,
  analytics: Flag.Boolean("analytics").pipe(
    Flag.withDefault(true),
    Flag.withDescription("With --no-analytics: what carriers report alone; needs no credentials, and asks nobody")
  ),
  json: Flags.json
}).pipe(
  Command.withShortDescription("Compare the journal with the platform's analytics and the carriers' own word"),
  Command.withDescription(
    "Holds every message of a journal against the platform's analytics, 500 at a time, and against what its carrier reports, where that was imported (dlrkit import); lists where any two of the three differ. Exits with 1 where they do."
  ),
  Command.withHandler(
    Effect.fnUntraced(function* (flags) {
      if (!flags.analytics) {
        const compared = Effect.provide(Reconciliation.reconcileReports, yield* openJournal(flags))
        return yield* tell(yield* compared, flags.json)
      }
      const { definition, environment } = yield* Configuration.load({
        config: Option.getOrUndefined(flags.config),
        journal: Option.getOrUndefined(flags.journal),
        audit: Option.getOrUndefined(flags.audit)
      })
      // It publishes nothing of its own: a tracker beside it may have the metrics' port.
      const quiet = TrackerDefinition.make({ ...definition.config, metrics: [], exports: [] })
      const actor = Option.getOrElse(flags.actor, currentActor)
      const result = yield* Reconciliation.reconcile({ actor, version }).pipe(
        Effect.ensuring(Delivery.now),
        Effect.provide(opened(TrackerDefinition.layer(quiet), environment, "beside"))
      )
      yield* tell(result, flags.json)
    })
  )
)

/** Prints what was found, and ends with 1 where something differs. */
const tell = Effect.fnUntraced(function* (result: Reconciliation.ReconcileResult, json: boolean) {
  const { agree, byCarrier, causeDiffers, compared, disagree, missingHere, missingThere, queries } = result
  if (json) {
    yield* Terminal.printResult(
      JSON.stringify({ compared, agree, disagree, missingHere, missingThere, byCarrier, queries, causeDiffers })
    )
  } else {
    for (const text of textsOf(result)) yield* Terminal.printResult(text)
  }
  if (disagree.length + missingHere.length + missingThere.length + causeDiffers.length > 0) {
    return yield* new Finished({ code: 1 })
  }
})

/** What was found, for people. */
const textsOf = (result: Reconciliation.ReconcileResult): ReadonlyArray<string> => {
  const { agree, byCarrier, causeDiffers, compared, disagree, missingHere, missingThere, queries } = result
  const missing = missingThere.length + missingHere.length
  const carriers = Object.entries(byCarrier).map(([carrier, { correct, messages, reported }]) => [
    carrier,
    ...[{ correct, messages }, reported].map((one) =>
      one.messages === 0
        ? "-"
        : `${one.correct} of ${one.messages} (${SummaryTable.percent(one.correct, one.messages)})`
    )
  ])
  return [
    ...(disagree.length === 0
      ? []
      : [`${TextTable.render(["message", "journal", "analytics", "carrier"], disagree.map(rowOf))}\n`]),
    ...(causeDiffers.length === 0
      ? []
      : [
          `${TextTable.render(
            ["message", "cause by the platform", "cause by the carrier"],
            causeDiffers.map(({ carrier, message, messageId }) => [messageId, message, carrier])
          )}\n`
        ]),
    ...missingThere.map((messageId) => `${messageId}: unknown to the platform's analytics`),
    ...missingHere.map((messageId) => `${messageId}: not in the journal`),
    ...(carriers.length === 0
      ? []
      : [`${TextTable.render(["carrier", "analytics agree", "the carrier agrees"], carriers)}\n`]),
    `${compared} messages compared in ${queries.length} queries: ${agree} agree, ${disagree.length} disagree, ${causeDiffers.length} failed for other reasons, ${missing} are missing on one side`
  ]
}

/** A disagreement as a row; a dash where a record has nothing. */
const rowOf = ({ analytics, carrier, carrierContradicted, message, messageId }: Reconciliation.Disagreement) => [
  messageId,
  message,
  analytics ?? "-",
  `${carrier ?? "-"}${carrierContradicted ? ", and another end" : ""}`
]
