import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { wrongOf } from "../src/index.ts"
import { basic, converse, conversing, json } from "./Probe.ts"

/** Asks so many times at one moment; how many were let in, and the last answer. */
const start = (options: Parameters<typeof converse>[0]) =>
  Effect.map(converse({ messages: 1, ...options }), (served) => ({
    ...served,
    burst: (count: number) =>
      Effect.gen(function* () {
        let admitted = 0
        let last = yield* served.details("unknown")
        if (last.status !== 429) admitted++
        for (let index = 1; index < count; index++) {
          last = yield* served.details("unknown")
          if (last.status !== 429) admitted++
        }
        return { admitted, last }
      })
  }))

describe("the limit", () => {
  it.effect("of a sliding minute, or of each minute by itself", () =>
    Effect.gen(function* () {
      const shares = { sliding: [10, 0, 10], fixed: [10, 10, 0] }
      for (const limitWindow of ["sliding", "fixed"] as const) {
        const { burst } = yield* start({ requestsPerMinute: 10, limitWindow })
        yield* TestClock.adjust(50_000)
        const first = yield* burst(12)
        assert.strictEqual(first.last.headers["retry-after"], limitWindow === "sliding" ? "60" : "10")
        yield* TestClock.adjust(10_000)
        const second = yield* burst(12)
        yield* TestClock.adjust(50_000)
        const third = yield* burst(12)
        assert.deepStrictEqual([first.admitted, second.admitted, third.admitted], shares[limitWindow])
        yield* TestClock.adjust(10_000)
      }
    })
  )

  it.effect("changes with time; Retry-After says when there is room under the one that holds", () =>
    Effect.gen(function* () {
      const { burst, report } = yield* start({
        requestsPerMinute: 10,
        announcedPerMinute: 100,
        limits: [
          { from: 300_000, perMinute: 20 },
          { from: 120_000, perMinute: 5 }
        ]
      })
      yield* TestClock.adjust(90_000)
      assert.strictEqual((yield* burst(4)).admitted, 4)
      yield* TestClock.adjust(20_000)
      assert.strictEqual((yield* burst(6)).admitted, 6)
      yield* TestClock.adjust(10_000)
      const lower = yield* burst(2)
      assert.deepStrictEqual([lower.admitted, lower.last.headers["retry-after"]], [0, "50"])
      yield* TestClock.adjust(50_000)
      assert.strictEqual((yield* burst(6)).admitted, 5)
      yield* TestClock.adjust(130_000)
      assert.strictEqual((yield* burst(22)).admitted, 20)
      assert.strictEqual(wrongOf(report()).overBudget, 0, "the hidden limit is nobody's fault")
    })
  )

  it.effect("of one endpoint stops that one alone", () =>
    Effect.gen(function* () {
      const { burst, query, report } = yield* start({ endpointLimits: { analytics: 2 } })
      const sweep = query({ interval: "1970-01-01T00:00:00Z/1970-01-02T00:00:00Z" })
      assert.strictEqual((yield* sweep).headers["inin-ratelimit-allowed"], "2")
      yield* sweep
      const refused = yield* sweep
      assert.deepStrictEqual([refused.status, refused.headers["retry-after"]], [429, "60"])
      assert.deepStrictEqual(json(refused).limit, { key: "analytics.rate.per.minute", namespace: "analytics" })
      yield* TestClock.adjust(1_000)
      assert.strictEqual((yield* burst(3)).admitted, 3)
      assert.strictEqual(wrongOf(report()).duringRetryAfter, 0)
      yield* sweep
      assert.strictEqual(wrongOf(report()).duringRetryAfter, 1)
    })
  )

  it.effect("is each client's own", () =>
    Effect.gen(function* () {
      const { burst, probe, report } = yield* start({ requestsPerMinute: 3, clients: [{ id: "two", secret: "2" }] })
      assert.strictEqual((yield* burst(4)).admitted, 3)
      const seen = yield* probe.post("/oauth/token", "grant_type=client_credentials", basic("two:2"))
      const other = conversing(probe, json(seen).access_token)
      for (let count = 0; count < 3; count++) assert.strictEqual((yield* other.details("unknown")).status, 404)
      assert.strictEqual((yield* other.details("unknown")).status, 429)
      assert.strictEqual(wrongOf(report()).overBudget, 2)
    })
  )

  it.effect("tells in headers how much of it is used, or does not", () =>
    Effect.gen(function* () {
      const { burst, details } = yield* start({ requestsPerMinute: 3 })
      yield* burst(2)
      yield* TestClock.adjust(20_500)
      const told = ({ headers }: { readonly headers: Readonly<Record<string, string>> }) =>
        ["count", "allowed", "reset"].map((name) => headers[`inin-ratelimit-${name}`])
      assert.deepStrictEqual(told(yield* details("unknown")), ["3", "3", "40"])
      const refused = yield* details("unknown")
      assert.deepStrictEqual([refused.status, ...told(refused)], [429, "3", "3", "40"])
      assert.strictEqual(json(refused).code, "too.many.requests.retry.after")
      const silent = yield* start({ rateLimitHeaders: false })
      assert.deepStrictEqual(told(yield* silent.details("unknown")), [undefined, undefined, undefined])
    })
  )
})

describe("tokens", () => {
  const form = "grant_type=client_credentials"

  it.effect("are refused with 400 where too many are minted", () =>
    Effect.gen(function* () {
      const { probe } = yield* start({ tokensPerMinute: 2 })
      const mint = probe.post("/oauth/token", form, basic("simulator-client:simulator-secret"))
      assert.strictEqual((yield* mint).status, 200)
      const refused = yield* mint
      assert.strictEqual(refused.status, 400)
      assert.strictEqual(json(refused).error, "invalid_request")
      assert.match(json(refused).description, /^rate limit exceeded/)
      yield* TestClock.adjust(60_000)
      assert.strictEqual((yield* mint).status, 200)
    })
  )

  it.effect("are given for a Basic header alone", () =>
    Effect.gen(function* () {
      const { probe } = yield* start({})
      const inForm = yield* probe.post(
        "/oauth/token",
        `${form}&client_id=simulator-client&client_secret=simulator-secret`
      )
      const description = "client not found"
      assert.strictEqual(inForm.status, 401)
      assert.deepStrictEqual(json(inForm), { error: "invalid_client", description, error_description: description })
      const wrong = yield* probe.post("/oauth/token", form, basic("simulator-client:wrong"))
      assert.strictEqual(json(wrong).description, "authentication failed")
    })
  )
})
