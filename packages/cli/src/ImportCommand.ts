/**
 * `dlrkit import`: what carriers and aggregators themselves report enters the journal, also beside a tracker.
 *
 * @module
 */
import { Classifier, ReceiptImport, TrackerDefinition } from "@dlrkit/core"
import { currentActor } from "@dlrkit/core/node"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Result from "effect/Result"
import * as Configuration from "./Configuration.ts"
import * as ConsoleTime from "./ConsoleTime.ts"
import * as Delivery from "./Delivery.ts"
import { durationFlag } from "./DurationText.ts"
import { Finished, UsageError } from "./ExitCode.ts"
import * as Flags from "./Flags.ts"
import * as Instant from "./Instant.ts"
import * as KnownClassifiers from "./KnownClassifiers.ts"
import { opened } from "./OpenJournal.ts"
import * as ReceiptColumns from "./ReceiptColumns.ts"
import * as ReceiptFile from "./ReceiptFile.ts"
import * as Terminal from "./Terminal.ts"
import * as TextTable from "./TextTable.ts"
import { version } from "./Version.ts"

/** The command. */
export const command = Command.make("import", {
  file: Argument.String("FILE").pipe(
    Argument.withDescription(
      "Receipts, one JSON object a line, or the table that a console exports; - is standard input"
    )
  ),
  profile: Flag.String("profile").pipe(
    Flag.withMetavar("NAME"),
    Flag.withDescription("Whose receipts they are that do not say so, such as twilio"),
    Flag.optional
  ),
  columns: Flag.String("columns").pipe(
    Flag.withMetavar("MAP"),
    Flag.withDescription('Which columns hold what: id=Sid,to=To,at="Date Sent",status=Status,code=ErrorCode'),
    Flag.optional
  ),
  timeZone: Flag.String("time-zone").pipe(
    Flag.withAlias("timezone"),
    Flag.withMetavar("ZONE"),
    Flag.withDescription("The zone of times that are written without one, like Europe/Berlin"),
    Flag.optional
  ),
  dates: Flag.Literals("dates", ["dmy", "mdy"]).pipe(
    Flag.withDescription("Whether 05/06/2026 begins with the day or with the month"),
    Flag.optional
  ),
  within: durationFlag("within").pipe(
    Flag.withDescription(
      "How long after a message was sent, or until its deadline, a receipt without a known id may be of it: 72h"
    ),
    Flag.optional
  ),
  skipBadRows: Flag.Boolean("skip-bad-rows").pipe(
    Flag.withDefault(false),
    Flag.withDescription("Import what can be read, though other rows cannot")
  ),
  dryRun: Flag.Boolean("dry-run").pipe(
    Flag.withDefault(false),
    Flag.withDescription("Say what would be imported, and write nothing")
  ),
  config: Flags.config,
  journal: Flags.journal,
  audit: Flags.audit,
  actor: Flags.actor,
  json: Flags.json
}).pipe(
  Command.withShortDescription("Take in what carriers themselves report"),
  Command.withDescription(
    "Reads receipts as the carrier or aggregator itself reports them, and keeps each beside its message, which stays as the platform tells it: dlrkit reconcile compares them. A receipt is about the message with its external id, else about the only one to its recipient at that time. A file is all or nothing; the same file twice changes nothing. Works beside a tracker."
  ),
  Command.withExamples([
    { command: "dlrkit import receipts.ndjson --profile twilio", description: "Receipts as they came by webhook" },
    {
      command: "dlrkit import log.csv --profile twilio --time-zone Europe/Berlin",
      description: "The message log of Twilio's console"
    }
  ]),
  Command.withHandler(
    Effect.fnUntraced(function* (flags) {
      const loaded = yield* Configuration.load({
        config: Option.getOrUndefined(flags.config),
        journal: Option.getOrUndefined(flags.journal),
        audit: Option.getOrUndefined(flags.audit)
      })
      const classifiers = KnownClassifiers.withBuiltIn(yield* KnownClassifiers.configured(loaded))
      const file = yield* ReceiptFile.open(flags.file, yield* readingOf(flags, classifiers))
      const onFault = KnownClassifiers.tellFaults()
      const options: ReceiptImport.ImportOptions<ReceiptFile.ReceiptFileError, never> = {
        actor: Option.getOrElse(flags.actor, currentActor),
        version,
        file: file.name,
        profile: Option.getOrElse(flags.profile, () => "as each says"),
        batches: file.batches,
        classify: (receipt) => Classifier.classify(classifiers, receipt, onFault),
        within: Option.getOrUndefined(flags.within),
        dryRun: flags.dryRun
      }
      const { definition, environment } = loaded
      const imported = ReceiptImport.importReceipts(options)
      const result = yield* flags.dryRun
        ? Effect.provide(imported, opened(TrackerDefinition.journalLayer(definition), environment, "read"))
        : Effect.ensuring(imported, Delivery.now).pipe(
            Effect.provide(opened(TrackerDefinition.auditedJournalLayer(definition), environment, "beside"))
          )
      yield* tell(result, flags)
      const badRows = yield* file.badRows
      for (const row of badRows) Terminal.stderr.print(`${file.name}: ${row}`)
      if (badRows.length > 0 && !flags.skipBadRows) return yield* new Finished({ code: 2 })
    }, Effect.scoped)
  )
)

interface ReadingFlags {
  readonly profile: Option.Option<string>
  readonly columns: Option.Option<string>
  readonly timeZone: Option.Option<string>
  readonly dates: Option.Option<ConsoleTime.DayOrder>
  readonly skipBadRows: boolean
}

const orUsage = <A>(result: Result.Result<A, string>) =>
  Effect.mapError(Effect.fromResult(result), (detail) => new UsageError({ detail }))

/** How the file is to be read. */
const readingOf = Effect.fnUntraced(function* (flags: ReadingFlags, classifiers: ReadonlyArray<Classifier.Classifier>) {
  const profiles = classifiers.flatMap((classifier) => classifier.profiles ?? [])
  const named = Option.getOrUndefined(flags.profile)
  const profile = profiles.find(({ name }) => name.toLowerCase() === named?.trim().toLowerCase())?.name
  if (named !== undefined && profile === undefined) {
    return yield* new UsageError({
      detail: `there is no profile ${JSON.stringify(named)}: the profiles are ${profiles.map(({ name }) => name).join(", ")}`
    })
  }
  const columns = Option.getOrUndefined(flags.columns)
  if (columns !== undefined && profile === undefined) {
    return yield* new UsageError({
      detail: "--columns is of a table, which does not say whose receipts it holds: add --profile"
    })
  }
  const zone = Option.getOrUndefined(flags.timeZone)
  const timeZone = zone === undefined ? undefined : yield* orUsage(Instant.parseTimeZone(zone))
  const options: ReceiptFile.ReceiptFileOptions = {
    profiles,
    profile,
    columns: profile === undefined ? undefined : yield* orUsage(ReceiptColumns.parse(profile, columns)),
    parseTime: ConsoleTime.makeParser(timeZone, Option.getOrUndefined(flags.dates)),
    skipBadRows: flags.skipBadRows
  }
  return options
})

/** How many disagreements are told at once. */
const toldDisagreements = 20

const tell = Effect.fnUntraced(function* (
  result: ReceiptImport.Imported,
  { dryRun, json }: { readonly dryRun: boolean; readonly json: boolean }
) {
  const { ambiguous, byId, byRecipient, changed, disagree, receipts, unknownWords, unmatched, unreadable } = result
  const matched = byId + byRecipient
  if (json) {
    return yield* Terminal.printResult(
      JSON.stringify({
        dryRun,
        receipts,
        matched,
        byId,
        byRecipient,
        unmatched,
        ambiguous,
        unreadable,
        unknownWords,
        changed,
        disagree: disagree.map(({ analytics: _, ...row }) => row)
      })
    )
  }
  yield* Terminal.printResult(
    `${dryRun ? "to import" : "imported"}: ${receipts} receipts: ${matched} matched (${byId} by id, ${byRecipient} by recipient and time), ${unmatched} of no message here, ${ambiguous} ambiguous, ${unreadable} unreadable; ${changed} messages have another report than before`
  )
  if (unknownWords.length > 0) {
    const words = unknownWords.slice(0, 10).map((word) => JSON.stringify(word))
    yield* Terminal.printResult(`unreadable is also a status that nobody knows: ${words.join(", ")}`)
  }
  if (disagree.length === 0) return
  const rows = disagree
    .slice(0, toldDisagreements)
    .map(({ carrier, carrierContradicted, message, messageId }) => [
      messageId,
      message,
      `${carrier}${carrierContradicted ? ", and another end" : ""}`
    ])
  yield* Terminal.printResult(`\n${TextTable.render(["message", "journal", "carrier"], rows)}`)
  const more = disagree.length - rows.length
  const detail = more > 0 ? `and ${more} more; ` : ""
  yield* Terminal.printResult(`${detail}dlrkit reconcile compares all, with the platform's analytics`)
})
