import { TrackerMetrics } from "@dlrkit/core"
import { layerHttp } from "@dlrkit/core/node"
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Exit, Fiber, Layer, Logger, Metric, Queue, Redacted, Scope } from "effect"
import { HttpClient, HttpClientError } from "effect/http"
import { TestClock } from "effect/testing"
import * as Otlp from "../src/index.ts"
import { collector, type Push } from "./collector.ts"

/** A test with metrics, logs and an environment of its own. */
const alone = <A, E>(
  body: (warnings: Array<string>) => Effect.Effect<A, E, HttpClient.HttpClient | Scope.Scope>,
  environment: Record<string, string> = {}
) =>
  Effect.suspend(() => {
    const warnings: Array<string> = []
    const logger = Logger.make(({ logLevel, message }) => warnings.push(`${logLevel} ${message}`))
    return body(warnings).pipe(
      Effect.provide([
        layerHttp,
        Logger.layer([logger]),
        ConfigProvider.layer(ConfigProvider.fromEnvRecord(environment))
      ]),
      Effect.provideService(Metric.MetricRegistry, new Map())
    )
  })

const count = (carrier: string) =>
  TrackerMetrics.observe([
    { at: 0, run: 1, actor: "ops@host", body: { kind: "message.missing", messageId: "1", carrier } }
  ])

/** The value of the counter of messages, for a carrier. */
const counted = ({ body }: Push, carrier: string): number => {
  const [{ metrics }] = body.resourceMetrics[0].scopeMetrics
  const { sum } = metrics.find(({ name }) => name === "dlrkit_messages_total")!
  assert.strictEqual(sum.isMonotonic, true)
  assert.strictEqual(sum.aggregationTemporality, 2)
  return sum.dataPoints.find(({ attributes }) =>
    attributes.some(({ key, value }) => key === "carrier" && value.stringValue === carrier)
  )!.asDouble
}

const serviceName = ({ body }: Push) =>
  body.resourceMetrics[0].resource.attributes.find(({ key }) => key === "service.name")!.value.stringValue

describe("Otlp.metrics", () => {
  it.effect("pushes at each interval, and the last values when it ends", () =>
    alone(
      Effect.fnUntraced(function* (warnings) {
        const { port, pushes } = yield* collector()
        const scope = yield* Scope.make()
        yield* Layer.build(
          Otlp.metrics({
            url: `http://127.0.0.1:${port}`,
            interval: "30 seconds",
            headers: { "x-tenant": "7", authorization: Redacted.make("Bearer hush") }
          })
        ).pipe(Scope.provide(scope))

        yield* count('a"b\n\\')
        yield* TestClock.adjust("29 seconds")
        assert.strictEqual(yield* Queue.size(pushes), 0)
        yield* TestClock.adjust("1 second")
        const first = yield* Queue.take(pushes)
        assert.strictEqual(first.path, "/v1/metrics")
        assert.strictEqual(first.headers["content-type"], "application/json")
        assert.strictEqual(first.headers["x-tenant"], "7")
        assert.strictEqual(first.headers.authorization, "Bearer hush")
        assert.strictEqual(serviceName(first), "dlrkit")
        assert.strictEqual(counted(first, 'a"b\n\\'), 1)

        yield* count('a"b\n\\')
        yield* Scope.close(scope, Exit.void)
        assert.strictEqual(counted(yield* Queue.take(pushes), 'a"b\n\\'), 2)
        assert.deepStrictEqual(warnings, [])
      })
    )
  )

  it.effect("tells that the collector fails, and still pushes the last values", () =>
    alone(
      Effect.fnUntraced(function* (warnings) {
        let status = 503
        const { port, pushes } = yield* collector((response) => response.writeHead(status).end())
        const scope = yield* Scope.make()
        yield* Layer.build(Otlp.metrics({ url: `http://127.0.0.1:${port}/base/?key=hush` })).pipe(Scope.provide(scope))
        yield* count("acme")
        yield* TestClock.adjust("10 seconds")
        assert.strictEqual((yield* Queue.take(pushes)).path, "/base/v1/metrics?key=hush")
        status = 200
        yield* count("acme")
        yield* Scope.close(scope, Exit.void)
        assert.strictEqual(counted(yield* Queue.take(pushes), "acme"), 2)
        assert.deepStrictEqual(warnings, [
          `Warn metrics are not pushed to http://127.0.0.1:${port}/base/v1/metrics: answered with 503; ` +
            "it is tried again at every interval"
        ])
      })
    )
  )

  it.effect("goes on, and ends in time, beside a collector that never answers", () =>
    alone(
      Effect.fnUntraced(function* (warnings) {
        const { port, pushes } = yield* collector(() => {})
        const scope = yield* Scope.make()
        const url = `http://127.0.0.1:${port}/v1/metrics`
        yield* Layer.build(Otlp.metrics({ url })).pipe(Scope.provide(scope))
        yield* count("acme")
        for (let push = 0; push < 2; push++) {
          yield* TestClock.adjust("10 seconds")
          assert.strictEqual((yield* Queue.take(pushes)).path, "/v1/metrics")
          yield* TestClock.adjust("3 seconds")
        }
        assert.deepStrictEqual(warnings, [
          `Warn metrics are not pushed to ${url}: not answered in time; it is tried again at every interval`
        ])
        const end = yield* Effect.forkChild(Scope.close(scope, Exit.void), { startImmediately: true })
        assert.strictEqual(counted(yield* Queue.take(pushes), "acme"), 1)
        yield* TestClock.adjust("3 seconds")
        yield* Fiber.join(end)
      })
    )
  )

  it.effect("warns of a collector that is down once in five minutes", () =>
    alone(
      Effect.fnUntraced(function* (warnings) {
        const pushes = yield* Queue.unbounded<void>()
        const down = HttpClient.make((request) =>
          Effect.suspend(() => {
            Queue.offerUnsafe(pushes, undefined)
            // What a connection to several addresses fails with: its own message is empty.
            const cause = Object.assign(new AggregateError([], ""), { code: "ECONNREFUSED" })
            return Effect.fail(
              new HttpClientError.HttpClientError({ reason: new HttpClientError.TransportError({ request, cause }) })
            )
          })
        )
        yield* Layer.build(Otlp.metrics()).pipe(Effect.provideService(HttpClient.HttpClient, down))
        const step = Effect.andThen(TestClock.adjust("10 seconds"), Queue.take(pushes))
        yield* Effect.repeat(step, { times: 5 })
        const warning =
          "Warn metrics are not pushed to http://127.0.0.1:4318/v1/metrics: ECONNREFUSED; it is tried again at every interval"
        assert.deepStrictEqual(warnings, [warning])
        yield* Effect.repeat(step, { times: 23 })
        assert.deepStrictEqual(warnings, [warning])
        yield* Effect.repeat(step, { times: 5 })
        assert.deepStrictEqual(warnings, [warning, warning])
      })
    )
  )

  it.effect("takes the collector and the headers from the environment", () =>
    Effect.gen(function* () {
      const { port, pushes } = yield* collector()
      yield* alone(() => Effect.scoped(Layer.build(Otlp.metrics())), {
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}/otlp`,
        OTEL_EXPORTER_OTLP_HEADERS: "x-tenant=7,authorization=Basic%20aHVzaA%3D%3D"
      })
      const push = yield* Queue.take(pushes)
      assert.strictEqual(push.path, "/otlp/v1/metrics")
      assert.strictEqual(push.headers["x-tenant"], "7")
      assert.strictEqual(push.headers.authorization, "Basic aHVzaA==")
    })
  )

  it.effect.each([
    [{ url: "collector:4318" }, {}, "the option `url` is not an http: or https: URL"],
    [{}, { OTEL_EXPORTER_OTLP_ENDPOINT: "collector" }, "OTEL_EXPORTER_OTLP_ENDPOINT is not an http: or https: URL"],
    [
      { url: "http://me:hush@collector/" },
      {},
      "the option `url` holds a user or password; put them into the option `headers`"
    ],
    [
      {},
      { OTEL_EXPORTER_OTLP_HEADERS: "a=%zz" },
      "OTEL_EXPORTER_OTLP_ENDPOINT or OTEL_EXPORTER_OTLP_HEADERS cannot be read"
    ],
    [{ interval: 0 }, {}, "the option `interval` is not a positive duration"],
    [{ timeout: "soon" as "1 second" }, {}, "the option `timeout` is not a positive duration"]
  ] as const)("refuses %j %j", ([options, environment, detail]) =>
    alone(
      () =>
        Effect.gen(function* () {
          const error = yield* Effect.flip(Layer.build(Otlp.metrics(options)))
          assert.strictEqual(error.message, `metrics-otlp: ${detail}`)
        }),
      environment
    )
  )
})
