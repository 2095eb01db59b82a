import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { SourceConformance } from "../src/index.ts"
import { breaks, right } from "./BrokenSources.ts"

SourceConformance.suite({ ...right, name: "a source of memory" })

describe("a source that", () => {
  for (const [what, rule, told, subject] of breaks) {
    it.live(`${what} breaks ${rule}`, () =>
      Effect.gen(function* () {
        const found = yield* SourceConformance.violations(subject, [rule])
        assert.deepStrictEqual(
          found.map((violation) => violation.rule),
          [rule]
        )
        assert.include(found[0]?.detail, told)
      })
    )
  }

  it("breaks a rule is there for each rule", () => {
    assert.sameMembers(
      Array.from(new Set(breaks.map(([, rule]) => rule))),
      SourceConformance.rules.map(({ name }) => name)
    )
  })
})
