import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { converse, json, type Seen } from "./Probe.ts"

const interval = "1969-12-31T12:00:00Z/1970-01-01T12:00:00Z"
const words: Readonly<Record<string, "delivered" | "failed">> = {
  "delivery-success": "delivered",
  "delivery-failed": "failed",
  failed: "failed",
  DeliverySuccess: "delivered",
  DeliveryFailed: "failed",
  Failed: "failed"
}

/** What any client knows of a message: its first end, the first reason for it, and whether something contradicted it. */
interface Known {
  readonly status: string
  code: string | undefined
  contradicted: boolean
}

const start = (options: Parameters<typeof converse>[0]) =>
  Effect.gen(function* () {
    const served = yield* converse({ requestsPerMinute: 100_000, ...options })
    const known = new Map<string, Known>()
    const note = (id: string, word: string, code: string | undefined) => {
      const status = words[word]
      const before = known.get(id)
      if (status === undefined) return
      if (before === undefined) known.set(id, { status, code, contradicted: false })
      else if (before.status !== status) before.contradicted = true
      else before.code ??= code
    }
    const whole = (seen: Seen) => seen.status === 200 && seen.died === undefined && /[}\]]$/.test(seen.body)
    const alone = new Map<string, string | undefined>()
    for (const { conversationId, id } of served.messages) {
      alone.set(conversationId, alone.has(conversationId) ? undefined : id)
    }
    /** What an answer of analytics says of messages that are alone in their conversations. */
    const readAnalytics = (seen: Seen) => {
      if (!whole(seen)) return
      for (const { conversationId, participants } of json(seen).conversations ?? []) {
        const [{ deliveryStatus, extendedDeliveryStatus }] = participants[0].sessions
        const id = alone.get(conversationId)
        const code = words[deliveryStatus] === "failed" ? extendedDeliveryStatus : undefined
        if (id !== undefined) note(id, deliveryStatus, code)
      }
    }
    const readBulk = (seen: Seen) => {
      if (!whole(seen)) return
      for (const { id, normalizedReceipts, status } of json(seen).entities) {
        note(id, status, normalizedReceipts[0]?.reasons?.[0].code)
      }
    }
    const readView = (seen: Seen) => {
      if (!whole(seen)) return
      for (const { errorInfo, messageId, messageStatus } of json(seen).participants[0].messages) {
        note(messageId, messageStatus, errorInfo?.code)
      }
    }
    /** The truth equals what the client knows. */
    const agree = () => {
      for (const { conflicts, id, status, statusDetails } of served.report().messages) {
        const mine = known.get(id)
        assert.deepStrictEqual(
          [status, statusDetails, conflicts.length > 0],
          [mine?.status, mine?.code, mine?.contradicted ?? false],
          id
        )
      }
    }
    return { ...served, known, readAnalytics, readBulk, readView, agree }
  })

describe("the truth of the conversations API", () => {
  it.effect("is what was served, in chaos too, as any client can work it out", () =>
    Effect.gen(function* () {
      for (const seed of [1, 2, 3]) {
        const served = yield* start({
          messages: 300,
          seed,
          failed: 0.3,
          sharedConversations: 0.3,
          faults: "chaos",
          rates: { slow: 0, throttled: 0, contradicted: 0.2, stale: 0.2 }
        })
        const conversations = [...Map.groupBy(served.messages, ({ conversationId }) => conversationId)]
        for (let round = 0; round < 26; round++) {
          yield* TestClock.adjust(2_500)
          for (const [index, [id, messages]] of conversations.entries()) {
            if ((index + round) % 5 === 0) {
              served.readBulk(
                yield* served.bulk(
                  id,
                  messages.map((message) => message.id)
                )
              )
            }
            if ((index + round) % 17 === 0) served.readView(yield* served.view(id))
          }
          for (let pageNumber = 1; pageNumber <= 3; pageNumber++) {
            served.readAnalytics(yield* served.query({ interval, paging: { pageSize: 100, pageNumber } }))
          }
          served.agree()
        }
        const { inflicted, messages } = served.report()
        for (const kind of ["contradicted", "stale", "duplicated", "truncated", "cut", "reset"] as const) {
          assert.isAbove(inflicted[kind], 0, kind)
        }
        assert.isAbove(messages.filter(({ conflicts }) => conflicts.length > 0).length, 20)
        assert.isTrue(messages.every(({ fate, status }) => status === fate))
      }
    })
  )

  it.effect("has the end of a message the same whichever endpoint tells it first", () =>
    Effect.gen(function* () {
      const options = { messages: 80, failed: 0.5, sharedConversations: 0, rates: { contradicted: 1, duplicated: 1 } }
      const ends: Array<ReadonlyArray<string | undefined>> = []
      for (const way of ["bulk", "details", "view", "analytics"] as const) {
        const served = yield* start(options)
        yield* TestClock.adjust(70_000)
        for (const { conversationId, id } of served.messages) {
          if (way === "bulk") served.readBulk(yield* served.bulk(conversationId, [id]))
          if (way === "details") yield* served.details(id)
          if (way === "view") served.readView(yield* served.view(conversationId))
        }
        if (way === "analytics") {
          served.readAnalytics(yield* served.query({ interval, paging: { pageSize: 100 } }))
        }
        if (way !== "details") served.agree()
        ends.push(served.report().messages.map(({ status }) => status))
      }
      for (const one of ends) assert.deepStrictEqual(one, ends[0])
      assert.strictEqual(new Set(ends[0]).size, 2)
    })
  )

  it.effect("comes from jobs as from queries", () =>
    Effect.gen(function* () {
      const served = yield* start({ messages: 50, failed: 0.5, sharedConversations: 0.5 })
      yield* TestClock.adjust(120_000)
      const path = "/api/v2/analytics/conversations/details/jobs"
      const { jobId } = json(yield* served.post(path, { interval }))
      yield* TestClock.adjust(10_000)
      served.readAnalytics(yield* served.get(`${path}/${jobId}/results`))
      served.agree()
      assert.isAbove(served.known.size, 10)
      assert.isBelow(served.known.size, 50)
    })
  )
})
