/**
 * The metrics of dlrkit on an endpoint that Prometheus scrapes: `GET /metrics`, in the text exposition format.
 *
 * @module
 */
import { createServer } from "node:http"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServer from "effect/http/HttpServer"
import type { ServeError } from "effect/http/HttpServerError"
import * as Layer from "effect/Layer"
import * as PrometheusMetrics from "effect/observability/PrometheusMetrics"
import * as Schema from "effect/Schema"

/** The options of {@link metrics}. */
export interface PrometheusOptions {
  /** The port of the endpoint; 9464 by default, and 0 takes a free one, which the log names. */
  readonly port?: number
  /** The address that it listens on; `127.0.0.1` by default. `0.0.0.0` lets other machines scrape it. */
  readonly host?: string
}

/** The endpoint's options cannot be right. */
export class PrometheusError extends Schema.TaggedError<PrometheusError>()("PrometheusError", {
  detail: Schema.String
}) {
  override get message() {
    return `metrics-prometheus: ${this.detail}`
  }
}

const codeOf = (cause: unknown) => (cause instanceof Error && "code" in cause ? String(cause.code) : String(cause))

/**
 * Serves the metrics for as long as the layer lasts. Where the port is taken, or cannot be listened on, a warning says so
 * and the program goes on without the endpoint. Fails with `PrometheusError` where `port` is no port number.
 *
 * @example
 * ```ts
 * import * as Prometheus from "@dlrkit/metrics-prometheus"
 *
 * export default defineTracker({ metrics: [Prometheus.metrics({ port: 9464 })] })
 * ```
 */
export const metrics = (options: PrometheusOptions = {}): Layer.Layer<never, PrometheusError> => {
  const { host = "127.0.0.1", port = 9464 } = options
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    const detail = `the option \`port\` is ${port}, not a whole number from 0 to 65535`
    return Layer.effectDiscard(Effect.fail(new PrometheusError({ detail })))
  }

  const unavailable = (error: ServeError) =>
    Layer.effectDiscard(
      Effect.logWarning(
        `metrics are not published: ${host}:${port} cannot be listened on (${codeOf(error.cause)}); ` +
          "set another `port` or `host` in the options of metrics-prometheus"
      )
    )

  return Layer.suspend(() => {
    const server = createServer()
    const connections = Layer.effectDiscard(
      Effect.gen(function* () {
        const { address } = yield* HttpServer.HttpServer
        yield* Effect.logInfo(`metrics are published on ${HttpServer.formatAddress(address)}/metrics`)
        // The server waits for nobody when it ends: a client that never finishes its request would keep it open.
        yield* Effect.addFinalizer(() => Effect.sync(() => server.closeAllConnections()))
      })
    )
    return HttpRouter.serve(PrometheusMetrics.layerHttp(), { disableLogger: true, disableListenLog: true }).pipe(
      Layer.provide(connections),
      Layer.provide(NodeHttpServer.layer(() => server, { host, port, disablePreemptiveShutdown: true })),
      Layer.catchTag("ServeError", unavailable)
    )
  })
}
