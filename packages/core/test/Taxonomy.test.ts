import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { adviceOf, Category, Cause, type CauseInfo, causes, isCause, mayResend } from "../src/Taxonomy.ts"

const all = Object.entries(causes) as ReadonlyArray<[Cause, CauseInfo]>

describe("the taxonomy", () => {
  it("has 22 causes in five categories, and no cause bears a category's name", () => {
    assert.strictEqual(all.length, 22)
    assert.sameMembers([...new Set(all.map(([, { category }]) => category))], [...Category.literals])
    for (const [cause] of all) assert.isFalse((Category.literals as ReadonlyArray<string>).includes(cause))
  })

  it("has a delay exactly where waiting helps, and only there", () => {
    for (const [cause, { delay, resend, retryable }] of all) {
      assert.strictEqual(delay !== undefined, resend === "later", cause)
      if (resend === "never" || resend === "after_fix") assert.strictEqual(retryable, "no", cause)
      if (delay === undefined) continue
      assert.isTrue(delay.first > 0 && delay.first <= delay.stopAfter && (delay.then ?? 1) > 0, cause)
    }
  })

  it("knows its causes, and no word that an object inherits", () => {
    for (const [cause] of all) assert.isTrue(isCause(cause) && Schema.is(Cause)(cause))
    for (const word of ["", "constructor", "__proto__", "EXPIRED", "permanent_block"]) {
      assert.isFalse(isCause(word) || Schema.is(Cause)(word), word)
    }
  })
})

describe("the advice of a cause", () => {
  it("is the cause's own, where the carrier tells no more", () => {
    for (const [cause, { action, actor, category, delay, resend, retryable }] of all) {
      assert.deepStrictEqual(adviceOf(cause), {
        category,
        retryable,
        retryAfterSeconds: delay?.first,
        resend,
        actor,
        action
      })
    }
  })

  it("takes whether, when and who from the carrier, and nothing else", () => {
    assert.deepStrictEqual(adviceOf("rate_limited", { retryable: "yes", retryAfterSeconds: 7, actor: "carrier" }), {
      ...adviceOf("rate_limited"),
      retryable: "yes",
      retryAfterSeconds: 7,
      actor: "carrier"
    })
    assert.strictEqual(adviceOf("expired", { retryAfterSeconds: 0 }).retryAfterSeconds, 0)
  })

  it("has no wait where waiting does not help", () => {
    assert.isUndefined(adviceOf("network_failure", { retryable: "no" }).retryAfterSeconds)
    assert.isUndefined(adviceOf("network_failure", { retryable: "no", retryAfterSeconds: 60 }).retryAfterSeconds)
    assert.isUndefined(adviceOf("invalid_number").retryAfterSeconds)
  })
})

describe("sending again without asking anybody", () => {
  it("is for causes that time alone can mend", () => {
    for (const [cause, { resend }] of all) assert.strictEqual(mayResend(adviceOf(cause)), resend === "later", cause)
  })

  it("is not for what the carrier says will fail again", () => {
    assert.isFalse(mayResend(adviceOf("network_failure", { retryable: "no" })))
    assert.isTrue(mayResend(adviceOf("network_failure", { retryable: "after" })))
    assert.isFalse(mayResend(adviceOf("invalid_number", { retryable: "after" })))
    assert.isFalse(mayResend({ resend: "ask", retryable: "after" }))
  })
})
