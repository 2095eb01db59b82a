import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { wrongOf } from "../src/index.ts"
import { converse, json } from "./Probe.ts"

const path = "/api/v2/conversations/messages/agentless"
const sending = {
  fromAddress: "72201",
  toAddress: "+12065550107",
  toAddressMessengerType: "sms",
  textBody: "Your parcel has arrived"
}

describe("an agentless message", () => {
  it.effect("is accepted, and lives like the others", () =>
    Effect.gen(function* () {
      const { details, post, query, report } = yield* converse({ messages: 10, failed: 0, analyticsLag: 1_000 })
      yield* TestClock.adjust(10_000)
      const filter = { type: "dimension", dimension: "outboundCampaignId", operator: "notExists" }
      const find = Effect.map(
        query({
          interval: "1970-01-01T00:00:00Z/1970-01-02T00:00:00Z",
          segmentFilters: [{ type: "and", predicates: [filter] }]
        }),
        json
      )
      assert.strictEqual((yield* find).totalHits, 0)
      const seen = yield* post(path, sending)
      assert.strictEqual(seen.status, 202)
      const { conversationId, id, message, ...rest } = json(seen)
      assert.deepStrictEqual([message.id, message.status, message.fromAddress], [id, "queued", undefined])
      assert.deepStrictEqual(rest, {
        fromAddress: "72201",
        toAddress: "+12065550107",
        messengerType: "sms",
        useExistingActiveConversation: false,
        timestamp: "1970-01-01T00:00:10.000Z",
        selfUri: `/api/v2/conversations/messages/${id}/details`
      })
      assert.strictEqual(json(yield* details(id)).status, "queued")
      assert.strictEqual((yield* find).totalHits, 0, "analytics lags")
      yield* TestClock.adjust(70_000)
      const { conversations, totalHits } = yield* find
      assert.deepStrictEqual([totalHits, conversations[0].conversationId], [1, conversationId])
      assert.strictEqual(conversations[0].conversationInitiator, "api")
      assert.strictEqual(json(yield* details(id)).status, "delivery-success")
      const truth = report().messages.find((message) => message.id === id)
      assert.deepInclude(truth, { status: "delivered", carrier: "aldermoor", fate: "delivered" })
    })
  )

  it.effect("joins a conversation of its two numbers where it may and there is one", () =>
    Effect.gen(function* () {
      const { post, view } = yield* converse({ messages: 1 })
      const send = (more: object) =>
        Effect.map(post(path, { ...sending, ...more }), (seen) => json(seen).conversationId)
      const first = yield* send({})
      yield* TestClock.adjust(60_000)
      assert.notStrictEqual(yield* send({}), first, "it opens one where it was not told to join")
      const second = yield* send({ useExistingActiveConversation: true })
      assert.notStrictEqual(second, first, "the latest is joined")
      assert.lengthOf(json(yield* view(second)).participants[0].messages, 2)
      assert.notStrictEqual(
        yield* send({ useExistingActiveConversation: true, toAddress: "+12065550108" }),
        second,
        "it is another number's"
      )
      yield* TestClock.adjust("73 hours")
    })
  )

  it.effect("is refused where something is missing or too long", () =>
    Effect.gen(function* () {
      const { post, report } = yield* converse({ messages: 1 })
      const bad = [
        { fromAddress: "" },
        { toAddress: "07700 900123" },
        { toAddressMessengerType: "open" },
        { textBody: undefined },
        { textBody: "x".repeat(766) }
      ]
      for (const more of bad) assert.strictEqual((yield* post(path, { ...sending, ...more })).status, 400)
      assert.strictEqual(wrongOf(report()).badQuery, bad.length)
      assert.strictEqual(report().requests.agentless, bad.length)
    })
  )
})

describe("the account", () => {
  it.effect("has limits, which change, and defaults; and a token tells whose it is", () =>
    Effect.gen(function* () {
      const { get } = yield* converse({
        messages: 1,
        limits: [{ from: 60_000, perMinute: 150 }],
        endpointLimits: { analytics: 20 }
      })
      const limits = "/api/v2/organizations/limits/namespaces"
      const value = (path: string) => Effect.map(get(`${limits}/${path}`), (seen) => json(seen).entities)
      assert.include(json(yield* get(limits)).entities, "platform.api")
      const key = "client.credentials.token.rate.per.minute"
      assert.deepInclude(yield* value("platform.api"), { key, namespace: "platform.api", value: 300 })
      yield* TestClock.adjust(60_000)
      assert.deepInclude(yield* value("platform.api"), { key, namespace: "platform.api", value: 150 })
      assert.deepInclude(yield* value("platform.api/defaults"), { key, namespace: "platform.api", value: 300 })
      assert.deepStrictEqual(yield* value("analytics"), [
        { key: "analytics.rate.per.minute", namespace: "analytics", value: 20 }
      ])
      assert.deepStrictEqual(yield* value("analytics/defaults"), [])
      assert.strictEqual((yield* get(`${limits}/colour`)).status, 404)
      assert.strictEqual(json(yield* get("/api/v2/tokens/me")).OAuthClient.id, "simulator-client")
    })
  )
})
