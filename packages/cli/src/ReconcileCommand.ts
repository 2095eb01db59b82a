/**
 * `dlrkit reconcile`: the platform's own analytics against what was tracked.
 *
 * @module
 */
import { AuditTrail, Journal, JournalStore, Reconciliation, TrackerDefinition } from "@dlrkit/core"
import { currentActor } from "@dlrkit/core/node"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Configuration from "./Configuration.ts"
import { Finished } from "./ExitCode.ts"
import * as Flags from "./Flags.ts"
import * as SummaryTable from "./SummaryTable.ts"
import * as Terminal from "./Terminal.ts"
import { version } from "./Version.ts"

/** The command. */
export const command = Command.make("reconcile", {
  config: Flags.config,
  journal: Flags.journal,
  audit: Flags.audit,
  actor: Flags.actor,
  json: Flags.json
}).pipe(
  Command.withShortDescription("Compare the journal with the platform's analytics"),
  Command.withDescription(
    "Asks the platform's analytics about every message of a journal, 500 at a time, and lists where the two differ. Exits with 1 where they do."
  ),
  Command.withHandler(
    Effect.fnUntraced(function* (flags) {
      const { definition, environment } = yield* Configuration.load({
        config: Option.getOrUndefined(flags.config),
        journal: Option.getOrUndefined(flags.journal),
        audit: Option.getOrUndefined(flags.audit)
      })
      // It publishes nothing of its own: a tracker beside it may have the metrics' port.
      const quiet = TrackerDefinition.make({ ...definition.config, metrics: [], exports: [] })
      yield* reconcile(Option.getOrElse(flags.actor, currentActor), flags.json).pipe(
        Effect.provide(
          TrackerDefinition.layer(quiet).pipe(
            Layer.provide(environment),
            Layer.provide(Layer.succeed(JournalStore.Access, "beside" as const))
          )
        )
      )
    })
  )
)

const reconcile = Effect.fnUntraced(function* (actor: string, json: boolean) {
  const result = yield* Reconciliation.reconcile({ actor, version }).pipe(Effect.ensuring(deliver))
  const { agree, byCarrier, compared, disagree, missingHere, missingThere, queries } = result
  if (json) {
    yield* Terminal.printResult(
      JSON.stringify({ compared, agree, disagree, missingHere, missingThere, byCarrier, queries })
    )
  } else {
    for (const { messageId, platform, tracked } of disagree) {
      yield* Terminal.printResult(`${messageId}: tracked as ${tracked}, the platform says ${platform}`)
    }
    for (const messageId of missingThere)
      yield* Terminal.printResult(`${messageId}: unknown to the platform's analytics`)
    for (const messageId of missingHere) yield* Terminal.printResult(`${messageId}: not in the journal`)
    for (const [carrier, { correct, messages }] of Object.entries(byCarrier)) {
      yield* Terminal.printResult(
        `${carrier}: ${correct} of ${messages} agree (${SummaryTable.percent(correct, messages)})`
      )
    }
    yield* Terminal.printResult(
      `${compared} messages compared in ${queries.length} queries: ${agree} agree, ${disagree.length} disagree, ${missingThere.length + missingHere.length} are missing on one side`
    )
  }
  if (disagree.length + missingHere.length + missingThere.length > 0) return yield* new Finished({ code: 1 })
})

/** The audit sinks get the events of this run now, or, where a tracker has the journal, by that tracker. */
const deliver = Effect.gen(function* () {
  const { store } = yield* Journal.Journal
  yield* store.claim
  const trail = yield* AuditTrail.start()
  yield* trail.drain("4 seconds")
}).pipe(Effect.scoped, Effect.ignore)
