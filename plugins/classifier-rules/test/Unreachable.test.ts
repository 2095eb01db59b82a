import { assert, describe, it } from "@effect/vitest"
import * as Rules from "../src/index.ts"
import { load } from "./Samples.ts"

/** Rules from line 2 on, one on each line, and what is said of those that can never answer. */
const told = (...rules: ReadonlyArray<string>) =>
  Rules.unreachable(load(`rules:\n${rules.map((rule) => `- {${rule}, cause: expired}`).join("\n")}`).rules).map(
    ({ by, code, message, rule }) => ({ line: rule.line, by: by?.line, code, message })
  )

const shadowed: ReadonlyArray<readonly [string, string]> = [
  ["code: 008", "code: 008"],
  ["code: abc", "code: ABC"],
  ["code: [1, 2]", "code: [2, 1]"],
  ["code: 008", "code: 008, carrier: acme"],
  ["code: 008, carrier: [acme, other]", "code: 008, carrier: Other, profile: smpp"],
  ["prefix: 5", "code: 512"],
  ["prefix: 5", "code: 5"],
  ["prefix: ab, field: err", "code: ABC, field: err"],
  ['pattern: "5\\\\d+"', "code: 512"],
  ["pattern: ab.*", "code: [ABC, abd]"],
  ["prefix: 5", "prefix: 51"],
  ["prefix: 5", "prefix: 5"],
  ["pattern: a.c", "pattern: a.c, profile: smpp"],
  ["pattern: .*", "prefix: 5"],
  ["pattern: .+", "pattern: a.c"],
  ["status: [REJECTD, UNDELIV]", "status: rejectd"],
  ["status: REJECTD", "code: 5, status: REJECTD"],
  ["status: REJECTD", "prefix: 5, status: REJECTD"],
  ["code: 5, from: 2026-01-01, until: 2026-12-31", "code: 5, from: 2026-03-01, until: 2026-12-31"],
  ["code: 5, until: 2026-12-31", "code: 5, until: 2026-12-30"]
]

const apart: ReadonlyArray<readonly [string, string]> = [
  ["code: 008", "code: 8"],
  ["code: 008, carrier: acme", "code: 008"],
  ["code: 008, carrier: acme", "code: 008, carrier: [acme, other]"],
  ["code: 008, field: err", "code: 008, carrier: acme"],
  ["code: 512", "prefix: 5"],
  ["prefix: 51", "prefix: 5"],
  ["prefix: 51", "code: 5"],
  ["pattern: 5", "code: 512"],
  ["pattern: 5.*", "prefix: 5"],
  ["pattern: a.*", "pattern: a.c"],
  ["status: REJECTD", "status: [REJECTD, UNDELIV]"],
  ["status: REJECTD", "code: 5"],
  ["code: 5", "status: REJECTD"],
  ["code: 5, from: 2026-03-01", "code: 5"],
  ["code: 5, from: 2026-03-01", "code: 5, from: 2026-02-28"],
  ["code: 5, from: 2026-03-01", "code: 5, until: 2026-12-31"],
  ["code: 5, until: 2026-12-30", "code: 5, until: 2026-12-31"]
]

describe("a rule can never answer", () => {
  it.each(shadowed)("where %s stands before %s", (earlier, later) => {
    const found = told("code: other", earlier, later)
    assert.deepStrictEqual(
      found.map(({ by, line }) => [line, by]),
      [[4, 3]]
    )
    assert.match(found[0]?.message ?? "", /^rule ".*" can never answer: rule ".*" on line 3 answers before it$/)
  })

  it.each(apart)("not where %s stands before %s", (earlier, later) => assert.deepStrictEqual(told(earlier, later), []))

  it("where its window ends before it begins", () => {
    const [found] = told("name: backwards, code: 5, from: 2026-03-02, until: 2026-03-01")
    assert.deepStrictEqual(found, {
      line: 2,
      by: undefined,
      code: undefined,
      message: 'rule "backwards" can never answer: its window ends (until) before it begins (from)'
    })
    assert.deepStrictEqual(told("code: 5, from: 2026-03-01, until: 2026-03-01"), [])
    assert.isNotEmpty(told("code: 5, from: 2026-03-01T10:00Z, until: 2026-03-01T10:00Z"))
  })

  it("for one of its codes, which is told by itself, with the rule that is first of all", () => {
    assert.deepStrictEqual(told("name: a, prefix: 51", "code: 512", "name: c, code: [9, 512]"), [
      {
        line: 3,
        by: 2,
        code: undefined,
        message: 'rule "code 512" can never answer: rule "a" on line 2 (prefix 51) answers before it'
      },
      {
        line: 4,
        by: 2,
        code: "512",
        message: 'code 512 of rule "c" can never answer: rule "a" on line 2 (prefix 51) answers before it'
      }
    ])
  })
})
