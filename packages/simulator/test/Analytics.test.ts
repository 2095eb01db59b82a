import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { wrongOf } from "../src/index.ts"
import { converse, json } from "./Probe.ts"

const day = "1969-12-31T12:00:00Z/1970-01-01T12:00:00Z"
const iso = (at: number) => new Date(at).toISOString()
const dimension = (name: string, value: string) => ({ type: "dimension", dimension: name, operator: "matches", value })
const ids = (body: { conversations?: ReadonlyArray<{ conversationId: string }> }) =>
  (body.conversations ?? []).map(({ conversationId }) => conversationId)

const sms = {
  interval: day,
  segmentFilters: [{ type: "and", predicates: [dimension("mediaType", "message"), dimension("messageType", "sms")] }],
  conversationFilters: [{ type: "or", predicates: [dimension("originatingDirection", "outbound")] }]
}

/** Asks for the only conversation of a simulation. */
const one = (options: Parameters<typeof converse>[0]) =>
  Effect.map(converse({ messages: 1, ...options }), (served) => ({
    ...served,
    look: Effect.map(served.query(sms), (seen) => json(seen).conversations?.[0])
  }))

describe("the details query", () => {
  it.effect("shows a conversation as it was a while ago, without any message's id", () =>
    Effect.gen(function* () {
      const { look, messages, query, report } = yield* one({ failed: 1, analyticsLag: 10_000 })
      const [message] = messages
      const { sentAt = 0, pendingUntil = 0, finalAt = 0, conversationId = "", id = "" } = message ?? {}
      assert.deepStrictEqual(json(yield* query(sms)), { totalHits: 0 })
      yield* TestClock.adjust(pendingUntil + 9_999)
      const status = Effect.map(look, (conversation) => conversation.participants[0].sessions[0].deliveryStatus)
      assert.strictEqual(yield* status, "Queued")
      yield* TestClock.adjust(1)
      assert.strictEqual(yield* status, "Sent")
      yield* TestClock.adjust(finalAt - pendingUntil - 1)
      assert.strictEqual(yield* status, "Sent")
      assert.isUndefined(report().messages[0]?.status)
      yield* TestClock.adjust(1)
      const ended = yield* look
      const code = message?.outcome?.statusDetails ?? ""
      const [start, end] = [iso(sentAt), iso(sentAt + 1_000)]
      assert.deepStrictEqual(ended, {
        conversationId,
        conversationStart: start,
        conversationEnd: end,
        conversationInitiator: "campaign",
        originatingDirection: "outbound",
        divisionIds: ended.divisionIds,
        participants: [
          {
            participantId: `p-${conversationId}`,
            purpose: "api",
            sessions: [
              {
                sessionId: `s-${conversationId}`,
                mediaType: "message",
                messageType: "sms",
                direction: "outbound",
                provider: "PureCloud Messaging",
                addressFrom: message?.from,
                addressTo: message?.to,
                remote: message?.to,
                outboundCampaignId: message?.outboundCampaignId,
                outboundContactId: message?.outboundContactId,
                deliveryStatus: message?.refused ? "Failed" : "DeliveryFailed",
                deliveryStatusChangeDate: iso(finalAt),
                extendedDeliveryStatus: code,
                errorCodeDescription: `The message was not delivered: ${code}`,
                segments: [{ segmentType: "interact", segmentStart: start, segmentEnd: end, disconnectType: "peer" }]
              }
            ]
          }
        ]
      })
      assert.notInclude(JSON.stringify(ended), id)
      assert.deepInclude(report().messages[0], { status: "failed", statusDetails: code }, "it was served")
    })
  )

  it.effect("says nothing of any message where a conversation holds several, but what the last one is", () =>
    Effect.gen(function* () {
      const { messages, query, report } = yield* converse({ messages: 300, sharedConversations: 1 })
      yield* TestClock.adjust(120_000)
      const lasts = new Map(messages.map((message) => [message.conversationId, message]))
      const page = json(yield* query({ ...sms, paging: { pageSize: 100 } }))
      assert.strictEqual(page.totalHits, lasts.size)
      for (const { conversationId, participants } of page.conversations) {
        const delivered = lasts.get(conversationId)?.outcome?.status === "delivered"
        assert.strictEqual(participants[0].sessions[0].deliveryStatus === "DeliverySuccess", delivered)
      }
      const single = new Set(messages.map(({ conversationId }) => conversationId))
      for (const { conversationId } of messages) {
        if (messages.filter((message) => message.conversationId === conversationId).length > 1) {
          single.delete(conversationId)
        }
      }
      for (const { conversationId, status } of report().messages) {
        if (!single.has(conversationId)) assert.isUndefined(status)
      }
    })
  )

  it.effect("gives each conversation of the interval once, page by page, in either order", () =>
    Effect.gen(function* () {
      const { messages, query } = yield* converse({ messages: 230, sharedConversations: 0, sendingTime: 600_000 })
      yield* TestClock.adjust(1_200_000)
      const interval = `${iso(150_000)}/${iso(450_000)}`
      const within = messages.filter(({ sentAt }) => sentAt >= 150_000 && sentAt < 450_000)
      for (const order of ["asc", "desc"] as const) {
        const seen: Array<string> = []
        const expected = within.map(({ conversationId }) => conversationId)
        for (let pageNumber = 1; ; pageNumber++) {
          const page = json(yield* query({ ...sms, interval, order, paging: { pageSize: 50, pageNumber } }))
          assert.strictEqual(page.totalHits, within.length)
          if (page.conversations === undefined) break
          seen.push(...ids(page))
        }
        assert.deepStrictEqual(seen, order === "asc" ? expected : expected.reverse())
      }
      assert.lengthOf(json(yield* query({ ...sms, interval })).conversations, 25)
    })
  )

  it.effect("filters by dimensions, joined by and, or and clauses, and follows what changes", () =>
    Effect.gen(function* () {
      const { messages, query } = yield* converse({
        messages: 90,
        sharedConversations: 0,
        failed: 0.5,
        requestsPerMinute: 10_000
      })
      const find = (segmentFilters: unknown, conversationFilters?: unknown) =>
        Effect.map(
          query({ interval: day, segmentFilters, conversationFilters, paging: { pageSize: 100 } }),
          (seen) => new Set(ids(json(seen)))
        )
      const those = (wanted: (message: (typeof messages)[number]) => boolean) =>
        new Set(messages.filter(wanted).map(({ conversationId }) => conversationId))
      const [message] = messages
      const { from = "", outboundCampaignId = "", outboundContactId = "", to = "" } = message ?? {}
      const failures = [
        {
          type: "or",
          predicates: [dimension("deliveryStatus", "DeliveryFailed"), dimension("deliveryStatus", "Failed")]
        }
      ]
      for (let round = 0; round < 8; round++) {
        yield* TestClock.adjust(10_000)
        const shown = Math.max(0, round * 10_000 + 10_000 - 5_000)
        assert.deepStrictEqual(
          yield* find(failures),
          those(({ finalAt, outcome }) => outcome?.status === "failed" && finalAt <= shown),
          `after ${round}`
        )
      }
      assert.isAbove((yield* find(failures)).size, 20)
      assert.deepStrictEqual(
        yield* find([{ type: "and", predicates: [dimension("outboundCampaignId", outboundCampaignId)] }]),
        those((message) => message.outboundCampaignId === outboundCampaignId)
      )
      assert.deepStrictEqual(
        yield* find([
          {
            type: "and",
            predicates: [dimension("addressFrom", from)],
            clauses: [
              {
                type: "or",
                predicates: [dimension("addressTo", to), dimension("outboundContactId", outboundContactId)]
              }
            ]
          }
        ]),
        those((message) => message.from === from && message.to === to)
      )
      const named = messages.slice(10, 40).map(({ conversationId }) => conversationId)
      assert.deepStrictEqual(
        yield* find(undefined, [{ type: "or", predicates: named.map((id) => dimension("conversationId", id)) }]),
        new Set(named)
      )
      const both = named.slice(0, 2).map((id) => dimension("conversationId", id))
      assert.strictEqual((yield* find(undefined, [{ type: "and", predicates: both }])).size, 0)
      const mixed = [{ type: "or", predicates: [...both, dimension("conversationInitiator", "campaign")] }]
      assert.strictEqual((yield* find(undefined, mixed)).size, 90)
      const has = (operator: string) => [
        { type: "and", predicates: [{ type: "dimension", dimension: "extendedDeliveryStatus", operator }] }
      ]
      assert.strictEqual((yield* find(has("exists"))).size, 90)
      assert.strictEqual((yield* find(has("notExists"))).size, 0)
    })
  )

  it.effect("refuses what it does not understand, and counts it", () =>
    Effect.gen(function* () {
      const { query, report } = yield* converse({ messages: 1 })
      const filter = (predicate: object) => ({ ...sms, segmentFilters: [{ type: "and", predicates: [predicate] }] })
      const bad = [
        {},
        { ...sms, interval: "1970-01-01/1970-01-02" },
        { ...sms, interval: "1970-01-02T00:00:00Z/1970-01-01T00:00:00Z" },
        { ...sms, order: "upwards" },
        { ...sms, orderBy: "colour" },
        { ...sms, paging: { pageNumber: 0 } },
        { ...sms, segmentFilters: [{ predicates: [] }] },
        filter(dimension("colour", "red")),
        filter(dimension("originatingDirection", "outbound")),
        filter({ ...dimension("direction", "outbound"), operator: "notMatches" }),
        filter({ dimension: "direction" }),
        filter({ ...dimension("direction", "outbound"), type: "metric" })
      ]
      for (const body of bad) {
        const seen = yield* query(body)
        assert.deepStrictEqual([seen.status, json(seen).code], [400, "bad.request"], JSON.stringify(body))
      }
      assert.strictEqual((yield* query({ ...sms, paging: { pageSize: 101 } })).status, 400)
      assert.deepInclude(wrongOf(report()), { badQuery: bad.length, pageTooLarge: 1 })
    })
  )

  it.effect("refuses windows that it does not serve whole: no mistake of the client's", () =>
    Effect.gen(function* () {
      const { messages, query, report } = yield* converse({ messages: 30, sharedConversations: 0, mostHits: 20 })
      yield* TestClock.adjust("40 days")
      const [start, now] = [-1_000, 40 * 86_400_000]
      const refused = (from: number, until: number, pageNumber = 1) =>
        Effect.map(
          query({ ...sms, interval: `${iso(from)}/${iso(until)}`, paging: { pageSize: 10, pageNumber } }),
          (seen) => (seen.status === 400 ? json(seen).message : seen.status)
        )
      assert.match(yield* refused(now - 8 * 86_400_000, now), /longer than 7 days/)
      assert.strictEqual(yield* refused(now - 7 * 86_400_000, now), 200)
      assert.match(yield* refused(start, start + 86_400_000), /30 days ago/)
      assert.match(yield* refused(now - 1_000, now, 3), /beyond the first 20/)
      const fresh = yield* converse({ messages: 30, sharedConversations: 0, mostHits: 20 })
      yield* TestClock.adjust(60_000)
      const interval = (from: number, until: number) =>
        fresh.query({ ...sms, interval: `${iso(from)}/${iso(until)}`, paging: { pageSize: 10 } })
      const many = yield* interval(now - 2_000, now + 2_000)
      assert.match(json(many).message, /30 conversations, more than 20/)
      const half = fresh.messages.map(({ sentAt }) => sentAt).sort((a, b) => a - b)[15] ?? 0
      assert.strictEqual(json(yield* interval(now - 2_000, half)).totalHits, 15)
      assert.isTrue(Object.values(wrongOf(report())).every((count) => count === 0))
      assert.isTrue(Object.values(wrongOf(fresh.report())).every((count) => count === 0))
      assert.lengthOf(messages, 30)
    })
  )

  it.effect("misreports as many as it is told to, whatever the look-up says", () =>
    Effect.gen(function* () {
      const { details, messages, query } = yield* converse({
        messages: 100,
        failed: 0,
        sharedConversations: 0,
        rates: { misreported: 0.1 }
      })
      yield* TestClock.adjust(70_000)
      const { conversations } = json(yield* query({ ...sms, paging: { pageSize: 100 } }))
      const failed = ids({
        conversations: conversations.filter(
          // biome-ignore lint/suspicious/noExplicitAny: whatever the platform says
          (conversation: any) => conversation.participants[0].sessions[0].extendedDeliveryStatus === "DEFAULT"
        )
      })
      assert.isAbove(failed.length, 0)
      assert.isBelow(failed.length, 30)
      const wrong = messages.find(({ conversationId }) => conversationId === failed[0])
      assert.strictEqual(json(yield* details(wrong?.id ?? "")).status, "delivery-success")
    })
  )
})
