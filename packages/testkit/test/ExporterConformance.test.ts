import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { ExporterConformance } from "../src/index.ts"
import { breaks, right } from "./BrokenExporters.ts"

ExporterConformance.suite({ ...right, name: "an exporter to memory" })

describe("an exporter that", () => {
  for (const [what, rule, told, subject] of breaks) {
    it.live(`${what} breaks ${rule}`, () =>
      Effect.gen(function* () {
        const found = yield* ExporterConformance.violations(subject, [rule])
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
      ExporterConformance.rules.map(({ name }) => name)
    )
  })
})
