import { assert, describe, it } from "@effect/vitest"
import * as Rules from "../src/index.ts"
import { load } from "./Samples.ts"

const rules = `rules:
  - {name: asleep, code: 008, carrier: acme, cause: handset_unreachable}
  - {name: gone, code: 008, cause: invalid_number, retryable: after}
  - {name: march, code: 7, from: 2026-03-01, until: 2026-03-31, cause: expired, why: the spring fault}
  - {name: lost, status: [EXPIRED, LOST], state: unconfirmed}
  - {name: same, prefix: 9, cause: expired}
  - {name: after, pattern: 9.*|8.*, cause: expired}
cases:
`

const run = (...cases: ReadonlyArray<string>) =>
  Rules.runCases(load(`${rules}${cases.map((one) => `  - {${one}}`).join("\n")}`))

const failures = (...cases: ReadonlyArray<string>) =>
  run(...cases).failed.map(({ differs, line, receipt, rule }) => ({ line, receipt, differs, rule: rule?.name }))

describe("cases", () => {
  it("hold where the rules say what they expect", () =>
    assert.deepStrictEqual(
      failures(
        "code: 008, carrier: ACME, cause: handset_unreachable, rule: asleep, retryable: after, state: failed",
        "code: 008, cause: invalid_number, retryable: after",
        "code: 08, rule: none",
        "code: 7, at: 2026-03-31, cause: expired",
        "code: 7, at: 2026-04-01T00:00Z, rule: none",
        "code: 7, rule: none",
        "status: lost, state: unconfirmed"
      ),
      []
    ))

  it("fail with what came in its place, and from which rule", () =>
    assert.deepStrictEqual(
      failures(
        "code: 008, carrier: acme, cause: invalid_number, retryable: no, rule: gone",
        "code: 6, field: err, profile: smpp, status: UNDELIV, cause: expired",
        "code: 7, at: 2026-03-02, rule: none",
        "status: lost, cause: expired"
      ),
      [
        {
          line: 9,
          receipt: "code 008 through acme",
          differs: [
            { what: "cause", expected: "invalid_number", came: "handset_unreachable" },
            { what: "retryable", expected: "no", came: "after" },
            { what: "rule", expected: "gone", came: "asleep" }
          ],
          rule: "asleep"
        },
        {
          line: 10,
          receipt: "code 6 in err with status UNDELIV of smpp",
          differs: [{ what: "rule", expected: "any", came: "none" }],
          rule: undefined
        },
        {
          line: 11,
          receipt: "code 7 at 2026-03-02T00:00:00.000Z",
          differs: [{ what: "rule", expected: "none", came: "march" }],
          rule: "march"
        },
        {
          line: 12,
          receipt: "status lost",
          differs: [
            { what: "state", expected: "failed", came: "unconfirmed" },
            { what: "cause", expected: "expired", came: "none" }
          ],
          rule: "lost"
        }
      ]
    ))

  it("defend a rule where they would fail without it", () => {
    const undefended = (...cases: ReadonlyArray<string>) => run(...cases).undefended.map(({ name }) => name)
    assert.deepStrictEqual(undefended(), ["asleep", "gone", "march", "lost", "same", "after"])
    assert.deepStrictEqual(
      undefended(
        "code: 008, carrier: acme, cause: handset_unreachable",
        "code: 008, cause: invalid_number",
        "status: LOST, state: unconfirmed",
        // Without the rule that answers it, another one says the same.
        "code: 91, cause: expired",
        "code: 81, cause: expired",
        // It fails, and so defends nothing.
        "code: 7, at: 2026-03-02, cause: opted_out"
      ),
      ["march", "same"]
    )
    assert.notInclude(undefended("code: 91, cause: expired, rule: same"), "same")
  })
})
