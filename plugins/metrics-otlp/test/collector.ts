import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { json } from "node:stream/consumers"
import { Effect, Queue } from "effect"

interface Attribute {
  readonly key: string
  readonly value: { readonly stringValue: string }
}

/** What of a body the test reads. */
interface Metrics {
  readonly resourceMetrics: readonly [
    {
      readonly resource: { readonly attributes: ReadonlyArray<Attribute> }
      readonly scopeMetrics: readonly [{ readonly metrics: ReadonlyArray<Metric> }]
    }
  ]
}

interface Metric {
  readonly name: string
  readonly sum: {
    readonly isMonotonic: boolean
    readonly aggregationTemporality: number
    readonly dataPoints: ReadonlyArray<{ readonly attributes: ReadonlyArray<Attribute>; readonly asDouble: number }>
  }
}

/** A push as the collector got it. */
export interface Push {
  readonly path: string | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: Metrics
}

/** A collector on 127.0.0.1 for as long as the scope lasts. */
export const collector = Effect.fnUntraced(function* (
  answer: (response: ServerResponse) => void = (response) => response.end("{}")
) {
  const pushes = yield* Queue.unbounded<Push>()
  const server = yield* Effect.acquireRelease(
    Effect.callback<ReturnType<typeof createServer>>((resume) => {
      const server = createServer(async (request, response) => {
        const push = { path: request.url, headers: request.headers, body: (await json(request)) as Metrics }
        answer(response)
        Queue.offerUnsafe(pushes, push)
      })
      server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
    }),
    (server) =>
      Effect.callback<void>((resume) => {
        server.close(() => resume(Effect.void))
        server.closeAllConnections()
      })
  )
  return { pushes, port: (server.address() as AddressInfo).port }
})
