import { assert, describe, it } from "@effect/vitest"
import * as PayloadFields from "../src/PayloadFields.ts"

describe("the fields of a payload", () => {
  it("are the same of an object, of JSON and of a form", () => {
    for (const payload of [
      { MessageStatus: "undelivered", ErrorCode: "30005" },
      '{"MessageStatus":"undelivered","ErrorCode":30005}',
      "MessageStatus=undelivered&ErrorCode=30005",
      " ErrorCode=+30005+&MESSAGESTATUS=undelivered "
    ]) {
      const fields = PayloadFields.of(payload)
      assert.strictEqual(fields?.text("MessageStatus"), "undelivered")
      assert.strictEqual(fields?.text("errorcode"), "30005")
    }
  })

  it("keep leading zeros, and are no number where none was sent", () => {
    const fields = PayloadFields.of({ error: "008", empty: " ", list: ["1"], no: Number.NaN, flag: "TRUE" })
    assert.strictEqual(fields?.text("error"), "008")
    assert.strictEqual(fields?.text("empty"), undefined)
    assert.strictEqual(fields?.text("list"), undefined)
    assert.strictEqual(fields?.text("no"), undefined)
    assert.strictEqual(fields?.flag("flag"), true)
    assert.strictEqual(fields?.flag("error"), undefined)
  })

  it("are found in objects and lists within", () => {
    const fields = PayloadFields.of({ status: { groupId: 5, id: 6 }, errors: [{ code: "40002" }, null, 7] })
    assert.strictEqual(fields?.fields("status")?.text("GROUPID"), "5")
    assert.deepStrictEqual(
      fields?.list("errors").map((error) => error.text("code")),
      ["40002"]
    )
    assert.strictEqual(fields?.fields("errors"), undefined)
  })

  it("are none of what is no object", () => {
    for (const payload of [undefined, null, 5, true, [], [{ a: 1 }], "", "hello", "{", "[1]", Symbol("x")]) {
      assert.strictEqual(PayloadFields.of(payload), undefined)
    }
  })

  it("do not reach what an object inherits", () => {
    assert.strictEqual(PayloadFields.of({})?.text("constructor"), undefined)
    assert.strictEqual(PayloadFields.of('{"__proto__":{"code":"1"}}')?.text("code"), undefined)
  })

  it("are those that let themselves be read", () => {
    const payload = {
      code: "1",
      get text(): string {
        throw new Error("no")
      }
    }
    assert.strictEqual(PayloadFields.of(payload)?.text("code"), "1")
    assert.strictEqual(PayloadFields.of(payload)?.text("text"), undefined)
    assert.strictEqual(PayloadFields.of(payload)?.text("other"), undefined)
  })
})
