/**
 * Reads the messages that a user hands to `dlrkit track`: a CSV or NDJSON file, or standard input.
 *
 * A *file* is all or nothing: {@link open} reads it whole and checks every row before the first one is given out, and
 * the second reading streams it. Digests are held in memory, never rows. What can be read once only (standard input, a
 * pipe) is row by row: a bad row is left out and counted, and the rest goes on.
 *
 * @module
 */
import { Message } from "@dlrkit/core"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import type { PlatformError } from "effect/PlatformError"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import * as InputFile from "./InputFile.ts"
import * as Instant from "./Instant.ts"
import * as LineSet from "./LineSet.ts"
import * as MessageRow from "./MessageRow.ts"
import * as MessageRows from "./MessageRows.ts"
import * as RejectedRows from "./RejectedRows.ts"
import * as SeenMessages from "./SeenMessages.ts"

/**
 * A message file that cannot be used. `message` is for the user as it is: one line, and for `BadRows` one more for each
 * of the first ten rows. Repeating helps only where the file is mended first (`Changed`: as soon as nobody writes it).
 */
export class MessageFileError extends Schema.TaggedError<MessageFileError>()("MessageFileError", {
  file: Schema.String,
  reason: Schema.Literals(["Unreadable", "Empty", "BadFile", "BadRows", "BadTimeZone", "Changed", "NotWritable"]),
  message: Schema.String
}) {}

/** How to read a message file. */
export interface MessageFileOptions {
  /** Track the good rows of a file that has bad ones too, and write the bad ones to `FILE.rejected.csv`. */
  readonly skipBadRows?: boolean | undefined
  /** The zone (`Europe/Berlin`, `+02:00`) of times that are written without one; they are refused without it. */
  readonly timeZone?: string | undefined
  /** What the rows are about: messages, unless it is said. */
  readonly kind?: MessageRow.Kind | undefined
  /** Says why a message cannot be tracked (its source needs another id, say), or nothing. */
  readonly refuse?: ((ref: MessageRow.MessageRef) => string | undefined) | undefined
}

/** What was read. */
export interface MessageSummary {
  /** Messages: good rows, each message once. */
  readonly rows: number
  /** Rows that repeated an earlier one in every value. */
  readonly duplicates: number
  /** The first ten bad rows. */
  readonly rejected: ReadonlyArray<{ readonly line: number; readonly reason: string }>
  readonly rejectedCount: number
  /** Where the bad rows were written to. */
  readonly rejectedFile: string | undefined
  /** The names of the labels, in the order of the columns. */
  readonly labels: ReadonlyArray<string>
  /** What the user should be told once, each a line: columns that are not kept, and why. */
  readonly notices: ReadonlyArray<string>
}

/** A message and the line that it stands on, from 1. */
export interface MessageLine {
  readonly line: number
  readonly ref: MessageRow.MessageRef
}

/** The messages of a file. */
export interface MessageSource {
  /** The file as the user named it, or `standard input`. */
  readonly name: string
  /** Of a file: known from the beginning. Of standard input: what was read so far, so ask when `batches` has ended. */
  readonly summary: Effect.Effect<MessageSummary>
  /** Each message once, at most 500 at a time, in the order of the file. */
  readonly batches: Stream.Stream<ReadonlyArray<MessageLine>, MessageFileError>
}

const batchSize = 500

/**
 * Opens a file of messages; `-` is standard input. The format follows from the name (`.csv`, `.tsv`, `.txt`, `.ndjson`,
 * `.jsonl`), else from the first character.
 *
 * Fails with a {@link MessageFileError} before any message is given out where the file is missing, empty or no text,
 * has no id column, has bad rows (unless `skipBadRows`), or none that is good. The `batches` fail where a file was
 * changed after it was checked; those of standard input fail where its header is bad or no good row came.
 *
 * @example
 * ```ts
 * const source = yield* MessageFile.open("messages.csv", { timeZone: "Europe/Berlin" })
 * yield* Stream.runForEach(source.batches, (batch) => tracker.register(batch.map(({ ref }) => ref)))
 * ```
 */
export const open = Effect.fnUntraced(function* (
  file: string,
  options: MessageFileOptions = {}
): Effect.fn.Return<MessageSource, MessageFileError, FileSystem.FileSystem | Stdio.Stdio> {
  const zone = options.timeZone === undefined ? Result.succeed(undefined) : Instant.parseTimeZone(options.timeZone)
  if (Result.isFailure(zone)) {
    return yield* new MessageFileError({ file, reason: "BadTimeZone", message: zone.failure })
  }
  const how = { kind: options.kind ?? MessageRow.messages, parseInstant: Instant.makeParser(zone.success) }
  const input = yield* Effect.mapError(InputFile.open(file), ofInput)
  const format = file === "-" ? undefined : formatOf(file)
  const reading = makeReading(input.name, Stream.mapError(input.bytes, ofInput), { ...how, format })
  if (input.unchanged === undefined) return readOnce(reading, options)
  const unchanged = Effect.mapError(input.unchanged, ofInput)
  const { leftOut, summary } = yield* check(reading, options)
  yield* unchanged
  const messages = Stream.map(reading.start().rows, (rows) =>
    rows.flatMap(({ line, ref }) => (Result.isSuccess(ref) && !leftOut.has(line) ? [{ line, ref: ref.success }] : []))
  )
  return {
    name: file,
    summary: Effect.succeed(summary),
    batches: Stream.fromEffectDrain(unchanged).pipe(
      Stream.concat(inBatches(messages)),
      Stream.concat(Stream.fromEffectDrain(unchanged))
    )
  }
})

const ofInput = ({ file, message, reason }: InputFile.InputFileError) => new MessageFileError({ file, reason, message })

/** Puts messages together into batches of one size; the last one may be smaller. */
const inBatches = <E>(messages: Stream.Stream<ReadonlyArray<MessageLine>, E>) =>
  Stream.mapAccum(
    messages,
    (): ReadonlyArray<MessageLine> => [],
    (left, more) => {
      const batches = Arr.chunksOf([...left, ...more], batchSize)
      const last = batches.at(-1) ?? []
      return last.length < batchSize ? [last, batches.slice(0, -1)] : [[], batches]
    },
    { onHalt: (left) => (left.length === 0 ? [] : [left]) }
  )

/** A file that can be read, each time from its beginning. */
interface Reading {
  readonly name: string
  readonly start: () => {
    readonly reader: MessageRows.MessageRows
    readonly rows: Stream.Stream<ReadonlyArray<MessageRows.Row>, MessageFileError>
  }
}

const makeReading = (
  name: string,
  bytes: Stream.Stream<Uint8Array, MessageFileError>,
  how: Parameters<typeof MessageRows.make>[0]
): Reading => {
  const orFail = <A>(result: Result.Result<A, string>) =>
    Result.isSuccess(result)
      ? Effect.succeed(result.success)
      : Effect.fail(new MessageFileError({ file: name, reason: "BadFile", message: `${name}: ${result.failure}` }))
  return {
    name,
    start: () => {
      const reader = MessageRows.make(how)
      const rows = bytes.pipe(
        Stream.mapEffect((chunk) => orFail(reader.push(chunk))),
        Stream.concat(Stream.fromEffect(Effect.suspend(() => orFail(reader.end()))))
      )
      return { reader, rows }
    }
  }
}

/** Reads a file to its end, for what is in it and for which of its messages are not to be given out. */
const check = Effect.fnUntraced(function* (reading: Reading, options: MessageFileOptions) {
  const { reader, rows } = reading.start()
  const tally = makeTally(reader, options)
  const leftOut = LineSet.make()
  const rejectedFile = `${reading.name}.rejected.csv`
  const notWritable = (error: PlatformError) =>
    new MessageFileError({
      file: rejectedFile,
      reason: "NotWritable",
      message: `${rejectedFile}: ${InputFile.explain(error)}`
    })
  const write = options.skipBadRows
    ? yield* Effect.mapError(RejectedRows.open(rejectedFile), notWritable)
    : () => Effect.void
  yield* Stream.runForEach(rows, (rows) => {
    const { bad, good } = tally.take(rows)
    const kept = new Set(good.map(({ line }) => line))
    for (const { line, ref } of rows) if (Result.isSuccess(ref) && !kept.has(line)) leftOut.add(line)
    return Effect.mapError(write(bad, { header: reader.header(), separator: reader.separator() }), notWritable)
  })
  const counted = tally.summary()
  const written = options.skipBadRows === true && counted.rejectedCount > 0
  const summary: MessageSummary = { ...counted, rejectedFile: written ? rejectedFile : undefined }
  yield* refuseUnusable(reading.name, reader, summary, options.skipBadRows === true)
  return { leftOut, summary }
}, Effect.scoped)

/** Gives out the good rows of what cannot be read twice, as they come. */
const readOnce = (reading: Reading, options: MessageFileOptions): MessageSource => {
  const { reader, rows } = reading.start()
  const tally = makeTally(reader, options)
  return {
    name: reading.name,
    summary: Effect.sync(tally.summary),
    batches: rows.pipe(
      Stream.map((rows) => Arr.chunksOf(tally.take(rows).good, batchSize)),
      Stream.flattenIterable,
      Stream.concat(
        Stream.fromEffectDrain(Effect.suspend(() => refuseUnusable(reading.name, reader, tally.summary(), true)))
      )
    )
  }
}

/** Tells good rows from bad ones and repeated ones, and counts them. */
const makeTally = (reader: MessageRows.MessageRows, options: MessageFileOptions) => {
  const seen = SeenMessages.make()
  const rejected: Array<{ readonly line: number; readonly reason: string }> = []
  let [messages, duplicates, rejectedCount] = [0, 0, 0]

  /** The message, `undefined` for a repeated one, or why it is bad. */
  const judge = ({ line, ref }: MessageRows.Row): Result.Result<MessageLine | undefined, string> => {
    if (Result.isFailure(ref)) return Result.fail(ref.failure)
    const refused = options.refuse?.(ref.success)
    if (refused !== undefined) return Result.fail(refused)
    const found = seen(ref.success, line)
    if (found.kind === "contradiction") {
      const given = options.kind?.given ?? {}
      const names = Object.keys(Message.nameOf({ ref: ref.success }))
      const same = names.filter((name) => !(name in given)).join(" and ")
      return Result.fail(`contradicts line ${found.line}: same ${same}, other values`)
    }
    return Result.succeed(found.kind === "new" ? { line, ref: ref.success } : undefined)
  }

  return {
    take: (rows: ReadonlyArray<MessageRows.Row>) => {
      const good: Array<MessageLine> = []
      const bad: Array<RejectedRows.RejectedRow> = []
      for (const row of rows) {
        const judged = judge(row)
        if (Result.isFailure(judged)) {
          bad.push({ line: row.line, reason: judged.failure, cells: row.cells })
          if (rejected.length < shownRows) rejected.push({ line: row.line, reason: judged.failure })
          rejectedCount++
        } else if (judged.success === undefined) {
          duplicates++
        } else {
          good.push(judged.success)
          messages++
        }
      }
      return { good, bad }
    },
    summary: (): MessageSummary => ({
      rows: messages,
      duplicates,
      rejected: [...rejected],
      rejectedCount,
      rejectedFile: undefined,
      labels: reader.labels(),
      notices: reader.notices()
    })
  }
}

const shownRows = 10

/** Fails where nothing was there to be tracked, or bad rows that the user did not say to skip. */
const refuseUnusable = (
  name: string,
  reader: MessageRows.MessageRows,
  { rejected, rejectedCount, rows }: MessageSummary,
  skipBadRows: boolean
): Effect.Effect<void, MessageFileError> => {
  if (rejectedCount === 0) {
    if (rows > 0) return Effect.void
    const message = reader.empty() ? `${name}: is empty` : `${name}: has a header, but no rows`
    return new MessageFileError({ file: name, reason: "Empty", message })
  }
  if (skipBadRows && rows > 0) return Effect.void
  const what = rejectedCount === 1 ? "1 bad row" : `${rejectedCount} bad rows`
  const consequence = rows === 0 ? "and no good one" : "so nothing is registered (--skip-bad-rows tracks the others)"
  const more = rejectedCount > rejected.length ? [`and ${rejectedCount - rejected.length} more`] : []
  const lines = [...rejected.map(({ line, reason }) => `line ${line}: ${reason}`), ...more]
  const message = [`${name}: ${what}, ${consequence}:`, ...lines].join("\n  ")
  return new MessageFileError({ file: name, reason: "BadRows", message })
}

const formatOf = (file: string): MessageRows.Format | undefined =>
  /\.(ndjson|jsonl)$/i.test(file) ? "ndjson" : /\.(csv|tsv|txt)$/i.test(file) ? "csv" : undefined
