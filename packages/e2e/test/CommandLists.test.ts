import { existsSync, readdirSync, statSync } from "node:fs"
import { DatabaseSync } from "node:sqlite"
import type { TrackingEvent } from "@dlrkit/core"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { lines, platform, workplace } from "./command.ts"

/** Where a config finds a package, in whatever folder it is. */
const at = (name: string) => JSON.stringify(import.meta.resolve(name))

/** A carrier with codes of its own: the last digit of a message's id says why it failed. */
const config = `
import { defineTracker, defineClassifier } from ${at("@dlrkit/core")}
import * as AuditFile from ${at("@dlrkit/audit-file")}
import * as Sqlite from ${at("@dlrkit/journal-sqlite")}
import * as Genesys from ${at("@dlrkit/source-genesys")}

const causes = ["account_problem", "opted_out", "network_failure"]
export default defineTracker({
  sources: [Genesys.source()],
  journal: Sqlite.journal({ file: "dlrkit.db" }),
  classifiers: [
    defineClassifier({
      name: "mine",
      classify: ({ messageId, status }) =>
        status === "failed" ? { cause: causes[parseInt(messageId.at(-1), 16) % 3], rule: "digit" } : undefined
    })
  ],
  audit: [AuditFile.sink({ directory: "audit" })]
})
`

/** A workplace with the journal of a run that is over. */
const finished = Effect.gen(function* () {
  const place = yield* workplace
  place.write("dlrkit.config.mts", config)
  const { environment, server } = yield* platform(place, { messages: 400, seed: 3, within: 500, never: 0, missing: 0 })
  const tracked = yield* place.run(["track", "messages.csv"], environment)
  assert.strictEqual(tracked.code, 0, tracked.stderr)
  const audited = () =>
    readdirSync(place.file("audit")).flatMap((name) =>
      name.endsWith(".ndjson")
        ? lines(place.read(`audit/${name}`)).map((line) => JSON.parse(line) as TrackingEvent.TrackingEvent)
        : []
    )
  const rows = (text: string) => lines(text).map((line) => JSON.parse(line) as Record<string, string>)
  return { place, server, tracked, audited, rows }
})

describe("what to do", () => {
  it.live("alerts at once; lists what to send again, to suppress and to fix; and reports each carrier", () =>
    Effect.gen(function* () {
      const { audited, place, rows, server, tracked } = yield* finished
      const numbers = new Map(server.messages.map(({ id, to }) => [id, to]))
      const all = rows((yield* place.run(["export", "--format", "ndjson"])).stdout)
      const ids = (cause: string) => all.filter((row) => row.cause === cause).map((row) => row.messageId)

      const carriers = new Set(all.flatMap((row) => (row.cause === "account_problem" ? [row.carrier] : [])))
      assert.isAbove(carriers.size, 1)
      for (const carrier of carriers) {
        const said = new RegExp(
          `^[\\d:]{8} warning: ${carrier}: account_problem: .*; what to do: fix the account`,
          "gm"
        )
        assert.strictEqual(tracked.stderr.match(said)?.length, 1, tracked.stderr)
      }
      const alerts = audited().filter((event) => event.kind === "alert.raised")
      assert.sameMembers(
        alerts.map((event) => event.kind === "alert.raised" && event.carrier),
        [...carriers]
      )

      const suppress = yield* place.run(["export", "--list", "suppress", "--format", "ndjson"])
      assert.deepStrictEqual([suppress.code, suppress.stderr], [0, ""])
      const stopped = new Set(ids("opted_out").map((id = "") => numbers.get(id)))
      assert.sameMembers(
        rows(suppress.stdout).map(({ number }) => number),
        [...stopped]
      )

      const resend = yield* place.run(["export", "--list", "resend", "--out", "resend.csv", "--actor", "officer"])
      assert.strictEqual(resend.code, 0, resend.stderr)
      assert.strictEqual(statSync(place.file("resend.csv")).mode & 0o777, 0o600)
      const [head, ...listed] = lines(place.read("resend.csv"))
      assert.match(head as string, /^messageId,conversationId,.*,to,carrier,cause,.*,decision,warning,campaign$/)
      assert.sameMembers(
        listed.map((line) => line.split(",")[0]),
        ids("network_failure").filter((id = "") => !stopped.has(numbers.get(id)))
      )
      assert.include(listed[0], numbers.get(listed[0]?.split(",")[0] as string) as string)
      assert.match(resend.stderr, new RegExp(`^exported: resend.csv, ${listed.length} rows?$`, "m"))

      const fix = yield* place.run(["export", "--list", "fix"])
      assert.strictEqual(lines(fix.stdout).length, 4)
      assert.notMatch(fix.stdout, /\+\d/)

      const taken = audited().filter((event) => event.kind === "list.exported")
      assert.deepStrictEqual(
        taken.map((event) => event.kind === "list.exported" && [event.list, event.file, event.rows, event.numbers]),
        [
          ["suppress", "-", stopped.size, true],
          ["resend", "resend.csv", listed.length, true],
          ["fix", "-", 3, false]
        ]
      )
      assert.strictEqual(taken[1]?.actor, "officer")
      assert.notMatch(JSON.stringify(audited()), /\+\d{6}/)

      const report = JSON.parse((yield* place.run(["report", "--json"])).stdout)
      const status = JSON.parse((yield* place.run(["status", "--json"])).stdout)
      for (const name of ["registered", "delivered", "failed", "unconfirmed"]) {
        assert.strictEqual(report[name], status[name], name)
      }
      assert.strictEqual(report.timeToFinal.messages, 400)
      const [carrier] = Object.keys(report.byCarrier)
      const text = (yield* place.run(["report", "--carrier", carrier as string])).stdout
      assert.strictEqual(text.match(new RegExp(`^${carrier} +\\d+ +[\\d.]+ %`, "gm"))?.length, 1)
      const none = yield* place.run(["report", "--carrier", "nobody"])
      assert.deepStrictEqual([none.code, none.stdout], [2, ""])
      assert.match(none.stderr, /^dlrkit: there is no message of the carrier nobody; the journal dlrkit\.db has \w+, /)
      const nobodys = yield* place.run(["export", "--list", "suppress", "--carrier", "nobody"])
      assert.deepStrictEqual([nobodys.code, nobodys.stdout, nobodys.stderr], [2, "", none.stderr])

      // Where it cannot be recorded who took a list, no number is given.
      const db = new DatabaseSync(place.file("dlrkit.db"))
      db.exec("CREATE TRIGGER full BEFORE INSERT ON event BEGIN SELECT RAISE(FAIL, 'no room'); END")
      db.close()
      for (const out of ["-", "numbers.csv"]) {
        const ended = yield* place.run(["export", "--list", "suppress", "--out", out])
        assert.strictEqual(ended.code, 2)
        assert.strictEqual(ended.stdout, "")
        assert.match(ended.stderr, /^dlrkit: the journal dlrkit\.db failed in .*: no room\n$/)
        assert.isFalse(existsSync(place.file("numbers.csv")))
      }
    })
  )

  it.live.each([
    ["no format", ["export"], /^dlrkit: name a format: --format ndjson or --format csv\n$/],
    ["a carrier of no list", ["export", "--format", "csv", "--carrier", "acme"], /--carrier goes with --list/],
    ["no journal", ["export", "--list", "fix"], /there is none yet/]
  ] as const)("what cannot be done is said in one line: %s", ([, args, says]) =>
    Effect.gen(function* () {
      const place = yield* workplace
      const ended = yield* place.run(args)
      assert.strictEqual(ended.code, 2, ended.stderr)
      assert.strictEqual(lines(ended.stderr).length, 1, ended.stderr)
      assert.match(ended.stderr, says)
      assert.deepStrictEqual([ended.stdout, place.listing()], ["", []])
    })
  )
})
