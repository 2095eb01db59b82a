import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { Simulator, SimulatorClient } from "../src/index.ts"
import * as Probe from "./Probe.ts"
import { entities, messagesOf, serve } from "./Probe.ts"

const plain = { messages: 100, contacts: 1, never: 0, missing: 0 } as const

/** A simulation over real sockets, all receipts of which have come, with a token and the path of its messages. */
const ended = (options: Parameters<typeof serve>[0]) =>
  Effect.gen(function* () {
    const served = yield* serve({ ...plain, ...options })
    const token = yield* served.probe.token
    yield* TestClock.adjust(60_000)
    const path = messagesOf(served.messages[0]?.externalContactId ?? "", { pageSize: "100" })
    return { ...served, look: served.probe.get(path, token), token, path }
  })

const unserved = (report: ReturnType<Simulator.Simulator["report"]>) =>
  report.messages.every(({ status }) => status === undefined)

describe("faults over real sockets", () => {
  it.effect("resets the connection", () =>
    Effect.gen(function* () {
      const { look, report } = yield* ended({ rates: { reset: 1 } })
      assert.strictEqual((yield* look).died, "before")
      assert.deepStrictEqual([report().inflicted.reset, report().answers], [1, { 200: 1, reset: 1 }])
    })
  )

  it.effect("fails with 5xx, and says so like the platform", () =>
    Effect.gen(function* () {
      const { look, report } = yield* ended({ rates: { failing: 1 } })
      const statuses = new Set<number | undefined>()
      for (let count = 0; count < 40; count++) {
        const seen = yield* look
        statuses.add(seen.status)
        assert.hasAllKeys(JSON.parse(seen.body), ["message", "code", "status", "contextId", "details", "errors"])
      }
      assert.deepStrictEqual([...statuses].sort(), [500, 502, 503, 504])
      assert.isTrue(unserved(report()))
    })
  )

  it.effect("truncates JSON in an HTTP message that is whole", () =>
    Effect.gen(function* () {
      const { look, report } = yield* ended({ rates: { truncated: 1 } })
      const seen = yield* look
      assert.strictEqual(seen.status, 200)
      assert.strictEqual(Number(seen.headers["content-length"]), Buffer.byteLength(seen.body))
      assert.throws(() => JSON.parse(seen.body), SyntaxError)
      assert.isTrue(unserved(report()), "a truncated answer serves nothing")
    })
  )

  it.effect("lets the connection die in the middle of the body", () =>
    Effect.gen(function* () {
      const { look, report } = yield* ended({ rates: { cut: 1 } })
      const seen = yield* look
      assert.deepStrictEqual([seen.status, seen.died], [200, "within"])
      assert.isTrue(unserved(report()), "half an answer serves nothing")
    })
  )

  it.effect("throttles with both forms of Retry-After, and means it", () =>
    Effect.gen(function* () {
      const { look, report, probe, path, token } = yield* ended({
        rates: { throttled: 1 },
        retryAfter: { min: 3, max: 3 }
      })
      const first = yield* look
      assert.deepStrictEqual([first.status, first.headers["retry-after"]], [429, "3"])
      yield* TestClock.adjust(2_500)
      const second = yield* look
      assert.strictEqual(second.headers["retry-after"], "Thu, 01 Jan 1970 00:01:04 GMT")
      assert.strictEqual(second.headers.date, "Thu, 01 Jan 1970 00:01:02 GMT")
      assert.strictEqual(report().inflicted.throttled, 1, "the second refusal belongs to the first")
      yield* TestClock.adjust(1_500)
      assert.strictEqual((yield* probe.get(path, token)).headers["retry-after"], "3")
      assert.strictEqual(report().inflicted.throttled, 2)
    })
  )

  it.effect("shows a clock that is off in all its dates", () =>
    Effect.gen(function* () {
      const { look } = yield* ended({ rates: { throttled: 1 }, retryAfter: { min: 5, max: 5 }, clockSkew: -3_600_000 })
      yield* look
      const { headers } = yield* look
      const wait = Date.parse(headers["retry-after"] ?? "") - Date.parse(headers.date ?? "")
      assert.strictEqual(wait, 5_000)
      assert.strictEqual(
        headers.date,
        "Thu, 01 Jan 1970 00:01:00 GMT".replace("00:01:00", "23:01:00").replace("Thu, 01 Jan 1970", "Wed, 31 Dec 1969")
      )
    })
  )

  it.effect("enforces a hidden limit, and says when a slot is free", () =>
    Effect.gen(function* () {
      const { look, report } = yield* ended({ requestsPerMinute: 3, announcedPerMinute: 10 })
      for (let count = 0; count < 3; count++) {
        assert.strictEqual((yield* look).status, 200)
        yield* TestClock.adjust(10_000)
      }
      const refused = yield* look
      assert.deepStrictEqual([refused.status, refused.headers["retry-after"]], [429, "30"])
      yield* TestClock.adjust(30_000)
      assert.strictEqual((yield* look).status, 200)
      assert.strictEqual((yield* look).status, 429)
      assert.strictEqual(report().overBudget, 0)
    })
  )

  it.effect("repeats entities, and shows older ones after newer ones", () =>
    Effect.gen(function* () {
      const { look, report } = yield* ended({ rates: { duplicated: 1, stale: 0.3 } })
      const page = entities(yield* look)
      const ids = page.map(({ id }) => id)
      assert.strictEqual(new Set(ids).size, 100)
      const stale = page.filter(({ status }) => status === "sent")
      assert.isAbove(stale.length, 0)
      for (const entity of stale) {
        assert.isAbove(page.indexOf(entity), ids.indexOf(entity.id), "the newer one stands first")
      }
      assert.strictEqual(ids.length, 100 + stale.length + 3)
      assert.deepStrictEqual([report().inflicted.stale, report().inflicted.duplicated], [stale.length, 3])
    })
  )

  it.effect("goes back from sent to pending only where sent was served", () =>
    Effect.gen(function* () {
      const served = yield* serve({ ...plain, never: 1, rates: { stale: 1 } })
      const token = yield* served.probe.token
      const look = served.probe
        .get(messagesOf(served.messages[0]?.externalContactId ?? "", { pageSize: "100" }), token)
        .pipe(Effect.map((seen) => new Set(entities(seen).map(({ status }) => status))))
      yield* TestClock.adjust(30_000)
      assert.deepStrictEqual([...(yield* look)], ["sent"])
      assert.deepStrictEqual([...(yield* look)], ["pending"])
    })
  )

  it.effect("is out of order for a while, and only then", () =>
    Effect.gen(function* () {
      const served = yield* serve({ ...plain, faults: "outage", speed: 2 })
      const token = yield* served.probe.token
      const look = served.probe.get(messagesOf(served.messages[0]?.externalContactId ?? ""), token)
      assert.strictEqual((yield* look).status, 200)
      yield* TestClock.adjust(4_000)
      const kinds = new Set<unknown>()
      for (let count = 0; count < 20; count++) {
        const seen = yield* look
        kinds.add(seen.died ?? seen.status)
      }
      const tokenSeen = yield* served.probe.post("/oauth/token", "")
      kinds.add(tokenSeen.died ?? tokenSeen.status)
      assert.deepStrictEqual(kinds, new Set([503, "before"]))
      yield* TestClock.adjust(5_000)
      assert.strictEqual((yield* look).status, 200)
      assert.strictEqual(served.report().inflicted.outage, 21)
    })
  )

  it.effect("revokes tokens and lets them expire", () =>
    Effect.gen(function* () {
      const served = yield* serve({ ...plain, faults: "auth", rates: { tokenFailing: 0 } })
      const look = (token: string) =>
        served.probe
          .get(messagesOf(served.messages[0]?.externalContactId ?? ""), token)
          .pipe(Effect.map(({ status }) => status))
      const first = yield* served.probe.token
      assert.strictEqual(yield* look(first), 200)
      yield* TestClock.adjust(10_000)
      assert.strictEqual(yield* look(first), 401)
      const second = yield* served.probe.token
      assert.strictEqual(yield* look(second), 200)
      yield* TestClock.adjust(60_000)
      const third = yield* served.probe.token
      yield* TestClock.adjust(74_000)
      assert.deepStrictEqual([yield* look(second), yield* look(third)], [401, 200])
      yield* TestClock.adjust(1_000)
      assert.strictEqual(yield* look(third), 401)
    })
  )

  it.effect("loses token requests", () =>
    Effect.gen(function* () {
      const { probe } = yield* serve({ rates: { tokenFailing: 1 } })
      const kinds = new Set<unknown>()
      for (let count = 0; count < 20; count++) {
        const seen = yield* probe.post("/oauth/token", "")
        kinds.add(seen.died ?? seen.status)
      }
      assert.deepStrictEqual(kinds, new Set([503, "before"]))
    })
  )
})

describe("slow answers", () => {
  it.effect("take as long as they are told to, and serve when they are through", () =>
    Effect.gen(function* () {
      const simulator = yield* Simulator.make({ ...plain, rates: { slow: 1 }, slowAnswers: { min: 700, max: 700 } })
      const client = SimulatorClient.make(simulator, { latency: { min: 0, max: 0 } })
      const probe = Probe.make(client, "http://simulator.test", simulator)
      const token = yield* probe.token
      yield* TestClock.adjust(60_000)
      const fiber = yield* Effect.forkChild(
        probe.get(messagesOf(simulator.messages[0]?.externalContactId ?? ""), token)
      )
      yield* TestClock.adjust(699)
      assert.isUndefined(fiber.pollUnsafe())
      assert.isTrue(unserved(simulator.report()))
      yield* TestClock.adjust(1)
      assert.strictEqual((yield* Fiber.join(fiber)).status, 200)
      assert.isFalse(unserved(simulator.report()))
    })
  )
})
