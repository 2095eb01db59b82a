import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { wrongOf } from "../src/index.ts"
import { converse, json } from "./Probe.ts"

const uuid = /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-8[\da-f]{3}-[\da-f]{12}$/

/** A simulation all receipts of which have come. */
const ended = (options: Parameters<typeof converse>[0]) => Effect.tap(converse(options), () => TestClock.adjust(60_000))

describe("bulk", () => {
  it.effect("gives the messages of a conversation, in the words of the public API", () =>
    Effect.gen(function* () {
      const { bulk, messages } = yield* converse({ messages: 1, failed: 0 })
      const [message] = messages
      const { conversationId = "", id = "" } = message ?? {}
      assert.match(id, uuid)
      assert.match(conversationId, uuid)
      const look = Effect.map(bulk(conversationId, [id]), (seen) => json(seen).entities[0])
      const queued = yield* look
      assert.strictEqual(queued.status, "queued")
      assert.notProperty(queued, "providerMessageId")
      yield* TestClock.adjust((message?.pendingUntil ?? 0) + 1)
      assert.strictEqual((yield* look).status, "sent")
      yield* TestClock.adjust(60_000)
      const delivered = yield* look
      const text = delivered.normalizedMessage.text
      assert.match(text, /^Simulated text/)
      const sentAt = new Date(message?.sentAt ?? 0).toISOString()
      const channel = { platform: "Sms", type: "Private" }
      assert.deepStrictEqual(delivered, {
        id,
        providerMessageId: message?.externalMessageId,
        timestamp: sentAt,
        fromAddress: message?.from,
        toAddress: message?.to,
        direction: "outbound",
        messengerType: "sms",
        status: "delivery-success",
        normalizedMessage: {
          id,
          type: "Text",
          text,
          direction: "Outbound",
          channel: { ...channel, messageId: message?.externalMessageId, time: sentAt }
        },
        normalizedReceipts: [
          {
            id,
            type: "Receipt",
            status: "Delivered",
            isFinalReceipt: true,
            channel: { ...channel, time: new Date(message?.finalAt ?? 0).toISOString() }
          }
        ],
        conversationId,
        selfUri: `/api/v2/conversations/messages/${conversationId}/messages/${id}`
      })
    })
  )

  it.effect("leaves out what is unknown, of another conversation, missing, or not yet to be seen", () =>
    Effect.gen(function* () {
      const { bulk, details, messages, report } = yield* converse({
        messages: 2,
        sharedConversations: 0,
        sendingTime: 20_000,
        visibleAfter: 3_000
      })
      const [one, other] = messages
      const look = Effect.map(
        bulk(one?.conversationId ?? "", [other?.id, "unknown", one?.id, one?.id]),
        (seen) => json(seen).entities.length
      )
      yield* TestClock.adjust((one?.sentAt ?? 0) + 2_999)
      assert.strictEqual(yield* look, 0)
      assert.strictEqual((yield* details(one?.id ?? "")).status, 404)
      yield* TestClock.adjust(1)
      assert.strictEqual(yield* look, 1)
      assert.strictEqual((yield* details(one?.id ?? "")).status, 200)
      assert.isTrue(Object.values(wrongOf(report())).every((count) => count === 0))

      const gone = yield* ended({ messages: 1, missing: 1 })
      const { conversationId = "", id = "" } = gone.messages[0] ?? {}
      assert.deepStrictEqual(json(yield* gone.bulk(conversationId, [id])), { entities: [] })
      assert.deepStrictEqual([(yield* gone.details(id)).status, (yield* gone.view(conversationId)).status], [404, 404])
      assert.strictEqual((yield* gone.bulk("unknown", [id])).status, 404)
    })
  )

  it.effect("takes a thousand ids, and a list of texts alone; without one, it gives the whole conversation", () =>
    Effect.gen(function* () {
      const { bulk, messages, report } = yield* ended({ messages: 60, sharedConversations: 1 })
      const id = messages[0]?.conversationId ?? ""
      const own = messages.filter(({ conversationId }) => conversationId === id)
      assert.isAbove(own.length, 1)
      assert.deepStrictEqual(
        json(yield* bulk(id, "")).entities.map((entity: { id: string }) => entity.id),
        own.map((message) => message.id)
      )
      const ids = (count: number) => Array.from({ length: count }, (_, index) => `id ${index}`)
      assert.strictEqual((yield* bulk(id, ids(1_000))).status, 200)
      assert.strictEqual((yield* bulk(id, ids(1_001))).status, 400)
      assert.strictEqual((yield* bulk(id, { ids: [] })).status, 400)
      assert.deepInclude(wrongOf(report()), { pageTooLarge: 1, badQuery: 1 })
    })
  )

  it.effect("has the fields of old where they are wanted", () =>
    Effect.gen(function* () {
      const { bulk, messages } = yield* converse({ messages: 1, legacyShape: true })
      const [entity] = json(yield* bulk(messages[0]?.conversationId ?? "", [messages[0]?.id])).entities
      assert.strictEqual(entity.textBody, entity.normalizedMessage.text)
      assert.deepStrictEqual(entity.media, [])
    })
  )
})

describe("a failure", () => {
  it.effect("has one of two words, and its reason with the message or in the conversation alone", () =>
    Effect.gen(function* () {
      const { details, messages, report, view, get } = yield* ended({
        messages: 200,
        failed: 1,
        sharedConversations: 0,
        requestsPerMinute: 10_000
      })
      const words = new Map<string, number>()
      let told = 0
      for (const { conversationId, id, outcome } of messages) {
        const message = json(yield* details(id))
        words.set(message.status, (words.get(message.status) ?? 0) + 1)
        const [receipt] = message.normalizedReceipts
        assert.strictEqual(receipt.status, "Failed")
        if (receipt.reasons !== undefined) told++
        assert.strictEqual(
          report().messages.find((truth) => truth.id === id)?.statusDetails,
          receipt.reasons?.[0].code,
          "the truth is what was told"
        )
        const [inView] = json(yield* view(conversationId)).participants[0].messages
        assert.deepInclude(inView, { messageId: id, messageStatus: message.status })
        assert.strictEqual(inView.errorInfo.code, outcome?.statusDetails)
        assert.deepStrictEqual(
          json(yield* get(`/api/v2/conversations/messages/${conversationId}/messages/${id}`)),
          message
        )
        assert.strictEqual(
          report().messages.find((truth) => truth.id === id)?.statusDetails,
          receipt.reasons?.[0].code ?? outcome?.statusDetails,
          "what was told later counts where nothing was told at first"
        )
      }
      assert.deepStrictEqual([...words.keys()].sort(), ["delivery-failed", "failed"])
      assert.closeTo(words.get("failed") ?? 0, 40, 20)
      assert.closeTo(told, 100, 25)
    })
  )

  it.effect("is told everywhere, or nowhere but in the conversation, where that is wanted", () =>
    Effect.gen(function* () {
      for (const reasons of [0, 1]) {
        const { details, messages } = yield* ended({ messages: 20, failed: 1, reasons })
        for (const { id } of messages) {
          assert.strictEqual("reasons" in json(yield* details(id)).normalizedReceipts[0], reasons === 1)
        }
      }
    })
  )
})

describe("afterEnd", () => {
  it.effect("counts look-ups that can tell nothing, and no others", () =>
    Effect.gen(function* () {
      const { bulk, details, messages, report, view } = yield* ended({ messages: 1, failed: 1, reasons: 0 })
      const { conversationId = "", id = "" } = messages[0] ?? {}
      const afterEnd = () => wrongOf(report()).afterEnd
      yield* details(id)
      yield* TestClock.adjust(200)
      yield* details(id)
      assert.strictEqual(afterEnd(), 0, "it may have been on its way")
      yield* TestClock.adjust(1)
      yield* bulk(conversationId, [id, "unknown"])
      yield* view(conversationId)
      assert.strictEqual(afterEnd(), 0, "the reason was still to be told")
      yield* TestClock.adjust(201)
      yield* details(id)
      yield* bulk(conversationId, [id])
      yield* view(conversationId)
      assert.strictEqual(afterEnd(), 3)
    })
  )

  it.effect("knows what analytics has told of a message that is alone in its conversation", () =>
    Effect.gen(function* () {
      for (const [sharedConversations, afterEnd] of [
        [0, 1],
        [1, 0]
      ] as const) {
        const { details, messages, query, report } = yield* ended({ messages: 2, failed: 0, sharedConversations })
        yield* TestClock.adjust(5_000)
        const interval = "1969-12-31T00:00:00Z/1970-01-02T00:00:00Z"
        assert.isAbove(json(yield* query({ interval })).totalHits, 0)
        yield* TestClock.adjust(201)
        yield* query({ interval })
        assert.strictEqual(wrongOf(report()).afterEnd, 0, "a sweep cannot choose")
        yield* details(messages[0]?.id ?? "")
        assert.strictEqual(wrongOf(report()).afterEnd, afterEnd)
      }
    })
  )
})

describe("permissions", () => {
  it.effect("are the public ones, one of two", () =>
    Effect.gen(function* () {
      const { bulk, details, messages, post, query, view } = yield* ended({
        messages: 1,
        denied: ["conversation:message:view", "analytics:conversationDetail:view", "conversation:message:create"]
      })
      const { conversationId = "", from, id = "", to } = messages[0] ?? {}
      const interval = "1969-12-31T00:00:00Z/1970-01-02T00:00:00Z"
      for (const seen of [yield* bulk(conversationId, [id]), yield* details(id), yield* query({ interval })]) {
        assert.strictEqual(seen.status, 403)
        assert.strictEqual(json(seen).code, "missing.any.permissions")
        assert.strictEqual(json(seen).contextId, seen.headers["inin-correlation-id"])
      }
      const sending = { fromAddress: from, toAddress: to, toAddressMessengerType: "sms", textBody: "Hello" }
      const refused = yield* post("/api/v2/conversations/messages/agentless", sending)
      assert.deepStrictEqual([refused.status, json(refused).code], [403, "missing.permissions"])
      assert.strictEqual((yield* view(conversationId)).status, 200, "a conversation's view needs none")
    })
  )
})
