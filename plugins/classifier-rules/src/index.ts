/**
 * An operator's own rules for failure codes, from a YAML or CSV file: by exact code, prefix or regular expression, for a
 * carrier, a profile, a field or a time. No code is written, and a changed file is taken up while a tracker runs.
 *
 * Put it before the classifiers of providers: the first answer wins.
 *
 * @module
 */
import { type Classifier, Deadlines, Plugin } from "@dlrkit/core"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import type * as Scope from "effect/Scope"
import * as Reload from "./Reload.ts"
import { bytesOf, parse, type RulesError } from "./RuleFile.ts"
import { compile } from "./RuleSet.ts"

export { type CaseResults, type FailedCase, run as runCases } from "./Cases.ts"
export { type Problem, problemText } from "./Row.ts"
export type { Case, Conditions, Expectation, Matcher, Rule, Words } from "./Rule.ts"
export { parse, type RuleFile, RulesError, read } from "./RuleFile.ts"
export { compile } from "./RuleSet.ts"
export { type Unreachable, unreachable } from "./Unreachable.ts"

/** The options of {@link classifier}. */
export interface RulesOptions {
  /** The file of rules: `.yaml`, `.yml` or `.csv`. */
  readonly file: string
  /**
   * How often the file is looked at for changes, in milliseconds or such as `"30 seconds"`; `true` (which is the default)
   * is every 5 seconds, `false` never.
   */
  readonly reload?: boolean | Duration.Input
  /** The classifier's name, as classifications name it; `rules` by default. */
  readonly name?: string
}

/** Milliseconds. */
const often = 5000

/**
 * A classifier that answers by the rules of a file. Fails with {@link RulesError} where the file cannot be used, and with
 * `DurationError` where `reload` is no time; rules that can never answer are warned of in the log. Until its scope ends, a
 * changed file is read again and its rules take the place of the old ones at once; one that cannot be used is warned of, and
 * the old rules stay.
 *
 * @example
 * ```ts
 * import * as Rules from "@dlrkit/classifier-rules"
 *
 * export default defineTracker({
 *   classifiers: [Rules.classifier({ file: "rules.yaml" }), GenesysCodes.classifier()]
 * })
 * ```
 */
export const classifier = Effect.fnUntraced(function* ({
  file,
  name = "rules",
  reload = true
}: RulesOptions): Effect.fn.Return<
  Classifier.Classifier,
  RulesError | Deadlines.DurationError,
  FileSystem.FileSystem | Scope.Scope
> {
  const every = yield* Effect.fromResult(Deadlines.millisOf("reload", typeof reload === "boolean" ? often : reload))
  const bytes = yield* bytesOf(file)
  const first = yield* Effect.fromResult(parse(file, bytes))
  yield* Reload.warn(first)
  let current = compile(first.rules, name)
  if (reload !== false) {
    yield* Effect.forkScoped(
      Reload.watch(first, bytes, every, ({ rules }) => {
        current = compile(rules, name)
      })
    )
  }
  // No spread of `current`: whoever holds this record reads the rules of now.
  return {
    contract: Plugin.contract,
    name,
    classify: (receipt) => current.classify(receipt),
    get rules() {
      return current.rules
    }
  }
})
