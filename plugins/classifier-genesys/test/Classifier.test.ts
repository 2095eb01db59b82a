import { Classifier, type DeliveryReceipt } from "@dlrkit/core"
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
      rule: "CONGESTION",
      why: "statusDetails holds CONGESTION"
    }))

  it("leaves what it does not know, what did not fail, and the words of others", () => {
    assert.isUndefined(causeOf("SOMETHING_ODD"))
    assert.isUndefined(causeOf(undefined))
    assert.isUndefined(causeOf("INVALID", { status: "delivered" }))
    assert.isUndefined(causeOf("INVALID", { profile: "twilio" }))
  })
})

describe("the codes of the public API", () => {
  const classify = (code: string | undefined, overrides: Partial<DeliveryReceipt.DeliveryReceipt> = {}) =>
    Classifier.classify(
      [GenesysCodes.classifier()],
      receipt(code, { profile: GenesysCodes.publicProfile, ...overrides }),
      () => assert.fail("it threw")
    )

  /** Code, state, cause, retryable, actor: as the sources of the table have them. */
  const known = [
    ["MessageExpired", "failed", "expired", "after", "sender"],
    ["RateLimited", "failed", "rate_limited", "after", "sender"],
    ["MessageNotAllowed", "failed", "refused_unspecified", "no", "sender"],
    ["GeneralError", "failed", "unexplained", "after", "platform"],
    ["UnsupportedMessage", "failed", "unsupported_destination", "no", "sender"],
    ["UnknownMessage", "failed", "unexplained", "no", "platform"],
    ["InvalidMessageStructure", "failed", "message_invalid", "no", "sender"],
    ["InvalidDestination", "failed", "invalid_number", "no", "sender"],
    ["ServerError", "failed", "platform_error", "yes", "platform"],
    ["MediaTypeNotAllowed", "failed", "message_invalid", "no", "sender"],
    ["InvalidMediaContentLength", "failed", "message_invalid", "no", "sender"],
    ["RecipientOptedOut", "failed", "opted_out", "no", "recipient"],
    ["DataFiltered", "failed", "content_filtered", "no", "sender"],
    ["AUTHENTICATION_FAILED", "failed", "account_problem", "no", "platform"],
    ["CARRIER_CONGESTED", "failed", "network_failure", "after", "carrier"],
    ["CARRIER_PROTOCOL_ERROR", "failed", "network_failure", "after", "carrier"],
    ["CARRIER_RESOLUTION_FAILURE", "failed", "routing_failure", "after", "platform"],
    ["CARRIER_RESOLUTION_TEMP_FAILURE", "failed", "routing_failure", "after", "platform"],
    ["CARRIER_DELIVERY_FAILED", "failed", "unexplained", "after", "carrier"],
    ["DATA_CODING_SCHEME_INVALID", "failed", "message_invalid", "no", "sender"],
    ["DEFAULT", "failed", "unexplained", "after", "platform"],
    ["DEST_ADDR_COUNTRY_INVALID", "failed", "unsupported_destination", "no", "sender"],
    ["DEST_ADDR_INVALID", "failed", "invalid_number", "no", "sender"],
    ["DEST_ADDR_IS_LANDLINE", "failed", "unsupported_destination", "no", "sender"],
    ["DEST_CARRIER_ID_INVALID", "failed", "routing_failure", "no", "platform"],
    ["DEST_TON_INVALID", "failed", "invalid_number", "no", "sender"],
    ["EXPIRED", "failed", "expired", "after", "sender"],
    ["FLOW_CONTROL_TIMEOUT", "failed", "rate_limited", "after", "sender"],
    ["GENERAL_ERROR", "failed", "unexplained", "after", "platform"],
    ["GENERIC_CONTENT_ERROR", "failed", "message_invalid", "no", "sender"],
    ["INTERNAL_SERVER_ERROR", "failed", "platform_error", "yes", "platform"],
    ["MESSAGE_BODY_TOO_LONG", "failed", "message_invalid", "no", "sender"],
    ["MESSAGE_DATA_INVALID", "failed", "message_invalid", "no", "sender"],
    ["MESSAGE_TYPE_NOT_SUPPORTED", "failed", "unsupported_destination", "no", "sender"],
    ["NETWORK_TIMEOUT", "unconfirmed", undefined, undefined, undefined],
    ["OPERATION_NOT_ALLOWED", "failed", "refused_unspecified", "no", "sender"],
    ["OTHER_PERMANENT_FAILURE", "failed", "refused_unspecified", "no", "carrier"],
    ["OTHER_TEMPORARY_FAILURE", "failed", "network_failure", "after", "carrier"],
    ["RECIPIENT_BUSY", "failed", "handset_unreachable", "after", "recipient"],
    ["RECIPIENT_FLOODED", "failed", "quota_exceeded", "after", "sender"],
    ["RECIPIENT_OPTED_OUT", "failed", "opted_out", "no", "recipient"],
    ["RECIPIENT_BLOCKLISTED", "failed", "opted_out", "no", "recipient"],
    ["RECIPIENT_HANDSET_FAILURE", "failed", "handset_unreachable", "no", "recipient"],
    ["RECIPIENT_HANDSET_TEMP_FAILURE", "failed", "handset_unreachable", "after", "recipient"],
    ["RECIPIENT_TEMP_FAILURE", "failed", "handset_unreachable", "after", "recipient"]
  ] as const
  it.each(known)("%s is %s: %s, retryable %s, up to the %s", (code, state, cause, retryable, actor) => {
    const spellings = [code, code.toLowerCase(), code.toUpperCase(), code.replaceAll("_", "")]
    for (const spelling of spellings) {
      const meaning = classify(spelling)
      assert.deepInclude(meaning, { state, cause, retryable, actor, classifier: "genesys" })
      if (spelling === code)
        assert.match(meaning.rule ?? "", new RegExp(`^(reasons\\[\\]\\.code|sms_receipt_code) ${code}$`))
    }
  })

  it("are read where the status is not known, too", () => {
    assert.deepInclude(classify("RECIPIENT_BLOCKLISTED", { status: undefined }), {
      state: "failed",
      cause: "opted_out"
    })
    assert.isUndefined(classify("SOMETHING_ODD", { status: undefined }).state)
  })

  it("say nothing against a status that is no failure, nor in another profile, nor by a part of them", () => {
    assert.deepInclude(classify("DEST_ADDR_INVALID", { status: "delivered" }), { state: "delivered", cause: undefined })
    assert.strictEqual(classify("DEST_ADDR_INVALID", { profile: "twilio" }).cause, "unexplained")
    for (const code of ["SOMETHING_INVALID", "DELIVERED", "ENROUTE", "constructor", ""]) {
      assert.deepInclude(classify(code), { state: "failed", cause: "unexplained", classifier: undefined })
    }
    assert.strictEqual(classify(undefined).cause, "unexplained")
  })
})
