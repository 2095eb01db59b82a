/** Exporters that are wrong on purpose, each in one way, over a place in memory. */
import { Exporter } from "@dlrkit/core"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { ExporterConformance } from "../src/index.ts"

type Write = Exporter.Exporter["write"]

/** A place in memory, which can be made to refuse. */
const placeOf = () => {
  const place = {
    table: undefined as ExporterConformance.Table | undefined,
    refuses: false,
    put: (table: ExporterConformance.Table) =>
      Effect.suspend(() => {
        if (place.refuses) return Effect.fail(new Exporter.ExportError({ target: "memory", detail: "full" }))
        place.table = table
        return Effect.void
      })
  }
  return place
}

type Place = ReturnType<typeof placeOf>

const columnsOf = (labels: ReadonlyArray<string>) => [
  ...Exporter.columns,
  ...labels.map((label) => ((Exporter.columns as ReadonlyArray<string>).includes(label) ? `label.${label}` : label))
]
const cellsOf = ({ labels, values }: Exporter.ExportRow, names: ReadonlyArray<string>) => [
  ...Exporter.columns.map((column) => values[column]),
  ...names.map((name) => (Object.hasOwn(labels, name) ? labels[name]! : ""))
]

/** Writes all rows at their end. */
const writeTo =
  (place: Place): Write =>
  (rows, labels) =>
    Effect.flatMap(Stream.runCollect(rows), (all) =>
      place.put({ columns: columnsOf(labels), rows: all.map((row) => cellsOf(row, labels)) })
    )

const subject = (change: (place: Place, write: Write) => Partial<Exporter.Exporter>): ExporterConformance.Subject => ({
  make: () => {
    const place = placeOf()
    const write = writeTo(place)
    const refuses = (does: boolean) => () => {
      place.refuses = does
    }
    return {
      exporter: { name: "memory", target: "memory", write, ...change(place, write) },
      read: () => place.table,
      faults: { begin: { refuse: refuses(true) }, end: refuses(false) }
    }
  }
})

/** An exporter that is right. */
export const right = subject(() => ({}))

/** What it has written is changed afterwards. */
const written = (changed: (table: ExporterConformance.Table) => ExporterConformance.Table) =>
  subject((place, write) => ({
    write: (rows, labels) =>
      Effect.tap(write(rows, labels), () =>
        Effect.sync(() => {
          place.table = place.table && changed(place.table)
        })
      )
  }))

const cells = (change: (cell: string) => string) =>
  written(({ columns, rows }) => ({ columns, rows: rows.map((row) => row.map(change)) }))

/** Puts each row where the last one is, as it comes. */
const rowByRow = (finish: (place: Place) => void) =>
  subject((place) => ({
    write: (rows, labels) =>
      Stream.runForEach(rows, (row) =>
        place.put({ columns: columnsOf(labels), rows: [...(place.table?.rows ?? []), cellsOf(row, labels)] })
      ).pipe(Effect.onExit(() => Effect.sync(() => finish(place))))
  }))

/** What is wrong, the rule that finds it, a part of what is said, and the subject. */
export const breaks: ReadonlyArray<
  readonly [what: string, rule: string, told: string, subject: ExporterConformance.Subject]
> = [
  ["is made for another contract", "contract", "contract 99", subject(() => ({ contract: 99 }))],
  ["has no name", "contract", "name is empty", subject(() => ({ name: "" }))],
  [
    "leaves out a column",
    "rows",
    "its columns are others",
    written(({ columns, rows }) => ({ columns: columns.slice(1), rows: rows.map((row) => row.slice(1)) }))
  ],
  [
    "stops after a thousand rows",
    "rows",
    "another number of rows",
    written(({ columns, rows }) => ({ columns, rows: rows.slice(0, 1000) }))
  ],
  ["turns rows around", "rows", "row 1 has", written(({ columns, rows }) => ({ columns, rows: rows.toReversed() }))],
  [
    "has a label take a column's name",
    "labels",
    "have one name",
    written(({ columns, rows }) => ({ columns: columns.map((name) => name.replace("label.", "")), rows }))
  ],
  [
    "calls labels by each other's names",
    "labels",
    "the column of the label team is called toString",
    written(({ columns, rows }) => {
      const wide = Exporter.columns.length
      return { columns: [...columns.slice(0, wide), ...columns.slice(wide).toReversed()], rows }
    })
  ],
  [
    "looks labels up in a plain object",
    "labels",
    "in the column constructor",
    subject((place) => ({
      write: (rows, labels) =>
        Effect.flatMap(Stream.runCollect(rows), (all) =>
          place.put({
            columns: columnsOf(labels),
            rows: all.map((row) => [...cellsOf(row, []), ...labels.map((label) => String(row.labels[label] ?? ""))])
          })
        )
    }))
  ],
  ["trims cells", "hostile-cells", "in the column", cells((cell) => cell.trim())],
  ["makes numbers of cells", "hostile-cells", "in the column", cells((cell) => (cell === "1.0" ? "1" : cell))],
  [
    "writes nothing where there are no rows",
    "empty",
    "has left nothing",
    subject((place) => ({
      write: (rows, labels) => Effect.asVoid(Effect.when(writeTo(place)(rows, labels), Effect.succeed(false)))
    }))
  ],
  ["adds to what is there", "again", "another number of rows", rowByRow(() => {})],
  [
    "takes rows that fail for the last ones",
    "failing-rows",
    "succeeds though its rows failed",
    subject((_, write) => ({
      write: (rows, labels) =>
        write(
          Stream.catch(rows, () => Stream.empty),
          labels
        )
    }))
  ],
  [
    "hides why its rows failed",
    "failing-rows",
    "with what its rows failed with",
    subject((_, write) => ({
      write: (rows, labels) =>
        Effect.mapError(write(rows, labels), () => new Exporter.ExportError({ target: "memory", detail: "failed" }))
    }))
  ],
  [
    "takes away what was there when it fails",
    "failing-rows",
    "not as it was",
    subject((place, write) => ({
      write: (rows, labels) =>
        Effect.tapError(write(rows, labels), () =>
          Effect.sync(() => {
            place.table = undefined
          })
        )
    }))
  ],
  ["leaves half an export when it is interrupted", "interruption", "half an export", rowByRow(() => {})],
  [
    "takes no notice of what its place refuses",
    "refusal",
    "though its place takes nothing",
    subject((_, write) => ({ write: (rows, labels) => Effect.ignore(write(rows, labels)) }))
  ],
  [
    "dies of what its place refuses",
    "refusal",
    "does not fail with an ExportError",
    subject((_, write) => ({ write: (rows, labels) => Effect.orDie(write(rows, labels)) }))
  ]
]
