import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { workplace } from "./command.ts"

const few = ["rehearse", "--messages", "12", "--over", "5m", "--deadline", "1h"]

/** Where a config finds a package, in whatever folder it is. */
const at = (name: string) => JSON.stringify(import.meta.resolve(name))

const config = (source: string) => `
import { defineTracker, defineAuditSink, defineClassifier } from ${at("@dlrkit/core")}
import * as AuditFile from ${at("@dlrkit/audit-file")}
import * as GenesysCodes from ${at("@dlrkit/classifier-genesys")}
import * as Sqlite from ${at("@dlrkit/journal-sqlite")}
import * as Prometheus from ${at("@dlrkit/metrics-prometheus")}
import * as Genesys from ${at("@dlrkit/source-genesys")}

export default defineTracker({
  sources: [${source}],
  journal: Sqlite.journal({ file: "mine.db" }),
  classifiers: [
    defineClassifier({ name: "teller", classify: () => void process.stderr.write("playing\\n") }),
    GenesysCodes.classifier()
  ],
  audit: [
    AuditFile.sink({ directory: "mine" }),
    defineAuditSink({ name: "warehouse", target: "a table", write: () => { throw new Error("written to") } })
  ],
  metrics: [Prometheus.metrics({ port: 1 })],
  carriers: { "shortcode:72201": "acme", "+12065550142": "other" },
  floor: "30 seconds"
})
`

describe("dlrkit rehearse", () => {
  it.live("plays the user's config, touches nothing, and prints the same wherever it runs", () =>
    Effect.gen(function* () {
      const runs = yield* Effect.forEach(
        [
          { TZ: "Pacific/Auckland", LANG: "tr_TR.UTF-8", LC_ALL: "tr_TR.UTF-8" },
          { TZ: "America/St_Johns", LANG: "C", LC_ALL: "C" }
        ],
        Effect.fnUntraced(function* (environment) {
          const place = yield* workplace
          place.write("dlrkit.config.ts", config('Genesys.source({ region: "eu_central_1" })'))
          const before = place.listing()
          const json = yield* place.run([...few, "--scenario", "platform-outage", "--json"], environment)
          assert.deepStrictEqual([json.code, json.stderr.replaceAll("playing\n", "")], [0, ""])
          assert.deepStrictEqual(place.listing(), before)
          return json.stdout
        }),
        { concurrency: 2 }
      )
      assert.strictEqual(runs[0], runs[1])
      const result = JSON.parse(runs[0] ?? "")
      assert.deepStrictEqual(
        [result.scenario, result.source, result.carriers, result.lost, result.calm.pending, result.troubled.pending],
        ["platform-outage", "genesys-conversations", "configured", 0, 0, 0]
      )
      assert.deepStrictEqual(
        result.troubled.sinks.map((sink: Record<string, unknown>) => [
          sink.name,
          sink.target,
          Number(sink.events) > 30
        ]),
        [
          ["audit-file", "mine", true],
          ["warehouse", "a table", true]
        ]
      )
      assert.strictEqual(result.troubled.delivered + result.troubled.failed + result.troubled.unconfirmed, 12)
    })
  )

  it.live("needs no config", () =>
    Effect.gen(function* () {
      const place = yield* workplace
      const args = ["rehearse", "--scenario", "silent-carrier", "--messages", "6", "--over", "1m", "--deadline", "15m"]
      const { code, stderr, stdout } = yield* place.run(args)
      assert.deepStrictEqual([code, stderr, place.listing()], [0, "", []])
      assert.include(stdout.split("\n"), "lost: 0")
      assert.match(stdout, /^silent-carrier, seed 1: from 30s after the first sending on, aldermoor sends no /)
    })
  )

  it.live("says what it cannot rehearse in a line", () =>
    Effect.gen(function* () {
      const place = yield* workplace
      place.write("dlrkit.config.ts", config('{ name: "pigeons" } as never'))
      const { code, stderr, stdout } = yield* place.run([...few, "--scenario", "rate-limit"])
      assert.deepStrictEqual([code, stdout], [2, ""])
      assert.match(stderr, /^dlrkit: the source pigeons cannot be rehearsed: .+\n$/)
    })
  )

  it.live("a signal stops it, however much is left to play", () =>
    Effect.gen(function* () {
      const place = yield* workplace
      place.write("dlrkit.config.ts", config("Genesys.source()"))
      const playing = place.start(["rehearse", "--scenario", "rate-limit", "--messages", "20000"])
      yield* Effect.promise(() => playing.says("playing"))
      playing.child.kill("SIGINT")
      const { code, stdout } = yield* Effect.promise(() => playing.ended)
      assert.deepStrictEqual([code, stdout], [130, ""])
    })
  )
})
