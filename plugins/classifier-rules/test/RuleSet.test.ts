/**
 * What the rules of a file answer, also held against the plainest reading of them. `PROPERTY_RUNS=20000 PROPERTY_SEED=7`
 * before the command hunts for more than the fixed runs.
 */
import { Classifier, type DeliveryReceipt } from "@dlrkit/core"
import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import * as Rules from "../src/index.ts"
import { load, receipt } from "./Samples.ts"

const compiled = (...rules: ReadonlyArray<string>) =>
  Rules.compile(load(`rules:\n${rules.map((rule) => `- {${rule}}`).join("\n")}`).rules)

const ruleOf = (classifier: Classifier.Classifier, overrides: Partial<DeliveryReceipt.DeliveryReceipt>) =>
  classifier.classify(receipt(overrides))?.rule

describe("compiled rules", () => {
  it("answer in the order of the file, whatever their kind", () => {
    const rules = compiled(
      "name: acme, code: 512, carrier: acme, cause: expired",
      "name: pattern, pattern: 51., profile: smpp, cause: expired",
      "name: code, code: 512, cause: expired",
      "name: prefix, prefix: 5, cause: expired",
      "name: status, status: UNDELIV, cause: expired"
    )
    assert.strictEqual(ruleOf(rules, { code: "512", carrier: "ACME" }), "acme")
    assert.strictEqual(ruleOf(rules, { code: " 512 " }), "pattern")
    assert.strictEqual(ruleOf(rules, { code: "512", profile: "other" }), "code")
    assert.strictEqual(ruleOf(rules, { code: "5" }), "prefix")
    assert.strictEqual(ruleOf(rules, { code: "4" }), "status")
    assert.strictEqual(ruleOf(rules, {}), "status")
    assert.isUndefined(ruleOf(rules, { code: "4", providerStatus: "REJECTD" }))
    const turned = compiled("name: status, status: UNDELIV, cause: expired", "name: code, code: 512, cause: expired")
    assert.strictEqual(ruleOf(turned, { code: "512" }), "status")
  })

  it("compare letters in any case, and digits exactly", () => {
    const rules = compiled(
      "name: code, code: Err-08, carrier: [Acme], field: Error_Code, cause: expired",
      "name: prefix, prefix: xY, cause: expired",
      "name: pattern, pattern: 'z[a-c]+', cause: expired",
      "name: strict, pattern: '(?-i)q[a-c]+', cause: expired"
    )
    assert.strictEqual(ruleOf(rules, { code: " eRR-08 ", carrier: "aCME", field: "error_code" }), "code")
    assert.isUndefined(ruleOf(rules, { code: "err-8", carrier: "acme", field: "error_code" }))
    assert.isUndefined(ruleOf(rules, { code: "err-08", carrier: "acme" }))
    assert.strictEqual(ruleOf(rules, { code: "Xyz" }), "prefix")
    assert.strictEqual(ruleOf(rules, { code: "ZaBC" }), "pattern")
    assert.strictEqual(ruleOf(rules, { code: "qab" }), "strict")
    assert.isUndefined(ruleOf(rules, { code: "qAb" }))
  })

  it("match a pattern from the beginning of a code to its end", () => {
    const rules = compiled("pattern: TIME|OUT, cause: expired", "pattern: .*CONG.*, cause: network_failure")
    assert.strictEqual(ruleOf(rules, { code: "out" }), "pattern TIME|OUT")
    assert.isUndefined(ruleOf(rules, { code: "TIMEOUT" }))
    assert.strictEqual(ruleOf(rules, { code: "SMSC_CONGESTED" }), "pattern .*CONG.*")
  })

  it("read no code of a receipt that says delivered or on its way, and a status word always", () => {
    const rules = compiled("name: code, code: 5, cause: expired", "name: word, status: BUFFERED, state: in_progress")
    for (const status of ["delivered", "sent", "pending", "ignore"] as const) {
      assert.isUndefined(ruleOf(rules, { code: "5", status }), status)
      assert.strictEqual(ruleOf(rules, { code: "5", status, providerStatus: "Buffered" }), "word")
    }
    for (const status of ["failed", "unconfirmed", undefined] as const) {
      assert.strictEqual(ruleOf(rules, { code: "5", status }), "code", String(status))
    }
    const meaning = (overrides: Partial<DeliveryReceipt.DeliveryReceipt>) =>
      Classifier.classify([rules], receipt(overrides), () => assert.fail("it threw"))
    assert.deepInclude(meaning({ code: "5", status: undefined }), { state: "failed", cause: "expired", resend: "ask" })
    assert.deepInclude(meaning({ providerStatus: "BUFFERED", status: undefined }), { state: "in_progress" })
  })

  it("have a window from its first moment up to its end, days being whole and in UTC", () => {
    const rules = compiled("name: march, code: 5, from: 2026-03-01, until: 2026-03-31, cause: expired")
    const at = (time: string) => ruleOf(rules, { code: "5", occurredAt: Date.parse(time) })
    assert.isUndefined(at("2026-02-28T23:59:59.999Z"))
    assert.strictEqual(at("2026-03-01T00:00:00.000Z"), "march")
    assert.strictEqual(at("2026-03-31T23:59:59.999Z"), "march")
    assert.isUndefined(at("2026-04-01T00:00:00.000Z"))
    assert.isUndefined(ruleOf(rules, { code: "5" }), "a receipt without a time is within no window")
    const exact = compiled(
      "name: hour, code: 5, from: 2026-03-01 10:00+02:00, until: 2026-03-01T09:00:00.5Z, cause: expired"
    )
    const within = (time: string) => ruleOf(exact, { code: "5", occurredAt: Date.parse(time) })
    assert.isUndefined(within("2026-03-01T07:59:59.999Z"))
    assert.strictEqual(within("2026-03-01T08:00:00.000Z"), "hour")
    assert.strictEqual(within("2026-03-01T09:00:00.499Z"), "hour")
    assert.isUndefined(within("2026-03-01T09:00:00.500Z"))
  })

  it("are not held up by a pattern that would try every way to match", () => {
    const patterns = ["(a+)+$", "(a|a)*b", "(.*a){20}b", "(a?){30}a{30}b", "([a-z]+)*=", "(x+x+)+y"]
    for (const code of ["a".repeat(5000), `${"a".repeat(5000)}!`, "x".repeat(5000)]) {
      const rules = compiled(...patterns.map((pattern) => `pattern: "${pattern}", cause: expired`))
      const isAll = /^a+$/.test(code)
      assert.strictEqual(ruleOf(rules, { code }), isAll ? "pattern (a+)+$" : undefined)
    }
  })

  it("list themselves", () =>
    assert.deepStrictEqual(
      compiled("code: 5, profile: smpp, field: err, cause: expired", "name: two, code: [6, 7], state: ignore").rules,
      [{ rule: "code 5", profile: "smpp", field: "err", code: "5", cause: "expired" }, { rule: "two" }]
    ))
})

const codes = ["1", "01", "12", "123", "A1", "a12", "err:1", "B"]
const words = {
  carrier: ["acme", "ACME", "other"],
  profile: ["smpp", "twilio"],
  field: ["err", "code"],
  status: ["UNDELIV", "REJECTD"]
}
const days = ["2026-03-01", "2026-03-02", "2026-03-03"]
const patterns = ["1.*", "[ab]1?2?", ".*", "err:[0-9]", "0?1", "(?:1|12)3?"]

const optional = <const A extends ReadonlyArray<string>>(of: A) => Schema.optionalKey(Schema.Literals(of))
const several = (of: ReadonlyArray<string>) => Schema.optionalKey(Schema.NonEmptyArray(Schema.Literals(of)))

/** A rule as somebody may write it. */
const Written = Schema.Struct({
  matcher: Schema.Union([
    Schema.Struct({ code: Schema.NonEmptyArray(Schema.Literals(codes)) }),
    Schema.Struct({ prefix: Schema.Literals(["1", "12", "a", "e", "0"]) }),
    Schema.Struct({ pattern: Schema.Literals(patterns) }),
    Schema.Struct({ status: Schema.NonEmptyArray(Schema.Literals(words.status)) })
  ]),
  carrier: several(words.carrier),
  profile: optional(words.profile),
  field: optional(words.field),
  from: optional(days),
  until: optional(days)
})
type Written = typeof Written.Type

const Told = Schema.Struct({
  code: Schema.optionalKey(Schema.Literals(codes)),
  carrier: optional(words.carrier),
  profile: Schema.Literals(words.profile),
  field: optional(words.field),
  providerStatus: Schema.Literals(words.status),
  status: Schema.Literals(["failed", "delivered", "unconfirmed"]),
  day: optional(days)
})
type Told = typeof Told.Type

const yaml = (written: ReadonlyArray<Written>) =>
  `rules:\n${written
    .map(({ matcher, ...conditions }, index) => {
      const said = Object.entries({ ...matcher, ...conditions }).map(([key, value]) => {
        const values =
          typeof value === "string" ? value : [...new Map(value.map((one) => [one.toUpperCase(), one])).values()]
        return `${key}: ${JSON.stringify(values)}`
      })
      return `- {name: r${index}, ${said.join(", ")}, cause: expired}`
    })
    .join("\n")}\n`

const receiptOf = ({ day, ...told }: Told): DeliveryReceipt.DeliveryReceipt => ({
  ...told,
  occurredAt: day === undefined ? undefined : Date.parse(`${day}T12:00:00Z`)
})

/** The plainest reading: one rule after the other, one question after the other. */
const plainly = (written: ReadonlyArray<Written>, told: Told): string | undefined => {
  const same = (a: string | undefined, b: string) => a?.toUpperCase() === b.toUpperCase()
  const index = written.findIndex(({ carrier, field, from, matcher, profile, until }) => {
    if (carrier !== undefined && !carrier.some((one) => same(told.carrier, one))) return false
    if (profile !== undefined && profile !== told.profile) return false
    if (field !== undefined && field !== told.field) return false
    if (from !== undefined && (told.day === undefined || told.day < from)) return false
    if (until !== undefined && (told.day === undefined || told.day > until)) return false
    if ("status" in matcher) return matcher.status.includes(told.providerStatus)
    const { code } = told
    if (code === undefined || told.status === "delivered") return false
    if ("code" in matcher) return matcher.code.some((one) => same(code, one))
    if ("prefix" in matcher) return code.toUpperCase().startsWith(matcher.prefix.toUpperCase())
    return new RegExp(`^(?:${matcher.pattern})$`, "i").test(code)
  })
  return index === -1 ? undefined : `r${index}`
}

const runs = {
  arbitrary: { runs: Number(process.env.PROPERTY_RUNS ?? 400), seed: process.env.PROPERTY_SEED ?? "dlrkit" }
}

describe("any rules", () => {
  it.prop(
    "answer as the plainest reading of the file does, and never by a rule that can not",
    { written: Schema.NonEmptyArray(Written), told: Schema.NonEmptyArray(Told) },
    ({ told, written }) => {
      const { rules } = load(yaml(written))
      const classifier = Rules.compile(rules)
      const dead = Rules.unreachable(rules)
      const whole = new Set(dead.flatMap(({ code, rule }) => (code === undefined ? [rule.name] : [])))
      for (const one of told) {
        const rule = classifier.classify(receiptOf(one))?.rule
        assert.strictEqual(rule, plainly(written, one))
        if (rule === undefined) continue
        assert.isFalse(whole.has(rule), `${rule} was said to be unreachable`)
        const isSaid = dead.some(
          ({ code, rule: { name } }) => name === rule && code?.toUpperCase() === one.code?.toUpperCase()
        )
        assert.isFalse(isSaid, `${one.code} of ${rule} was said to be unreachable`)
      }
    },
    runs
  )
})
