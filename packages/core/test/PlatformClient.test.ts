import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Latch from "effect/Latch"
import * as Logger from "effect/Logger"
import * as Random from "effect/Random"
import * as TestClock from "effect/testing/TestClock"
import * as Auth from "../src/Auth.ts"
import { GivenUp } from "../src/GivenUp.ts"
import * as Journal from "../src/Journal.ts"
import { JournalStore } from "../src/JournalStore.ts"
import * as JournalStoreMemory from "../src/JournalStoreMemory.ts"
import * as PlatformClient from "../src/PlatformClient.ts"
import * as ResiliencePolicy from "../src/ResiliencePolicy.ts"
import type { SourceError } from "../src/SourceError.ts"
import * as TokenRequest from "../src/TokenRequest.ts"
import type { TrackingEvent } from "../src/TrackingEvent.ts"
import * as ScriptedPlatform from "./ScriptedPlatform.ts"

const secret = "the-secret"
const base = "https://api.example.test"

interface Options {
  /** Answers everything else; `count` is how many there were, this one included. */
  readonly answer: (request: ScriptedPlatform.Seen, count: number) => ScriptedPlatform.Answer
  /** Answers the token requests; `token-1`, `token-2` and so on for an hour where it is not said. */
  readonly login?: (request: ScriptedPlatform.Seen, count: number) => ScriptedPlatform.Answer
  readonly policy?: ResiliencePolicy.Overrides
  /** The names of the credentials; each asks for its tokens at `/oauth/token?client=name`. */
  readonly clients?: ReadonlyArray<string>
}

type RequestEvent = Extract<TrackingEvent, { kind: "request" }>

/** A client of a scripted platform, over a journal in memory, with its token requests. */
const connect = Effect.fnUntraced(function* ({ answer, clients = ["one"], login, policy: overrides }: Options) {
  let logins = 0
  let lookups = 0
  const token = (count: number) => ({ body: { access_token: `token-${count}`, expires_in: 3600 } })
  const platform = ScriptedPlatform.make((request) => {
    if (request.url.pathname !== "/oauth/token") return answer(request, ++lookups)
    logins += 1
    return login?.(request, logins) ?? token(logins)
  })
  const logs: Array<string> = []
  const journal = yield* Journal.make
  const policy = ResiliencePolicy.make(overrides)
  const credentials = yield* Effect.forEach(clients, (name) =>
    TokenRequest.make({
      source: "scripted",
      policy,
      request: HttpClientRequest.bodyUrlParams(HttpClientRequest.post(`${base}/oauth/token?client=${name}`), {
        client_secret: secret
      })
    }).pipe(
      Effect.flatMap(Auth.make),
      Effect.map((auth) => ({ name, auth })),
      Effect.provideService(HttpClient.HttpClient, platform.client),
      Effect.provideService(Journal.Journal, journal)
    )
  )
  const client = yield* PlatformClient.make({
    source: "scripted",
    host: "api.example.test",
    policy,
    credentials
  }).pipe(
    Effect.provideService(HttpClient.HttpClient, platform.client),
    Effect.provideService(Journal.Journal, journal)
  )
  const logged = Effect.provide(Logger.layer([Logger.make(({ message }) => void logs.push(String(message)))]))
  const sendTo = (endpoint?: string) =>
    client
      .send({
        request: HttpClientRequest.get(`${base}/messages`),
        purpose: "lookup",
        messages: 7,
        permission: "messages:read",
        endpoint,
        decode: (body) => (body as { entities?: ReadonlyArray<unknown> }).entities
      })
      .pipe(logged)
  const send = sendTo()
  return {
    client,
    send,
    sendTo,
    /** Sends from so many fibers at once, and gives their exits after so long. */
    crowd: (count: number, wait: number) =>
      Effect.gen(function* () {
        const fibers = yield* Effect.forEach(Array.from({ length: count }), () => Effect.forkChild(send))
        yield* TestClock.adjust(wait)
        return yield* Effect.forEach(fibers, Fiber.await)
      }),
    /** The same, where not all can be sent in that time: the others are called off. */
    rush: (count: number, wait: number) =>
      Effect.gen(function* () {
        const fibers = yield* Effect.forEach(Array.from({ length: count }), () => Effect.forkChild(send))
        yield* TestClock.adjust(wait)
        yield* Fiber.interruptAll(fibers)
      }),
    logs,
    /** What the platform was asked, tokens aside. */
    asked: () => platform.seen.filter(({ url }) => url.pathname === "/messages"),
    logins: () => platform.seen.filter(({ url }) => url.pathname === "/oauth/token"),
    /** The records of the requests, in the journal's order. */
    records: Effect.gen(function* () {
      yield* journal.record([])
      const events = yield* journal.store.events(0, 10_000)
      return events.filter((event): event is RequestEvent => event.kind === "request")
    })
  }
})

const run = <A, E>(body: Effect.Effect<A, E, JournalStore | import("effect/Scope").Scope>) =>
  body.pipe(Effect.provideServiceEffect(JournalStore, JournalStoreMemory.make), Random.withSeed("client"))

/** Sends once and waits as long as it takes. */
const once = Effect.fnUntraced(function* (options: Options) {
  const connection = yield* connect(options)
  const [exit] = yield* connection.crowd(1, 3_600_000)
  return { ...connection, exit: exit as Exit.Exit<ReadonlyArray<unknown>, unknown> }
})

const good: ScriptedPlatform.Answer = { body: { entities: ["good"] } }

const reasonOf = (exit: Exit.Exit<unknown, unknown>) => {
  const error = Exit.findErrorOption(exit)
  if (error._tag === "None") return assert.fail(`it did not fail: ${String(exit)}`)
  return (error.value as SourceError).reason
}

const times = (seen: ReadonlyArray<ScriptedPlatform.Seen>) => seen.map(({ at }) => at)

/** The pauses between the requests of one try after the other. */
const gaps = (seen: ReadonlyArray<ScriptedPlatform.Seen>) =>
  times(seen)
    .slice(1)
    .map((at, index) => at - (times(seen)[index] as number))

describe("a request that fails in passing", () => {
  const failures: Readonly<Record<string, readonly [outcome: string, answer: ScriptedPlatform.Answer]>> = {
    "an error of the platform": ["server-error", { status: 503, body: "no" }],
    "truncated JSON": ["bad-body", { body: '{"entities":[{"id' }],
    "a body that dies": ["bad-body", { body: good.body, ending: "cut" }],
    "another shape": ["bad-body", { body: { things: [] } }],
    "a connection that breaks": ["no-connection", { ending: "reset" }],
    silence: ["timed-out", { ending: "silent" }]
  }

  for (const [name, [outcome, answer]] of Object.entries(failures)) {
    it.effect(`is repeated after 1 s, doubling, with jitter, and recorded: ${name}`, () =>
      run(
        Effect.gen(function* () {
          const policy = { breaker: { failures: 100 } }
          const { asked, exit, records } = yield* once({
            answer: (_, count) => (count < 4 ? answer : good),
            policy
          })
          assert.deepStrictEqual(exit, Exit.succeed(["good"]))
          assert.strictEqual(asked().length, 4)
          const took = outcome === "timed-out" ? 30_000 : 0
          for (const [index, gap] of gaps(asked()).entries()) {
            assert.isAtLeast(gap - took, 1000 * 2 ** index * 0.8)
            assert.isAtMost(gap - took, 1000 * 2 ** index * 1.2 + 1)
          }
          const lookups = (yield* records).filter(({ purpose }) => purpose === "lookup")
          assert.deepStrictEqual(
            lookups.map(({ attempt, outcome }) => [attempt, outcome]),
            [
              [1, outcome],
              [2, outcome],
              [3, outcome],
              [4, "ok"]
            ]
          )
        })
      )
    )

    it.effect(`is tried five times at the most: ${name}`, () =>
      run(
        Effect.gen(function* () {
          const { asked, exit, records } = yield* once({
            answer: () => answer,
            policy: { breaker: { failures: 100 } }
          })
          assert.strictEqual(asked().length, 5)
          assert.include(["Unavailable", "Unreachable"], reasonOf(exit)._tag)
          assert.strictEqual((yield* records).filter(({ purpose }) => purpose === "lookup").length, 5)
        })
      )
    )

    it.effect(`opens the breaker after three in a row: ${name}`, () =>
      run(
        Effect.gen(function* () {
          // It answered once: so there is something to wait for.
          const { asked, crowd } = yield* connect({
            answer: (_, count) => (count > 1 && count <= 4 ? answer : good)
          })
          yield* crowd(1, 10_000)
          yield* crowd(1, 600_000)
          const [, , , third, fourth] = times(asked())
          const took = outcome === "timed-out" ? 30_000 : 0
          assert.isAtLeast((fourth as number) - (third as number), 60_000 + took)
          assert.strictEqual(asked().length, 5)
        })
      )
    )
  }

  it.effect("counts tries by the settings", () =>
    run(
      Effect.gen(function* () {
        const { asked } = yield* once({
          answer: () => ({ status: 500 }),
          policy: { retry: { tries: 2, base: 10 }, breaker: { failures: 100 } }
        })
        assert.strictEqual(asked().length, 2)
        assert.isAtMost(gaps(asked())[0] as number, 300)
      })
    )
  )
})

describe("the breaker", () => {
  it.effect("half open lets exactly one of eight waiting fibers through, and all of them once it is closed", () =>
    run(
      Effect.gen(function* () {
        let works = true
        const { asked, crowd, send } = yield* connect({
          answer: () => (works ? good : { status: 503, delay: 400 }),
          policy: { retry: { tries: 20 } }
        })
        yield* crowd(1, 1000)
        works = false
        const fibers = yield* Effect.forEach(Array.from({ length: 8 }), () => Effect.forkChild(send))
        yield* TestClock.adjust(5000)
        // Those that were under way when it opened aside, nobody got through.
        const before = asked().length
        yield* TestClock.adjust(54_000)
        assert.strictEqual(asked().length, before)
        const probes: Array<number> = []
        for (let minute = 0; minute < 5; minute++) {
          const from = asked().length
          yield* TestClock.adjust(60_000)
          probes.push(asked().length - from)
        }
        for (const count of probes) assert.isAtMost(count, 1)
        assert.isAtLeast(
          probes.reduce((sum, count) => sum + count),
          4
        )
        works = true
        yield* TestClock.adjust(300_000)
        for (const exit of yield* Effect.forEach(fibers, Fiber.await)) {
          assert.deepStrictEqual(exit, Exit.succeed(["good"]))
        }
      })
    )
  )

  it.effect("is not opened by 429, 400 or 404, which are no failures of the platform", () =>
    run(
      Effect.gen(function* () {
        for (const status of [429, 400, 404]) {
          const { asked, crowd } = yield* connect({
            answer: ({ index }): ScriptedPlatform.Answer =>
              index <= 10 ? { status, headers: { "retry-after": "1" } } : good
          })
          while (asked().length < 10) yield* crowd(1, 20_000)
          const [exit] = yield* crowd(1, 20_000)
          assert.deepStrictEqual(exit, Exit.succeed(["good"]), String(status))
        }
      })
    )
  )

  it.effect("counts failures in a row though there are 429s between them", () =>
    run(
      Effect.gen(function* () {
        const { asked, crowd } = yield* connect({
          answer: (_, count) => {
            if (count === 1 || count > 6) return good
            return count % 2 === 0 ? { status: 500 } : { status: 429, headers: { "retry-after": "1" } }
          }
        })
        yield* crowd(1, 10_000)
        yield* crowd(1, 600_000)
        const [, , , , , third, after] = times(asked()) as ReadonlyArray<number>
        assert.isAtLeast((after as number) - (third as number), 60_000)
      })
    )
  )

  it.effect("counts failures in a row: an answer in between begins anew", () =>
    run(
      Effect.gen(function* () {
        const { asked, crowd } = yield* connect({
          answer: (_, count) => (count % 3 === 0 ? good : { status: 500 })
        })
        for (let count = 0; count < 4; count++) {
          const [exit] = yield* crowd(1, 20_000)
          assert.deepStrictEqual(exit, Exit.succeed(["good"]))
        }
        assert.strictEqual(asked().length, 12)
      })
    )
  )
})

describe("a host that never answers", () => {
  for (const answer of [{ ending: "reset" }, { ending: "silent" }] as const) {
    it.effect(`fails after its retries, with few requests: ${answer.ending}`, () =>
      run(
        Effect.gen(function* () {
          const { asked, crowd } = yield* connect({ answer: () => answer })
          const exits = yield* crowd(4, 600_000)
          for (const exit of exits) assert.strictEqual(reasonOf(exit)._tag, "Unreachable")
          assert.isAtMost(asked().length, 8)
        })
      )
    )

    it.effect(`fails after its retries where it is the one that gives tokens: ${answer.ending}`, () =>
      run(
        Effect.gen(function* () {
          const { asked, crowd, logins } = yield* connect({ answer: () => good, login: () => answer })
          const exits = yield* crowd(4, 600_000)
          for (const exit of exits) assert.strictEqual(reasonOf(exit)._tag, "Unreachable")
          assert.strictEqual(asked().length, 0)
          assert.isAtMost(logins().length, 8)
        })
      )
    )
  }

  it.effect("is not asked again where its name or its certificate is wrong", () =>
    run(
      Effect.gen(function* () {
        const cause = Object.assign(new Error("no"), { code: "ENOTFOUND" })
        const { asked, exit } = yield* once({ answer: () => ({ ending: "reset", cause }) })
        assert.deepInclude(reasonOf(exit), { _tag: "Unreachable", what: "unknown-host" })
        assert.strictEqual(asked().length, 1)
      })
    )
  )
})

describe("429", () => {
  it.effect("is no try: it is repeated for as long as the platform says", () =>
    run(
      Effect.gen(function* () {
        const { asked, exit, records } = yield* once({
          answer: (_, count) => (count <= 30 ? { status: 429, headers: { "retry-after": "2" } } : good)
        })
        assert.deepStrictEqual(exit, Exit.succeed(["good"]))
        assert.strictEqual(asked().length, 31)
        assert.isAtLeast(Math.min(...gaps(asked())), 2000)
        const throttled = (yield* records).filter(({ outcome }) => outcome === "throttled")
        assert.strictEqual(throttled.length, 30)
        assert.deepInclude(throttled[0], { httpStatus: 429, purpose: "lookup", messages: 7 })
      })
    )
  )

  it.effect("does not count among the tries that fail", () =>
    run(
      Effect.gen(function* () {
        const { asked, exit } = yield* once({
          answer: (_, count) => (count % 2 === 0 ? { status: 500 } : { status: 429, headers: { "retry-after": "1" } }),
          policy: { breaker: { failures: 100 } }
        })
        assert.strictEqual(reasonOf(exit)._tag, "Unavailable")
        assert.strictEqual(asked().length, 10)
      })
    )
  )

  const start = Date.UTC(2026, 0, 1)
  const http = (moment: number) => new Date(moment).toUTCString()
  const forms: Readonly<Record<string, readonly [headers: Record<string, string>, wait: number]>> = {
    seconds: [{ "retry-after": "30" }, 30_000],
    "a fraction of seconds": [{ "retry-after": "1.5" }, 1500],
    "a date": [{ date: http(start), "retry-after": http(start + 30_000) }, 30_000],
    "a date, our clock an hour ahead": [
      { date: http(start - 3_600_000), "retry-after": http(start - 3_600_000 + 30_000) },
      30_000
    ],
    "a date, our clock an hour behind": [
      { date: http(start + 3_600_000), "retry-after": http(start + 3_600_000 + 30_000) },
      30_000
    ]
  }
  for (const [name, [headers, wait]] of Object.entries(forms)) {
    it.effect(`closes the gate for everybody until its Retry-After has passed: ${name}`, () =>
      run(
        Effect.gen(function* () {
          yield* TestClock.setTime(start)
          const { asked, crowd } = yield* connect({
            answer: (_, count) => (count === 1 ? { status: 429, headers } : good)
          })
          const exits = yield* crowd(8, 60_000)
          for (const exit of exits) assert.deepStrictEqual(exit, Exit.succeed(["good"]))
          const [first, second] = times(asked()) as [number, number]
          assert.isAtLeast(second - first, wait)
          assert.isAtMost(second - first, wait + 1000)
          assert.strictEqual(asked().length, 9)
        })
      )
    )
  }

  it.effect("without Retry-After is waited out longer each time", () =>
    run(
      Effect.gen(function* () {
        const { asked } = yield* once({ answer: (_, count) => (count <= 5 ? { status: 429 } : good) })
        for (const [index, gap] of gaps(asked()).entries()) {
          assert.isAtLeast(gap, 1000 * 2 ** index)
          assert.isAtMost(gap, 1000 * 2 ** index * 1.1 + 1)
        }
      })
    )
  )

  it.effect("of the token endpoint is waited out, too", () =>
    run(
      Effect.gen(function* () {
        const { exit, logins, records } = yield* once({
          answer: () => good,
          login: (_, count) =>
            count <= 10
              ? { status: 429, headers: { "retry-after": "3" } }
              : { body: { access_token: "late", expires_in: 60 } }
        })
        assert.deepStrictEqual(exit, Exit.succeed(["good"]))
        assert.deepStrictEqual(new Set(gaps(logins())), new Set([3000]))
        assert.deepStrictEqual(
          (yield* records).filter(({ purpose }) => purpose === "token").map(({ attempt }) => attempt),
          [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]
        )
      })
    )
  )
})

describe("what repeating cannot help", () => {
  for (const [status, tag] of [
    [400, "BadRequest"],
    [404, "NotFound"],
    [403, "Refused"]
  ] as const) {
    it.effect(`is sent once: ${status}`, () =>
      run(
        Effect.gen(function* () {
          const { asked, exit, logins, records } = yield* once({ answer: () => ({ status }) })
          assert.strictEqual(reasonOf(exit)._tag, tag)
          assert.strictEqual(asked().length, 1)
          assert.strictEqual(logins().length, 1)
          assert.strictEqual((yield* records).length, 2)
        })
      )
    )
  }

  it.effect("is said with the permission that is missing: 403", () =>
    run(
      Effect.gen(function* () {
        const headers = { "inin-correlation-id": "c-77" }
        const { exit, records } = yield* once({ answer: () => ({ status: 403, headers }) })
        const { message } = reasonOf(exit)
        assert.include(message, "messages:read")
        assert.include(message, "c-77")
        assert.deepInclude((yield* records).at(-1), {
          outcome: "forbidden",
          httpStatus: 403,
          attempt: 1,
          correlationId: "c-77"
        })
      })
    )
  )
})

describe("401", () => {
  it.effect("renews the token once for all, and repeats each request once", () =>
    run(
      Effect.gen(function* () {
        const { asked, crowd, logins, records } = yield* connect({
          answer: ({ token }) => (token === "token-1" ? { status: 401, delay: 3000 } : good)
        })
        const exits = yield* crowd(8, 60_000)
        for (const exit of exits) assert.deepStrictEqual(exit, Exit.succeed(["good"]))
        assert.strictEqual(logins().length, 2)
        assert.strictEqual(asked().length, 16)
        const attempts = (yield* records).filter(({ purpose }) => purpose === "lookup")
        assert.strictEqual(
          attempts.filter(({ attempt, outcome }) => attempt === 1 && outcome === "unauthorized").length,
          8
        )
        assert.strictEqual(attempts.filter(({ attempt, outcome }) => attempt === 2 && outcome === "ok").length, 8)
      })
    )
  )

  it.effect("again with the new token is a refusal that names the permission", () =>
    run(
      Effect.gen(function* () {
        const { asked, exit, logins } = yield* once({ answer: () => ({ status: 401 }) })
        assert.strictEqual(reasonOf(exit)._tag, "Refused")
        assert.include(reasonOf(exit).message, "messages:read")
        assert.deepStrictEqual(
          asked().map(({ token }) => token),
          ["token-1", "token-2"]
        )
        assert.strictEqual(logins().length, 2)
      })
    )
  )

  it.effect("of the token endpoint, or 400, says that the credentials are wrong, after one request", () =>
    run(
      Effect.gen(function* () {
        for (const status of [400, 401]) {
          const { asked, crowd, logins } = yield* connect({
            answer: () => good,
            login: () => ({ status, delay: 100, body: { error: "invalid_client", description: "client not found" } })
          })
          const exits = yield* crowd(8, 60_000)
          for (const exit of exits) {
            assert.strictEqual(reasonOf(exit)._tag, "Refused")
            assert.include(reasonOf(exit).message, "check the client id and secret")
          }
          assert.strictEqual(asked().length, 0)
          assert.strictEqual(logins().length, 1)
        }
      })
    )
  )

  it.effect("is what a login address without a token endpoint amounts to: 404 there is not a missing message", () =>
    run(
      Effect.gen(function* () {
        const { exit } = yield* once({ answer: () => good, login: () => ({ status: 404 }) })
        assert.strictEqual(reasonOf(exit)._tag, "Refused")
        assert.include(reasonOf(exit).message, "no tokens are given at this address")
      })
    )
  )

  it.effect("takes a token for as long as the answer says", () =>
    run(
      Effect.gen(function* () {
        const { crowd, logins } = yield* connect({
          answer: () => good,
          login: (_, count) => ({ body: { access_token: `short-${count}`, expires_in: 300 } })
        })
        for (let minute = 0; minute < 10; minute++) yield* crowd(2, 60_000)
        assert.deepStrictEqual(
          times(logins()).map((at) => Math.floor(at / 60_000)),
          [0, 4, 8]
        )
      })
    )
  )

  it.effect("of a token answer that is not what it should be is a failure that may pass", () =>
    run(
      Effect.gen(function* () {
        for (const body of [
          { access_token: "", expires_in: 10 },
          { access_token: "x" },
          { access_token: "x", expires_in: "soon" },
          "x"
        ]) {
          const { crowd, logins } = yield* connect({
            answer: () => good,
            login: (_, count) => (count < 3 ? { body } : { body: { access_token: "x", expires_in: 60 } })
          })
          const [exit] = yield* crowd(1, 60_000)
          assert.deepStrictEqual(exit, Exit.succeed(["good"]))
          assert.strictEqual(logins().length, 3)
        }
      })
    )
  )
})

describe("the records of requests", () => {
  it.effect("are one for each request that was sent, whatever became of it, and none for what was not", () =>
    run(
      Effect.gen(function* () {
        const chance = (at: number) => Math.imul(at + 1, 0x9e3779b1) >>> 0
        const { asked, crowd, logins, records } = yield* connect({
          answer: ({ index }) => {
            const draw = chance(index) % 10
            if (index < 3) return good
            if (draw < 2) return { status: 503, delay: 50 }
            if (draw < 3) return { ending: "reset" }
            if (draw < 4) return { status: 429, headers: { "retry-after": "1" } }
            if (draw < 5) return { body: "{" }
            if (draw < 6) return { status: 401 }
            return { ...good, delay: 100 }
          },
          policy: { breaker: { open: "5 seconds" } }
        })
        for (let round = 0; round < 20; round++) yield* crowd(8, 120_000)
        const found = yield* records
        const lookups = found.filter(({ purpose }) => purpose === "lookup")
        assert.isAbove(asked().length, 200)
        assert.strictEqual(lookups.length, asked().length)
        assert.strictEqual(found.length - lookups.length, logins().length)
        const sentAt = (of: ReadonlyArray<number>) => [...of].sort((a, b) => a - b)
        assert.deepStrictEqual(sentAt(lookups.map(({ startedAt }) => Date.parse(startedAt))), sentAt(times(asked())))
      })
    )
  )

  it.effect("number the attempts of a request without holes, however long it waited for the breaker", () =>
    run(
      Effect.gen(function* () {
        const { crowd, records } = yield* connect({
          answer: ({ at, index }) => (index < 2 || at > 200_000 ? good : { status: 503, delay: 5000 }),
          policy: { retry: { tries: 20 } }
        })
        yield* crowd(1, 1000)
        yield* crowd(4, 600_000)
        const attempts = (yield* records).filter(({ purpose }) => purpose === "lookup").map(({ attempt }) => attempt)
        assert.isAtLeast(Math.max(...attempts), 2)
        for (let attempt = 2; attempt <= Math.max(...attempts); attempt++) {
          assert.isAtLeast(
            attempts.filter((other) => other === attempt - 1).length,
            attempts.filter((other) => other === attempt).length
          )
        }
      })
    )
  )

  it.effect("tell of a request that was interrupted", () =>
    run(
      Effect.gen(function* () {
        const { records, send } = yield* connect({ answer: () => ({ ending: "silent" }) })
        const fiber = yield* Effect.forkChild(send)
        yield* TestClock.adjust(2000)
        yield* Fiber.interrupt(fiber)
        assert.deepInclude((yield* records).at(-1), { outcome: "interrupted", purpose: "lookup" })
      })
    )
  )

  it.effect("tell how long it took", () =>
    run(
      Effect.gen(function* () {
        const { records } = yield* once({ answer: () => ({ ...good, delay: 1234 }) })
        assert.deepInclude((yield* records).at(-1), { durationMs: 1234, outcome: "ok", httpStatus: 200 })
      })
    )
  )

  it.effect("hold no secret and no token, nor does any error or log", () =>
    run(
      Effect.gen(function* () {
        const texts: Array<string> = []
        for (const status of [200, 400, 401, 403, 404, 429, 500]) {
          const { crowd, logs, records } = yield* connect({
            answer: ({ index }) => ({ status: index > 40 ? 200 : status, body: { entities: [] } }),
            login: (_, count) =>
              count === 1 ? { status: 503 } : { body: { access_token: `token-${count}`, expires_in: 3600 } }
          })
          const [exit] = yield* crowd(1, 3_600_000)
          texts.push(JSON.stringify(exit), String(exit), JSON.stringify(yield* records), ...logs)
        }
        assert.isAbove(texts.join("").length, 1000)
        for (const word of [secret, "token-", "Bearer"]) assert.notInclude(texts.join("\n"), word)
      })
    )
  )
})

describe("the budget of a client", () => {
  it.effect("is paid for by each repeat", () =>
    run(
      Effect.gen(function* () {
        const { asked, crowd } = yield* connect({
          answer: ({ index }) => (index % 2 === 0 ? { status: 500 } : good),
          policy: { budget: { requests: 10 }, breaker: { failures: 100 }, retry: { tries: 20, base: 10 } }
        })
        yield* crowd(30, 600_000)
        const sent = times(asked())
        assert.isAbove(sent.length, 30)
        for (const [index, at] of sent.entries()) {
          const tenth = sent[index - 10]
          if (tenth !== undefined) assert.isAbove(at - tenth, 60_000)
        }
      })
    )
  )

  it.effect("goes on where the last run's requests left it", () =>
    run(
      Effect.gen(function* () {
        const options: Options = { answer: () => good, policy: { budget: { requests: 10 } } }
        const first = yield* connect(options)
        yield* first.crowd(10, 70_000)
        yield* first.records
        const second = yield* connect(options)
        yield* second.crowd(10, 120_000)
        const sent = [...times(first.asked()), ...times(second.asked())]
        assert.strictEqual(sent.length, 20)
        for (const [index, at] of sent.entries()) {
          const tenth = sent[index - 10]
          if (tenth !== undefined) assert.isAtLeast(at - tenth, 60_000)
        }
      })
    )
  )

  it.effect("is not paid for by token requests", () =>
    run(
      Effect.gen(function* () {
        const { asked, crowd } = yield* connect({
          answer: () => good,
          login: (_, count) => (count < 5 ? { status: 503 } : { body: { access_token: "x", expires_in: 3600 } }),
          policy: { budget: { requests: 1 }, breaker: { failures: 100 } }
        })
        yield* crowd(1, 80_000)
        assert.strictEqual(asked().length, 1)
      })
    )
  )

  it.effect("lets nothing go while a Retry-After runs, not even what waited for its token meanwhile", () =>
    run(
      Effect.gen(function* () {
        const { asked, crowd } = yield* connect({
          // The second request is refused a second after it was sent.
          answer: (_, count) => (count === 2 ? { status: 429, headers: { "retry-after": "30" }, delay: 1000 } : good),
          // The first token is renewed after a minute, and the next takes long to come.
          login: (_, count) => ({
            delay: count === 1 ? 0 : 5000,
            body: { access_token: `token-${count}`, expires_in: 120 }
          })
        })
        yield* crowd(1, 59_900)
        yield* crowd(2, 120_000)
        const [, refused, ...later] = times(asked()) as [number, number, ...ReadonlyArray<number>]
        assert.isBelow(refused, 60_000)
        assert.strictEqual(later.length, 2)
        for (const at of later) assert.isAtLeast(at, refused + 31_000)
      })
    )
  )

  it.effect("remembers a Retry-After of the run before", () =>
    run(
      Effect.gen(function* () {
        const options: Options = {
          answer: ({ at }) => (at < 10_000 ? { status: 429, headers: { "retry-after": "300" } } : good)
        }
        const first = yield* connect(options)
        const fiber = yield* Effect.forkChild(first.send)
        yield* TestClock.adjust(5000)
        yield* Fiber.interrupt(fiber)
        const [refused] = times(first.asked()) as [number]
        const second = yield* connect(options)
        const [exit] = yield* second.crowd(1, 600_000)
        assert.deepStrictEqual(exit, Exit.succeed(["good"]))
        assert.isAtLeast(times(second.asked())[0] as number, refused + 300_000)
      })
    )
  )
})

describe("several credentials", () => {
  /** The name in a token, or in a token request. */
  const of = ({ token, url }: ScriptedPlatform.Seen) => url.searchParams.get("client") ?? token?.split(" ")[0]
  const login: Options["login"] = (request, count) => ({
    body: { access_token: `${of(request)} ${count}`, expires_in: 3600 }
  })

  it.effect("are several budgets, and each request's record says which it was sent with", () =>
    run(
      Effect.gen(function* () {
        const policy = { budget: { requests: 10 } }
        const { asked, client, crowd, records } = yield* connect({
          answer: () => good,
          login,
          clients: ["a", "b", "c"],
          policy
        })
        assert.strictEqual(yield* client.rate, 30)
        yield* crowd(30, 62_000)
        assert.strictEqual(asked().length, 30)
        for (const name of ["a", "b", "c"]) {
          assert.strictEqual(asked().filter((seen) => of(seen) === name).length, 10)
          assert.strictEqual((yield* records).filter(({ credential }) => credential === name).length, 10)
        }
      })
    )
  )

  it.effect("go on, each for itself, where the last run's requests left it", () =>
    run(
      Effect.gen(function* () {
        const options: Options = {
          answer: () => good,
          login,
          clients: ["a", "b"],
          policy: { budget: { requests: 10 } }
        }
        const first = yield* connect(options)
        yield* first.crowd(20, 62_000)
        yield* first.records
        const second = yield* connect(options)
        yield* second.crowd(20, 120_000)
        assert.isBelow(times(second.asked())[0] as number, 70_000)
        const sent = [...first.asked(), ...second.asked()]
        assert.strictEqual(sent.length, 40)
        for (const name of ["a", "b"]) {
          const own = times(sent.filter((seen) => of(seen) === name))
          for (const [index, at] of own.entries()) {
            const tenth = own[index - 10]
            if (tenth !== undefined) assert.isAtLeast(at - tenth, 60_000)
          }
        }
      })
    )
  )

  for (const [per, clients, rate] of [
    ["organization", ["a", "b"], 10],
    ["client", ["a", "a", "b"], 20],
    ["token", ["a", "a", "b"], 30]
  ] as const) {
    it.effect(`share their budgets as the setting says: ${per}`, () =>
      run(
        Effect.gen(function* () {
          const policy = { budget: { requests: 10, per } }
          const { asked, client, rush } = yield* connect({ answer: () => good, login, clients, policy })
          assert.strictEqual(yield* client.rate, rate)
          yield* rush(100, 62_000)
          assert.strictEqual(asked().length, rate)
        })
      )
    )
  }

  for (const status of [401, 403]) {
    it.effect(`of which one is refused go on without it, after one warning: ${status}`, () =>
      run(
        Effect.gen(function* () {
          const { asked, crowd, logs } = yield* connect({
            answer: (seen) => (of(seen) === "b" ? { status } : good),
            login,
            clients: ["a", "b"]
          })
          for (let round = 0; round < 3; round++) {
            for (const exit of yield* crowd(8, 60_000)) assert.deepStrictEqual(exit, Exit.succeed(["good"]))
          }
          assert.strictEqual(logs.filter((text) => text.includes("without the credentials b")).length, 1)
          const refused = asked().filter((seen) => of(seen) === "b").length
          assert.isAtLeast(refused, 1)
          assert.isAtMost(refused, 8)
        })
      )
    )
  }

  it.effect("of which one gets no token go on without it, and fail where none is left", () =>
    run(
      Effect.gen(function* () {
        const wrong = { status: 401, body: { error: "invalid_client" } }
        const half = yield* connect({
          answer: () => good,
          login: (request, count) => (of(request) === "a" ? wrong : login(request, count)),
          clients: ["a", "b"]
        })
        for (const exit of yield* half.crowd(4, 60_000)) assert.deepStrictEqual(exit, Exit.succeed(["good"]))
        assert.strictEqual(half.logins().length, 2)
        const none = yield* connect({ answer: () => good, login: () => wrong, clients: ["a", "b"] })
        for (const exit of yield* none.crowd(4, 60_000)) assert.strictEqual(reasonOf(exit)._tag, "Refused")
        assert.strictEqual(none.asked().length, 0)
      })
    )
  )

  it.effect("of which one must wait let the others go on", () =>
    run(
      Effect.gen(function* () {
        const { asked, crowd } = yield* connect({
          answer: (seen, count) =>
            of(seen) === "a" && count < 10 ? { status: 429, headers: { "retry-after": "600" } } : good,
          login,
          clients: ["a", "b"]
        })
        for (const exit of yield* crowd(50, 60_000)) assert.deepStrictEqual(exit, Exit.succeed(["good"]))
        assert.strictEqual(asked().filter((seen) => of(seen) === "a").length, 1)
      })
    )
  )
})

describe("a client that is ready", () => {
  it.effect("has room for one more request, and has not taken it", () =>
    run(
      Effect.gen(function* () {
        const { asked, client, crowd, send } = yield* connect({
          answer: ({ index }) => (index === 3 ? { status: 429, headers: { "retry-after": "30" } } : good),
          policy: { budget: { requests: 6 } }
        })
        const readyAt = Effect.gen(function* () {
          const fiber = yield* Effect.forkChild(Effect.andThen(client.ready, Clock.currentTimeMillis))
          yield* TestClock.adjust(60_000)
          return yield* Fiber.join(fiber)
        })
        assert.strictEqual(yield* readyAt, 10_250)
        assert.strictEqual(asked().length, 0)
        assert.strictEqual(yield* readyAt, 60_000)
        yield* crowd(2, 20_000)
        const fiber = yield* Effect.forkChild(send)
        yield* TestClock.adjust(20_000)
        const [, , refused] = times(asked()) as [number, number, number]
        assert.isAtLeast(yield* readyAt, refused + 30_000)
        yield* Fiber.join(fiber)
      })
    )
  )

  it.effect("is one whose breaker is closed", () =>
    run(
      Effect.gen(function* () {
        const { client, crowd } = yield* connect({
          answer: (_, count) => (count === 1 ? good : { status: 500 }),
          policy: { retry: { tries: 3, base: 10 } }
        })
        yield* crowd(1, 1000)
        yield* crowd(1, 5000)
        const openedAt = yield* Clock.currentTimeMillis
        const fiber = yield* Effect.forkChild(Effect.andThen(client.ready, Clock.currentTimeMillis))
        yield* TestClock.adjust(120_000)
        assert.isAtLeast(yield* Fiber.join(fiber), openedAt + 54_000)
      })
    )
  )
})

describe("a long pause", () => {
  it.effect("is waited out and told of once, with how long and until when", () =>
    run(
      Effect.gen(function* () {
        const { crowd, logs } = yield* connect({
          answer: (_, count) => (count === 1 ? { status: 429, headers: { "retry-after": "3000" } } : good)
        })
        const exits = yield* crowd(4, 3_600_000)
        for (const exit of exits) assert.deepStrictEqual(exit, Exit.succeed(["good"]))
        const told = logs.filter((text) => text.includes("asks to wait"))
        assert.strictEqual(told.length, 1)
        assert.include(told[0], "50m")
        assert.include(told[0], "1970-01-01T00:50:00")
      })
    )
  )

  it.effect("that is longer than the policy grants fails, says until when, and sends nothing meanwhile", () =>
    run(
      Effect.gen(function* () {
        const { asked, client, crowd } = yield* connect({
          answer: (_, count) => (count === 1 ? { status: 429, headers: { "retry-after": "18000" } } : good)
        })
        for (let round = 0; round < 3; round++) {
          for (const exit of yield* crowd(3, 60_000)) {
            assert.strictEqual(reasonOf(exit)._tag, "PauseTooLong")
            assert.include(reasonOf(exit).message, "until 1970-01-01T05:00:00")
            assert.include(reasonOf(exit).message, "longestPause")
          }
        }
        assert.strictEqual(asked().length, 1)
        // It is not waited for, either.
        yield* client.ready
        yield* TestClock.adjust(4.5 * 3_600_000)
        const [exit] = yield* crowd(1, 3_600_000)
        assert.deepStrictEqual(exit, Exit.succeed(["good"]))
      })
    )
  )

  it.effect("of the token endpoint is told of, and fails where it is too long", () =>
    run(
      Effect.gen(function* () {
        const limited = (seconds: string) => ({
          status: 400,
          headers: { "retry-after": seconds },
          body: { error: "invalid_request", description: "rate limit exceeded; try later" }
        })
        const short = yield* once({
          answer: () => good,
          login: (_, count) => (count <= 2 ? limited("600") : { body: { access_token: "x", expires_in: 3600 } })
        })
        assert.deepStrictEqual(short.exit, Exit.succeed(["good"]))
        assert.deepStrictEqual(gaps(short.logins()), [600_000, 600_000])
        assert.include(short.logs.join("\n"), "gives no token")
        assert.deepInclude((yield* short.records)[0], { outcome: "throttled", purpose: "token", httpStatus: 400 })
        const long = yield* once({ answer: () => good, login: () => limited("7200") })
        assert.strictEqual(reasonOf(long.exit)._tag, "PauseTooLong")
        assert.strictEqual(long.logins().length, 1)
      })
    )
  )

  it.effect("of a 503 comes before its repeat", () =>
    run(
      Effect.gen(function* () {
        for (const [seconds, least] of [
          ["20", 20_000],
          ["100000", 60_000]
        ] as const) {
          const { asked, exit } = yield* once({
            answer: (_, count) => (count === 1 ? { status: 503, headers: { "retry-after": seconds } } : good),
            policy: { longestPause: "1 minute" }
          })
          assert.deepStrictEqual(exit, Exit.succeed(["good"]))
          const [gap] = gaps(asked()) as [number]
          assert.isAtLeast(gap, least)
          assert.isAtMost(gap, least + 2000)
        }
      })
    )
  )
})

describe("what a client is told of limits", () => {
  it.effect("by headers sets its pace, by the limits endpoint too", () =>
    run(
      Effect.gen(function* () {
        const { asked, client, crowd, rush } = yield* connect({
          answer: () => ({ ...good, headers: { "inin-ratelimit-allowed": "600" } })
        })
        assert.strictEqual(yield* client.rate, 300)
        yield* crowd(1, 1000)
        assert.strictEqual(yield* client.rate, 600)
        const before = asked().length
        yield* rush(1000, 60_000)
        assert.isAtLeast(asked().length - before, 0.96 * 600)
      })
    )
  )

  it.effect("of one class of endpoints slows that alone", () =>
    run(
      Effect.gen(function* () {
        const { asked, client, sendTo } = yield* connect({ answer: () => good })
        yield* client.learn({ endpoint: "analytics", limit: 6 })
        assert.strictEqual(yield* client.rate, 300)
        const slow = yield* Effect.forEach(Array.from({ length: 20 }), () => Effect.forkChild(sendTo("analytics")))
        const fast = yield* Effect.forEach(Array.from({ length: 100 }), () => Effect.forkChild(sendTo("messages")))
        yield* TestClock.adjust(60_000)
        assert.isAtLeast(asked().length, 105)
        assert.isAtMost(asked().length, 107)
        for (const fiber of fast) assert.isDefined(fiber.pollUnsafe())
        yield* client.learn({ limit: 60 })
        assert.strictEqual(yield* client.rate, 60)
        yield* Fiber.interruptAll(slow)
      })
    )
  )
})

describe("once the run is being stopped", () => {
  /** Sends, opens the latch after so long, and gives the exit that is there a second later, and how many were sent. */
  const stopped = (after: number, answer: ScriptedPlatform.Answer) =>
    run(
      Effect.gen(function* () {
        const stopping = Latch.makeUnsafe(false)
        const { asked, send } = yield* connect({ answer: () => answer })
        const fiber = yield* Effect.forkChild(Effect.provideService(send, GivenUp, stopping))
        yield* TestClock.adjust(after)
        yield* Latch.open(stopping)
        yield* TestClock.adjust("1 second")
        return { exit: fiber.pollUnsafe() ?? assert.fail("it still waits"), sent: asked().length }
      })
    )

  it.effect.each([
    ["a pause that the platform asks for", 5000, { status: 429, headers: { "retry-after": "3600" } }, 1],
    ["what a 503 asks for", 5000, { status: 503, headers: { "retry-after": "3600" } }, 1],
    ["the pause between two tries", 500, { status: 500 }, 1],
    ["a breaker that is open", 20_000, { status: 500 }, 3]
  ] as const)("nobody waits for %s", ([, after, answer, times]) =>
    Effect.gen(function* () {
      const { exit, sent } = yield* stopped(after, answer)
      assert.isTrue(Exit.hasInterrupts(exit))
      assert.strictEqual(sent, times)
    })
  )

  it.effect("an answer that is on its way is still read, and what fails is not repeated", () =>
    Effect.gen(function* () {
      const read = yield* stopped(500, { ...good, delay: 900 })
      assert.deepStrictEqual(read.exit, Exit.succeed(["good"]))
      const failed = yield* stopped(500, { status: 500, delay: 900 })
      assert.isTrue(Exit.hasInterrupts(failed.exit))
      assert.strictEqual(failed.sent, 1)
    })
  )
})
