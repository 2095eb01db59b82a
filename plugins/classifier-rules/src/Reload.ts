/**
 * Rules that are read again while a tracker runs. The file is looked at every few seconds: editors replace files in ways of
 * which no system tells reliably, and a file of rules is small enough to be read.
 *
 * What changed is taken once two looks, a second apart, see the same, so that no half of a file is ever read.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Result from "effect/Result"
import * as Cases from "./Cases.ts"
import { problemText } from "./Row.ts"
import { bytesOf, parse, type RuleFile, type RulesError } from "./RuleFile.ts"
import { unreachable } from "./Unreachable.ts"

/** How long a file must be the same before it is read. Milliseconds. */
const settling = 1000

/** How many warnings of one kind are logged of one file. */
const told = 10

/** What a look at the file shows. */
type Look = Result.Result<Uint8Array, RulesError>

const isSame = (a: Look, b: Look): boolean => {
  if (Result.isFailure(a) || Result.isFailure(b)) {
    return Result.isFailure(a) && Result.isFailure(b) && a.failure.message === b.failure.message
  }
  const [before, now] = [a.success, b.success]
  return before.length === now.length && before.every((byte, index) => byte === now[index])
}

/** Logs what is odd about rules that are used all the same: those that can never answer, and cases that do not hold. */
export const warn = Effect.fnUntraced(function* (rules: RuleFile) {
  const { file } = rules
  const dead = unreachable(rules.rules)
  for (const { message, rule } of dead.slice(0, told)) {
    yield* Effect.logWarning(`${file}: ${problemText({ line: rule.line, message })}`)
  }
  if (dead.length > told) yield* Effect.logWarning(`${file}: and ${dead.length - told} more that can never answer`)
  const failed = Cases.run(rules).failed.length
  if (failed > 0) {
    yield* Effect.logWarning(
      `${file}: ${failed} of ${rules.cases.length} cases ${failed === 1 ? "does" : "do"} not hold; dlrkit rules check ${file} tells which`
    )
  }
})

/**
 * Looks at a file for ever, every so many milliseconds, and hands over the rules that it has come to hold. A file that does
 * not load is told of in the log, once, and changes nothing.
 */
export const watch = Effect.fnUntraced(function* (
  first: RuleFile,
  bytes: Uint8Array,
  every: number,
  use: (rules: RuleFile) => void
): Effect.fn.Return<never, never, FileSystem.FileSystem> {
  const { file } = first
  const look = Effect.result(bytesOf(file))
  let seen: Look = Result.succeed(bytes)
  let used = first
  while (true) {
    yield* Effect.sleep(every)
    let now = yield* look
    if (isSame(seen, now)) continue
    for (let before = seen; !isSame(before, now); now = yield* look) {
      before = now
      yield* Effect.sleep(settling)
    }
    if (isSame(seen, now)) continue
    seen = now
    const read = Result.flatMap(now, (bytes) => parse(file, bytes))
    if (Result.isFailure(read)) {
      yield* Effect.logWarning(`the rules stay as they were: ${read.failure.message}`)
      continue
    }
    const more = read.success.rules.length - used.rules.length
    used = read.success
    use(used)
    yield* Effect.logInfo(`rules reloaded: ${counted(used.rules.length)}, ${compared(more)} (${file})`)
    yield* warn(used)
  }
})

const counted = (rules: number) => (rules === 1 ? "1 rule" : `${rules} rules`)

const compared = (more: number) => {
  if (more === 0) return "as many as before"
  return more > 0 ? `${more} more than before` : `${-more} fewer than before`
}
