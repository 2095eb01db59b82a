/**
 * Reads a CSV file into rows: a header, then a rule or a case on each line, as its column `type` says. The separator is
 * comma, semicolon or tab, whichever gives the header most known columns.
 *
 * Cells are found here and not by a library, because each problem is told with its line and column.
 *
 * @module
 */
import { nearest } from "./Nearest.ts"
import type { Cell, Entry, Problem, Row, Rows } from "./Row.ts"

/** Which columns there may be, and which of them hold several texts between bars. */
export interface Columns {
  readonly names: ReadonlyArray<string>
  readonly lists: ReadonlySet<string>
}

const separators = [",", ";", "\t"]

/** The records of a text, from a place on; a quote that is wrong ends them. */
const recordsOf = (text: string, separator: string, firstLine: number) => {
  const records: Array<ReadonlyArray<Cell>> = []
  let record: Array<Cell> = []
  let at = 0
  let line = firstLine
  let lineStart = 0
  const fail = (place: Omit<Cell, "text">, message: string) => ({ records, problem: { ...place, message } as Problem })
  while (at < text.length) {
    const place = { line, column: at - lineStart + 1 }
    let content: string
    if (text[at] === '"') {
      let end = text.indexOf('"', at + 1)
      while (end !== -1 && text[end + 1] === '"') end = text.indexOf('"', end + 2)
      if (end === -1) return fail(place, "a quote is opened and never closed")
      const raw = text.slice(at + 1, end)
      const lastBreak = raw.lastIndexOf("\n")
      if (lastBreak !== -1) {
        line += raw.split("\n").length - 1
        lineStart = at + 1 + lastBreak + 1
      }
      content = raw.replaceAll('""', '"')
      at = end + 1
      if (at < text.length && text[at] !== separator && text[at] !== "\n") {
        return fail(
          { line, column: at - lineStart + 1 },
          "a closing quote is followed by more text: double each quote inside"
        )
      }
    } else {
      const end = endOf(text, at, separator)
      content = text.slice(at, end)
      at = end
    }
    record.push({ text: content.trim(), ...place })
    const isLast = at >= text.length || text[at] === "\n"
    if (!isLast && at + 1 >= text.length) record.push({ text: "", line, column: at - lineStart + 2 })
    at += 1
    if (isLast || at >= text.length) {
      if (record.some(({ text }) => text !== "")) records.push(record)
      record = []
      line += 1
      lineStart = at
    }
  }
  return { records, problem: undefined }
}

const endOf = (text: string, from: number, separator: string) => {
  let at = from
  while (at < text.length && text[at] !== separator && text[at] !== "\n") at += 1
  return at
}

/** A column's name however a spreadsheet writes it: `Retry after` is `retry_after`. */
const nameOf = ({ text }: Cell) => text.toLowerCase().replace(/[\s-]+/g, "_")

/** Reads the text of a file, its line breaks being `\n`. */
export const parse = (text: string, { lists, names }: Columns): Rows => {
  const isBlank = text.trim() === ""
  if (isBlank) return { rows: [], problems: [{ message: "is empty" }] }
  const stated = /^\s*"?sep=([,;\t])"?[^\S\n]*\n/i.exec(text)
  const body = text.slice(stated?.[0].length ?? 0)
  const firstLine = stated?.[0].split("\n").length ?? 1
  const known = new Set([...names, "type"])
  const header = body.trimStart().split("\n", 1)[0] as string
  const score = (separator: string) =>
    (recordsOf(header, separator, 1).records[0] ?? []).filter((cell) => known.has(nameOf(cell))).length
  const separator = stated?.[1] ?? separators.toSorted((a, b) => score(b) - score(a))[0]!
  const { problem, records } = recordsOf(body, separator, firstLine)
  const [columns = [], ...lines] = records
  const problems: Array<Problem> = problem === undefined ? [] : [problem]

  const seen = new Set<string>()
  for (const cell of columns) {
    const name = nameOf(cell)
    const { column, line } = cell
    if (known.has(name)) {
      if (seen.has(name)) problems.push({ line, column, message: `there are two columns ${name}` })
    } else if (name !== "") {
      const meant = nearest(name, [...known])
      const advice = meant === undefined ? `the columns are type, ${names.join(", ")}` : `did you mean ${meant}?`
      problems.push({ line, column, message: `unknown column ${JSON.stringify(cell.text)}: ${advice}` })
    }
    seen.add(name)
  }

  const rows: Array<Row> = []
  for (const cells of lines) {
    const { line } = cells[0]!
    const extra = cells.slice(columns.length).find(({ text }) => text !== "")
    if (extra !== undefined) {
      problems.push({ line: extra.line, column: extra.column, message: "there are more cells than columns" })
    }
    let kind: Row["kind"] = "rule"
    const entries: Array<Entry> = []
    for (const [index, column] of columns.entries()) {
      const cell = cells[index]
      const name = nameOf(column)
      if (cell === undefined || cell.text === "" || name === "") continue
      if (name === "type") {
        const word = cell.text.toLowerCase()
        if (word === "case") kind = "case"
        else if (word !== "rule") {
          const { column, line } = cell
          problems.push({ line, column, message: `type ${JSON.stringify(cell.text)} is neither rule nor case` })
        }
      } else {
        entries.push({ key: { ...cell, text: name }, cells: [cell], isList: false })
      }
    }
    const read = (entry: Entry) => (kind === "rule" && lists.has(entry.key.text) ? split(entry) : entry)
    rows.push({ kind, line, entries: entries.map(read), isTorn: false })
  }
  return { rows, problems }
}

/** Cuts a cell at its bars. */
const split = ({ cells, key }: Entry): Entry => {
  const parts = cells.flatMap((cell) => cell.text.split("|").map((text) => ({ ...cell, text: text.trim() })))
  return { key, cells: parts, isList: parts.length > 1 }
}
