/**
 * Tables of texts whose columns line up, for people.
 *
 * @module
 */

/** How a table is drawn. */
export interface TableOptions {
  /** So many columns, from the first, stand to the left; those after them are numbers, and stand to the right. */
  readonly left?: number | undefined
  /** A row of sums, beneath a rule of its own. */
  readonly total?: ReadonlyArray<string> | undefined
}

/** A table: its heads, a rule, its rows. */
export const render = (
  heads: ReadonlyArray<string>,
  rows: ReadonlyArray<ReadonlyArray<string>>,
  { left = heads.length, total }: TableOptions = {}
): string => {
  const all = [heads, ...rows, ...(total === undefined ? [] : [total])]
  const widths = heads.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)))
  const draw = (row: ReadonlyArray<string>) =>
    widths
      .map((width, column) => (column < left ? (row[column] ?? "").padEnd(width) : (row[column] ?? "").padStart(width)))
      .join("  ")
      .trimEnd()
  const rule = "-".repeat(widths.reduce((sum, width) => sum + width + 2, -2))
  return [draw(heads), rule, ...rows.map(draw), ...(total === undefined ? [] : [rule, draw(total)])].join("\n")
}
