import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { wrongOf } from "../src/index.ts"
import { converse, json } from "./Probe.ts"

const path = "/api/v2/analytics/conversations/details/jobs"
const iso = (at: number) => new Date(at).toISOString()
const interval = "1969-12-31T12:00:00Z/1970-01-01T12:00:00Z"

const start = (options: Parameters<typeof converse>[0] = {}) =>
  Effect.map(
    converse({ messages: 120, sharedConversations: 0, jobTime: 30_000, lakeLag: 600_000, ...options }),
    (served) => ({
      ...served,
      submit: (body: object) => Effect.map(served.post(path, body), (seen) => json(seen).jobId as string),
      state: (id: string) => Effect.map(served.get(`${path}/${id}`), (seen) => json(seen))
    })
  )

describe("details jobs", () => {
  it.effect("wait, run, and give what the lake held, by cursor", () =>
    Effect.gen(function* () {
      const { get, messages, post, report, state } = yield* start()
      yield* TestClock.adjust(3_600_000)
      assert.deepStrictEqual(json(yield* get(`${path}/availability`)), { dataAvailabilityDate: iso(3_000_000) })
      const accepted = yield* post(path, { interval, order: "unordered" })
      assert.strictEqual(accepted.status, 202)
      const id = json(accepted).jobId
      assert.deepStrictEqual(yield* state(id), { state: "QUEUED", submissionDate: iso(3_600_000) })
      yield* TestClock.adjust(10_000)
      assert.strictEqual((yield* state(id)).state, "PENDING")
      assert.strictEqual((yield* get(`${path}/${id}/results`)).status, 400)
      assert.strictEqual(wrongOf(report()).badQuery, 1)
      yield* TestClock.adjust(20_000)
      assert.deepStrictEqual(yield* state(id), {
        state: "FULFILLED",
        submissionDate: iso(3_600_000),
        completionDate: iso(3_630_000),
        expirationDate: iso(3_630_000 + 86_400_000)
      })
      const seen: Array<string> = []
      const sizes: Array<number> = []
      let cursor: string | undefined
      do {
        const query = new URLSearchParams({ pageSize: "50", ...(cursor && { cursor }) })
        const page = json(yield* get(`${path}/${id}/results?${query}`))
        assert.strictEqual(page.dataAvailabilityDate, iso(3_030_000))
        seen.push(...page.conversations.map(({ conversationId }: { conversationId: string }) => conversationId))
        sizes.push(page.conversations.length)
        cursor = page.cursor
      } while (cursor !== undefined)
      assert.deepStrictEqual(sizes, [50, 50, 20])
      assert.deepStrictEqual(new Set(seen), new Set(messages.map(({ conversationId }) => conversationId)))
      assert.isTrue(
        report().messages.every(({ status }) => status !== undefined),
        "a job serves as the query does"
      )
    })
  )

  it.effect("know nothing that is younger than their data", () =>
    Effect.gen(function* () {
      const { get, submit } = yield* start()
      yield* TestClock.adjust(60_000)
      const id = yield* submit({ interval })
      yield* TestClock.adjust(30_000)
      assert.deepStrictEqual(json(yield* get(`${path}/${id}/results`)).conversations, [])
    })
  )

  it.effect("read what overlaps their interval, or what began in it", () =>
    Effect.gen(function* () {
      const { get, messages, submit } = yield* start({ messages: 1, sendingTime: 60_000, lakeLag: 0 })
      yield* TestClock.adjust(120_000)
      const sentAt = messages[0]?.sentAt ?? 0
      const from = iso(sentAt + 500)
      const found = (more: object) =>
        Effect.gen(function* () {
          const id = yield* submit({ interval: `${from}/${iso(86_400_000)}`, ...more })
          yield* TestClock.adjust(30_000)
          return json(yield* get(`${path}/${id}/results`)).conversations.length
        })
      assert.strictEqual(yield* found({}), 1)
      assert.strictEqual(yield* found({ startOfDayIntervalMatching: true }), 0)
      const predicate = { type: "dimension", dimension: "messageType", operator: "matches", value: "whatsapp" }
      assert.strictEqual(yield* found({ segmentFilters: [{ type: "and", predicates: [predicate] }] }), 0)
    })
  )

  it.effect("can be cancelled, and expire", () =>
    Effect.gen(function* () {
      const { get, probe, report, state, submit, token } = yield* start({ jobLife: 60_000 })
      const [one, other] = [yield* submit({ interval }), yield* submit({ interval })]
      assert.strictEqual((yield* probe.delete(`${path}/${one}`, token)).status, 204)
      yield* TestClock.adjust(30_000)
      assert.deepStrictEqual([(yield* state(one)).state, (yield* state(other)).state], ["CANCELLED", "FULFILLED"])
      yield* TestClock.adjust(60_000)
      assert.strictEqual((yield* state(other)).state, "EXPIRED")
      for (const id of [one, other, "unknown"]) assert.strictEqual((yield* get(`${path}/${id}/results`)).status, 404)
      assert.isTrue(Object.values(wrongOf(report())).every((count) => count === 0))
    })
  )

  it.effect("refuse bad queries, pages that are too large, and cursors that nobody gave out", () =>
    Effect.gen(function* () {
      const { get, post, report, submit } = yield* start()
      assert.strictEqual((yield* post(path, { interval: "today" })).status, 400)
      const id = yield* submit({ interval })
      yield* TestClock.adjust(30_000)
      for (const query of ["pageSize=0", "pageSize=1001", "cursor=invented"]) {
        assert.strictEqual((yield* get(`${path}/${id}/results?${query}`)).status, 400)
      }
      assert.deepInclude(wrongOf(report()), { badQuery: 3, pageTooLarge: 1 })
      assert.deepStrictEqual(report().requests.jobs, 5)
    })
  )
})
