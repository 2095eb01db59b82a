import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import { classify } from "../src/Classifier.ts"
import * as RouteCodes from "../src/RouteCodes.ts"
import { receipt } from "./Samples.ts"

const route = RouteCodes.classifier([
  { field: "command_status", code: "0x410", cause: "sender_rejected" },
  { field: "err", code: "21b", cause: "opted_out", retryable: "after", actor: "carrier" },
  { field: "err", code: "008", cause: "expired" },
  { field: "err", code: " 21B ", cause: "expired" }
])

const verdict = (field: string, code: string) => route.classify(receipt("failed", { field, code }))

describe("a route's codes", () => {
  it("are found in their field, in any letter case", () => {
    assert.deepInclude(verdict("ERR", " 21B"), {
      state: "failed",
      cause: "opted_out",
      retryable: "after",
      actor: "carrier"
    })
    assert.strictEqual(verdict("err", "21b")?.rule, "err 21b")
    assert.isUndefined(verdict("network_error_code", "21b"))
  })

  it("are numbers where they are written in hexadecimal digits, and texts elsewhere", () => {
    for (const code of ["0x410", "0x00000410", "0X410"]) {
      assert.strictEqual(verdict("command_status", code)?.cause, "sender_rejected", code)
    }
    for (const code of ["410", "1040", "0x4100", "0x41"]) assert.isUndefined(verdict("command_status", code), code)
    assert.strictEqual(verdict("err", "008")?.cause, "expired")
    assert.isUndefined(verdict("err", "8"))
    const zero = RouteCodes.classifier([{ field: "a", code: "0x0", cause: "expired" }])
    assert.strictEqual(zero.classify(receipt("failed", { field: "a", code: "0x0000" }))?.cause, "expired")
  })

  it("say nothing of a message that did not fail, and say that one failed of which nobody knows", () => {
    const known = { field: "err", code: "21b" }
    for (const word of ["delivered", "sent", "pending"]) assert.isUndefined(route.classify(receipt(word, known)))
    const meaning = classify([route], receipt("what", known), () => {})
    assert.deepInclude(meaning, { state: "failed", cause: "opted_out", classifier: "route" })
    assert.isUndefined(route.classify(receipt("failed")))
    assert.isUndefined(route.classify(receipt("failed", { code: "21b" })))
  })

  it("are read from what a user gives, or refused in one line", () => {
    const good = [{ field: "err", code: "1", cause: "expired" }]
    assert.deepStrictEqual(Result.getOrThrow(RouteCodes.decode(good)), good as ReadonlyArray<RouteCodes.RouteCode>)
    for (const [bad, place] of [
      [[{ field: "err", code: "1", cause: "because" }], '[0]["cause"]'],
      [[{ field: "err", code: "1", cause: "constructor" }], '[0]["cause"]'],
      [[{ field: "err", code: 1, cause: "expired" }], '[0]["code"]'],
      [[...good, { code: "1", cause: "expired" }], '[1]["field"]'],
      [[{ field: "err", code: "1", cause: "expired", retryable: "maybe" }], '[0]["retryable"]'],
      ["err 1", "route codes: "],
      [null, "route codes: "]
    ] as const) {
      const failure = Result.getOrThrow(Result.flip(RouteCodes.decode(bad)))
      assert.include(failure, place)
      assert.notInclude(failure, "\n")
    }
  })

  it("are told as rules", () => {
    assert.strictEqual(route.rules?.length, 4)
    assert.deepStrictEqual(route.rules?.[0], {
      rule: "command_status 0x410",
      field: "command_status",
      code: "0x410",
      cause: "sender_rejected"
    })
  })
})
