/**
 * Rows: what a file of rules holds, before anybody says what it means. YAML and CSV are read into the same rows, in which
 * each text stands as it was written (`008`, `yes`, `1e3`), with its place in the file.
 *
 * @module
 */

/** What is wrong with a file, and where. */
export interface Problem {
  /** From 1; absent where it is the whole file. */
  readonly line?: number | undefined
  /** From 1; absent where it is the whole line. */
  readonly column?: number | undefined
  readonly message: string
}

/** A text of the file. */
export interface Cell {
  readonly text: string
  readonly line: number
  readonly column: number
}

/** A key with what it says. */
export interface Entry {
  readonly key: Cell
  readonly cells: ReadonlyArray<Cell>
  /** It was written as a list, also where that has one element. */
  readonly isList: boolean
}

/** A rule or a case, as it is written. */
export interface Row {
  readonly kind: "rule" | "case"
  readonly line: number
  readonly entries: ReadonlyArray<Entry>
  /** A part of it could not be read, which has been said: what is missing may be in there. */
  readonly isTorn: boolean
}

/** The rows of a file in its order, and what could not be read of it. */
export interface Rows {
  readonly rows: ReadonlyArray<Row>
  readonly problems: ReadonlyArray<Problem>
}

/** A problem on one line of text, with its place. */
export const problemText = ({ column, line, message }: Problem): string => {
  if (line === undefined) return message
  return `line ${line}${column === undefined ? "" : `, column ${column}`}: ${message}`
}
