import type { ServerResponse } from "node:http"
import { AuditSink, AuditTrail, Journal, JournalStoreMemory, type TrackingEvent } from "@dlrkit/core"
import { layerHttp } from "@dlrkit/core/node"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer, Logger, Queue, Redacted } from "effect"
import { TestClock } from "effect/testing"
import * as AuditHttp from "../src/index.ts"
import { type Received, receiver } from "./receiver.ts"

const event = (seq: number): TrackingEvent.TrackingEvent => ({
  v: 1,
  id: `j1-${seq}`,
  seq,
  at: "2026-03-01T10:00:00.000Z",
  run: 1,
  actor: "ops@host",
  kind: "message.missing",
  messageId: `line\nbreak ${seq}`,
  carrier: "Ätna ✓"
})
const events = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => event(from + at))

const parse = (body: string): Array<TrackingEvent.TrackingEvent> => {
  assert.isTrue(body.endsWith("\n"))
  return body
    .slice(0, -1)
    .split("\n")
    .map((line) => JSON.parse(line))
}

/** Answers with these statuses, the last one again and again, and keeps the requests. */
const answering = (...statuses: ReadonlyArray<number>) => {
  const requests: Array<Received> = []
  const answer = (request: Received, response: ServerResponse) => {
    const status = statuses[Math.min(requests.length, statuses.length - 1)]!
    requests.push(request)
    response.writeHead(status).end("some text")
  }
  return { requests, answer }
}

/** The port of a receiver that is down. */
const closedPort = Effect.scoped(receiver(() => {}))

describe("AuditHttp.sink", () => {
  it.effect("posts lines, at most so many in a request, with a key of each", () =>
    Effect.gen(function* () {
      const { answer, requests } = answering(200, 201, 204)
      const port = yield* receiver(answer)
      const sink = yield* AuditHttp.sink({
        url: `http://127.0.0.1:${port}/in/events?tenant=7`,
        token: Redacted.make("secret-token"),
        headers: { "X-Team": "ops", "X-Key": Redacted.make("secret-key") }
      })
      assert.strictEqual(sink.name, "audit-http")
      assert.strictEqual(sink.target, `http://127.0.0.1:${port}/in/events`)
      yield* sink.write(events(1, 1001))
      yield* sink.write([])
      assert.deepStrictEqual(
        requests.map(({ headers }) => headers["idempotency-key"]),
        ["j1-1..j1-500", "j1-501..j1-1000", "j1-1001..j1-1001"]
      )
      for (const { headers, method, path } of requests) {
        assert.strictEqual(method, "POST")
        assert.strictEqual(path, "/in/events?tenant=7")
        assert.strictEqual(headers["content-type"], "application/x-ndjson")
        assert.strictEqual(headers.authorization, "Bearer secret-token")
        assert.strictEqual(headers["x-team"], "ops")
        assert.strictEqual(headers["x-key"], "secret-key")
      }
      assert.deepStrictEqual(
        requests.flatMap(({ body }) => parse(body)),
        events(1, 1001)
      )
    }).pipe(Effect.provide(layerHttp))
  )

  it.effect("posts JSON arrays, with the user that the URL names", () =>
    Effect.gen(function* () {
      const { answer, requests } = answering(200)
      const port = yield* receiver(answer)
      const url = `http://me%40home:p%3Ass@127.0.0.1:${port}/`
      const sink = yield* AuditHttp.sink({ url, format: "json", batchSize: 2 })
      yield* sink.write(events(1, 3))
      assert.deepStrictEqual(
        requests.map(({ body }) => JSON.parse(body)),
        [events(1, 2), events(3, 3)]
      )
      for (const { headers } of requests) {
        assert.strictEqual(headers["content-type"], "application/json")
        assert.strictEqual(headers.authorization, `Basic ${btoa("me@home:p:ss")}`)
      }
    }).pipe(Effect.provide(layerHttp))
  )

  it.effect.each([301, 400, 401, 404, 429, 500, 503])("takes %i for a failure, and tells no secret", (status) =>
    Effect.gen(function* () {
      const { answer } = answering(status)
      const port = yield* receiver(answer)
      const sink = yield* AuditHttp.sink({ url: `http://me:hush@127.0.0.1:${port}/in?key=hush`, token: "hush" })
      const error = yield* Effect.flip(sink.write(events(1, 1)))
      assert.instanceOf(error, AuditSink.AuditError)
      assert.strictEqual(
        error.message,
        `the audit sink audit-http failed: POST http://127.0.0.1:${port}/in was answered with ${status}`
      )
      assert.notInclude(JSON.stringify([error, sink]), "hush")
    }).pipe(Effect.provide(layerHttp))
  )

  it.effect("says that nobody listens", () =>
    Effect.gen(function* () {
      const port = yield* closedPort
      const sink = yield* AuditHttp.sink({ url: `http://me:hush@localhost:${port}/in?key=hush` })
      const error = yield* Effect.flip(sink.write(events(1, 1)))
      assert.match(error.message, /POST http:\/\/localhost:\d+\/in: [^\n]*ECONNREFUSED[^\n]*$/)
      assert.notInclude(error.message, "hush")
    }).pipe(Effect.provide(layerHttp))
  )

  it.effect.each(["its head", "the end of its body"])("waits for an answer no longer than its time-out: %s", (what) =>
    Effect.gen(function* () {
      const asked = yield* Deferred.make<void>()
      const port = yield* receiver((_, response) => {
        if (what !== "its head") response.writeHead(200).write("half")
        Deferred.doneUnsafe(asked, Effect.void)
      })
      const sink = yield* AuditHttp.sink({ url: `http://127.0.0.1:${port}/`, timeout: "4 seconds" })
      const write = yield* Effect.forkChild(Effect.flip(sink.write(events(1, 1))), { startImmediately: true })
      yield* Deferred.await(asked)
      yield* TestClock.adjust("3999 millis")
      assert.isUndefined(write.pollUnsafe())
      yield* TestClock.adjust("1 millis")
      assert.include((yield* Fiber.join(write)).message, `POST http://127.0.0.1:${port}/ was not answered in time`)
    }).pipe(Effect.provide(layerHttp))
  )

  it.effect("sends nothing again that was received", () =>
    Effect.gen(function* () {
      const { answer, requests } = answering(200, 500, 200)
      const port = yield* receiver(answer)
      const sink = yield* AuditHttp.sink({ url: `http://127.0.0.1:${port}/`, batchSize: 2 })
      yield* Effect.flip(sink.write(events(1, 5)))
      yield* sink.write(events(1, 5))
      yield* sink.write(events(6, 7))
      assert.deepStrictEqual(
        requests.map(({ body }) => parse(body).map(({ seq }) => seq)),
        [[1, 2], [3, 4], [3, 4], [5], [6, 7]]
      )
    }).pipe(Effect.provide(layerHttp))
  )

  it.effect.each([
    [{ url: "audit.example.com" }, "the option `url` is not an http: or https: URL"],
    [{ url: "file:///tmp/x" }, "the option `url` is not an http: or https: URL"],
    [{ url: "https://h/", batchSize: 0 }, "the option `batchSize` is 0, not a positive whole number"]
  ] as const)("refuses %j", ([options, detail]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(AuditHttp.sink(options))
      assert.strictEqual(error.message, `the audit sink audit-http failed: ${detail}`)
    }).pipe(Effect.provide(layerHttp))
  )
})

describe("an audit trail over HTTP", () => {
  it.effect("loses nothing while the receiver is down, fails, or is slow", () =>
    Effect.gen(function* () {
      const warnings = yield* Queue.unbounded<string>()
      const [late, all] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
      const stored: Array<TrackingEvent.TrackingEvent> = []
      let requests = 0
      const answer = ({ body }: Received, response: ServerResponse) => {
        requests += 1
        if (requests > 1) stored.push(...parse(body))
        // The answer to the third never comes, though it has the events.
        if (requests === 3) Deferred.doneUnsafe(late, Effect.void)
        else response.writeHead(requests === 1 ? 500 : 200).end()
        if (stored.at(-1)?.seq === 1200) Deferred.doneUnsafe(all, Effect.void)
      }

      // Time is moved by the trail's own pauses: no request may be under way then, because sockets know no virtual time.
      const port = yield* closedPort
      const program = Effect.gen(function* () {
        const journal = yield* Journal.Journal
        yield* journal.record(
          Array.from({ length: 1200 }, (_, at) => ({
            kind: "message.missing" as const,
            messageId: `msg-${at}`,
            carrier: "acme"
          }))
        )
        const trail = yield* AuditTrail.start()
        assert.match(yield* Queue.take(warnings), /ECONNREFUSED.*its events wait in the journal/)
        yield* receiver(answer, port)
        yield* TestClock.adjust("1 second")
        assert.match(yield* Queue.take(warnings), /was answered with 500; its events wait in the journal/)
        yield* TestClock.adjust("2 seconds")
        yield* Deferred.await(late)
        yield* TestClock.adjust("10 seconds")
        assert.match(yield* Queue.take(warnings), /was not answered in time.*; its events wait in the journal/)
        yield* TestClock.adjust("4 seconds")
        yield* Deferred.await(all)
        const status = yield* trail.drain("1 minute")
        assert.deepInclude(status[0], { name: "audit-http", target: `http://127.0.0.1:${port}/events`, backlog: 0 })

        const recorded = yield* journal.store.events(0, 2000)
        assert.strictEqual(recorded.length, 1200)
        const first = new Map(stored.map((it) => [it.id, it]))
        assert.deepStrictEqual(Array.from(first.values()), recorded)
        for (const it of stored) assert.deepStrictEqual(it, first.get(it.id))
        assert.isAbove(stored.length, 1200)
      })
      yield* program.pipe(
        Effect.provide([
          AuditSink.layer([AuditHttp.sink({ url: `http://127.0.0.1:${port}/events` })]).pipe(Layer.provide(layerHttp)),
          Journal.layer.pipe(Layer.provide(JournalStoreMemory.layer)),
          Logger.layer([Logger.make(({ message }) => Queue.offerUnsafe(warnings, String(message)))])
        ])
      )
    })
  )
})
