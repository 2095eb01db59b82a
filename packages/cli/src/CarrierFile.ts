/**
 * Reads `--carriers FILE`: which carrier a message went through, by sender number, recipient's number or label.
 *
 * Either CSV of two columns (`+1317555,acme`; a header like `match,carrier` may stand above) or one JSON object
 * (`{"+1317555": "acme"}`), in any encoding and with any separator that a message file may have. The keys are those of
 * the config's `carriers` table; what they mean for a message is core's.
 *
 * @module
 */
import * as ByteSize from "effect/ByteSize"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import type { PlatformError } from "effect/PlatformError"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as CsvRecords from "./CsvRecords.ts"
import { quote } from "./MessageRow.ts"
import * as TextLines from "./TextLines.ts"

/** A carriers file that cannot be used. `message` is one line for the user, with the line of the file. */
export class CarrierFileError extends Schema.TaggedError<CarrierFileError>()("CarrierFileError", {
  file: Schema.String,
  message: Schema.String
}) {}

interface Entry {
  readonly line: number
  readonly key: string
  readonly carrier: string
}

const maxSize = 16 * 1024 * 1024

/**
 * Reads the table. A number matches a sender's number, or the beginning of a recipient's (the longest wins);
 * `shortcode:12345` a sender's short code or name; `label:region=west` a label of the message.
 *
 * Fails with a {@link CarrierFileError} where the file cannot be read, is empty, or has an entry that is wrong.
 *
 * @returns carriers by key, the numbers without spaces and punctuation
 */
export const read = Effect.fnUntraced(function* (
  file: string
): Effect.fn.Return<Readonly<Record<string, string>>, CarrierFileError, FileSystem.FileSystem> {
  const fs = yield* FileSystem.FileSystem
  const fail = (problem: string) => new CarrierFileError({ file, message: `${file}: ${problem}` })
  const unreadable = ({ reason }: PlatformError) =>
    fail(reason._tag === "NotFound" ? "no such file" : (reason.description ?? reason.message))
  const info = yield* Effect.mapError(fs.stat(file), unreadable)
  if (info.type === "Directory") return yield* fail("is a directory")
  if (ByteSize.toBigInt(info.size) > maxSize) return yield* fail("is larger than 16 MiB")
  const bytes = yield* Effect.mapError(fs.readFile(file), unreadable)
  return yield* Effect.mapError(Effect.fromResult(parse(bytes)), fail)
})

const parse = (bytes: Uint8Array): Result.Result<Readonly<Record<string, string>>, string> =>
  Result.gen(function* () {
    const reader = TextLines.make()
    const lines = [...(yield* reader.push(bytes)), ...(yield* reader.end())]
    const first = lines.find(({ text }) => text.trim() !== "")
    if (first === undefined) return yield* Result.fail("is empty")
    const entries = yield* first.text.trim().startsWith("{") ? entriesOfJson(lines) : entriesOfCsv(lines)
    if (entries.length === 0) return yield* Result.fail("has no carriers")
    return yield* tableOf(entries)
  })

const entriesOfCsv = (lines: ReadonlyArray<TextLines.TextLine>): Result.Result<ReadonlyArray<Entry>, string> => {
  const reader = CsvRecords.make((cells) => (cells.length === 2 ? 1 : 0))
  const entries: Array<Entry> = []
  for (const [index, { cells, line }] of [...reader.push(lines), ...reader.end()].entries()) {
    if (Result.isFailure(cells)) return Result.fail(`line ${line}: ${cells.failure}`)
    const [key = "", carrier = "", ...others] = cells.success.map((cell) => cell.trim())
    if (index === 0 && carrier.toLowerCase() === "carrier" && !key.startsWith("+")) continue
    if (others.some((cell) => cell !== "")) return Result.fail(`line ${line}: more than two columns`)
    if (key !== "" || carrier !== "") entries.push({ line, key, carrier })
  }
  return Result.succeed(entries)
}

const entriesOfJson = (lines: ReadonlyArray<TextLines.TextLine>): Result.Result<ReadonlyArray<Entry>, string> => {
  const value = Result.try((): unknown => JSON.parse(lines.map(({ text }) => text).join("\n")))
  if (Result.isFailure(value)) return Result.fail("is not valid JSON")
  const entries: Array<Entry> = []
  for (const [key, carrier] of Object.entries(value.success as object)) {
    const line = lines.find(({ text }) => text.includes(JSON.stringify(key)))?.line ?? 1
    if (typeof carrier !== "string") return Result.fail(`line ${line}: the carrier of ${quote(key)} must be a text`)
    entries.push({ line, key: key.trim(), carrier: carrier.trim() })
  }
  return Result.succeed(entries)
}

const tableOf = (entries: ReadonlyArray<Entry>): Result.Result<Readonly<Record<string, string>>, string> => {
  const table = new Map<string, Entry>()
  for (const { carrier, key: written, line } of entries) {
    const key = keyOf(written)
    if (key === undefined) return Result.fail(`line ${line}: ${quote(written)} ${wrongKey(written)}`)
    if (/[\p{C}\ufffd]/u.test(carrier)) return Result.fail(`line ${line}: ${quote(carrier)} is no carrier's name`)
    if (carrier === "") return Result.fail(`line ${line}: ${quote(written)} has no carrier`)
    const other = table.get(key)
    if (other !== undefined && other.carrier !== carrier) {
      return Result.fail(`line ${line}: ${quote(written)} has another carrier on line ${other.line}`)
    }
    if (other === undefined) table.set(key, { carrier, key, line })
  }
  return Result.succeed(Object.fromEntries(Array.from(table.values(), ({ carrier, key }) => [key, carrier])))
}

/** The key as core reads it. */
const keyOf = (written: string): string | undefined => {
  if (/^\+[\d\s().-]+$/.test(written)) {
    const number = `+${written.replace(/\D/g, "")}`
    return number.length > 1 && number.length <= 16 ? number : undefined
  }
  return /^shortcode:[^\s\p{C}][^\p{C}]{0,30}$/u.test(written) || /^label:[^=\p{C}]+=[^\p{C}]+$/u.test(written)
    ? written
    : undefined
}

const wrongKey = (written: string): string => {
  if (/^\d[.,]?\d*E[+-]?\d+$/i.test(written)) {
    return "was rounded by a spreadsheet: make the column text there and export it again"
  }
  return /^\d+$/.test(written)
    ? `is neither a number nor a short code: write +${written} or shortcode:${written}`
    : "is no key: write +1317555, shortcode:12345 or label:name=value"
}
