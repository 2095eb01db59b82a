import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { ConversationsApi } from "../src/index.ts"

const sentAt = "2026-03-02T10:15:30.120Z"
const finalAt = "2026-03-02T10:15:41.004Z"

/** A message as it is now, and what it had more before SDK 262. */
const message = (status: string, changes: object = {}) => ({
  id: "m-1",
  providerMessageId: "prov-7781123456789",
  timestamp: sentAt,
  fromAddress: "+13175550100",
  toAddress: "+13175550155",
  direction: "outbound",
  messengerType: "sms",
  status,
  normalizedMessage: { type: "Text", text: "hello", direction: "Outbound", channel: { platform: "Sms" } },
  conversationId: "c-1",
  ...changes
})
const oldShape = { textBody: "hello", media: [{ url: "https://x.test/hello" }] }
const report = (status: string, changes: object = {}) => ({
  id: "m-1",
  type: "Receipt",
  status,
  isFinalReceipt: true,
  channel: { platform: "Sms", time: finalAt },
  ...changes
})

const read = (entity: unknown) => ConversationsApi.decodeListing({ entities: [entity] })?.receipts[0]

describe("a message", () => {
  it("is read with its ids, status and times, in either shape", () => {
    for (const shape of [{}, oldShape]) {
      const receipt = read(
        message("delivery-success", { ...shape, normalizedReceipts: [report("Sent"), report("Delivered")] })
      )
      assert.deepStrictEqual(receipt, {
        messageId: "m-1",
        conversationId: "c-1",
        profile: "genesys-cloud",
        providerStatus: "delivery-success",
        status: "delivered",
        code: undefined,
        externalMessageId: "prov-7781123456789",
        occurredAt: Date.parse(finalAt),
        sentAt: Date.parse(sentAt)
      })
    }
  })

  it("that failed has the last code that a report of the failure gives", () => {
    const failed = (reasons: unknown) =>
      read(message("delivery-failed", { normalizedReceipts: [report("Failed", { reasons })] }))
    assert.strictEqual(
      failed([{ code: "GeneralError" }, { code: "InvalidDestination", message: "x" }])?.code,
      "InvalidDestination"
    )
    for (const reasons of [undefined, [], [{ message: "no code" }], "x", [null], [{ code: 7 }]]) {
      assert.isUndefined(failed(reasons)?.code)
    }
    const before = [report("Failed", { reasons: [{ code: "ServerError" }] }), report("Failed", { reasons: [] })]
    assert.strictEqual(read(message("failed", { normalizedReceipts: before }))?.code, "ServerError")
    // What was not a failure has no reason.
    assert.isUndefined(read(message("delivery-success", { normalizedReceipts: before }))?.code)
  })

  it("is where a final report says that it is, before its own status follows; and not the other way", () => {
    assert.deepInclude(read(message("sent", { normalizedReceipts: [report("Sent"), report("Delivered")] })), {
      providerStatus: "Delivered",
      status: "delivered",
      occurredAt: Date.parse(finalAt)
    })
    assert.deepInclude(read(message("delivery-success", { normalizedReceipts: [report("Failed")] })), {
      status: "delivered",
      occurredAt: undefined
    })
    assert.strictEqual(read(message("sent", { normalizedReceipts: [report("Sent")] }))?.occurredAt, undefined)
  })

  it("that is no outbound SMS is passed over, and one that says nothing of that is not", () => {
    for (const changes of [{ direction: "inbound" }, { messengerType: "whatsapp" }]) {
      assert.deepStrictEqual(ConversationsApi.decodeListing({ entities: [message("sent", changes)] }), {
        receipts: [],
        unreadable: 0
      })
    }
    const silent = { direction: undefined, messengerType: undefined }
    assert.isDefined(read(message("sent", silent)))
    for (const normalizedMessage of [{ direction: "Inbound" }, { channel: { platform: "Open" } }]) {
      assert.isUndefined(read(message("sent", { ...silent, normalizedMessage })))
    }
  })

  it("takes no text and no number along, and only ids that can be asked for", () => {
    const entity = message("Fail\ned 13175550123456", {
      ...oldShape,
      conversationId: "../../secret place",
      normalizedReceipts: [report("Failed", { reasons: [{ code: "to +13175550155", message: "hello" }] })]
    })
    const text = JSON.stringify(ConversationsApi.decodeListing({ entities: [entity] }))
    for (const word of ["hello", "3175550", "secret"]) assert.notInclude(text, word)
  })

  it.prop(
    "whatever it holds breaks nothing",
    { body: Schema.Json, entities: Schema.Array(Schema.Json), field: Schema.Json },
    ({ body, entities, field }) => {
      ConversationsApi.decodeListing(body)
      ConversationsApi.decodeMessage(body)
      ConversationsApi.decodeConversation(body)
      const hostile = {
        id: field,
        status: field,
        normalizedReceipts: [field, { status: "Failed", reasons: field, channel: field }]
      }
      const all = [
        ...entities,
        hostile,
        { ...hostile, id: "m", status: "failed", normalizedMessage: field, timestamp: field }
      ]
      const listing = ConversationsApi.decodeListing({ entities: all })
      assert.isAtMost((listing?.receipts.length ?? 0) + (listing?.unreadable ?? 0), all.length)
      ConversationsApi.decodeConversation({
        id: field,
        participants: [
          field,
          { messages: field },
          { messages: [field, { messageId: "m", messageStatus: "failed", errorInfo: field }] }
        ]
      })
    },
    { arbitrary: { runs: 300 } }
  )

  it("that is huge is read all the same", () => {
    const entities = Array.from({ length: 20_000 }, (_, index) => message("sent", { id: `m-${index}` }))
    assert.strictEqual(ConversationsApi.decodeListing({ entities })?.receipts.length, 20_000)
    assert.isUndefined(read(message("sent", { providerMessageId: "x".repeat(1_000_000) }))?.externalMessageId)
    assert.strictEqual(read(message("x".repeat(1_000_000)))?.providerStatus.length, 200)
  })

  it("that is another thing is none, and an empty answer is an empty one", () => {
    for (const body of [null, [], "x", 7, { entities: {} }, { entities: "x" }, { error: "x" }]) {
      assert.isUndefined(ConversationsApi.decodeListing(body), JSON.stringify(body))
    }
    assert.deepStrictEqual(ConversationsApi.decodeListing({}), { receipts: [], unreadable: 0 })
    assert.deepStrictEqual(ConversationsApi.decodeMessage({}), { receipts: [], unreadable: 1 })
    for (const body of [null, [], "x", { participants: "x" }])
      assert.isUndefined(ConversationsApi.decodeConversation(body))
  })
})

describe("a conversation", () => {
  const view = (participants: ReadonlyArray<object>) =>
    ConversationsApi.decodeConversation({ id: "c-1", participants }) ?? []
  const sms = { purpose: "api", direction: "outbound", type: "sms" }

  it("tells why its messages failed: a code, else a sentence, of the message, else of its sender", () => {
    const codes = view([
      {
        ...sms,
        errorInfo: { code: "of.all" },
        messages: [
          {
            messageId: "a",
            messageStatus: "delivery-failed",
            messageTime: sentAt,
            errorInfo: { code: "x.y", message: "z" }
          },
          { messageId: "b", messageStatus: "failed", errorInfo: { message: "number +13175550155 is off" } },
          { messageId: "c", messageStatus: "failed" },
          { messageId: "d", messageStatus: "sent", errorInfo: { code: "x.y" } }
        ]
      }
    ]).map(({ messageId, receipt }) => [messageId, receipt.code])
    assert.deepStrictEqual(codes, [
      ["a", "x.y"],
      ["b", "number … is off"],
      ["c", "of.all"],
      ["d", undefined]
    ])
  })

  it("knows which messages are outbound SMS, and has each once", () => {
    const messages = (messageId: string, messageStatus = "sent") => ({ messages: [{ messageId, messageStatus }] })
    const found = view([
      { ...sms, ...messages("out") },
      { purpose: "customer", direction: "inbound", type: "sms", ...messages("out") },
      { purpose: "customer", direction: "inbound", type: "sms", ...messages("in") },
      { purpose: "customer", ...messages("theirs") },
      { purpose: "agent", direction: "outbound", type: "whatsapp", ...messages("other") },
      { ...sms, ...messages("got", "received") },
      { purpose: "agent", ...messages("agent's") }
    ])
    assert.deepStrictEqual(
      found.map(({ messageId, outbound }) => [messageId, outbound]),
      [
        ["out", true],
        ["in", false],
        ["theirs", false],
        ["other", false],
        ["got", false],
        ["agent's", true]
      ]
    )
  })
})

describe("an address", () => {
  const letters = Schema.Literals([
    "a",
    "0",
    "-",
    "'",
    "%",
    "&",
    "/",
    "?",
    "#",
    "+",
    "é",
    "中",
    "🚀",
    ".",
    ";",
    "=",
    "@"
  ])

  it.prop(
    "holds an id as it is, and nothing breaks out of its place",
    { drawn: Schema.NonEmptyArray(letters).check(Schema.isMaxLength(40)) },
    ({ drawn }) => {
      const id = drawn.join("")
      if (ConversationsApi.refuseId("messageId", id) !== undefined) return
      for (const [path, place] of [
        [ConversationsApi.bulkPath(id), 5],
        [ConversationsApi.detailsPath(id), 5],
        [ConversationsApi.conversationPath(id), 5]
      ] as const) {
        const url = new URL(`https://gw.test/genesys${path}`)
        assert.deepStrictEqual([url.search, url.hash], ["", ""])
        const parts = url.pathname.split("/")
        assert.strictEqual(decodeURIComponent(parts[place + 1] ?? ""), id)
        assert.strictEqual(parts.length, `/genesys${path}`.split("/").length)
      }
    },
    { arbitrary: { runs: 200 } }
  )

  it("is refused for an id that would break it", () => {
    for (const id of ["", " ", "a b", "a\nb", "..", ".", "\ud800", "x".repeat(257), "中".repeat(29)]) {
      if (id !== "") assert.isString(ConversationsApi.refuseId("messageId", id), JSON.stringify(id))
    }
    assert.isUndefined(ConversationsApi.refuseId("messageId", "x".repeat(256)))
  })
})
