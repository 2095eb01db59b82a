/**
 * Turns the bytes of a file of receipts into receipts with the line that each begins on: lines as `dlrkit classify` reads
 * them, or the table that a console exports.
 *
 * @module
 */
import { ReceiptProfile } from "@dlrkit/core"
import * as Result from "effect/Result"
import * as CsvRecords from "./CsvRecords.ts"
import type { InstantParser } from "./Instant.ts"
import * as ReceiptColumns from "./ReceiptColumns.ts"
import * as ReceiptLine from "./ReceiptLine.ts"
import * as TextLines from "./TextLines.ts"

/** The two formats. */
export type Format = "table" | "lines"

/** One row of the file. */
export interface Row {
  /** The physical line that it begins on, from 1. */
  readonly line: number
  /** The receipt, or a sentence that says why it cannot be read. */
  readonly read: ReceiptProfile.ReadReceipt | string
}

/** How to read. */
export interface Options {
  /** As the file's name says; without it, as its first line shows. */
  readonly format: Format | undefined
  /** All profiles that are known. */
  readonly profiles: ReadonlyArray<ReceiptProfile.ReceiptProfile>
  /** Whose receipts they are that do not say so; a table needs it. */
  readonly profile: string | undefined
  /** The columns of a table; there are none without a profile. */
  readonly columns: ReceiptColumns.ColumnMap | undefined
  readonly parseTime: InstantParser
}

/** A stateful reader: `push` the chunks in order, then `end` once. A failure concerns the whole file, in one line. */
export interface ReceiptRows {
  readonly push: (bytes: Uint8Array) => Result.Result<ReadonlyArray<Row>, string>
  readonly end: () => Result.Result<ReadonlyArray<Row>, string>
}

type ReadLines = (lines: ReadonlyArray<TextLines.TextLine>, last: boolean) => Result.Result<ReadonlyArray<Row>, string>

/** Makes a reader. Without a `format`, a first line that has the columns of the table is a table's header. */
export const make = (options: Options): ReceiptRows => {
  const text = TextLines.make()
  let readLines: ReadLines | undefined
  const read = (lines: ReadonlyArray<TextLines.TextLine>, last: boolean): ReturnType<ReadLines> => {
    const first = lines.find(({ text }) => text.trim() !== "")
    if (readLines === undefined && first === undefined) return Result.succeed([])
    readLines ??=
      (options.format ?? sniff(first as TextLines.TextLine, options)) === "table" ? table(options) : single(options)
    return readLines(lines, last)
  }
  return {
    push: (bytes) => Result.flatMap(text.push(bytes), (lines) => read(lines, false)),
    end: () => Result.flatMap(text.end(), (lines) => read(lines, true))
  }
}

const isHeader = (cells: ReadonlyArray<string>, { columns }: Options) =>
  columns !== undefined && Result.isSuccess(ReceiptColumns.find(columns, cells))

const scoreOf = (options: Options) => (cells: ReadonlyArray<string>) => (isHeader(cells, options) ? 1 : 0)

const sniff = (first: TextLines.TextLine, options: Options): Format => {
  if (/^\s*\{/.test(first.text)) return "lines"
  const records = CsvRecords.make(scoreOf(options))
  const [header] = [...records.push([first]), ...records.end()]
  return header !== undefined && Result.isSuccess(header.cells) && isHeader(header.cells.success, options)
    ? "table"
    : "lines"
}

/** What cannot be decoded as text is marked so. */
const notText = "it holds bytes that are no text: save the file as UTF-8"

const single =
  ({ profile, profiles }: Options): ReadLines =>
  (lines) =>
    Result.succeed(
      lines.flatMap((line) =>
        line.text.trim() === "" ? [] : [{ line: line.line, read: readLine(line, profile, profiles) }]
      )
    )

const readLine = (line: TextLines.TextLine, named: string | undefined, profiles: Options["profiles"]): Row["read"] => {
  if (!line.cut && line.text.includes("\ufffd")) return notText
  const parsed = ReceiptLine.parse(line, named)
  if (typeof parsed === "string") return parsed
  const { field, profile, receipt } = parsed
  if (profile !== undefined && profile !== null && typeof profile !== "string") return "its profile is no text"
  return ReceiptProfile.read(profiles, {
    profile: profile ?? undefined,
    field: typeof field === "string" ? field : undefined,
    payload: receipt
  })
}

const table = (options: Options): ReadLines => {
  const records = CsvRecords.make(scoreOf(options))
  let columnCount = 0
  let places: ReceiptColumns.ReceiptPlaces | undefined

  const begin = ({ cells, line }: CsvRecords.CsvRecord): string | undefined => {
    if (Result.isFailure(cells)) return `line ${line}: ${cells.failure}`
    if (options.columns === undefined) return "a table does not say whose receipts it holds: name it with --profile"
    const found = ReceiptColumns.find(options.columns, cells.success)
    if (Result.isFailure(found)) return `line ${line}: ${found.failure}`
    columnCount = cells.success.length
    places = found.success
    return undefined
  }

  return (lines, last) => {
    let read = last ? [...records.push(lines), ...records.end()] : records.push(lines)
    if (places === undefined && read.length > 0) {
      const problem = begin(read[0] as CsvRecords.CsvRecord)
      if (problem !== undefined) return Result.fail(problem)
      read = read.slice(1)
    }
    return Result.succeed(
      read.filter(hasContent).map(({ cells, line }) => ({
        line,
        read: Result.isFailure(cells)
          ? cells.failure
          : cells.success.length === columnCount
            ? readCells(cells.success, places as ReceiptColumns.ReceiptPlaces, options)
            : `it has ${cells.success.length} cells, and the table ${columnCount} columns`
      }))
    )
  }
}

/** Spreadsheets write rows of separators alone below a table. */
const hasContent = ({ cells }: CsvRecords.CsvRecord) =>
  Result.isFailure(cells) || cells.success.some((cell) => cell.trim() !== "")

const readCells = (
  cells: ReadonlyArray<string>,
  places: ReceiptColumns.ReceiptPlaces,
  { parseTime, profile = "", profiles }: Options
): Row["read"] => {
  const used = [places.id, places.to, places.at, ...places.fields.map(([, place]) => place)]
  if (used.some((place) => cells[place]?.includes("\ufffd"))) return notText
  const cell = (place: number) => cells[place]?.trim() || undefined
  const [id, to, time] = [cell(places.id), cell(places.to), cell(places.at)]
  const at = time === undefined ? Result.succeed(undefined) : parseTime(time)
  if (Result.isFailure(at)) return `the time ${JSON.stringify(time)} ${at.failure}`
  const found = ReceiptProfile.read(profiles, { profile, payload: ReceiptColumns.payloadOf(profile, places, cells) })
  if (typeof found === "string") return found
  const receipt = {
    ...found.receipt,
    ...(id === undefined ? {} : { externalMessageId: id }),
    ...(at.success === undefined ? {} : { occurredAt: at.success })
  }
  const recipient = to ?? found.recipient
  return { receipt, ...(recipient === undefined ? {} : { recipient }) }
}
