import { assert, describe, it } from "@effect/vitest"
import { AgentlessResponseError, fromAgentlessResponse } from "../src/AgentlessResponse.ts"

const messageId = "0b7c1a52-7d6e-4a3f-9a41-000000000001"
const conversationId = "6f1d0000-1111-4222-8333-000000000001"

const answer = {
  id: messageId,
  conversationId,
  fromAddress: "+13175550100",
  toAddress: "+13175550155",
  messengerType: "sms",
  useExistingActiveConversation: false,
  textBody: "secret text",
  timestamp: "2026-03-02T10:15:30.120Z",
  message: {
    id: messageId,
    timestamp: "2026-03-02T10:15:30.120Z",
    direction: "outbound",
    messengerType: "sms",
    status: "queued",
    normalizedMessage: { text: "secret text" }
  },
  selfUri: `/api/v2/conversations/messages/${messageId}/details`
}

const ref = {
  messageId,
  conversationId,
  from: "+13175550100",
  to: "+13175550155",
  sentAt: Date.UTC(2026, 2, 2, 10, 15, 30, 120)
}

const refusal = (value: unknown): string => {
  try {
    fromAgentlessResponse(value)
  } catch (error) {
    assert.instanceOf(error, AgentlessResponseError)
    return error.message
  }
  return assert.fail("it was taken")
}

describe("an answer to an agentless send", () => {
  it("becomes the message, without its text", () => {
    assert.deepStrictEqual(fromAgentlessResponse(answer), ref)
  })

  it("is found in an extended response of the SDK", () => {
    assert.deepStrictEqual(fromAgentlessResponse({ status: 202, headers: {}, body: answer, text: "…" }), ref)
  })

  it("is read from the message where it does not say it itself", () => {
    const { id: _, timestamp: _t, messengerType: _m, fromAddress, toAddress, ...rest } = answer
    const message = { ...answer.message, fromAddress, toAddress, messengerType: "SMS" }
    assert.deepStrictEqual(fromAgentlessResponse({ ...rest, message }), ref)
  })

  it("needs no message, no time and no numbers", () => {
    assert.deepStrictEqual(fromAgentlessResponse({ id: "m1" }), { messageId: "m1" })
    assert.deepStrictEqual(fromAgentlessResponse({ id: "m1", timestamp: "soon", message: null, conversationId: "" }), {
      messageId: "m1"
    })
  })

  it("takes the message's own id where the two differ", () => {
    assert.strictEqual(fromAgentlessResponse({ ...answer, id: "of the send" }).messageId, messageId)
  })

  it("keeps what the caller knows, and the contact", () => {
    assert.deepStrictEqual(
      fromAgentlessResponse(
        { ...answer, externalContactId: "c1" },
        { carrier: "acme", labels: { parcel: "4711" }, deadlineAt: 5 }
      ),
      { ...ref, externalContactId: "c1", carrier: "acme", labels: { parcel: "4711" }, deadlineAt: 5 }
    )
  })
})

describe("what is refused", () => {
  it("messages that are no SMS", () => {
    for (const messengerType of ["whatsapp", "open"]) {
      assert.include(refusal({ ...answer, messengerType }), `it is about a message by "${messengerType}"`)
      const { messengerType: _, ...rest } = answer
      assert.include(refusal({ ...rest, message: { ...answer.message, messengerType } }), messengerType)
    }
  })

  it("the body of a refusal, without its text", () => {
    const message = refusal({
      message: "the number +13175550155 opted out",
      code: "bad.request",
      status: 400,
      contextId: "x-1"
    })
    assert.include(message, "the platform did not send the message (400 bad.request) [contextId x-1]")
    assert.notInclude(message, "+1317")
  })

  it("anything else", () => {
    assert.include(refusal(undefined), "it is nothing")
    assert.include(refusal(null), "it is nothing")
    assert.include(refusal("{}"), "it is a string, not the parsed JSON body")
    assert.include(refusal([answer]), "it is a list")
    assert.include(refusal({}), "it holds no id of a message")
    assert.include(refusal({ id: 7, conversationId }), "it holds no id of a message")
  })
})
