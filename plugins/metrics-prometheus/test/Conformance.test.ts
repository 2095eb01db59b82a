import { connect } from "node:net"
import { MetricsConformance } from "@dlrkit/testkit"
import { Effect, Layer, Logger } from "effect"
import * as Prometheus from "../src/index.ts"

MetricsConformance.suite({
  make: () => {
    // The log names the port, which is a free one.
    let port = 0
    const logger = Logger.make(({ message }) => {
      port = Number(/127\.0\.0\.1:(\d+)\/metrics/.exec(String(message))?.[1])
    })
    return {
      metrics: Prometheus.metrics({ port: 0 }).pipe(Layer.provide(Logger.layer([logger]))),
      read: async () => (await fetch(`http://127.0.0.1:${port}/metrics`)).text(),
      faults: {
        begin: {
          refuse: Effect.callback<void>((resume) => {
            const client = connect(port, "127.0.0.1", () => {
              client.write("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", () => {
                client.destroy()
                resume(Effect.void)
              })
            })
          })
        },
        end: () => {}
      },
      isQuiet: () =>
        fetch(`http://127.0.0.1:${port}/metrics`).then(
          () => false,
          () => true
        )
    }
  }
})
