import type { ServerResponse } from "node:http"
import type { TrackingEvent } from "@dlrkit/core"
import { layerHttp } from "@dlrkit/core/node"
import { AuditSinkConformance } from "@dlrkit/testkit"
import { Effect } from "effect"
import * as AuditHttp from "../src/index.ts"
import { type Received, receiver } from "./receiver.ts"

for (const format of ["ndjson", "json"] as const) {
  AuditSinkConformance.suite({
    name: `the audit sink audit-http, ${format}`,
    make: Effect.gen(function* () {
      const kept: Array<TrackingEvent.TrackingEvent> = []
      let fault: "refuse" | "stall" | undefined
      const begin = (kind: typeof fault) => () => {
        fault = kind
      }
      const port = yield* receiver(({ body }: Received, response: ServerResponse) => {
        if (fault === "stall") return
        if (fault === undefined) {
          kept.push(
            ...(format === "json"
              ? JSON.parse(body)
              : body
                  .trim()
                  .split("\n")
                  .map((line) => JSON.parse(line)))
          )
        }
        response.writeHead(fault === undefined ? 204 : 503).end()
      })
      return {
        sink: AuditHttp.sink({ url: `http://127.0.0.1:${port}/`, format }).pipe(Effect.provide(layerHttp)),
        read: () => [...kept],
        faults: { begin: { refuse: begin("refuse"), stall: begin("stall") }, end: begin(undefined) }
      }
    })
  })
}
