/**
 * `dlrkit export`: one row for each message of a journal, or with `--list` what is to be done about messages; read beside a
 * tracker.
 *
 * @module
 */
import { ActionList, Exporter, TrackerDefinition } from "@dlrkit/core"
import { currentActor } from "@dlrkit/core/node"
import * as ExportFile from "@dlrkit/export-file"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Configuration from "./Configuration.ts"
import * as Delivery from "./Delivery.ts"
import { UsageError } from "./ExitCode.ts"
import * as Flags from "./Flags.ts"
import * as KnownCarrier from "./KnownCarrier.ts"
import { opened, openJournal } from "./OpenJournal.ts"
import * as Terminal from "./Terminal.ts"
import { version } from "./Version.ts"

const formats = ["ndjson", "csv"] as const

/** The command. */
export const command = Command.make("export", {
  config: Flags.config,
  journal: Flags.journal,
  list: Flag.Literals("list", ActionList.ListName.literals).pipe(
    Flag.withDescription(
      "Instead of all messages: which may be sent again, which numbers to suppress, or what to fix. The first two hold phone numbers in clear, and the audit trail records that"
    ),
    Flag.optional
  ),
  format: Flag.Literals("format", formats).pipe(
    Flag.withDescription("The format of the rows; of a list csv where it is not said"),
    Flag.optional
  ),
  out: Flag.String("out").pipe(
    Flag.withMetavar("FILE"),
    Flag.withDescription("Where the rows go; - is standard output"),
    Flag.withDefault("-")
  ),
  carrier: Flags.carrier,
  audit: Flags.audit,
  actor: Flags.actor
}).pipe(
  Command.withShortDescription("Write one row for each message, or a list of what to do"),
  Command.withDescription(
    "Writes every message of a journal with its outcome, always with the same columns; with --list what is to be done about failures. dlrkit itself sends nothing."
  ),
  Command.withHandler(
    Effect.fnUntraced(function* (flags) {
      if (Option.isSome(flags.list)) return yield* exportList(flags.list.value, flags)
      if (Option.isSome(flags.carrier)) return yield* new UsageError({ detail: "--carrier goes with --list" })
      if (Option.isNone(flags.format)) {
        return yield* new UsageError({ detail: `name a format: --format ${formats.join(" or --format ")}` })
      }
      const exporter = yield* ExportFile.exporter({ file: flags.out, format: flags.format.value })
      yield* Exporter.run(exporter).pipe(Effect.provide(yield* openJournal(flags)))
      if (flags.out !== "-") Terminal.stderr.print(`exported: ${flags.out}`)
    })
  )
)

interface ListFlags {
  readonly config: Option.Option<string>
  readonly journal: Option.Option<string>
  readonly audit: Option.Option<string>
  readonly actor: Option.Option<string>
  readonly carrier: Option.Option<string>
  readonly format: Option.Option<(typeof formats)[number]>
  readonly out: string
}

/** Writes a list, once the journal has recorded who took it; the audit sinks get that now, or by the tracker that runs. */
const exportList = Effect.fnUntraced(function* (list: ActionList.ListName, flags: ListFlags) {
  const { definition, environment } = yield* Configuration.load({
    config: Option.getOrUndefined(flags.config),
    journal: Option.getOrUndefined(flags.journal),
    audit: Option.getOrUndefined(flags.audit)
  })
  const table = yield* ExportFile.table({
    file: flags.out,
    format: Option.getOrElse(flags.format, () => "csv" as const)
  })
  const carrier = Option.getOrUndefined(flags.carrier)
  const actor = Option.getOrElse(flags.actor, currentActor)
  const taken = ActionList.take(list, { actor, version, file: flags.out, carrier }, ({ columns, labels, rows }) =>
    table.write(columns, rows, labels)
  ).pipe(Effect.ensuring(Delivery.now))
  // Nothing is asked of a platform, so no credentials are needed; and a tracker beside it may have the metrics' port.
  const quiet = TrackerDefinition.make({ ...definition.config, sources: [], metrics: [], exports: [] })
  const { count, notices } = yield* (carrier === undefined ? Effect.void : KnownCarrier.check(carrier)).pipe(
    Effect.andThen(taken),
    Effect.provide(opened(TrackerDefinition.layer(quiet), environment, "beside"))
  )
  for (const notice of notices) Terminal.stderr.print(notice)
  if (flags.out !== "-") Terminal.stderr.print(`exported: ${flags.out}, ${count === 1 ? "1 row" : `${count} rows`}`)
})
