/**
 * `dlrkit export`: one row for each message of a journal, read beside a tracker.
 *
 * @module
 */
import { Exporter } from "@dlrkit/core"
import * as ExportFile from "@dlrkit/export-file"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Flags from "./Flags.ts"
import { openJournal } from "./StatusCommand.ts"
import * as Terminal from "./Terminal.ts"

/** The command. */
export const command = Command.make("export", {
  config: Flags.config,
  journal: Flags.journal,
  format: Flag.Literals("format", ["ndjson", "csv"]).pipe(Flag.withDescription("The format of the rows")),
  out: Flag.String("out").pipe(
    Flag.withMetavar("FILE"),
    Flag.withDescription("Where the rows go; - is standard output"),
    Flag.withDefault("-")
  )
}).pipe(
  Command.withShortDescription("Write one row for each message"),
  Command.withDescription("Writes every message of a journal with its outcome, always with the same columns."),
  Command.withHandler(
    Effect.fnUntraced(function* (flags) {
      const exporter = yield* ExportFile.exporter({ file: flags.out, format: flags.format })
      yield* Exporter.run(exporter).pipe(Effect.provide(yield* openJournal(flags)))
      if (flags.out !== "-") Terminal.stderr.print(`exported: ${flags.out}`)
    })
  )
)
