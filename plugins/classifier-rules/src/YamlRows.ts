/**
 * Reads a YAML file into rows. Each scalar is the text that stands there: under YAML's failsafe schema `008` is no number,
 * `yes` no truth and `2026-03-01` no date. What only programs write (anchors, aliases, tags) is refused.
 *
 * @module
 */
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type ParsedNode,
  parseDocument,
  type Scalar,
  type YAMLMap
} from "yaml"
import { nearest } from "./Nearest.ts"
import type { Cell, Entry, Problem, Row, Rows } from "./Row.ts"

const sections = ["version", "rules", "cases"]

/** What the parser says too shortly for people. */
const friendlier: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: "a tab indents this line: YAML takes spaces alone",
  MULTIPLE_DOCS: "a second document begins here (---): a file holds one",
  BAD_INDENT: "this line is indented otherwise than what it belongs to, or a bracket above it is never closed",
  UNEXPECTED_TOKEN: "this is not YAML: a value with a bracket, comma, colon or # in it is put in quotes ('…')",
  MISSING_CHAR:
    "this line is indented otherwise than the keys above it, or a quote or bracket is never closed, or a comma or colon is missing"
}

/** Reads the text of a file, its line breaks being `\n`. */
export const parse = (text: string): Rows => {
  const lines = new LineCounter()
  const problems: Array<Problem> = []
  const document = parseDocument(text, {
    schema: "failsafe",
    version: "1.2",
    lineCounter: lines,
    prettyErrors: false,
    // Ours says the line of the first one too, and takes no square of the time.
    uniqueKeys: false,
    // Where nothing is to be told, a second document is not told either.
    logLevel: "error"
  })
  const at = (offset: number) => {
    const { col, line } = lines.linePos(offset)
    return { line, column: col }
  }
  for (const { code, message, pos } of document.errors) {
    const place = at(pos[0])
    // What follows on the same line follows from it.
    if (problems.at(-1)?.line === place.line) continue
    problems.push({ ...place, message: friendlier[code] ?? `${message[0]!.toLowerCase()}${message.slice(1)}` })
  }
  if (problems.length > 0) return { rows: [], problems }

  const placeOf = (node: ParsedNode) => at(node.range[0])
  const report = (node: ParsedNode, message: string) => void problems.push({ ...placeOf(node), message })

  /** Whether a node is what people write; says so where it is not. */
  const isPlain = (node: ParsedNode): boolean => {
    if (isAlias(node)) report(node, "an alias (*) stands for something else: write it out")
    else if (node.anchor !== undefined) report(node, "an anchor (&) names a part of the file: take it away")
    else if (node.tag !== undefined) report(node, "a tag (!) says what a value is: take it away, all are texts")
    else return true
    return false
  }

  const cellOf = (node: Scalar.Parsed): Cell => ({ text: String(node.value ?? ""), ...placeOf(node) })

  /** The entries of a map by key, each key once. */
  const entriesOf = (map: YAMLMap.Parsed): ReadonlyArray<readonly [Cell, ParsedNode | null]> => {
    const seen = new Map<string, number>()
    const entries: Array<readonly [Cell, ParsedNode | null]> = []
    for (const { key, value } of map.items) {
      if (!isPlain(key)) continue
      if (!isScalar(key)) {
        report(key, "a key is a single word")
        continue
      }
      const cell = cellOf(key)
      const before = seen.get(cell.text)
      if (before !== undefined) report(key, `${cell.text} stands on line ${before} already`)
      else entries.push([cell, value])
      seen.set(cell.text, before ?? cell.line)
    }
    return entries
  }

  /** The texts of a value: itself, or the elements of a list. */
  const entryOf = (key: Cell, value: ParsedNode | null): Entry | undefined => {
    if (value === null || !isPlain(value)) return undefined
    if (isScalar(value)) return { key, cells: [cellOf(value)], isList: false }
    if (!isSeq(value)) {
      report(value, `${key.text} has keys of its own: it takes a text`)
      return undefined
    }
    const cells: Array<Cell> = []
    for (const item of value.items as ReadonlyArray<ParsedNode>) {
      if (!isPlain(item)) continue
      if (isScalar(item)) cells.push(cellOf(item))
      else report(item, `an element of ${key.text} is a text, not a list and nothing with keys`)
    }
    // What is wrong in the list has been said; what is left of it would be wrong in another way.
    return cells.length < value.items.length ? undefined : { key, cells, isList: true }
  }

  const rowsOf = (kind: Row["kind"], key: Cell, list: ParsedNode | null): ReadonlyArray<Row> => {
    if (list === null || !isPlain(list)) return []
    // A heading with nothing beneath it.
    if (isScalar(list) && list.value === "") return []
    if (!isSeq(list)) {
      const { column, line } = isScalar(list) ? key : placeOf(list)
      problems.push({ line, column, message: `${key.text} is a list: begin each ${kind} with "- "` })
      return []
    }
    const rows: Array<Row> = []
    for (const item of list.items as ReadonlyArray<ParsedNode>) {
      if (!isPlain(item)) continue
      if (!isMap(item)) {
        report(item, `a ${kind} is keys with values, such as "code: 008"`)
        continue
      }
      const before = problems.length
      const entries = entriesOf(item).flatMap(([name, value]) => entryOf(name, value) ?? [])
      rows.push({ kind, line: placeOf(item).line, entries, isTorn: problems.length > before })
    }
    return rows
  }

  const { contents } = document
  if (contents === null || !isPlain(contents)) {
    return { rows: [], problems: problems.length > 0 ? problems : [{ message: "is empty" }] }
  }
  if (!isMap(contents)) {
    return { rows: [], problems: [{ ...placeOf(contents), message: 'it does not begin with "rules:"' }] }
  }
  const rows: Array<Row> = []
  let hasRules = false
  for (const [key, value] of entriesOf(contents as YAMLMap.Parsed)) {
    const { column, line, text: name } = key
    const complain = (message: string) => void problems.push({ line, column, message })
    if (name === "version") {
      if (!isScalar(value) || value.value !== "1") complain("the version of the format is 1: write version: 1")
    } else if (name === "rules") {
      hasRules = true
      rows.push(...rowsOf("rule", key, value))
    } else if (name === "cases") {
      rows.push(...rowsOf("case", key, value))
    } else {
      const meant = nearest(name, sections)
      complain(
        `unknown key ${JSON.stringify(name)}: ${meant === undefined ? `there is ${sections.join(", ")}` : `did you mean ${meant}?`}`
      )
    }
  }
  if (!hasRules) problems.push({ message: 'it has no "rules:"' })
  return { rows, problems }
}
