import { assert, describe, it } from "@effect/vitest"
import * as PayloadFields from "../src/PayloadFields.ts"
import { type Payload, type ReceiptProfile, read } from "../src/ReceiptProfile.ts"

/** A profile whose payloads have a code in a field of their own. */
const profile = (name: string, field: string): ReceiptProfile => {
  const codeOf = (payload: unknown) => PayloadFields.of(payload)?.text(field)
  return {
    name,
    read: (payload, context) => {
      const code = codeOf(payload)
      if (code === undefined) return undefined
      const receipt = {
        profile: name,
        providerStatus: context.field ?? "failed",
        status: "failed" as const,
        code,
        field
      }
      return { receipt, recipient: "+13175550100" }
    },
    recognizes: (payload) => codeOf(payload) !== undefined
  }
}

const { recognizes: _, ...shy } = profile("shy", "a")
const profiles = [shy, profile("Acme", "a"), profile("other", "b")]

const of = (payload: Payload) => {
  const found = read(profiles, payload)
  return typeof found === "string" ? found : found.receipt
}

describe("a payload", () => {
  it("is read by the profile that is named, in any letter case", () => {
    assert.deepInclude(of({ profile: "shy", payload: { a: "1" } }), { profile: "shy", code: "1" })
    assert.deepInclude(of({ profile: " ACME ", payload: { a: "1" } }), { profile: "Acme", code: "1" })
  })

  it("is read by the first profile that it shows itself to be of, where none is named", () => {
    assert.deepInclude(of({ payload: { a: "1", b: "2" } }), { profile: "Acme", code: "1" })
    assert.deepInclude(of({ payload: { b: "2" } }), { profile: "other", code: "2" })
  })

  it("carries what its reader may not know: the list of its code, and what came before", () => {
    const payload = { profile: "acme", payload: { a: "1" } }
    const found = of({ ...payload, field: "narrow", previous: ["in_progress"] })
    assert.deepInclude(found, { field: "narrow", previous: ["in_progress"], providerStatus: "narrow" })
    assert.deepStrictEqual(of(payload), {
      profile: "Acme",
      providerStatus: "failed",
      status: "failed",
      code: "1",
      field: "a"
    })
    const whole = read(profiles, payload)
    assert.strictEqual(typeof whole === "string" ? whole : whole.recipient, "+13175550100")
  })

  it("that cannot be read is told why", () => {
    assert.strictEqual(of({ payload: "1" }), "the receipt does not show whose it is: name its profile")
    assert.strictEqual(
      of({ profile: "acne", payload: { a: "1" } }),
      'there is no profile "acne": did you mean Acme? The profiles are shy, Acme, other'
    )
    assert.strictEqual(
      of({ profile: "nobody", payload: { a: "1" } }),
      'there is no profile "nobody": the profiles are shy, Acme, other'
    )
    assert.strictEqual(of({ profile: "acme", payload: { b: "1" } }), "it is no receipt of the profile Acme")
  })
})
