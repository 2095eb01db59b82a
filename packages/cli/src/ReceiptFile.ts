/**
 * Reads the receipts that a user hands to `dlrkit import`: a file, or standard input.
 *
 * A *file* is all or nothing: it is read whole before the first receipt is given out, and again then. What can be read once
 * only is row by row: a row that cannot be read is given out as such, and the rest goes on.
 *
 * @module
 */
import type { ReceiptImport } from "@dlrkit/core"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import type * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import * as InputFile from "./InputFile.ts"
import * as ReceiptRows from "./ReceiptRows.ts"

/** A file of receipts that cannot be used. `message` is for the user as it is; repeating helps once the file is mended. */
export class ReceiptFileError extends Schema.TaggedError<ReceiptFileError>()("ReceiptFileError", {
  file: Schema.String,
  reason: Schema.Literals(["Unreadable", "Changed", "Empty", "BadFile", "BadRows"]),
  message: Schema.String
}) {}

/** How to read a file of receipts. */
export interface ReceiptFileOptions extends Omit<ReceiptRows.Options, "format"> {
  /** Import the receipts of a file that can be read, though others cannot. */
  readonly skipBadRows: boolean
}

/** The receipts of a file. */
export interface ReceiptFile {
  /** The file as the user named it, or `standard input`. */
  readonly name: string
  readonly batches: Stream.Stream<ReadonlyArray<ReceiptImport.Reading>, ReceiptFileError>
  /** The first ten rows so far that cannot be read, a line each. */
  readonly badRows: Effect.Effect<ReadonlyArray<string>>
}

const batchSize = 1000
const shownRows = 10

/** Opens a file of receipts; `-` is standard input. Fails before anything is given out where a file has a bad row. */
export const open = Effect.fnUntraced(function* (
  file: string,
  options: ReceiptFileOptions
): Effect.fn.Return<ReceiptFile, ReceiptFileError, FileSystem.FileSystem | Stdio.Stdio> {
  const input = yield* Effect.mapError(InputFile.open(file), ofInput)
  const { name } = input
  const fail = (reason: "Empty" | "BadFile" | "BadRows", message: string) =>
    new ReceiptFileError({ file: name, reason, message: `${name}: ${message}` })
  const orFail = (result: Result.Result<ReadonlyArray<ReceiptRows.Row>, string>) =>
    Effect.mapError(Effect.fromResult(result), (problem) => fail("BadFile", problem))

  const rows = Stream.suspend(() => {
    const reader = ReceiptRows.make({ ...options, format: formatOf(file) })
    return Stream.mapError(input.bytes, ofInput).pipe(
      Stream.mapEffect((chunk) => orFail(reader.push(chunk))),
      Stream.concat(Stream.fromEffect(Effect.suspend(() => orFail(reader.end()))))
    )
  })
  const bad: Array<string> = []
  let [good, badCount] = [0, 0]
  const count = ({ line, read }: ReceiptRows.Row) => {
    if (typeof read !== "string") good += 1
    else if (++badCount <= shownRows) bad.push(`line ${line}: ${read}`)
  }
  const badRows = Effect.sync(() => (badCount > shownRows ? [...bad, `and ${badCount - shownRows} more`] : [...bad]))

  const inBatches = (counted: (row: ReceiptRows.Row) => void) =>
    rows.pipe(
      Stream.map((rows) => {
        rows.forEach(counted)
        return Arr.chunksOf(
          rows.map(({ read }) => read),
          batchSize
        )
      }),
      Stream.flattenIterable
    )
  if (input.unchanged === undefined) return { name, badRows, batches: inBatches(count) }

  yield* Stream.runForEach(rows, (rows) => Effect.sync(() => rows.forEach(count)))
  const unchanged = Effect.mapError(input.unchanged, ofInput)
  yield* unchanged
  if (good + badCount === 0) return yield* fail("Empty", "it holds no receipt")
  if (badCount > 0 && (good === 0 || !options.skipBadRows)) {
    const what = badCount === 1 ? "1 row cannot be read" : `${badCount} rows cannot be read`
    const consequence =
      good === 0 ? "and no other is there" : "so nothing is imported (--skip-bad-rows imports the others)"
    return yield* fail("BadRows", [`${what}, ${consequence}:`, ...(yield* badRows)].join("\n  "))
  }
  const ending = Stream.fromEffectDrain(unchanged)
  return {
    name,
    badRows,
    batches: Stream.concat(
      Stream.concat(
        ending,
        inBatches(() => {})
      ),
      ending
    )
  }
})

const ofInput = ({ file, message, reason }: InputFile.InputFileError) => new ReceiptFileError({ file, reason, message })

const formatOf = (file: string): ReceiptRows.Format | undefined =>
  /\.(ndjson|jsonl)$/i.test(file) ? "lines" : /\.(csv|tsv)$/i.test(file) ? "table" : undefined
