/**
 * The tracked messages as rows, in a file or on standard output: CSV for a spreadsheet, NDJSON for a program.
 *
 * Rows are streamed, so that a million of them take no more memory than a thousand. A file appears under its name when it
 * is whole, and not before.
 *
 * @module
 */
import { Exporter, type JournalStore } from "@dlrkit/core"
import { stringify } from "csv-stringify/sync"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Path from "effect/Path"
import type { PlatformError } from "effect/PlatformError"
import * as Random from "effect/Random"
import * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"

/** The options of {@link exporter}. */
export interface ExportFileOptions {
  /** The file to write, replaced where it exists; `-` is standard output. */
  readonly file: string
  /** `csv`: a header, then a line for each message. `ndjson`: a JSON object on a line for each message. */
  readonly format: "csv" | "ndjson"
  /** The exporter's name; `export-file` by default. */
  readonly name?: string
}

/** A row of any table: a text for each of its columns, and labels. */
export interface TableRow {
  readonly values: Readonly<Record<string, string>>
  readonly labels: Readonly<Record<string, string>>
}

/** Writes rows that have the same columns. */
export interface Table {
  /** Where it writes, for people. */
  readonly target: string
  /** Writes all rows, or fails. `labels` are the names of all labels that occur, in their order. */
  readonly write: (
    columns: ReadonlyArray<string>,
    rows: Stream.Stream<TableRow, JournalStore.JournalError>,
    labels: ReadonlyArray<string>
  ) => Effect.Effect<void, Exporter.ExportError | JournalStore.JournalError>
}

/** A cell's name, and how to take it from a row. */
interface Field {
  readonly key: string
  readonly get: (row: TableRow) => string
}

/** The columns, then the labels. A label that has the name of another field is `label.` and its name. */
const fieldsOf = (columns: ReadonlyArray<string>, labels: ReadonlyArray<string>): ReadonlyArray<Field> => {
  const fields: Array<Field> = columns.map((column) => ({ key: column, get: ({ values }) => values[column] ?? "" }))
  const taken = new Set(fields.map(({ key }) => key))
  for (const label of labels) {
    let key = label
    while (taken.has(key)) key = `label.${key}`
    taken.add(key)
    fields.push({ key, get: ({ labels }) => (Object.hasOwn(labels, label) ? labels[label]! : "") })
  }
  return fields
}

/** How a spreadsheet knows a formula, also one typed on a wide keyboard. */
const formula = /^[=+\-@\t\r\n＝＋－＠]/
const phoneNumber = /^\+(?=.*\d)[\d ()-]+$/
const negativeNumber = /^-\d+(\.\d+)?$/

/** A cell that no spreadsheet runs. */
const inert = (cell: string) =>
  formula.test(cell) && !phoneNumber.test(cell) && !negativeNumber.test(cell) ? `'${cell}` : cell

/** The text before all rows, and the text of some rows. */
interface Format {
  readonly header: string
  readonly rows: (rows: ReadonlyArray<TableRow>) => string
}

const csvLines = (lines: ReadonlyArray<ReadonlyArray<string>>) =>
  stringify(lines as Array<Array<string>>, { cast: { string: inert }, record_delimiter: "\n", quoted_match: /\r/ })

const formats: Record<ExportFileOptions["format"], (fields: ReadonlyArray<Field>) => Format> = {
  csv: (fields) => ({
    header: csvLines([fields.map(({ key }) => key)]),
    rows: (rows) => csvLines(rows.map((row) => fields.map(({ get }) => get(row))))
  }),
  ndjson: (fields) => {
    // Written by hand: an object would put a label such as "2026" before the columns.
    const members = fields.map(({ get, key }) => [`${JSON.stringify(key)}:`, get] as const)
    const line = (row: TableRow) => `{${members.map(([key, get]) => key + JSON.stringify(get(row))).join(",")}}\n`
    return { header: "", rows: (rows) => rows.map(line).join("") }
  }
}

/**
 * Writes a table to a file or to standard output, as {@link exporter} does with messages: readable by its owner only,
 * whole or not at all, and without a cell that a spreadsheet would run.
 */
export const table = Effect.fnUntraced(function* (
  options: Pick<ExportFileOptions, "file" | "format">
): Effect.fn.Return<Table, never, FileSystem.FileSystem | Path.Path | Stdio.Stdio> {
  const { file, format } = options
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const stdio = yield* Stdio.Stdio
  const target = file === "-" ? "standard output" : file

  type Bytes<E> = Stream.Stream<Uint8Array, E>

  const writeTo = Effect.fnUntraced(function* <E>(to: string, flag: FileSystem.OpenFlag, bytes: Bytes<E>) {
    const opened = yield* fs.open(to, { flag, mode: 0o600 })
    yield* Stream.runForEach(bytes, (chunk) => opened.writeAll(chunk))
    return opened
  })

  /** Writes beside the file, and gives the result its name. */
  const replace = Effect.fnUntraced(function* <E>(to: string, bytes: Bytes<E>) {
    yield* fs.makeDirectory(path.dirname(to), { recursive: true })
    const beside = `${to}.${(yield* Random.nextIntBetween(0, 2 ** 32)).toString(36)}.tmp`
    yield* writeTo(beside, "wx", bytes).pipe(
      Effect.flatMap((opened) => opened.sync),
      Effect.scoped,
      Effect.andThen(fs.rename(beside, to)),
      Effect.onError(() => Effect.ignore(fs.remove(beside, { force: true })))
    )
  })

  const writeFile = Effect.fnUntraced(function* <E>(bytes: Bytes<E>) {
    const known = yield* fs.stat(file).pipe(Effect.option)
    if (Option.isNone(known)) return yield* replace(file, bytes)
    if (known.value.type === "File") return yield* replace(yield* fs.realPath(file), bytes)
    // A device or a pipe is not to be replaced.
    yield* Effect.scoped(writeTo(file, "a", bytes))
  })

  return {
    target,
    write: (columns, rows, labels) => {
      const { header, rows: text } = formats[format](fieldsOf(columns, labels))
      const bytes = Stream.concat(
        Stream.succeed(header),
        Stream.mapArray(rows, (chunk) => [text(chunk)])
      ).pipe(Stream.encodeText)
      const written = file === "-" ? Stream.run(bytes, stdio.stdout({ endOnDone: false })) : writeFile(bytes)
      return Effect.catchTag(written, "PlatformError", ({ message, reason }: PlatformError) => {
        const detail = reason.cause instanceof Error ? reason.cause.message : message
        return Effect.fail(new Exporter.ExportError({ target, detail }))
      })
    }
  }
})

/**
 * Writes one row for each message: the columns of `Exporter.columns`, then the labels, all of them in every row. The file
 * is readable by its owner only. Its writes fail with `ExportError` where the file cannot be written, or where nobody
 * reads standard output any more; a file that was there before is then left as it was.
 *
 * @example
 * ```ts
 * import * as ExportFile from "@dlrkit/export-file"
 *
 * export default defineTracker({ exports: [ExportFile.exporter({ file: "messages.csv", format: "csv" })] })
 * ```
 */
export const exporter = (
  options: ExportFileOptions
): Effect.Effect<Exporter.Exporter, never, FileSystem.FileSystem | Path.Path | Stdio.Stdio> =>
  Effect.map(table(options), ({ target, write }) => ({
    name: options.name ?? "export-file",
    target,
    supports: { atomic: options.file !== "-" },
    write: (rows, labels) => write(Exporter.columns, rows, labels)
  }))
