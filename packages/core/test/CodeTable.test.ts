import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { classify } from "../src/Classifier.ts"
import * as CodeTable from "../src/CodeTable.ts"
import type { DeliveryReceipt } from "../src/DeliveryReceipt.ts"
import { receipt } from "./Samples.ts"

const row = (field: string, code: string, changes: Partial<CodeTable.CodeRow> = {}): CodeTable.CodeRow => ({
  code,
  field,
  meaning: `what ${code} says`,
  state: "failed",
  retryable: "no",
  actor: "sender",
  source: "https://example.com/codes",
  ...changes
})

const list: CodeTable.CodeList = {
  profile: "acme",
  provider: "Acme",
  source: ["https://example.com/codes"],
  retrieved: "2026-11-23",
  codes: [
    row("code", "008", { cause: "invalid_number", note: "seen once" }),
    row("code", "8", { cause: "rate_limited", retryable: "after", retryAfterSeconds: 90, actor: "carrier" }),
    row("code", "21b", { cause: "opted_out", actor: "recipient" }),
    row("code", "0", { state: "delivered" }),
    row("code", "late", { state: "unconfirmed" }),
    row("code", "8", { cause: "expired" }),
    row("other code", "8", { cause: "content_filtered" }),
    row("status", "Delivered", { state: "delivered" }),
    row("status", "Queued", { state: "in_progress" }),
    row("status", "Failed", { cause: "unexplained", retryable: "after", actor: "platform" }),
    row("status", "Expired", { cause: "expired" })
  ]
}

const table = CodeTable.make(list)
const acme = CodeTable.classifier({ table, statusFields: ["status"], codeField: "code" })

const of = (word: string, status: DeliveryReceipt["status"], changes: Partial<DeliveryReceipt> = {}) =>
  classify([acme], receipt(word, { profile: "acme", status, ...changes }), ({ detail }) => assert.fail(detail))

describe("a code list", () => {
  const decode = Schema.decodeUnknownOption(CodeTable.CodeList)
  const isList = (codes: ReadonlyArray<unknown>) => decode({ ...list, codes })._tag === "Some"

  it("is refused where a row has no source, or a cause or a state that is none", () => {
    assert.isTrue(isList(list.codes))
    for (const wrong of [{ cause: "because" }, { state: "lost" }, { source: "" }, { source: undefined }, { code: 8 }]) {
      assert.isFalse(isList([{ ...row("code", "1", { cause: "expired" }), ...wrong }]), JSON.stringify(wrong))
    }
  })
})

describe("a code table", () => {
  const cause = (field: string, code: string) => table.find(field, code)?.row.cause

  it("finds a code whole, in its own field; digits count, letter case and white space do not", () => {
    assert.strictEqual(cause("code", "008"), "invalid_number")
    assert.strictEqual(cause("code", "8"), "rate_limited")
    assert.strictEqual(cause("other code", "8"), "content_filtered")
    for (const code of ["21b", "21B", " 21b\n"]) assert.strictEqual(cause(" CODE ", code), "opted_out")
    for (const code of ["08", "0080", "21", "", "constructor", "__proto__"])
      assert.isUndefined(cause("code", code), code)
    for (const field of ["", "constructor", "cod"]) assert.isUndefined(cause(field, "8"), field)
  })

  it("makes each row's verdict once, and nobody can change it", () => {
    const found = table.find("code", "8")
    assert.strictEqual(found?.verdict, table.find("CODE", " 8 ")?.verdict)
    assert.deepStrictEqual(found?.verdict, {
      state: "failed",
      cause: "rate_limited",
      retryable: "after",
      retryAfterSeconds: 90,
      actor: "carrier",
      rule: "code 8",
      why: "what 8 says"
    })
    assert.isTrue(Object.isFrozen(found?.verdict))
    assert.strictEqual(table.find("code", "008")?.verdict.why, "what 008 says (seen once)")
  })
})

describe("a classifier over a table", () => {
  it("reads the code of a failure, else the word for its status", () => {
    assert.deepInclude(of("Failed", "failed", { code: "008" }), {
      cause: "invalid_number",
      rule: "code 008",
      retryable: "no",
      actor: "sender",
      classifier: "acme"
    })
    assert.deepInclude(of("Failed", "failed", { code: "8" }), { retryAfterSeconds: 90, actor: "carrier" })
    assert.strictEqual(of("Failed", "failed", { code: "8", field: "other code" }).cause, "content_filtered")
    assert.strictEqual(of("Expired", "failed").cause, "expired")
    assert.strictEqual(of("Expired", "failed", { code: "99" }).cause, "expired")
    assert.strictEqual(of("Expired", "failed", { code: "0" }).cause, "expired")
    assert.deepInclude(of("Failed", "failed", { code: "late" }), {
      state: "unconfirmed",
      cause: undefined,
      resend: "ask"
    })
  })

  it("does not read the code of what did not fail", () => {
    for (const status of ["delivered", "sent", "pending", "unconfirmed", "ignore"] as const) {
      assert.isUndefined(of("Delivered", status, { code: "008" }).cause, status)
    }
    assert.deepInclude(of("Queued", "sent", { code: "008" }), { state: "in_progress", rule: "status Queued" })
    assert.deepInclude(of("Queued", "delivered"), { state: "delivered", rule: undefined })
  })

  it("takes everything from the code or the word where the receipt has no status", () => {
    assert.deepInclude(of("", undefined, { code: "21B" }), { state: "failed", cause: "opted_out" })
    assert.deepInclude(of("expired", undefined), { state: "failed", cause: "expired" })
    assert.deepInclude(of("Delivered", undefined), { state: "delivered" })
    assert.deepInclude(of("Lost", undefined), { state: undefined, classifier: undefined })
  })

  it("leaves a code that it does not know to others, and receipts of other profiles too", () => {
    assert.deepInclude(of("Failed", "failed", { code: "99" }), { cause: "unexplained", classifier: undefined })
    assert.deepInclude(of("Failed", "failed"), { cause: "unexplained", classifier: "acme", rule: "status Failed" })
    assert.isUndefined(acme.classify(receipt("Failed", { code: "008", status: "failed" })))
  })

  it("tells its rules, and lets a verdict be refined", () => {
    assert.strictEqual(acme.rules?.length, list.codes.length)
    assert.deepStrictEqual(acme.rules?.[0], {
      rule: "code 008",
      profile: "acme",
      field: "code",
      code: "008",
      cause: "invalid_number"
    })
    const refined = CodeTable.classifier({
      table,
      statusFields: ["status"],
      codeField: "code",
      refine: ({ previous }, verdict) =>
        previous?.includes("in_progress") ? { ...verdict, retryable: "after" } : verdict
    })
    const failed = receipt("Failed", { profile: "acme", status: "failed", code: "008" })
    assert.strictEqual(refined.classify(failed)?.retryable, "no")
    assert.strictEqual(refined.classify({ ...failed, previous: ["in_progress"] })?.retryable, "after")
  })
})
