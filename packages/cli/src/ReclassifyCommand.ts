/**
 * `dlrkit reclassify`: recorded failures are read again by the classifiers of today.
 *
 * @module
 */
import { AuditTrail, Classifier, Journal, Reclassification, RecordedReceipt, TrackerDefinition } from "@dlrkit/core"
import { currentActor } from "@dlrkit/core/node"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Configuration from "./Configuration.ts"
import * as Flags from "./Flags.ts"
import * as KnownClassifiers from "./KnownClassifiers.ts"
import { opened, openJournal } from "./OpenJournal.ts"
import * as Terminal from "./Terminal.ts"
import * as TextTable from "./TextTable.ts"
import { version } from "./Version.ts"

/** The command. */
export const command = Command.make("reclassify", {
  config: Flags.config,
  journal: Flags.journal,
  audit: Flags.audit,
  actor: Flags.actor,
  write: Flag.Boolean("write").pipe(
    Flag.withDefault(false),
    Flag.withDescription("Write what changes; without it, it is only shown")
  ),
  json: Flags.json
}).pipe(
  Command.withShortDescription("Read recorded failures again by the classifiers of today"),
  Command.withDescription(
    "Reads the recorded failures of a journal again: messages by the classifiers of the config, what carriers reported by these and then by all that come with dlrkit. Shows what changes, and with --write writes it, as events beside those that are there. Only reasons change: where a failure would now be another end, that is counted and left as it is. No tracker may have the journal while it writes."
  ),
  Command.withHandler(
    Effect.fnUntraced(function* (flags) {
      const loaded = yield* Configuration.load({
        config: Option.getOrUndefined(flags.config),
        journal: Option.getOrUndefined(flags.journal),
        audit: Option.getOrUndefined(flags.audit)
      })
      const reading = readingOf(yield* KnownClassifiers.configured(loaded))
      if (!flags.write) {
        const found = yield* Reclassification.reclassify(reading).pipe(Effect.provide(yield* openJournal(flags)))
        return yield* report(found, { json: flags.json, written: false })
      }
      const actor = Option.getOrElse(flags.actor, currentActor)
      const done = yield* written({ ...reading, write: { actor, version } }).pipe(
        Effect.provide(opened(TrackerDefinition.auditedJournalLayer(loaded.definition), loaded.environment, "beside"))
      )
      yield* report(done, { json: flags.json, written: true })
    }, Effect.scoped)
  )
)

/** How failures are read: those of messages as the tracker reads them, those of reports as they are imported. */
const readingOf = (configured: ReadonlyArray<Classifier.Classifier>): Reclassification.Reading => {
  const all = KnownClassifiers.withBuiltIn(configured)
  const onFault = KnownClassifiers.tellFaults()
  return {
    classify: (receipt, place) => Classifier.classify(place === "report" ? all : configured, receipt, onFault),
    profileOf: RecordedReceipt.profiler(all)
  }
}

/** Holds the journal against trackers, writes, and gives the events to the audit sinks. */
const written = Effect.fnUntraced(function* (options: Reclassification.ReclassifyOptions) {
  const { store } = yield* Journal.Journal
  yield* store.claim
  const trail = yield* AuditTrail.start()
  const done = yield* Reclassification.reclassify(options)
  for (const { backlog, name } of yield* trail.drain("30 seconds")) {
    if (backlog > 0) Terminal.stderr.print(`${name} lacks ${backlog} events: the next run gives them to it`)
  }
  return done
}, Effect.scoped)

const places: Readonly<Record<RecordedReceipt.Place, string>> = {
  end: "messages",
  conflict: "conflicts",
  report: "carriers' reports"
}

const report = Effect.fnUntraced(function* (
  found: Reclassification.Reclassified,
  { json, written }: { readonly json: boolean; readonly written: boolean }
) {
  const { changes, otherwise, read, withoutCode, withoutProfile } = found
  const total = sum(changes)
  if (json) {
    return yield* Terminal.printResult(
      JSON.stringify({
        written,
        read,
        changed: total,
        changes: changes.map(nulled),
        otherwise: otherwise.map(({ state = null, ...rest }) => nulled({ ...rest, state })),
        withoutProfile,
        withoutCode
      })
    )
  }
  if (changes.length > 0) yield* Terminal.printResult(TextTable.render(heads, changes.map(rowOf)))
  if (otherwise.length > 0) {
    yield* Terminal.printResult("would end otherwise; not applied:")
    const rows = otherwise.map((one) => rowOf({ ...one, from: "failed", to: one.state ?? "a word that nobody knows" }))
    yield* Terminal.printResult(TextTable.render(heads, rows))
  }
  const left = [
    ...(withoutProfile > 0 ? [`${withoutProfile} with a code of which nobody knows whose it is`] : []),
    ...(withoutCode > 0 ? [`${withoutCode} messages without a code`] : [])
  ]
  const change = written ? "changed" : "would change"
  yield* Terminal.printResult(
    `${read} failures read again: ${total} ${change}${otherwise.length > 0 ? `, ${sum(otherwise)} would end otherwise` : ""}${left.length > 0 ? `; left out: ${left.join(", ")}` : ""}`
  )
  if (!written && total > 0) Terminal.stderr.print("nothing is written yet: --write writes it")
})

const sum = (rows: ReadonlyArray<{ readonly count: number }>) => rows.reduce((all, { count }) => all + count, 0)

const nulled = (row: object) => Object.fromEntries(Object.entries(row).map(([key, value]) => [key, value ?? null]))

const heads = ["count", "of", "from", "to", "carrier", "code", "profile", "rule"]

const rowOf = (row: Omit<Reclassification.Change, "from" | "to"> & { readonly from: string; readonly to: string }) => {
  const { carrier, classifier, code, count, from, place, profile = "-", rule, to } = row
  const said = classifier === undefined ? "nobody" : rule === undefined ? classifier : `${classifier}: ${rule}`
  return [String(count), places[place], from, to, carrier, code, profile, said]
}
