import { defineAuditSink } from "@dlrkit/core"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { AuditSinkConformance } from "../src/index.ts"
import { breaks, right } from "./BrokenSinks.ts"

AuditSinkConformance.suite({ ...right, name: "a sink in memory" })

AuditSinkConformance.suite({
  name: "a sink of plain functions",
  make: () => {
    const ids: Array<string> = []
    const write = async (batch: ReadonlyArray<{ readonly id: string }>) => void ids.push(...batch.map(({ id }) => id))
    return { sink: defineAuditSink({ name: "plain", write }), read: async () => ids }
  }
})

describe("a sink that", () => {
  for (const [what, rule, told, subject] of breaks) {
    it.live(`${what} breaks ${rule}`, () =>
      Effect.gen(function* () {
        const found = yield* AuditSinkConformance.violations(subject, [rule])
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
      AuditSinkConformance.rules.map(({ name }) => name)
    )
  })
})
