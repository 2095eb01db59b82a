/**
 * Turns the bytes of a message file, CSV or NDJSON, into messages with the line that each begins on.
 *
 * @module
 */
import * as Result from "effect/Result"
import * as CsvRecords from "./CsvRecords.ts"
import type { InstantParser } from "./Instant.ts"
import * as MessageRow from "./MessageRow.ts"
import * as TextLines from "./TextLines.ts"

/** The two formats. */
export type Format = "csv" | "ndjson"

/** One row of the file. */
export interface Row {
  /** The physical line that it begins on, from 1. */
  readonly line: number
  /** The message, or why there is none. */
  readonly ref: Result.Result<MessageRow.MessageRef, string>
  /** The cells as written; of NDJSON the line. Of a row that could not be cut into cells, its first line. */
  readonly cells: ReadonlyArray<string>
}

/** A stateful reader: `push` the chunks in order, then `end` once. A failure concerns the whole file, in one line. */
export interface MessageRows {
  readonly push: (bytes: Uint8Array) => Result.Result<ReadonlyArray<Row>, string>
  readonly end: () => Result.Result<ReadonlyArray<Row>, string>
  /** What the header says; of NDJSON the one column `row`. Known after the first row. */
  readonly header: () => ReadonlyArray<string>
  readonly separator: () => string
  /** The labels that rows had so far: in the order of the columns, of NDJSON in that of their first use. */
  readonly labels: () => ReadonlyArray<string>
  /** What the user should know about the columns, so far. */
  readonly notices: () => ReadonlyArray<string>
  /** Whether there was anything but white space. */
  readonly empty: () => boolean
}

/** How to read one format's lines. */
interface RowReader {
  readonly read: (lines: ReadonlyArray<TextLines.TextLine>, last: boolean) => Result.Result<ReadonlyArray<Row>, string>
  readonly header: () => ReadonlyArray<string>
  readonly separator: () => string
  readonly labels: (used: ReadonlySet<string>) => ReadonlyArray<string>
}

/** Makes a reader. Without a `format`, a first character `{` means NDJSON. */
export const make = (options: {
  readonly format: Format | undefined
  readonly parseInstant: InstantParser
  readonly kind: MessageRow.Kind
}): MessageRows => {
  const lines = TextLines.make()
  const notices = new Set<string>()
  const labels = new Set<string>()
  let reader: RowReader | undefined

  const read = (lines: ReadonlyArray<TextLines.TextLine>, last: boolean) => {
    const first = lines.find(({ text }) => text.trim() !== "")
    if (reader === undefined && first === undefined) return Result.succeed([])
    reader ??= readers[options.format ?? sniff(first!.text)](options.kind, options.parseInstant, notices)
    const rows = reader.read(lines, last)
    if (Result.isSuccess(rows)) {
      for (const { ref } of rows.success) {
        if (Result.isSuccess(ref)) for (const name of Object.keys(ref.success.labels ?? {})) labels.add(name)
      }
    }
    return rows
  }

  return {
    push: (bytes) => Result.flatMap(lines.push(bytes), (lines) => read(lines, false)),
    end: () => Result.flatMap(lines.end(), (lines) => read(lines, true)),
    header: () => reader?.header() ?? [],
    separator: () => reader?.separator() ?? ",",
    labels: () => reader?.labels(labels) ?? [],
    notices: () => [...notices],
    empty: () => reader === undefined
  }
}

const sniff = (line: string): Format => (/^\s*(\{|\[\s*(\{|$))/.test(line) ? "ndjson" : "csv")

const csvReader = (kind: MessageRow.Kind, parseInstant: InstantParser, notices: Set<string>): RowReader => {
  const records = CsvRecords.make((cells) => MessageRow.countKnown(kind, cells))
  let header: ReadonlyArray<string> = []
  let columns: MessageRow.Columns | undefined

  const begin = ({ cells, line }: CsvRecords.CsvRecord): string | undefined => {
    if (Result.isFailure(cells)) return `line ${line}: ${cells.failure}`
    header = cells.success
    const found = MessageRow.columnsOf(kind, header, { nestedLabels: false })
    if (Result.isFailure(found)) return `line ${line}: ${found.failure}`
    columns = found.success
    for (const notice of columns.notices) notices.add(notice)
    if (MessageRow.hasId(columns)) return undefined
    const names = header.slice(0, 20).map(MessageRow.quote).join(", ")
    return `line ${line}: no id column: it needs ${kind.needed}, and has ${names}`
  }

  const rowOf = ({ cells, line, raw }: CsvRecords.CsvRecord): Row => {
    if (Result.isFailure(cells)) return { line, ref: Result.fail(cells.failure), cells: [raw] }
    const count = cells.success.length
    if (count < header.length) {
      return { line, ref: Result.fail(`too short: ${count} of ${header.length} cells`), cells: cells.success }
    }
    const ref =
      count === header.length
        ? MessageRow.messageOf(columns!, cells.success, parseInstant)
        : Result.fail(`too long: ${count} cells, and ${header.length} columns`)
    return { line, ref, cells: cells.success }
  }

  return {
    read: (lines, last) => {
      let read = last ? [...records.push(lines), ...records.end()] : records.push(lines)
      if (columns === undefined && read.length > 0) {
        const problem = begin(read[0]!)
        if (problem !== undefined) return Result.fail(problem)
        read = read.slice(1)
      }
      return Result.succeed(read.filter(hasContent).map(rowOf))
    },
    header: () => header,
    separator: records.separator,
    labels: (used) =>
      (columns?.columns ?? []).flatMap(({ kind, name }) => (kind === "label" && used.has(name) ? [name] : []))
  }
}

/** Spreadsheets write rows of separators alone below a table. */
const hasContent = ({ cells }: CsvRecords.CsvRecord) =>
  Result.isFailure(cells) || cells.success.some((cell) => cell.trim() !== "")

const ndjsonReader = (kind: MessageRow.Kind, parseInstant: InstantParser, notices: Set<string>): RowReader => {
  let keys: string | undefined
  let columns: Result.Result<MessageRow.Columns, string>

  /** Rows mostly have the same keys as the row before. */
  const columnsOf = (names: ReadonlyArray<string>) => {
    const next = JSON.stringify(names)
    if (next !== keys) {
      keys = next
      columns = MessageRow.columnsOf(kind, names, { nestedLabels: true })
      if (Result.isSuccess(columns)) for (const notice of columns.success.notices) notices.add(notice)
    }
    return columns
  }

  const messageOf = (line: TextLines.TextLine): Row["ref"] => {
    if (line.cut) return Result.fail("longer than 1 MiB")
    const value = Result.try((): unknown => JSON.parse(line.text))
    if (Result.isFailure(value)) return Result.fail("not valid JSON: each line must be one whole object")
    if (typeof value.success !== "object" || value.success === null || Array.isArray(value.success)) {
      return Result.fail("not a JSON object: each line must be one, and there must be no list around them")
    }
    const object = value.success
    return Result.flatMap(columnsOf(Object.keys(object)), (columns) =>
      MessageRow.messageOf(columns, Object.values(object), parseInstant)
    )
  }

  return {
    read: (lines) =>
      Result.succeed(
        lines.flatMap((line) =>
          line.text.trim() === "" ? [] : [{ line: line.line, ref: messageOf(line), cells: [line.text] }]
        )
      ),
    header: () => ["row"],
    separator: () => ",",
    labels: (used) => [...used]
  }
}

const readers = { csv: csvReader, ndjson: ndjsonReader }
