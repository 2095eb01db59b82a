import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { type Wrong, wrongOf } from "../src/index.ts"
import { analytics, messagesOf, serve } from "./Probe.ts"

const plain = { messages: 100, contacts: 1, never: 0, missing: 0 } as const
const none: Wrong = {
  overBudget: 0,
  duringRetryAfter: 0,
  pageTooLarge: 0,
  urlTooLong: 0,
  badQuery: 0,
  afterEnd: 0,
  badToken: 0
}

const start = (options: Parameters<typeof serve>[0] = {}) =>
  Effect.gen(function* () {
    const served = yield* serve({ ...plain, ...options })
    const token = yield* served.probe.token
    const contact = served.messages[0]?.externalContactId ?? ""
    const look = (query: Record<string, string> = {}) => served.probe.get(messagesOf(contact, query), token)
    return { ...served, token, contact, look }
  })

describe("what clients do wrong", () => {
  it.effect("overBudget: a request too many in the announced minute, the network's jitter granted", () =>
    Effect.gen(function* () {
      const { look, report } = yield* start({ announcedPerMinute: 3, requestsPerMinute: 100 })
      for (let count = 0; count < 3; count++) yield* look()
      assert.deepStrictEqual(wrongOf(report()), none)
      yield* TestClock.adjust(59_400)
      yield* look()
      assert.deepStrictEqual(wrongOf(report()), { ...none, overBudget: 1 })
      yield* TestClock.adjust(100)
      for (let count = 0; count < 2; count++) yield* look()
      assert.deepStrictEqual(wrongOf(report()), { ...none, overBudget: 1 })
    })
  )

  it.effect("duringRetryAfter: a request before its end, but none that was on its way", () =>
    Effect.gen(function* () {
      const { look, report } = yield* start({ rates: { throttled: 1 }, retryAfter: { min: 2, max: 2 } })
      const lookAfter = (milliseconds: number) => TestClock.adjust(milliseconds).pipe(Effect.andThen(look()))
      assert.strictEqual((yield* look()).headers["retry-after"], "2")
      yield* lookAfter(199)
      assert.deepStrictEqual(wrongOf(report()), none, "it was on its way")
      yield* lookAfter(1)
      assert.deepStrictEqual(wrongOf(report()), { ...none, duringRetryAfter: 1 })
      yield* lookAfter(1_989)
      assert.deepStrictEqual(wrongOf(report()), { ...none, duringRetryAfter: 2 }, "the third answer said 2 s again")
      yield* lookAfter(3_000)
      assert.deepStrictEqual(wrongOf(report()), { ...none, duringRetryAfter: 2 })
    })
  )

  it.effect("duringRetryAfter: the later of two ends counts, and a timer may fire a little early", () =>
    Effect.gen(function* () {
      const { look, report } = yield* start({ rates: { throttled: 1 }, retryAfter: { min: 2, max: 2 } })
      yield* look()
      yield* TestClock.adjust(5_500)
      const date = yield* look()
      assert.strictEqual(date.headers["retry-after"], "Thu, 01 Jan 1970 00:00:08 GMT")
      yield* TestClock.adjust(100)
      assert.strictEqual((yield* look()).headers["retry-after"], "2", "which ends 400 ms earlier")
      yield* TestClock.adjust(2_389)
      yield* look()
      assert.deepStrictEqual(wrongOf(report()), { ...none, duringRetryAfter: 1 })
      const early = yield* start({ rates: { throttled: 1 }, retryAfter: { min: 2, max: 2 } })
      yield* early.look()
      yield* TestClock.adjust(1_990)
      yield* early.look()
      assert.deepStrictEqual(wrongOf(early.report()), none)
    })
  )

  it.effect("duringRetryAfter: a date is the platform's, whose clock may be off", () =>
    Effect.gen(function* () {
      const options = { rates: { throttled: 1 }, retryAfter: { min: 5, max: 5 }, clockSkew: -3_600_000 }
      const { look, report } = yield* start(options)
      yield* look()
      yield* TestClock.adjust(5_000)
      assert.strictEqual((yield* look()).headers["retry-after"], "Wed, 31 Dec 1969 23:00:10 GMT")
      yield* TestClock.adjust(4_000)
      yield* look()
      assert.deepStrictEqual(wrongOf(report()), { ...none, duringRetryAfter: 1 })
    })
  )

  it.effect("pageTooLarge: more than 100 in a page, more than 500 in an export", () =>
    Effect.gen(function* () {
      const { look, report, probe, token } = yield* start()
      assert.strictEqual((yield* look({ pageSize: "100" })).status, 200)
      assert.strictEqual((yield* look({ pageSize: "101" })).status, 400)
      const interval = "1969-12-31T00:00:00Z/1970-01-02T00:00:00Z"
      const ids = Array.from({ length: 501 }, (_, index) => `msg-${index}`)
      const ask = (body: string) =>
        probe.post("/api/v2/analytics/message/details/query", body, { authorization: `Bearer ${token}` })
      assert.strictEqual((yield* ask(analytics(ids.slice(1), interval))).status, 200)
      assert.strictEqual((yield* ask(analytics(ids, interval))).status, 400)
      assert.strictEqual((yield* ask(analytics(["msg-1"], interval, { size: 501 }))).status, 400)
      assert.deepStrictEqual(wrongOf(report()), { ...none, pageTooLarge: 3 })
    })
  )

  it.effect("urlTooLong: path and query of more than 8,192 bytes", () =>
    Effect.gen(function* () {
      const { report, probe, token, contact } = yield* start()
      const path = messagesOf(contact, { messageId: "m" })
      const fill = (length: number) => path + "x".repeat(length - path.length)
      assert.strictEqual((yield* probe.get(fill(8192), token)).status, 200)
      const seen = yield* probe.get(fill(8193), token)
      assert.deepStrictEqual([seen.status, JSON.parse(seen.body).code], [414, "uri.too.long"])
      assert.strictEqual((yield* probe.get(fill(100_000), token)).status, 414)
      assert.deepStrictEqual(wrongOf(report()), { ...none, urlTooLong: 2 })
    })
  )

  it.effect("badQuery: whatever else is answered 400", () =>
    Effect.gen(function* () {
      const { look, report, probe, token } = yield* start()
      const queries = [
        { status: "read" },
        { pageSize: "0" },
        { pageSize: "many" },
        { pageToken: "abc" },
        { messageId: "" }
      ]
      for (const query of queries) assert.strictEqual((yield* look(query as Record<string, string>)).status, 400)
      const day = "1970-01-01T00:00:00Z/1970-01-02T00:00:00Z"
      const bodies = [
        "{",
        analytics(["m"], "1970-01-01/1970-01-02"),
        analytics(["m"], "1970-01-02T00:00:00Z/1970-01-01T00:00:00Z"),
        analytics(["m"], day, { filter: undefined }),
        analytics(["m"], day, { size: 0 }),
        analytics(["m"], day, { groupBy: ["colour"] })
      ]
      for (const body of bodies) {
        const seen = yield* probe.post("/api/v2/analytics/message/details/query", body, {
          authorization: `Bearer ${token}`
        })
        assert.deepStrictEqual([seen.status, JSON.parse(seen.body).code], [400, "bad.request"])
      }
      assert.deepStrictEqual(wrongOf(report()), { ...none, badQuery: queries.length + bodies.length })
    })
  )

  it.effect("afterEnd: only messages that have ended", () =>
    Effect.gen(function* () {
      const { look, report, messages } = yield* start({ rates: { contradicted: 1 } })
      const ids = messages.toSorted((a, b) => a.finalAt - b.finalAt).map(({ id }) => id)
      yield* TestClock.adjust((messages.find(({ id }) => id === ids[0])?.finalAt ?? 0) + 1)
      const [early = "", late = ""] = [ids[0], ids.at(-1)]
      yield* look({ messageId: early })
      yield* TestClock.adjust(200)
      yield* look({ messageId: early })
      assert.deepStrictEqual(wrongOf(report()), none, "the second one may have been on its way")
      yield* TestClock.adjust(201)
      yield* look({ messageId: `${early},${late}` })
      yield* look({ messageId: `${early},msg-unknown` })
      assert.deepStrictEqual(wrongOf(report()), none)
      yield* look({ messageId: early })
      assert.deepStrictEqual(wrongOf(report()), { ...none, afterEnd: 1 })
      yield* TestClock.adjust(60_000)
      const first = yield* look({ pageSize: "60" })
      yield* TestClock.adjust(201)
      yield* look({ pageSize: "60", pageToken: JSON.parse(first.body).nextPageToken })
      assert.deepStrictEqual(wrongOf(report()), { ...none, afterEnd: 1 }, "not all of them had been served")
      yield* TestClock.adjust(201)
      yield* look()
      assert.deepStrictEqual(wrongOf(report()), { ...none, afterEnd: 2 })
    })
  )

  it.effect("badToken: none, an invented one, one past its life, one that was refused before", () =>
    Effect.gen(function* () {
      const { report, probe, token, contact } = yield* start({ tokenLife: 100, revocations: [50_000] })
      const path = messagesOf(contact)
      assert.strictEqual((yield* probe.get(path)).status, 401)
      assert.strictEqual((yield* probe.get(path, "invented")).status, 401)
      assert.deepStrictEqual(wrongOf(report()), { ...none, badToken: 2 })
      yield* TestClock.adjust(50_000)
      for (const pause of [0, 100, 100]) {
        yield* TestClock.adjust(pause)
        assert.strictEqual((yield* probe.get(path, token)).status, 401)
      }
      assert.deepStrictEqual(
        wrongOf(report()),
        { ...none, badToken: 2 },
        "nobody knew, and the others were on their way"
      )
      yield* TestClock.adjust(201)
      assert.strictEqual((yield* probe.get(path, token)).status, 401)
      assert.deepStrictEqual(wrongOf(report()), { ...none, badToken: 3 })
      yield* TestClock.adjust(1)
      const fresh = yield* probe.token
      yield* TestClock.adjust(100_900)
      assert.strictEqual((yield* probe.get(path, fresh)).status, 401)
      assert.deepStrictEqual(wrongOf(report()), { ...none, badToken: 3 }, "its life began when it arrived")
      yield* TestClock.adjust(201)
      yield* probe.get(path, fresh)
      assert.deepStrictEqual(wrongOf(report()), { ...none, badToken: 4 })
    })
  )

  it.effect("are counted whatever is answered, and requests for tokens are no part of the budget", () =>
    Effect.gen(function* () {
      const { look, report, probe } = yield* start({ announcedPerMinute: 1, rates: { reset: 1 } })
      for (let count = 0; count < 5; count++) yield* probe.token
      yield* look({ pageSize: "101" })
      assert.deepStrictEqual(wrongOf(report()), { ...none, pageTooLarge: 1 })
      yield* look()
      assert.deepStrictEqual(wrongOf(report()), { ...none, pageTooLarge: 1, overBudget: 1 })
      assert.deepStrictEqual(report().requests, { messages: 2, analytics: 0, token: 6, other: 0 })
    })
  )
})
