/**
 * The metrics of dlrkit pushed to an OpenTelemetry collector: OTLP over HTTP, as JSON, cumulative.
 *
 * @module
 */
import { printable } from "@dlrkit/core"
import * as Clock from "effect/Clock"
import * as Config from "effect/Config"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import type { HttpClientError } from "effect/http/HttpClientError"
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Layer from "effect/Layer"
import * as OtlpExporter from "effect/observability/OtlpExporter"
import * as OtlpMetrics from "effect/observability/OtlpMetrics"
import * as OtlpSerialization from "effect/observability/OtlpSerialization"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"

/** The options of {@link metrics}. */
export interface OtlpOptions {
  /**
   * The collector's base URL; `/v1/metrics` is added to it. By default `OTEL_EXPORTER_OTLP_ENDPOINT`, else
   * `http://127.0.0.1:4318`.
   */
  readonly url?: string
  /** How often the metrics are pushed; 10 seconds by default. */
  readonly interval?: Duration.Input
  /** Headers of each push; wrap a secret value in `Redacted.make`. By default those of `OTEL_EXPORTER_OTLP_HEADERS`. */
  readonly headers?: Readonly<Record<string, string | Redacted.Redacted>>
  /** How long a push may take, the last one at the end of a run included; 3 seconds by default. */
  readonly timeout?: Duration.Input
}

/** The exporter's options, or the environment's, cannot be right. */
export class OtlpError extends Schema.TaggedError<OtlpError>()("OtlpError", { detail: Schema.String }) {
  override get message() {
    return `metrics-otlp: ${this.detail}`
  }
}

/** A collector that is down is told of no more often than this. Milliseconds. */
const quietFor = 5 * 60_000

/** The URL of the pushes, from the options or the environment. */
const endpoint = Effect.fnUntraced(function* (option: string | undefined) {
  const variable = "OTEL_EXPORTER_OTLP_ENDPOINT"
  const base = option ?? (yield* Config.String(variable).pipe(Config.withDefault("")))
  const url = URL.parse(base === "" ? "http://127.0.0.1:4318" : base)
  const where = option === undefined ? variable : "the option `url`"
  if (url === null || !/^https?:$/.test(url.protocol)) {
    return yield* new OtlpError({ detail: `${where} is not an http: or https: URL` })
  }
  if (url.username !== "" || url.password !== "") {
    return yield* new OtlpError({ detail: `${where} holds a user or password; put them into the option \`headers\`` })
  }
  if (!url.pathname.endsWith("/v1/metrics")) url.pathname = `${url.pathname.replace(/\/$/, "")}/v1/metrics`
  return url
})

/** The headers of the pushes, from the options or the environment. */
const headersOf = (option: OtlpOptions["headers"]) =>
  option === undefined
    ? Config.Record(Schema.String, Schema.StringFromUriComponent, "OTEL_EXPORTER_OTLP_HEADERS").pipe(
        Config.withDefault({})
      )
    : Effect.succeed(
        Object.fromEntries(
          Object.entries(option).map(([name, value]) => [
            name,
            Redacted.isRedacted(value) ? Redacted.value(value) : value
          ])
        )
      )

/**
 * A client whose failures are warnings. The exporter stops for a minute after a failure, and would lose the last values
 * of a run so; counts are cumulative, so that the next push makes good for a failed one.
 */
const forgiving = (
  client: HttpClient.HttpClient,
  target: string,
  timeout: Duration.Duration
): HttpClient.HttpClient => {
  let quietUntil = 0
  const warn = Effect.fnUntraced(function* (detail: string) {
    const now = yield* Clock.currentTimeMillis
    if (now < quietUntil) return
    quietUntil = now + quietFor
    yield* Effect.logWarning(`metrics are not pushed to ${target}: ${detail}; it is tried again at every interval`)
  })
  const push = Effect.fnUntraced(
    function* (request: HttpClientRequest.HttpClientRequest) {
      const response = yield* client.execute(request)
      yield* Stream.runDrain(response.stream)
      if (response.status < 200 || response.status > 299) yield* warn(`answered with ${response.status}`)
    },
    Effect.catchTag("HttpClientError", ({ reason }: HttpClientError) => {
      const cause = reason.cause instanceof Error ? reason.cause : reason
      return warn(printable(cause.message || ("code" in cause ? String(cause.code) : cause.name)))
    }),
    Effect.timeoutOrElse({ duration: timeout, orElse: () => warn("not answered in time") })
  )
  return HttpClient.make((request) => Effect.as(push(request), HttpClientResponse.fromWeb(request, new Response())))
}

/**
 * Pushes the metrics at an interval, and once more when the layer ends. A collector that is down, refuses or is slow is a
 * warning, at most every five minutes. Fails with `OtlpError` where an option, or the environment, is wrong.
 *
 * @example
 * ```ts
 * import * as Otlp from "@dlrkit/metrics-otlp"
 *
 * export default defineTracker({ metrics: [Otlp.metrics({ url: "http://collector:4318", interval: "30 seconds" })] })
 * ```
 */
export const metrics = (options: OtlpOptions = {}): Layer.Layer<never, OtlpError, HttpClient.HttpClient> =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const url = yield* endpoint(options.url)
      const headers = yield* headersOf(options.headers)
      const interval = yield* positive("interval", options.interval ?? "10 seconds")
      const timeout = yield* positive("timeout", options.timeout ?? "3 seconds")
      const client = forgiving(yield* HttpClient.HttpClient, `${url.origin}${url.pathname}`, timeout)
      yield* OtlpMetrics.make({
        url: url.href,
        headers,
        resource: { serviceName: "dlrkit" },
        exportInterval: interval,
        shutdownTimeout: timeout
      }).pipe(
        Effect.provideService(HttpClient.HttpClient, client),
        Effect.provide([OtlpExporter.layerFlusher, OtlpSerialization.layerJson])
      )
    }).pipe(
      Effect.catchTag("ConfigError", () =>
        Effect.fail(
          new OtlpError({ detail: "OTEL_EXPORTER_OTLP_ENDPOINT or OTEL_EXPORTER_OTLP_HEADERS cannot be read" })
        )
      )
    )
  )

const positive = (option: string, input: Duration.Input) => {
  const duration = Duration.fromInput(input)
  return duration._tag === "Some" && Duration.isPositive(duration.value)
    ? Effect.succeed(duration.value)
    : Effect.fail(new OtlpError({ detail: `the option \`${option}\` is not a positive duration` }))
}
