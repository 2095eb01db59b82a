import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Headers from "effect/http/Headers"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Result from "effect/Result"
import * as TestClock from "effect/testing/TestClock"
import * as HttpAnswer from "../src/HttpAnswer.ts"
import type { SourceErrorReason } from "../src/SourceError.ts"
import * as ScriptedPlatform from "./ScriptedPlatform.ts"

const request = HttpClientRequest.get("https://api.example.test/messages")

/** What is read of an answer. */
const read = (answer: ScriptedPlatform.Answer, decode: (body: unknown) => unknown = (body) => body) =>
  Effect.gen(function* () {
    const heads: Array<HttpAnswer.Head> = []
    const { client } = ScriptedPlatform.make(() => answer)
    const fiber = yield* Effect.forkChild(
      Effect.result(HttpAnswer.read(client, request, "30 seconds", decode, (head) => heads.push(head)))
    )
    yield* TestClock.adjust("1 minute")
    return { result: yield* Fiber.join(fiber), heads }
  })

/** Why an answer cannot be used. */
const reason = (answer: ScriptedPlatform.Answer, decode?: (body: unknown) => unknown) =>
  Effect.map(read(answer, decode), ({ result }): SourceErrorReason => {
    if (result._tag === "Success") return assert.fail("it was taken for a good answer")
    return result.failure
  })

describe("an answer", () => {
  it.effect("gives what its body holds, and its head before that", () =>
    Effect.gen(function* () {
      const { heads, result } = yield* read({
        headers: { "ININ-Correlation-Id": "c-1", "inin-ratelimit-allowed": "180" },
        body: { a: [1] }
      })
      assert.deepStrictEqual(result, Result.succeed({ a: [1] }))
      assert.deepStrictEqual(heads, [{ status: 200, correlationId: "c-1", rate: { allowed: 180 } }])
    })
  )

  it.effect("that is cut off, is no JSON, is empty or is another shape is a failure that may pass", () =>
    Effect.gen(function* () {
      const bad: ReadonlyArray<ScriptedPlatform.Answer> = [
        { body: '{"entities":[{"id' },
        { body: "<html>Bad gateway</html>" },
        { body: "" },
        { status: 204, body: "" },
        { body: '{"entities":[]}', ending: "cut" },
        { body: {} }
      ]
      for (const answer of bad) {
        const found = yield* reason(answer, (body) => (body as { entities?: unknown }).entities)
        assert.strictEqual(found._tag, "Unavailable", JSON.stringify(answer))
        assert.strictEqual("status" in found ? found.status : undefined, undefined)
      }
    })
  )

  for (const status of [500, 502, 503, 504, 408]) {
    it.effect(`${status} may pass`, () =>
      Effect.gen(function* () {
        assert.deepInclude(yield* reason({ status, body: "no" }), { _tag: "Unavailable", status })
      })
    )
  }

  it.effect("400 carries the platform's code, message and contextId", () =>
    Effect.gen(function* () {
      const body = { code: "bad.request", message: "pageSize is\ntoo large", contextId: "4b6e", status: 400 }
      const found = yield* reason({ status: 400, body })
      assert.deepInclude(found, { _tag: "BadRequest", code: "bad.request", detail: "pageSize is too large" })
      assert.include(found.message, "contextId 4b6e")
      assert.notInclude(found.message, "\n")
      assert.deepInclude(yield* reason({ status: 422, body: "no JSON" }), { _tag: "BadRequest", status: 422 })
    })
  )

  it.effect("has the platform's ids in each error, once each", () =>
    Effect.gen(function* () {
      const contextId = "c0ffee00-0000-4000-8000-000000000009"
      const headers = { "inin-correlation-id": "c-9" }
      for (const status of [400, 401, 403, 404, 408, 429, 500, 503]) {
        const { message } = yield* reason({ status, headers, body: { message: "no", contextId } })
        assert.strictEqual(message.split(contextId).length, 2, message)
        assert.strictEqual(message.split("c-9").length, 2, message)
        const same = yield* reason({ status, headers: { "inin-correlation-id": contextId }, body: { contextId } })
        assert.strictEqual(same.message.split(contextId).length, 2, same.message)
      }
      for (const answer of [{ body: "{" }, { body: {}, ending: "cut" as const }]) {
        assert.include((yield* reason({ ...answer, headers })).message, "c-9")
      }
      const long = yield* reason({ status: 500, headers: { "inin-correlation-id": `${"x".repeat(500)}\n` } })
      assert.isBelow(long.message.length, 200)
      const phone = yield* reason({ status: 500, headers: { "inin-correlation-id": "+13175550123" } })
      assert.notInclude(phone.message, "3175550123")
    })
  )

  it.effect("400 that speaks of a rate limit is throttling, as the token endpoint does it", () =>
    Effect.gen(function* () {
      const body = { error: "invalid_request", description: "rate limit exceeded; try later" }
      const found = yield* reason({ status: 400, body, headers: { "retry-after": "7" } })
      assert.deepInclude(found, { _tag: "Throttled", retryAfterMs: 7000 })
      assert.strictEqual((yield* reason({ status: 400, body }))._tag, "Throttled")
      for (const other of [
        { error: "invalid_client", description: "rate limit exceeded" },
        { error: "invalid_request", description: "client_id is missing" }
      ]) {
        assert.strictEqual((yield* reason({ status: 400, body: other }))._tag, "BadRequest")
      }
    })
  )

  it.effect("503 says how long to wait, and 429 which limit was hit", () =>
    Effect.gen(function* () {
      const headers = { "retry-after": "20" }
      assert.deepInclude(yield* reason({ status: 503, headers }), { _tag: "Unavailable", retryAfterMs: 20_000 })
      const limit = (key: string, value: unknown) => reason({ status: 429, body: { limit: { key, value } } })
      assert.deepInclude(yield* limit("token.rate.per.minute", 180), { limit: 180 })
      for (const [key, value] of [
        ["details.jobs.rate.per.second", 5],
        ["token.rate.per.minute", -1],
        ["token.rate.per.minute", "many"],
        ["token.rate.per.minute", null]
      ] as const) {
        assert.notProperty(yield* limit(key, value), "limit")
      }
    })
  )

  it.effect("keeps no long number of an error's text: it may be a phone number", () =>
    Effect.gen(function* () {
      const found = yield* reason({ status: 400, body: { message: "no contact has +13175550123" } })
      assert.notInclude(found.message, "3175550123")
    })
  )

  it.effect("401 and 403 refuse us, 404 does not know it, 407 is the proxy's", () =>
    Effect.gen(function* () {
      const headers = { "inin-correlation-id": "c-9" }
      assert.deepInclude(yield* reason({ status: 401 }), { _tag: "Refused", status: 401 })
      assert.include((yield* reason({ status: 403, headers })).message, "correlation id c-9")
      assert.strictEqual((yield* reason({ status: 404 }))._tag, "NotFound")
      assert.deepInclude(yield* reason({ status: 407 }), { _tag: "Unreachable", what: "proxy-refused" })
    })
  )

  it.effect("that does not come, head or body, is given up in time", () =>
    Effect.gen(function* () {
      assert.deepInclude(yield* reason({ ending: "silent" }), { _tag: "Unreachable", what: "timed-out" })
      assert.deepInclude(yield* reason({ delay: 30_001 }), { what: "timed-out" })
      assert.strictEqual((yield* read({ delay: 29_999 })).result._tag, "Success")
    })
  )

  it.effect("that never comes says why in one line", () =>
    Effect.gen(function* () {
      const broken = (code: string, message = code) =>
        reason({ ending: "reset", cause: Object.assign(new Error(message), { code }) })
      assert.deepInclude(yield* broken("ECONNRESET"), { what: "no-connection", detail: "ECONNRESET", retryable: true })
      assert.deepInclude(yield* broken("ECONNREFUSED"), { what: "no-connection", retryable: true })
      assert.deepInclude(yield* broken("ENOTFOUND"), { what: "unknown-host", retryable: false })
      assert.deepInclude(yield* broken("EAI_AGAIN"), { what: "unknown-host" })
      for (const code of ["DEPTH_ZERO_SELF_SIGNED_CERT", "CERT_HAS_EXPIRED", "ERR_TLS_CERT_ALTNAME_INVALID"]) {
        assert.deepInclude(yield* broken(code), { what: "bad-certificate", detail: code, retryable: false })
      }
      assert.deepInclude(yield* broken("UND_ERR_ABORTED", "Proxy response (407) !== 200 when HTTP Tunneling"), {
        what: "proxy-refused",
        retryable: false
      })
      const wrapped = new Error("fetch failed", {
        cause: new AggregateError([Object.assign(new Error("a"), { code: "ECONNREFUSED" })])
      })
      assert.deepInclude(yield* reason({ ending: "reset", cause: wrapped }), { detail: "ECONNREFUSED" })
      const nameless = yield* reason({ ending: "reset", cause: new Error("it\nbroke at 4917139200123") })
      assert.strictEqual(nameless.message, "api.example.test cannot be reached (it broke at …)")
    })
  )
})

describe("Retry-After", () => {
  const now = Date.UTC(2026, 0, 1, 12)
  const after = (headers: Record<string, string>) => HttpAnswer.retryAfter(Headers.fromInput(headers), now)
  const http = (moment: number) => new Date(moment).toUTCString()

  it("is read as seconds, fractions included", () => {
    assert.strictEqual(after({ "retry-after": "120" }), 120_000)
    assert.strictEqual(after({ "retry-after": " 1.5 " }), 1500)
    assert.strictEqual(after({ "retry-after": "0.0001" }), 1)
    assert.strictEqual(after({ "retry-after": "0" }), 0)
  })

  it("is read as a date, measured from the answer's own Date", () => {
    for (const off of [0, -7 * 60_000, 7 * 60_000]) {
      assert.strictEqual(after({ date: http(now + off), "retry-after": http(now + off + 30_000) }), 30_000)
    }
    assert.strictEqual(after({ date: http(now), "retry-after": http(now - 30_000) }), 0)
  })

  it("is measured from our clock where the answer has no Date, or a false one", () => {
    assert.strictEqual(after({ "retry-after": http(now + 30_000) }), 30_000)
    assert.strictEqual(after({ date: "yesterday", "retry-after": http(now + 30_000) }), 30_000)
  })

  it("that says nothing is none", () => {
    for (const text of ["", " ", "soon", "-5", "1e400", "9".repeat(400), "12 s", "NaN"]) {
      assert.isUndefined(after({ "retry-after": text }), text)
    }
    assert.isUndefined(after({}))
  })

  it.effect("comes with the refusal", () =>
    Effect.gen(function* () {
      assert.deepInclude(yield* reason({ status: 429, headers: { "retry-after": "2" } }), {
        _tag: "Throttled",
        retryAfterMs: 2000
      })
      assert.notProperty(yield* reason({ status: 429 }), "retryAfterMs")
    })
  )
})
