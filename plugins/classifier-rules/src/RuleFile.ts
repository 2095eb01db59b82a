/**
 * A file of rules: from its bytes to rules and cases, or to what is wrong with it, line by line.
 *
 * @module
 */
import * as ByteSize from "effect/ByteSize"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import type { PlatformError } from "effect/PlatformError"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as CsvRows from "./CsvRows.ts"
import { type Problem, problemText, type Rows } from "./Row.ts"
import type { Case, Rule } from "./Rule.ts"
import * as RuleReader from "./RuleReader.ts"
import * as YamlRows from "./YamlRows.ts"

/** The largest file: some ten thousand rules. Bytes. */
const largest = 1024 * 1024

/** How many problems an error tells. */
const told = 10

/** The most characters of a problem. */
const longestMessage = 500

/** A file of rules cannot be used. `message` is one line, with the file and the lines of its first ten problems. */
export class RulesError extends Schema.TaggedError<RulesError>()("RulesError", {
  file: Schema.String,
  problems: Schema.Array(
    Schema.Struct({
      line: Schema.optional(Schema.Int),
      column: Schema.optional(Schema.Int),
      message: Schema.String
    })
  )
}) {
  override get message() {
    const more = this.problems.length - told
    const texts = this.problems.slice(0, told).map(problemText)
    return `${this.file}: ${texts.join("; ")}${more > 0 ? `; and ${more} more` : ""}`
  }
}

/** A file of rules, read. */
export interface RuleFile {
  readonly file: string
  /** In the order of the file: the first one that matches answers. */
  readonly rules: ReadonlyArray<Rule>
  readonly cases: ReadonlyArray<Case>
}

const columns: CsvRows.Columns = {
  names: [...new Set([...RuleReader.ruleKeys, ...RuleReader.caseKeys])],
  lists: new Set(RuleReader.listKeys)
}

const formats: ReadonlyArray<readonly [RegExp, (text: string) => Rows]> = [
  [/\.ya?ml$/i, YamlRows.parse],
  [/\.csv$/i, (text) => CsvRows.parse(text, columns)]
]

/** Reads the bytes of a file, whose name says whether they are YAML or CSV. Pure. */
export const parse = (file: string, bytes: Uint8Array): Result.Result<RuleFile, RulesError> => {
  const fail = (problems: ReadonlyArray<Problem>) => Result.fail(new RulesError({ file, problems }))
  const format = formats.find(([name]) => name.test(file))
  if (format === undefined) {
    return fail([{ message: "its name says neither YAML nor CSV: call it .yaml, .yml or .csv" }])
  }
  const text = textOf(bytes)
  if (Result.isFailure(text)) return fail([text.failure])
  const { problems: unread, rows } = format[1](text.success)
  const { cases, problems: wrong, rules } = RuleReader.read(rows)
  const problems = [...unread, ...wrong].map(printed).sort((a, b) => (a.line ?? 0) - (b.line ?? 0))
  return problems.length > 0 ? fail(problems) : Result.succeed({ file, rules, cases })
}

/** A problem that fits on a line, whatever of the file it quotes. */
const printed = (problem: Problem): Problem => ({
  ...problem,
  message: problem.message.replace(/\p{Cc}+/gu, " ").slice(0, longestMessage)
})

/** The text of bytes, its line breaks being `\n`. */
const textOf = (bytes: Uint8Array): Result.Result<string, Problem> => {
  const advice = "save it as UTF-8 (in a spreadsheet: CSV UTF-8)"
  const [first, second] = bytes
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    return Result.fail({ message: `is UTF-16: ${advice}` })
  }
  try {
    return Result.succeed(new TextDecoder("utf-8", { fatal: true }).decode(bytes).replace(/\r\n?/g, "\n"))
  } catch {
    const lenient = new TextDecoder().decode(bytes)
    const line = lenient.slice(0, lenient.indexOf("\ufffd")).split(/\r\n?|\n/).length
    return Result.fail({ line, message: `is not UTF-8: ${advice}` })
  }
}

/** The bytes of a file. Fails with what keeps it from being read. */
export const bytesOf = Effect.fnUntraced(function* (
  file: string
): Effect.fn.Return<Uint8Array, RulesError, FileSystem.FileSystem> {
  const fs = yield* FileSystem.FileSystem
  const fail = (message: string) => new RulesError({ file, problems: [{ message }] })
  const unreadable = ({ reason }: PlatformError) =>
    fail(reason._tag === "NotFound" ? "no such file" : (reason.description ?? reason.message))
  const info = yield* Effect.mapError(fs.stat(file), unreadable)
  if (info.type !== "File") return yield* fail("is no file")
  if (ByteSize.toBigInt(info.size) > largest) return yield* fail("is larger than 1 MiB: split it")
  return yield* Effect.mapError(fs.readFile(file), unreadable)
})

/** Reads a file. Fails with what keeps it from being read, or with all that is wrong with it. */
export const read = (file: string): Effect.Effect<RuleFile, RulesError, FileSystem.FileSystem> =>
  Effect.flatMap(bytesOf(file), (bytes) => Effect.fromResult(parse(file, bytes)))
