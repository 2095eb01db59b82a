import { ReceiptProfile } from "@dlrkit/core"
import { assert, describe, it } from "@effect/vitest"
import { epochOf } from "../src/PayloadTime.ts"
import { cases } from "./Cases.ts"
import { classify, meaning, profiles, read } from "./Providers.ts"

const at = Date.UTC(2026, 10, 20, 10, 0, 5)
const sentAt = at - 5_000

/** Payloads as the providers' documentation shows them, with made-up values, and what is to be matched by. */
const whole: Readonly<Record<string, { readonly payload: unknown; readonly tells: object }>> = {
  twilio: {
    payload:
      "SmsSid=SM1f0e8ae6ade43cb3c0ce4525424e404f&SmsStatus=delivered&MessageStatus=delivered&To=%2B15558675310&MessageSid=SM1f0e8ae6ade43cb3c0ce4525424e404f&AccountSid=AC1&From=%2B15017122661&ApiVersion=2010-04-01",
    tells: { externalMessageId: "SM1f0e8ae6ade43cb3c0ce4525424e404f", recipient: "+15558675310" }
  },
  vonage: {
    payload: {
      msisdn: "447700900000",
      to: "AcmeInc",
      "network-code": "12345",
      messageId: "0A0000001234567B",
      price: "0.03330000",
      status: "delivered",
      scts: "2611201000",
      "err-code": "0",
      "api-key": "abcd1234",
      "message-timestamp": "2026-11-20 10:00:05"
    },
    tells: { externalMessageId: "0A0000001234567B", recipient: "447700900000", occurredAt: at }
  },
  infobip: {
    payload: {
      results: [
        {
          bulkId: "b-1",
          messageId: "m-1",
          to: "41793026727",
          sentAt: "2026-11-20T10:00:00.000+0000",
          doneAt: "2026-11-20T11:00:05.000+0100",
          smsCount: 1,
          price: { pricePerMessage: 0.01, currency: "EUR" },
          status: { groupId: 3, groupName: "DELIVERED", id: 5, name: "DELIVERED_TO_HANDSET" },
          error: { groupId: 0, groupName: "Ok", id: 0, name: "NO_ERROR", permanent: false }
        }
      ]
    },
    tells: { externalMessageId: "m-1", recipient: "41793026727", occurredAt: at, sentAt }
  },
  sinch: {
    payload: {
      type: "recipient_delivery_report_sms",
      batch_id: "01FC66621XXXXX119Z8PMV1QPQ",
      recipient: "44231235674",
      code: 0,
      status: "Delivered",
      at: "2026-11-20T10:00:06.187Z",
      operator_status_at: "2026-11-20T10:00:05Z"
    },
    tells: { externalMessageId: "01FC66621XXXXX119Z8PMV1QPQ", recipient: "44231235674", occurredAt: at }
  },
  telnyx: {
    payload: {
      data: {
        event_type: "message.finalized",
        id: "e-1",
        occurred_at: "2026-11-20T10:00:06.000+00:00",
        record_type: "event",
        payload: {
          completed_at: "2026-11-20T10:00:05.000+00:00",
          direction: "outbound",
          errors: [],
          id: "83252e31-e4e3-4e1b-8ec6-3a1e8f5f1f1e",
          sent_at: "2026-11-20T10:00:00.000+00:00",
          to: [{ carrier: "T-MOBILE", phone_number: "+13125000000", status: "delivered" }],
          text: "Hello"
        }
      }
    },
    tells: {
      externalMessageId: "83252e31-e4e3-4e1b-8ec6-3a1e8f5f1f1e",
      recipient: "+13125000000",
      occurredAt: at,
      sentAt
    }
  },
  bandwidth: {
    payload: [
      {
        time: "2026-11-20T10:00:05Z",
        type: "message-delivered",
        to: "+12345678902",
        description: "ok",
        message: {
          id: "14762070468292kw2fuqty55yp2b2",
          time: "2026-11-20T10:00:00Z",
          to: ["+12345678902"],
          from: "+12345678901",
          text: "",
          direction: "out",
          segmentCount: 1
        }
      }
    ],
    tells: { externalMessageId: "14762070468292kw2fuqty55yp2b2", recipient: "+12345678902", occurredAt: at, sentAt }
  },
  plivo: {
    payload:
      "MessageUUID=0b2b0e5e-c5a8&ParentMessageUUID=0b2b0e5e-c5a8&From=14152220001&To=14152220002&Status=delivered&ErrorCode=000&Units=1",
    tells: { externalMessageId: "0b2b0e5e-c5a8", recipient: "14152220002" }
  },
  "aws-end-user-messaging": {
    payload: {
      Type: "Notification",
      Message: JSON.stringify({
        eventType: "TEXT_DELIVERED",
        eventVersion: "1.0",
        eventTimestamp: at,
        isFinal: true,
        originationPhoneNumber: "+12065550152",
        destinationPhoneNumber: "+14255550156",
        messageId: "862a8790-60c0-4430-9b2b-658bdexample",
        messageRequestTimestamp: sentAt,
        messageStatus: "DELIVERED"
      })
    },
    tells: {
      externalMessageId: "862a8790-60c0-4430-9b2b-658bdexample",
      recipient: "+14255550156",
      occurredAt: at,
      sentAt
    }
  },
  "azure-communication-services": {
    payload: [
      {
        id: "Outgoing_1",
        eventType: "Microsoft.Communication.SMSDeliveryReportReceived",
        data: {
          messageId: "Outgoing_20261120100005",
          from: "+18335550100",
          to: "+15555555555",
          deliveryStatus: "Delivered",
          deliveryStatusDetails: "No error.",
          receivedTimestamp: "2026-11-20T10:00:05.0000001Z"
        }
      }
    ],
    tells: { externalMessageId: "Outgoing_20261120100005", recipient: "+15555555555", occurredAt: at }
  },
  bird: {
    payload: {
      service: "channels",
      event: "sms.outbound",
      payload: {
        id: "b5c0cf1b",
        channelId: "c-1",
        receiver: { contacts: [{ identifierKey: "phonenumber", identifierValue: "+31612345678" }] },
        status: "delivered",
        lastStatusAt: "2026-11-20T10:00:05Z"
      }
    },
    tells: { externalMessageId: "b5c0cf1b", recipient: "+31612345678", occurredAt: at }
  },
  jasmin: {
    payload:
      "id=2c2b-1&id_smsc=99&level=2&message_status=DELIVRD&subdate=2611201000&donedate=2611201000&err=000&connector=c",
    tells: { externalMessageId: "2c2b-1" }
  }
}

describe("a provider's own payload", () => {
  it.each(Object.entries(whole))("of %s tells whose it is, and what a message is matched by", (name, one) => {
    const { receipt, recipient } = read(undefined, one.payload)
    assert.strictEqual(receipt.profile, name)
    assert.strictEqual(classify(receipt).state, "delivered")
    assert.deepInclude({ ...receipt, recipient }, one.tells)
  })

  it.each([
    ["infobip", { results: [{ status: { groupId: 3, id: 5 } }, { status: { groupId: 5, id: 6 } }] }],
    ["sinch", { statuses: [{ status: "Failed", code: 402, count: 2 }] }],
    ["sinch", { statuses: [{ status: "Failed" }, { status: "Delivered" }] }],
    ["telnyx", { to: [{ status: "delivered" }, { status: "delivery_failed" }] }],
    ["bandwidth", [{ type: "message-failed" }, { type: "message-delivered" }]]
  ])("of %s about several messages is no receipt", (profile, payload) =>
    assert.strictEqual(
      ReceiptProfile.read(profiles, { profile, payload }),
      `it is no receipt of the profile ${profile}`
    )
  )

  it("keeps no text that somebody wrote", () => {
    const text = "Dear Ann, your code is 4711"
    for (const payload of [
      { status: "delivery_failed", reason: text, statusReason: text },
      { status: "FAILURE", providerResponse: text },
      { deliveryStatus: "Failed", deliveryStatusDetails: { statusMessage: text } },
      { Status: "failed", ErrorCode: text },
      { error: `${text}: temporary failure` }
    ]) {
      for (const profile of profiles) {
        const found = profile.read(payload, {})
        assert.notInclude(JSON.stringify(found?.receipt ?? {}), "Ann", profile.name)
      }
    }
  })
})

const recognizing = (payload: unknown) =>
  profiles.filter((profile) => profile.recognizes?.(payload) === true).map(({ name }) => name)

describe("a payload without a profile", () => {
  it("is recognized by one profile at the most, the one that it is of", () => {
    for (const { payload, profile = "prose" } of cases) {
      const names = recognizing(payload)
      assert.isTrue(
        names.length === 0 || (names.length === 1 && names[0] === profile),
        `${names} ${JSON.stringify(payload)}`
      )
    }
    for (const [name, { payload }] of Object.entries(whole)) assert.deepStrictEqual(recognizing(payload), [name])
  })

  it.each([
    ["twilio", { MessageStatus: "undelivered", ErrorCode: "30005" }],
    ["twilio", { Level: "WARNING", Payload: '{"error_code":"30026"}' }],
    ["twilio", { status: 400, code: 21610, message: "…", more_info: "https://www.twilio.com/docs/errors/21610" }],
    ["vonage", { status: "accepted", "err-code": "7" }],
    ["vonage", { "message-count": "1", messages: [{ status: "9" }] }],
    ["infobip", { status: { groupId: 5, id: 6 } }],
    ["telnyx", { status: "delivery_failed", errors: [{ code: "40002" }] }],
    ["bandwidth", { type: "message-failed", errorCode: 4720 }],
    ["aws-end-user-messaging", { eventType: "TEXT_PROTECT_BLOCKED" }],
    ["aws-end-user-messaging", { messageStatus: "UNKNOWN", isFinal: true }],
    ["azure-communication-services", { deliveryStatus: "Failed", deliveryStatusDetails: { statusMessage: "4006" } }],
    ["prose", { error: "Invalid phone number" }]
  ])("is %s's by its form", (name, payload) => assert.deepStrictEqual(recognizing(payload), [name]))

  it.each([
    { status: "1", code: "101" },
    { status: "1" },
    { error: "008" },
    { error: "21b" },
    { error: "EC_603" },
    { error: 5 },
    { error: "Invalid number", code: 5 },
    { status: "Failed", code: 403 },
    { status: 400, code: 21610 },
    { status: "4", substatus: "6" },
    { Status: "undelivered", ErrorCode: "900" },
    { messages: [{ status: "9" }] },
    { MessageStatus: "delivered" },
    { messageStatus: "DELIVERED" },
    { type: "1" },
    { type: "Receipt", status: "Failed" },
    { message_state: 5, result_code: 99 },
    { command_status: 20 },
    { text: "", tlvs: { message_state: 5 } },
    "id:1 stat:UNDELIV err:001",
    "30005"
  ])("is nobody's where it names nobody: %j", (payload) => assert.deepStrictEqual(recognizing(payload), []))
})

describe("free text", () => {
  it.each([
    ["Rate limit exceeded, try again later", "failed rate_limited after"],
    ["Handset switched off", "failed handset_unreachable after"],
    ["Number is a landline", "failed unsupported_destination no"],
    ["Rejected as SPAM by carrier", "failed content_filtered no"],
    ["Insufficient funds", "failed account_problem no"],
    ["Not routable: either a landline or a non-routable wireless number", "failed unsupported_destination no"],
    ["Not routable", "failed unsupported_destination no"],
    ["The 'To' number +15558675310 is not a valid phone number.", "failed invalid_number no"],
    ["Invalid 'To' Phone Number", "failed invalid_number no"],
    ["The destination number is invalid", "failed invalid_number no"],
    ["The 'From' number is not a valid phone number", "failed sender_rejected no"],
    ["Invalid token", "failed unexplained after"],
    ["Option 3 was chosen", "failed unexplained after"],
    ["Error 30005 and 21610 and err:001", "failed unexplained after"]
  ])("%s", (error, means) => assert.strictEqual(meaning("prose", { error }), means))

  it("is read as it is where its profile is named", () =>
    assert.strictEqual(meaning("prose", "Subscriber absent"), "failed handset_unreachable after"))

  it("leaves its marker alone in the receipt", () => {
    const { receipt } = read("prose", { error: "Number +15558675310 is DEACTIVATED" })
    assert.deepStrictEqual(receipt, {
      profile: "prose",
      providerStatus: "error",
      status: "failed",
      code: "deactivated",
      field: "error"
    })
  })
})

describe("moments", () => {
  it.each([
    ["2026-11-20T10:00:05Z", at],
    ["2026-11-20 10:00:05.123456+00:00", at + 123],
    ["2026-11-20T11:00:05.5+0100", at + 500],
    ["2026-11-20T10:00Z", sentAt],
    ["Fri, 20 Nov 2026 10:00:05 +0000", at],
    [String(at), at],
    [String(at / 1000), at],
    ["2026-11-20 10:00:05", undefined],
    ["2611201000", undefined],
    ["26112010", undefined],
    ["2026-13-45T10:00:05Z", undefined],
    ["1900-01-01T00:00:00Z", undefined],
    ["tomorrow", undefined]
  ])("%s", (text, epoch) => assert.strictEqual(epochOf(text), epoch))

  it("without a time zone count where the provider's are UTC", () =>
    assert.strictEqual(epochOf("2026-11-20 10:00:05", "UTC"), at))
})
