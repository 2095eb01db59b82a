import { Classifier, type DeliveryReceipt, ReceiptProfile } from "@dlrkit/core"
import { assert, describe, it } from "@effect/vitest"
import * as GenesysCodes from "../src/index.ts"

const genesys = GenesysCodes.classifier()
const profiles = genesys.profiles ?? []

const read = (payload: unknown, profile: string | undefined = GenesysCodes.publicProfile, field?: string) => {
  const found = ReceiptProfile.read(profiles, { profile, payload, field })
  return typeof found === "string" ? found : found.receipt
}

const meaningOf = (payload: unknown, profile?: string, field?: string) => {
  const receipt = read(payload, profile, field)
  if (typeof receipt === "string") return receipt
  const { cause, state } = Classifier.classify([genesys], receipt, () => assert.fail("it threw"))
  return cause === undefined ? state : `${state} ${cause}`
}

const receipt = (status: string, code?: string, more = {}) => ({
  type: "Receipt",
  status,
  ...(code === undefined ? {} : { reasons: [{ code, message: "so it is" }] }),
  ...more
})

describe("a normalized receipt", () => {
  it.each([
    [receipt("Failed", "RecipientOptedOut", { isFinalReceipt: true }), "failed opted_out"],
    [receipt("Failed", "recipient_opted_out"), "failed opted_out"],
    [receipt("FAILED", "DestAddrInvalid"), "failed invalid_number"],
    [receipt("Failed", "NETWORK_TIMEOUT"), "unconfirmed"],
    [receipt("Failed", "SomethingNew"), "failed unexplained"],
    [receipt("Failed", "SOMETHING_INVALID"), "failed unexplained"],
    [receipt("Failed"), "failed unexplained"],
    [receipt("Removed"), "failed cancelled"],
    [receipt("Sent", undefined, { isFinalReceipt: false }), "in_progress"],
    [receipt("Sent", "RecipientOptedOut"), "in_progress"],
    [receipt("Failed", "RecipientOptedOut", { isFinalReceipt: false }), "in_progress"],
    [receipt("Delivered", "RecipientOptedOut", { isFinalReceipt: false }), "delivered"],
    [receipt("Read"), "delivered"],
    [receipt("Wobbling"), undefined],
    [JSON.stringify(receipt("Failed", "RateLimited")), "failed rate_limited"],
    [{ REASONS: { Code: " ratelimited " }, Status: "failed", Type: "receipt" }, "failed rate_limited"]
  ])("%j is %s", (payload, meaning) => assert.strictEqual(meaningOf(payload), meaning))

  it("names the carrier's message and the time, and nothing of its text", () => {
    const channel = { messageId: "wamid-1", time: "2026-11-23T10:00:00Z", to: { id: "+491712345678" } }
    assert.deepStrictEqual(read(receipt("Failed", "ServerError", { channel, text: "Hello" })), {
      profile: "genesys-cloud",
      providerStatus: "Failed",
      status: "failed",
      code: "ServerError",
      externalMessageId: "wamid-1",
      occurredAt: Date.parse("2026-11-23T10:00:00Z")
    })
  })
})

describe("the extended status of analytics, messages and POR", () => {
  it.each([
    [{ extendedDeliveryStatus: "RECIPIENT_BLOCKLISTED" }, "failed opted_out"],
    [{ extendedDeliveryStatus: "recipientblocklisted" }, "failed opted_out"],
    [{ extendedDeliveryStatus: "DEFAULT" }, "failed unexplained"],
    [{ extendedDeliveryStatus: "ENROUTE" }, "in_progress"],
    [{ extendedDeliveryStatus: "DELIVERED" }, "delivered"],
    [{ extendedDeliveryStatus: "NETWORK_TIMEOUT" }, "unconfirmed"],
    [{ extendedDeliveryStatus: "SOMETHING_NEW" }, "failed unexplained"],
    [{ deliveryStatus: "DeliveryFailed", extendedDeliveryStatus: "EXPIRED" }, "failed expired"],
    [{ deliveryStatus: "DeliverySuccess", extendedDeliveryStatus: "EXPIRED" }, "delivered"],
    [{ deliveryStatus: "DeliveryPushed" }, "in_progress"],
    [{ deliveryStatus: "Received" }, "ignore"],
    [{ status: "received" }, "ignore"],
    [{ status: "sent", direction: "inbound" }, "ignore"],
    [{ status: "queued", direction: "outbound" }, "in_progress"],
    [{ status: "delivery-success" }, "delivered"],
    [{ status: "removed" }, "failed cancelled"],
    [
      { status: "delivery-failed", normalizedReceipts: [receipt("Sent"), receipt("Failed", "ServerError")] },
      "failed platform_error"
    ],
    [{ status: "delivery-failed" }, "failed unexplained"],
    [{ message_state: 1, result_code: 2 }, "in_progress"],
    [{ message_state: 2, result_code: 0 }, "delivered"],
    [{ message_state: 3, result_code: 0 }, "failed expired"],
    [{ message_state: 3, result_code: 99 }, "failed expired"],
    [{ message_state: 5, result_code: 99 }, "failed unexplained"],
    [{ message_state: "5", result_code: "7" }, "failed duplicate_or_loop"],
    [{ result_code: 1, message_state: 5 }, "failed refused_unspecified"],
    [{ message_state: 5, result_code: "01" }, "failed unexplained"],
    [{ message_state: 8 }, "failed refused_unspecified"],
    [{ message_state: 7, result_code: 6 }, "unconfirmed"],
    [{ message_state: 77 }, undefined]
  ])("%j is %s", (payload, meaning) => assert.strictEqual(meaningOf(payload), meaning))

  it("without a reason mean what the word for the status says, and beside an unknown one are left to others", () => {
    const verdict = (payload: unknown) => {
      const found = read(payload)
      return typeof found === "string" ? undefined : genesys.classify(found)
    }
    assert.deepInclude(verdict(receipt("Failed")), { cause: "unexplained", actor: "carrier" })
    assert.deepInclude(verdict({ status: "delivery-failed" }), { rule: "MessageData.status delivery-failed" })
    assert.isUndefined(verdict(receipt("Failed", "Wobbling")))
  })

  it("are read in their own field where one is named", () => {
    const failed = receipt("Failed", "GENERAL_ERROR")
    assert.strictEqual(meaningOf({ ...failed, reasons: [{ code: "ServerError" }] }), "failed platform_error")
    assert.strictEqual(meaningOf(receipt("Failed", "ServerError"), undefined, "sms_receipt_code"), "failed unexplained")
    assert.strictEqual(meaningOf(receipt("Failed", "1"), undefined, "por.result_code"), "failed refused_unspecified")
  })

  it.each([null, undefined, 8, "", "hello", "{", [], {}, { type: "Text", status: "Sent" }, { type: "Receipt" }])(
    "%j is none",
    (payload) => assert.strictEqual(meaningOf(payload), "it is no receipt of the profile genesys-cloud")
  )
})

describe("a message of the messaging API", () => {
  it.each([
    [{ status: "failed", statusDetails: "CARRIER_REJECTED" }, "failed refused_unspecified"],
    [{ status: "FAILED", statusDetails: "carrier_limit" }, "failed rate_limited"],
    [{ status: "failed", statusDetails: "RecipientOptedOut" }, "failed unexplained"],
    [{ status: "sent", statusDetails: "CARRIER_REJECTED" }, "in_progress"],
    [{ status: "undelivered", statusDetails: "CARRIER_REJECTED" }, undefined],
    [{ statusDetails: "CARRIER_REJECTED" }, "it is no receipt of the profile genesys-messaging"]
  ])("%j is %s", (payload, meaning) => assert.strictEqual(meaningOf(payload, GenesysCodes.profile), meaning))
})

describe("a payload without a profile", () => {
  it("is known by what no other provider says", () => {
    const profileOf = (payload: unknown) => {
      const found = ReceiptProfile.read(profiles, { payload })
      return typeof found === "string" ? undefined : found.receipt.profile
    }
    assert.strictEqual(profileOf(receipt("Sent", undefined, { isFinalReceipt: true })), "genesys-cloud")
    assert.strictEqual(profileOf({ extendedDeliveryStatus: "DEFAULT" }), "genesys-cloud")
    for (const payload of [{ status: "sent" }, { message_state: 5, result_code: 99 }, { status: "9" }, "DEFAULT"]) {
      assert.isUndefined(profileOf(payload))
    }
  })
})

describe("the rules", () => {
  it("are each once there, and each is the one that answers for its code", () => {
    const rules = genesys.rules ?? []
    assert.strictEqual(new Set(rules.map(({ profile, rule }) => `${profile} ${rule}`)).size, rules.length)
    const unreached = rules.filter(({ cause, code, field, profile = "", rule }) => {
      const receipt: DeliveryReceipt.DeliveryReceipt =
        code === undefined
          ? { profile, providerStatus: "failed", status: "failed", code: rule }
          : { profile, providerStatus: "x", code, ...(field && { field }) }
      const verdict = genesys.classify(receipt)
      return verdict?.rule !== rule || verdict.cause !== cause
    })
    assert.deepStrictEqual(unreached, [])
  })
})
