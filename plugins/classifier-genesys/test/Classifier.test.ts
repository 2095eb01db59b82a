import type { DeliveryReceipt } from "@dlrkit/core"
import { assert, describe, it } from "@effect/vitest"
import * as GenesysCodes from "../src/index.ts"

const receipt = (code: string | undefined, overrides: Partial<DeliveryReceipt.DeliveryReceipt> = {}) => ({
  messageId: "msg-1",
  profile: GenesysCodes.profile,
  providerStatus: "failed",
  status: "failed" as const,
  ...(code === undefined ? {} : { code }),
  ...overrides
})

const causeOf = (code: string | undefined, overrides?: Partial<DeliveryReceipt.DeliveryReceipt>) =>
  GenesysCodes.classifier().classify(receipt(code, overrides))?.cause

describe("the marks of the messaging API", () => {
  it.each([
    ["INVALID_NUMBER", "invalid_number"],
    ["BAD_DESTINATION_ADDRESS", "invalid_number"],
    ["BLOCKED_BY_CARRIER", "refused_unspecified"],
    ["CARRIER_REJECTED", "refused_unspecified"],
    ["UNREGISTERED_SENDER", "refused_unspecified"],
    ["THROTTLED", "rate_limited"],
    ["RATE_LIMITED", "rate_limited"],
    ["CARRIER_LIMIT_EXCEEDED", "rate_limited"],
    ["DELIVERY_TIMEOUT", "network_failure"],
    ["NETWORK_ERROR", "network_failure"],
    ["SMSC_CONGESTION", "network_failure"],
    ["TEMPORARY_FAILURE", "network_failure"]
  ])("%s is %s", (code, cause) => assert.strictEqual(causeOf(code), cause))

  it("reads marks in any case", () => assert.strictEqual(causeOf("carrier_Rejected"), "refused_unspecified"))

  it("gives a word with marks of two causes to the upper one", () => {
    assert.strictEqual(causeOf("REJECTED_INVALID_NUMBER"), "invalid_number")
    assert.strictEqual(causeOf("TIMEOUT_BLOCKED"), "refused_unspecified")
  })

  it("says which mark it went by", () =>
    assert.deepStrictEqual(GenesysCodes.classifier().classify(receipt("SMSC_CONGESTION")), {
      cause: "network_failure",
      rule: "CONGESTION"
    }))

  it("leaves what it does not know, what did not fail, and the words of others", () => {
    assert.isUndefined(causeOf("SOMETHING_ODD"))
    assert.isUndefined(causeOf(undefined))
    assert.isUndefined(causeOf("INVALID", { status: "delivered" }))
    assert.isUndefined(causeOf("INVALID", { profile: "twilio" }))
  })
})
