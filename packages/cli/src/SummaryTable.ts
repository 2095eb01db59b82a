/**
 * The table that a run ends with: how the messages of each carrier ended. Where no carrier is known, by sender number and
 * country of the recipient instead.
 *
 * @module
 */
import { Exporter, type Journal, type JournalStore, Summary } from "@dlrkit/core"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { countryOf } from "./Country.ts"
import * as TextTable from "./TextTable.ts"

/** A row: what the messages have in common, and how they stand. */
interface Row {
  readonly names: ReadonlyArray<string>
  readonly counts: Summary.CarrierSummary
}

/** Whether any carrier is known. */
export const knowsCarriers = (summary: Summary.Summary): boolean =>
  Object.keys(summary.byCarrier).some((carrier) => carrier !== "unknown")

/** How carriers are named, for those who have not. */
export const carrierHint =
  'carriers: none is known; name them with a "carrier" column, --carriers FILE, or "carriers" in the config'

/** The table of a summary. Reads the messages of the run where it has to group them by sender and country. */
export const render = (
  summary: Summary.Summary,
  run: number | undefined
): Effect.Effect<string, JournalStore.JournalError, Journal.Journal> =>
  knowsCarriers(summary)
    ? Effect.succeed(
        table(
          ["carrier"],
          Object.entries(summary.byCarrier).map(([carrier, counts]) => ({ names: [carrier], counts })),
          summary
        )
      )
    : Effect.map(bySenderAndCountry(run), (rows) => table(["sender", "country"], rows, summary))

const bySenderAndCountry = (run: number | undefined) =>
  Exporter.messages(run).pipe(
    Stream.runFold(
      () => new Map<string, { names: ReadonlyArray<string>; counts: ReturnType<typeof Summary.emptyCounts> }>(),
      (rows, { ref, resolution }) => {
        const names = [ref.from ?? "unknown", (ref.to === undefined ? undefined : countryOf(ref.to)) ?? "unknown"]
        const key = names.join("\0")
        const row = rows.get(key) ?? { names, counts: Summary.emptyCounts() }
        rows.set(key, row)
        Summary.countInto(row.counts, { resolution, count: 1 })
        return rows
      }
    ),
    Effect.map((rows) => Array.from(rows.values()).sort((a, b) => b.counts.registered - a.counts.registered))
  )

const columns = ["registered", "delivered", "failed", "unconfirmed", "pending"] as const

const table = (heads: ReadonlyArray<string>, rows: ReadonlyArray<Row>, total: Summary.Summary): string => {
  const cells = ({ counts, names }: Row) => [
    ...names,
    ...columns.map((column) => String(counts[column])),
    percent(counts.delivered, counts.registered - counts.pending)
  ]
  const all: Row = { names: ["all", ...heads.slice(1).map(() => "")], counts: total }
  return TextTable.render([...heads, ...columns, "delivered of ended"], rows.map(cells), {
    left: heads.length,
    total: cells(all)
  })
}

/** A share as text, one decimal; a dash where there is nothing to share. */
export const percent = (part: number, whole: number): string =>
  whole === 0 ? "-" : `${((100 * part) / whole).toFixed(1)} %`

/** Failures by cause, most frequent first, as lines. */
export const failures = (summary: Summary.Summary): string => {
  const causes = Object.entries(summary.byCause).sort(([, a], [, b]) => b - a)
  const width = Math.max(0, ...causes.map(([cause]) => cause.length))
  return causes.map(([cause, count]) => `  ${cause.padEnd(width)}  ${count}`).join("\n")
}
