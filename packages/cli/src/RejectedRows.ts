/**
 * Writes the rows of a message file that could not be used, beside it, so that somebody can mend and send them again.
 *
 * @module
 */
import { stringify } from "csv-stringify/sync"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import type { PlatformError } from "effect/PlatformError"
import { Scope } from "effect/Scope"

/** A row that cannot be used, and why. */
export interface RejectedRow {
  /** The physical line that it begins on, from 1. */
  readonly line: number
  readonly reason: string
  /** Its cells as written. */
  readonly cells: ReadonlyArray<string>
}

/** Appends rows. The header and the separator count at the first call. */
export type Write = (
  rows: ReadonlyArray<RejectedRow>,
  table: { readonly header: ReadonlyArray<string>; readonly separator: string }
) => Effect.Effect<void, PlatformError>

/**
 * Opens `file` for rejected rows: their own columns, then `line` and `reason`. What an earlier run left there is
 * removed at once; the new file is made with the first row, readable by its owner only. A cell that a spreadsheet would
 * run as a formula gets a `'` before it.
 */
export const open = Effect.fnUntraced(function* (
  file: string
): Effect.fn.Return<Write, PlatformError, FileSystem.FileSystem | Scope> {
  const fs = yield* FileSystem.FileSystem
  yield* fs.remove(file, { force: true })
  const scope = yield* Effect.scope
  let out: FileSystem.File | undefined
  return Effect.fnUntraced(function* (rows, { header, separator }) {
    if (rows.length === 0) return
    const table = rows.map(({ cells, line, reason }) => [...atLeast(cells, header.length), String(line), reason])
    if (out === undefined) {
      out = yield* Effect.provideService(fs.open(file, { flag: "wx", mode: 0o600 }), Scope, scope)
      table.unshift([...header, "line", "reason"])
    }
    const text = stringify(table, { delimiter: separator, cast: { string: harmless } })
    yield* out.writeAll(new TextEncoder().encode(text))
  })
})

const atLeast = (cells: ReadonlyArray<string>, count: number): ReadonlyArray<string> =>
  cells.length < count ? [...cells, ...Array<string>(count - cells.length).fill("")] : cells

/** A number, a phone number included, is no formula. */
const harmless = (cell: string): string =>
  /^[=+\-@\t\r]/.test(cell) && !/^[+-]?\d+([.,]\d+)?$/.test(cell) ? `'${cell}` : cell
