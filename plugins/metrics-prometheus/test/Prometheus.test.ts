import { connect } from "node:net"
import { TrackerMetrics, type TrackingEvent } from "@dlrkit/core"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer, Logger, Metric, Scope } from "effect"
import * as Prometheus from "../src/index.ts"
import { read } from "./exposition.ts"

/** What was logged: level and message. */
type Logged = Array<readonly [level: string, message: string]>

/** A test with metrics and logs of its own. */
const alone = <A, E>(body: (logged: Logged) => Effect.Effect<A, E, Scope.Scope>) =>
  Effect.suspend(() => {
    const logged: Logged = []
    const logger = Logger.make(({ logLevel, message }) => logged.push([logLevel, String(message)]))
    return body(logged).pipe(
      Effect.provide(Logger.layer([logger])),
      Effect.provideService(Metric.MetricRegistry, new Map())
    )
  })

/** Serves on a free port, for as long as the scope lasts, and gives it. */
const serve = Effect.fnUntraced(function* (logged: Logged) {
  yield* Layer.build(Prometheus.metrics({ port: 0 }))
  const address = /^metrics are published on http:\/\/127\.0\.0\.1:(\d+)\/metrics$/.exec(logged.at(-1)![1])
  assert.isNotNull(address, logged.join("\n"))
  return Number(address![1])
})

const ask = (port: number, path: string, method = "GET") =>
  Effect.promise(async () => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method })
    return { status: response.status, type: response.headers.get("content-type"), text: await response.text() }
  })

const record = (...bodies: ReadonlyArray<TrackingEvent.EventBody>) =>
  TrackerMetrics.observe(bodies.map((body) => ({ at: 0, run: 1, actor: "ops@host", body })))

const awkward = 'a"b\n\\ Ätna'

describe("Prometheus.metrics", () => {
  it.effect("serves what was counted, in the exposition format", () =>
    alone(
      Effect.fnUntraced(function* (logged) {
        const port = yield* serve(logged)
        yield* record(
          { kind: "message.missing", messageId: "1", carrier: awkward },
          { kind: "message.missing", messageId: "2", carrier: awkward },
          { kind: "message.missing", messageId: "3", carrier: "acme" },
          { kind: "alert.raised", alert: "none_delivered", carrier: "acme", detail: "none", action: "hold" },
          ...[20, 300, 60_000].map((durationMs) => ({
            kind: "request" as const,
            source: "genesys",
            purpose: "lookup",
            messages: 100,
            outcome: "ok",
            startedAt: "2026-03-01T10:00:00.000Z",
            durationMs,
            attempt: 1
          }))
        )
        yield* TrackerMetrics.sinkBacklog("audit-file", 7, 1500)

        const { status, text, type } = yield* ask(port, "/metrics")
        assert.strictEqual(status, 200)
        assert.strictEqual(type, "text/plain; version=0.0.4; charset=utf-8")
        const families = read(text)

        const messages = families.get("dlrkit_messages_total")!
        assert.strictEqual(messages.type, "counter")
        assert.strictEqual(messages.help, "What happened to messages")
        assert.sameDeepMembers(messages.samples, [
          { name: "dlrkit_messages_total", labels: { event: "missing", carrier: awkward }, value: 2 },
          { name: "dlrkit_messages_total", labels: { event: "missing", carrier: "acme" }, value: 1 }
        ])
        assert.deepStrictEqual(families.get("dlrkit_alerts_total")?.samples, [
          { name: "dlrkit_alerts_total", labels: { alert: "none_delivered", carrier: "acme" }, value: 1 }
        ])
        assert.deepStrictEqual(families.get("dlrkit_sink_backlog_events"), {
          name: "dlrkit_sink_backlog_events",
          type: "gauge",
          help: "Events that a sink has not acknowledged yet",
          samples: [{ name: "dlrkit_sink_backlog_events", labels: { sink: "audit-file" }, value: 7 }]
        })

        const { samples, type: kind } = families.get("dlrkit_request_duration_seconds")!
        assert.strictEqual(kind, "histogram")
        const of = (suffix: string) =>
          samples.filter(({ name }) => name === `dlrkit_request_duration_seconds_${suffix}`)
        const buckets = of("bucket").map(({ labels, value }) => [labels.le, value])
        assert.deepStrictEqual(buckets.slice(0, 2), [
          ["0.01", 0],
          ["0.025", 1]
        ])
        assert.deepStrictEqual(buckets.at(-1), ["+Inf", 3])
        assert.deepStrictEqual(
          buckets.map(([, count]) => count),
          buckets.map(([, count]) => count as number).sort((a, b) => a - b)
        )
        assert.strictEqual(of("count")[0]!.value, 3)
        assert.closeTo(of("sum")[0]!.value, 60.32, 1e-9)

        yield* record({ kind: "message.missing", messageId: "4", carrier: "acme" })
        const later = read((yield* ask(port, "/metrics")).text).get("dlrkit_messages_total")!
        assert.strictEqual(later.samples.find(({ labels }) => labels.carrier === "acme")!.value, 2)
      })
    )
  )

  it.effect("serves nothing else", () =>
    alone(
      Effect.fnUntraced(function* (logged) {
        const port = yield* serve(logged)
        for (const path of ["/", "/metrics/x", "/health", "/../etc/passwd"]) {
          assert.strictEqual((yield* ask(port, path)).status, 404, path)
        }
        assert.strictEqual((yield* ask(port, "/metrics", "POST")).status, 404)
        // Nor does it fill the log.
        assert.strictEqual(logged.length, 1)
      })
    )
  )

  it.effect("warns where the port is taken, and goes on", () =>
    alone(
      Effect.fnUntraced(function* (logged) {
        const port = yield* serve(logged)
        yield* Layer.build(Prometheus.metrics({ port }))
        assert.deepStrictEqual(logged.slice(1), [
          [
            "Warn",
            `metrics are not published: 127.0.0.1:${port} cannot be listened on (EADDRINUSE); ` +
              "set another `port` or `host` in the options of metrics-prometheus"
          ]
        ])
        assert.strictEqual((yield* ask(port, "/metrics")).status, 200)
      })
    )
  )

  it.effect("warns where the address is not this machine's", () =>
    alone(
      Effect.fnUntraced(function* (logged) {
        yield* Layer.build(Prometheus.metrics({ host: "192.0.2.1", port: 0 }))
        assert.match(logged.join("\n"), /^Warn,metrics are not published: 192\.0\.2\.1:0 cannot .*EADDRNOTAVAIL[^\n]*$/)
      })
    )
  )

  it.effect("closes with its scope, also beside a client that never ends its request", () =>
    alone(
      Effect.fnUntraced(function* (logged) {
        const scope = yield* Scope.make()
        const port = yield* serve(logged).pipe(Scope.provide(scope))
        const client = connect(port, "127.0.0.1")
        const closed = new Promise((resolve) => client.on("error", () => {}).on("close", resolve))
        client.write("GET /metrics HTTP/1.1\r\nHost: x\r\nX-Never")
        assert.strictEqual((yield* ask(port, "/metrics")).status, 200)
        yield* Scope.close(scope, Exit.void)
        yield* Effect.promise(() => closed)
        const error = yield* Effect.flip(Effect.tryPromise(() => fetch(`http://127.0.0.1:${port}/metrics`)))
        assert.include(String((error.cause as Error).cause), "ECONNREFUSED")
      })
    )
  )

  it.effect.each([-1, 65536, 1.5, Number.NaN])("refuses the port %d", (port) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Effect.scoped(Layer.build(Prometheus.metrics({ port }))))
      assert.strictEqual(
        error.message,
        `metrics-prometheus: the option \`port\` is ${port}, not a whole number from 0 to 65535`
      )
    })
  )
})
