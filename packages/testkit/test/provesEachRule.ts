import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"

/** A plugin that breaks one rule: what is wrong with it, the rule, a part of what is told, and the plugin. */
type Break<Subject> = readonly [what: string, rule: string, told: string, subject: Subject]

/** Each broken plugin is told of by the rule that it breaks, and each rule has one. */
export const provesEachRule = <Subject, R>(
  {
    rules,
    violations
  }: {
    readonly rules: ReadonlyArray<{ readonly name: string }>
    readonly violations: (
      subject: Subject,
      only: ReadonlyArray<string>
    ) => Effect.Effect<ReadonlyArray<{ readonly rule: string; readonly detail: string }>, unknown, R>
  },
  breaks: ReadonlyArray<Break<Subject>>,
  test: (name: string, run: () => Effect.Effect<void, unknown, R>) => void
): void => {
  for (const [what, rule, told, subject] of breaks) {
    test(`${what} breaks ${rule}`, () =>
      Effect.gen(function* () {
        const found = yield* violations(subject, [rule])
        assert.deepStrictEqual(
          found.map((violation) => violation.rule),
          [rule]
        )
        assert.include(found[0]?.detail, told)
      }))
  }

  it("breaks a rule is there for each rule", () => {
    assert.sameMembers(
      Array.from(new Set(breaks.map(([, rule]) => rule))),
      rules.map(({ name }) => name)
    )
  })
}
