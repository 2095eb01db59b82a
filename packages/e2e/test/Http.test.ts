import * as AuditFile from "@dlrkit/audit-file"
import * as GenesysCodes from "@dlrkit/classifier-genesys"
import { Exporter, Journal, Tracker, TrackerDefinition, type TrackingEvent } from "@dlrkit/core"
import * as NodePlatform from "@dlrkit/core/node"
import * as Sqlite from "@dlrkit/journal-sqlite"
import { SimulatorServer } from "@dlrkit/simulator"
import * as Genesys from "@dlrkit/source-genesys"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Logger from "effect/Logger"
import * as Stream from "effect/Stream"
import { violations } from "./invariants.ts"
import { refsOf } from "./virtual.ts"

/** Everything scaled down by ordinary settings, so that three seconds of receipts hold every fault. */
const scaled = {
  // What is in flight when something is refused may take longer than in a test without a clock.
  simulator: { messages: 400, within: 3000, requestsPerMinute: 6000, retryAfter: { min: 1, max: 1 }, inFlight: 1000 },
  resilience: { retry: { base: "50 millis" }, breaker: { open: "300 millis" } },
  deadline: "8 seconds",
  floor: "100 millis"
} as const

describe.concurrent("over real HTTP, with SQLite and an audit file, what is tracked equals the truth", () => {
  for (const faults of ["none", "chaos", "outage", "auth"] as const) {
    it.live(`faults: ${faults}`, () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const folder = yield* fs.makeTempDirectoryScoped()
        const simulator = yield* SimulatorServer.serve({ ...scaled.simulator, seed: `http ${faults}`, faults })
        const { GENESYS_CLIENT_ID, GENESYS_CLIENT_SECRET } = simulator.environment
        const logs: Array<string> = []
        const definition = TrackerDefinition.make({
          sources: [
            Genesys.source({
              apiUrl: simulator.url,
              loginUrl: simulator.url,
              clientId: GENESYS_CLIENT_ID,
              clientSecret: GENESYS_CLIENT_SECRET,
              requestsPerMinute: simulator.settings.announcedPerMinute,
              resilience: scaled.resilience
            })
          ],
          journal: Sqlite.journal({ file: `${folder}/journal.db` }),
          classifiers: [GenesysCodes.classifier()],
          audit: [AuditFile.sink({ directory: `${folder}/audit` })],
          deadline: scaled.deadline,
          floor: scaled.floor
        })
        const { events, exit, messages } = yield* Effect.gen(function* () {
          const tracker = yield* Tracker.Tracker
          const { store } = yield* Journal.Journal
          const exit = yield* Effect.exit(
            tracker.track({ messages: Stream.make(refsOf(simulator)), actor: "tester@e2e" })
          )
          const events = yield* store.events(0, Number.MAX_SAFE_INTEGER)
          return { exit, events, messages: yield* Stream.runCollect(Exporter.messages()) }
        }).pipe(
          Effect.provide(TrackerDefinition.layer(definition)),
          Effect.provide(Logger.layer([Logger.make(({ message }) => void logs.push(String(message)))]))
        )
        assert.strictEqual(exit._tag, "Success")
        assert.deepStrictEqual(violations({ exit, simulator, events, messages, logs }).slice(0, 5), [])

        const trail = yield* Effect.flatMap(fs.readDirectory(`${folder}/audit`), ([file]) =>
          fs.readFileString(`${folder}/audit/${file}`)
        )
        const audited = trail
          .trimEnd()
          .split("\n")
          .map((line) => JSON.parse(line) as TrackingEvent.TrackingEvent)
        assert.deepStrictEqual(audited, events)
        assert.notInclude(trail, simulator.settings.clientSecret)
      }).pipe(Effect.scoped, Effect.provide(NodePlatform.layer))
    )
  }
})
