/**
 * A suite for Vitest: a test for each rule. What is skipped is shown as skipped, with its reason.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import { describe, it } from "vitest"
import { outcomeOf, plan, type Rule, type SuiteOptions, skipRule } from "./ConformanceRule.ts"

/** Registers the tests of a suite. */
export const register = <S extends SuiteOptions>(title: string, rules: ReadonlyArray<Rule<S>>, subject: S): void => {
  describe(subject.name ?? title, () => {
    const { faults, planned } = plan(rules, subject.skip)
    if (faults.length > 0) {
      it(`${skipRule}: skips rules that there are, for a reason`, () => {
        throw new Error(faults.join("\n"))
      })
    }
    for (const { rule, skipped } of planned) {
      const title = `${rule.name}: ${rule.says}`
      if (skipped !== undefined) {
        it(`${title} (skipped: ${skipped})`, (context) => context.skip(skipped))
        continue
      }
      it(title, async (context) => {
        const outcome = await Effect.runPromise(outcomeOf(rule, subject))
        if (outcome._tag === "Skipped") context.skip(outcome.reason)
        if (outcome._tag === "Broken") throw outcome.error instanceof Error ? outcome.error : new Error(outcome.detail)
      })
    }
  })
}
