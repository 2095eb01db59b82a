import { assert, describe, it } from "@effect/vitest"
import { ClassifierConformance } from "../src/index.ts"
import { breaks, right } from "./BrokenClassifiers.ts"
import { provesEachRule } from "./provesEachRule.ts"

ClassifierConformance.suite({ ...right, minimumScore: 1 })

describe("a classifier that", () => {
  provesEachRule(ClassifierConformance, breaks, it.effect)
})

describe("the mutation score", () => {
  const score = (changes: Partial<typeof right>) =>
    ClassifierConformance.mutationScore(changes.classifier ?? right.classifier, changes.cases ?? right.cases)

  it("is the part of changes that some case notices", () => {
    assert.deepStrictEqual(score({}), { score: 1, changes: 6, noticed: 6, undefended: [] })
    assert.deepStrictEqual(score({ cases: [] }), {
      score: 0,
      changes: 4,
      noticed: 0,
      undefended: ["code 17", "code 40"].map((rule) => ({
        rule,
        profile: "acme",
        unnoticed: ["it answers nothing", "it says another cause or state"]
      }))
    })
  })

  it("is lowered by a case that looks at a part of the answer", () => {
    const receipt = { profile: "acme", status: "failed", code: "17" } as const
    const [, ...rest] = right.cases
    const found = score({ cases: [{ receipt, expect: { state: "failed" } }, ...rest] as never })
    assert.strictEqual(found.score, 4 / 6)
    assert.deepStrictEqual(found.undefended, [
      {
        rule: "code 17",
        profile: "acme",
        unnoticed: ["it says another cause or state", "it says otherwise whether repeating helps"]
      }
    ])
  })

  it("does not count a case that fails as it is", () => {
    const receipt = { profile: "acme", status: "failed", code: "17" } as const
    const found = score({ cases: [{ receipt, expect: { cause: "invalid_number" } }] as never })
    assert.strictEqual(found.noticed, 0)
  })

  it("counts the rules that verdicts name where none is declared", () => {
    const { rules: _, ...undeclared } = right.classifier
    assert.strictEqual(score({ classifier: undeclared as never }).score, 1)
  })
})
