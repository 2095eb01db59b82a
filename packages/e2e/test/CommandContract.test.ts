import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { lines, workplace } from "./command.ts"

const core = import.meta.resolve("@dlrkit/core")

/** A config whose plugins are made for contract 2, as those of a later version would be. */
const config = (plugins: string) => `
import { defineAuditSink, defineTracker, JournalStoreMemory, MetricExporter, Plugin } from ${JSON.stringify(core)}
const later = 2
export default defineTracker({ sources: [], audit: [], ${plugins} })
`

const write = "() => {}"

const refused: ReadonlyArray<readonly [kind: string, plugins: string]> = [
  ["audit sink", `audit: [async () => ({ ...defineAuditSink({ name: "acme", write: ${write} }), contract: later })]`],
  [
    "metric exporter",
    `metrics: [Plugin.stamp("acme", MetricExporter.defineMetrics({ name: "acme", publish: ${write} }), later)]`
  ],
  ["journal", `journal: Plugin.stamp("acme", JournalStoreMemory.layer, later)`]
]

describe("a config with a plugin for another contract", () => {
  it.live.each(refused)("is refused in a line, by name of both: %s", ([kind, plugins]) =>
    Effect.gen(function* () {
      const place = yield* workplace
      place.write("dlrkit.config.mjs", config(plugins))
      place.write("messages.csv", "messageId\nm-1\n")
      const { code, stderr, stdout } = yield* place.run(["track", "messages.csv"])
      assert.deepStrictEqual(
        [code, stdout, lines(stderr)],
        [
          2,
          "",
          [
            `dlrkit: the ${kind} acme is made for contract 2 of @dlrkit/core, and this one has contract 1: update @dlrkit/core`
          ]
        ]
      )
    }).pipe(Effect.scoped)
  )
})
