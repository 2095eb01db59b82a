import { readFileSync } from "node:fs"
import { DatabaseSync } from "node:sqlite"
import { TrackingEvent } from "@dlrkit/core"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { lines, platform, workplace } from "./command.ts"

const keys = [
  "registered",
  "delivered",
  "failed",
  "unconfirmed",
  "pending",
  "missing",
  "requests",
  "durationMs",
  "byCategory",
  "byCause",
  "byCarrier",
  "sinks"
]

/** All receipts within a second; none that never come. */
const quick = { messages: 120, within: 800, never: 0, missing: 0 } as const

describe("track", () => {
  it.live("follows a file to its end, and registers nothing twice", () =>
    Effect.gen(function* () {
      const place = yield* workplace
      const { environment, server } = yield* platform(place, quick)
      const first = yield* place.run(["track", "messages.csv", "--json"], environment)
      assert.strictEqual(first.code, 0, first.stderr)
      assert.strictEqual(lines(first.stdout).length, 1)
      const result = JSON.parse(first.stdout)
      assert.deepStrictEqual(Object.keys(result), keys)
      const truth = server.report().messages
      assert.strictEqual(result.registered, 120)
      assert.strictEqual(result.delivered, truth.filter(({ status }) => status === "delivered").length)
      assert.strictEqual(result.failed, truth.filter(({ status }) => status === "failed").length)
      const sum = (counts: Record<string, number>) => Object.values(counts).reduce((a, b) => a + b, 0)
      assert.strictEqual(sum(result.byCause), result.failed)
      assert.strictEqual(sum(result.byCategory), result.failed)
      assert.strictEqual(result.byCarrier[truth[0]?.carrier as string].pending, 0)

      const second = yield* place.run(["track", "messages.csv", "--json"], environment)
      assert.strictEqual(second.code, 0)
      const again = JSON.parse(second.stdout)
      assert.strictEqual(again.requests, 0)
      assert.deepStrictEqual({ ...again, requests: 0, durationMs: 0 }, { ...result, requests: 0, durationMs: 0 })
    })
  )

  it.live("ends with a table, and groups by sender and country where no carrier is known", () =>
    Effect.gen(function* () {
      const place = yield* workplace
      const { environment, server } = yield* platform(place, quick)
      const { Simulator } = yield* Effect.promise(() => import("@dlrkit/simulator"))
      place.write("bare.csv", Simulator.toCsv(server.messages, { without: ["carrier"] }))
      const { code, stderr, stdout } = yield* place.run(["track", "bare.csv"], environment)
      assert.strictEqual(code, 0, stderr)
      assert.match(stdout, /^sender +country +registered/)
      assert.match(stdout, /^\S+ +(US|GB|CA|FR|DE|SE|AU) +\d+/m)
      assert.strictEqual(lines(stderr).filter((line) => line.includes("--carriers")).length, 1)
      assert.match(stdout, /failures by cause/)

      place.write(
        "carriers.csv",
        server.messages
          .map(({ from }) => `${from.startsWith("+") ? from : `shortcode:${from}`},acme`)
          .filter((row, index, all) => all.indexOf(row) === index)
          .join("\n")
      )
      const named = yield* place.run(
        ["track", "bare.csv", "--carriers", "carriers.csv", "--journal", "2.db"],
        environment
      )
      assert.match(named.stdout, /^acme +\d+/m, named.stderr)
    })
  )

  it.live("takes standard input, row by row", () =>
    Effect.gen(function* () {
      const place = yield* workplace
      const { environment } = yield* platform(place, quick)
      const rows = lines(place.read("messages.csv"))
      const good = yield* place.run(["track", "-", "--json"], environment, rows.slice(0, 21).join("\n"))
      assert.strictEqual(JSON.parse(good.stdout).registered, 20, good.stderr)
      assert.strictEqual(good.code, 0)
      const bad = yield* place.run(["track", "-", "--json"], environment, [...rows.slice(0, 31), "short"].join("\n"))
      assert.strictEqual(JSON.parse(bad.stdout).registered, 30)
      assert.strictEqual(bad.code, 2)
      assert.match(bad.stderr, /line 32/)
    })
  )

  it.live("--once and --for leave the rest in the journal, and the same command resumes", () =>
    Effect.gen(function* () {
      const place = yield* workplace
      const { environment } = yield* platform(place, { ...quick, within: 4000 })
      const once = yield* place.run(["track", "messages.csv", "--once", "--json"], environment)
      assert.strictEqual(once.code, 5, once.stderr)
      assert.isAbove(JSON.parse(once.stdout).pending, 0)
      const timed = yield* place.run(["track", "messages.csv", "--for", "100ms", "--json"], environment)
      assert.strictEqual(timed.code, 5, timed.stderr)
      const rest = yield* place.run(["track", "messages.csv", "--json"], environment)
      assert.strictEqual(rest.code, 0, rest.stderr)
      assert.strictEqual(JSON.parse(rest.stdout).registered, 120)
    })
  )

  it.live("exits with 1 below --fail-under, and with 3 where a message ended unconfirmed", () =>
    Effect.gen(function* () {
      const place = yield* workplace
      const { environment } = yield* platform(place, { ...quick, never: 0.2 })
      const args = ["track", "messages.csv", "--deadline", "3s", "--json"]
      const unconfirmed = yield* place.run(args, environment)
      assert.strictEqual(unconfirmed.code, 3, unconfirmed.stderr)
      assert.isAbove(JSON.parse(unconfirmed.stdout).unconfirmed, 0)
      assert.strictEqual((yield* place.run([...args, "--fail-under", "99"], environment)).code, 1)
      assert.strictEqual((yield* place.run([...args, "--fail-under", "10"], environment)).code, 3)
    })
  )

  it.live("stops cleanly on Ctrl-C and SIGTERM, and resumes", () =>
    Effect.gen(function* () {
      const place = yield* workplace
      const { environment, server } = yield* platform(place, { ...quick, within: 3000 })
      for (const [signal, code] of [["SIGINT", 130] as const, ["SIGTERM", 143] as const]) {
        const before = server.report().requests.messages
        const running = place.start(["track", "messages.csv"], environment)
        yield* Effect.promise(async () => {
          while (server.report().requests.messages === before) await new Promise((resolve) => setImmediate(resolve))
        })
        running.child.kill(signal)
        const ended = yield* Effect.promise(() => running.ended)
        assert.strictEqual(ended.code, code, ended.stderr)
      }
      const rest = yield* place.run(["track", "messages.csv", "--json"], environment)
      assert.strictEqual(rest.code, 0, rest.stderr)
      const stops = audited(place)
        .filter((event) => event.kind === "run.stopped")
        .map((event) => event.outcome)
      assert.deepStrictEqual(stops, ["interrupted", "interrupted", "completed"])
    })
  )
})

/** The events of the audit trail, checked against their published schema. */
const audited = (place: Effect.Success<typeof workplace>) => {
  const names = place.listing().flatMap((line) => line.match(/^(audit.*\.ndjson) /)?.[1] ?? [])
  assert.strictEqual(names.length, 1)
  const decode = Schema.decodeUnknownSync(TrackingEvent.TrackingEvent)
  return lines(place.read(names[0] as string)).map((line) => decode(JSON.parse(line)))
}

describe("one journal", () => {
  it.live("holds several files, and each run counts its own; too old messages end at once, and that is said", () =>
    Effect.gen(function* () {
      const place = yield* workplace
      const { environment } = yield* platform(place, { ...quick, expired: 0.2 })
      const [head, ...rows] = lines(place.read("messages.csv"))
      place.write("a.csv", [head, ...rows.slice(0, 50)].join("\n"))
      place.write("b.csv", [head, ...rows.slice(40)].join("\n"))
      const a = yield* place.run(["track", "a.csv", "--json"], environment)
      assert.strictEqual(a.code, 3, a.stderr)
      assert.strictEqual(JSON.parse(a.stdout).registered, 50)
      assert.match(a.stderr, /\d+ messages are older than what the platform keeps receipts for/)
      const b = JSON.parse((yield* place.run(["track", "b.csv", "--json"], environment)).stdout)
      assert.strictEqual(b.registered, 80)
      assert.strictEqual(JSON.parse((yield* place.run(["status", "--json"])).stdout).registered, 120)
    })
  )
})

describe("the audit trail", () => {
  it.live("has one record for each request, each change, each start, stop and configuration, without gaps", () =>
    Effect.gen(function* () {
      const place = yield* workplace
      const { environment, server } = yield* platform(place, { ...quick, faults: "chaos" })
      const { code, stderr } = yield* place.run(["track", "messages.csv", "--actor", "auditor@example"], environment)
      assert.strictEqual(code, 0, stderr)
      const events = audited(place)
      assert.deepStrictEqual(
        events.map(({ seq }) => seq),
        events.map((_, index) => index + 1)
      )
      assert.deepStrictEqual(
        events.filter(({ actor, run }) => actor !== "auditor@example" || run !== 1),
        []
      )
      const { requests } = server.report()
      const count = (kind: string) => events.filter((event) => event.kind === kind).length
      assert.strictEqual(count("request"), requests.messages + requests.token)
      assert.strictEqual(count("message.registered"), 120)
      assert.strictEqual(count("message.delivered") + count("message.failed"), 120)
      assert.deepStrictEqual([count("run.started"), count("run.configured"), count("run.stopped")], [1, 1, 1])
      for (const { to } of server.messages) assert.notInclude(JSON.stringify(events), to)
    })
  )

  it.live("holds no secret, nor does anything else that is printed or written", () =>
    Effect.gen(function* () {
      const place = yield* workplace
      const clientSecret = "s3cret-which-nobody-may-see"
      const { environment } = yield* platform(place, { ...quick, faults: "auth", clientSecret })
      const ended = yield* place.run(["track", "messages.csv", "--log-level", "all"], environment)
      assert.strictEqual(ended.code, 0, ended.stderr)
      yield* place.run(["export", "--format", "csv", "--out", "out.csv"])
      const files = place
        .listing()
        .flatMap((line) => (line.endsWith("folder") ? [] : [line.slice(0, line.lastIndexOf(" "))]))
      const written = files.map((name) => readFileSync(place.file(name), "latin1")).join("\n")
      for (const text of [ended.stdout, ended.stderr, written]) {
        assert.notInclude(text, clientSecret)
        assert.notMatch(text, /Bearer/i)
      }
    })
  )
})

describe("what is refused, in one line and with nothing half-written", () => {
  const refused = Effect.fnUntraced(function* (
    args: ReadonlyArray<string>,
    code: number,
    says: RegExp,
    env: Record<string, string> = {},
    files: Readonly<Record<string, string>> = {}
  ) {
    const place = yield* workplace
    for (const [name, contents] of Object.entries(files)) place.write(name, contents)
    const before = place.listing()
    const ended = yield* place.run(args, env)
    assert.strictEqual(ended.code, code, ended.stderr)
    assert.strictEqual(lines(ended.stderr).length, 1, ended.stderr)
    assert.match(ended.stderr, says)
    assert.strictEqual(ended.stdout, "")
    assert.deepStrictEqual(place.listing(), before)
  })

  /** An environment that is complete, of a platform that is not there. */
  const nowhere = {
    GENESYS_CLIENT_ID: "id",
    GENESYS_CLIENT_SECRET: "secret",
    GENESYS_API_URL: "http://127.0.0.1:1",
    GENESYS_API: "messaging"
  }
  const rows = "messageId,externalContactId\nm1,c1\n"

  it.live.each([
    ["no command", [], /name a command/],
    ["an unknown command", ["trak"], /trak/],
    ["an unknown flag", ["track", "messages.csv", "--fast"], /--fast/],
    ["a duration that is none", ["track", "messages.csv", "--deadline", "soon"], /90s/],
    ["a share above 100", ["track", "messages.csv", "--fail-under", "101"], /0 to 100/],
    ["a missing file", ["track", "nowhere.csv"], /nowhere\.csv: no such file/],
    ["an empty file", ["track", "empty.csv"], /empty\.csv: is empty/],
    ["a missing config", ["track", "messages.csv", "--config", "no.config.ts"], /no\.config\.ts/],
    ["a config that does not load", ["track", "messages.csv", "--config", "broken.ts"], /broken\.ts does not load/],
    ["a config that exports something else", ["track", "messages.csv", "--config", "other.ts"], /defineTracker/],
    ["a missing carriers file", ["track", "messages.csv", "--carriers", "no.csv"], /no\.csv/],
    ["a journal that is none", ["track", "messages.csv", "--journal", "text.db"], /text\.db .*not a dlrkit journal/],
    ["no journal to read", ["status"], /dlrkit\.db .*there is none yet/],
    ["no journal to export", ["export", "--format", "csv"], /there is none yet/],
    ["no journal to reconcile", ["reconcile"], /there is none yet/]
  ] as const)("%s", ([, args, says]) =>
    refused(args, 2, says, nowhere, {
      "messages.csv": rows,
      "empty.csv": "",
      "broken.ts": "export default (",
      "other.ts": "export default {}",
      "text.db": "this is a text"
    })
  )

  it.live("a source that is not configured: everything that is missing at once", () =>
    refused(
      ["track", "messages.csv"],
      2,
      /GENESYS_REGION.*GENESYS_CLIENT_ID.*GENESYS_CLIENT_SECRET/,
      {},
      { "messages.csv": rows }
    )
  )

  it.live("a row that the source cannot look up", () =>
    Effect.gen(function* () {
      const place = yield* workplace
      place.write("messages.csv", "messageId,externalContactId\nm1,c1\nm2,\n")
      const ended = yield* place.run(["track", "messages.csv"], nowhere)
      assert.strictEqual(ended.code, 2)
      assert.match(ended.stderr, /line 3.*externalContactId/s)
      assert.deepStrictEqual(place.listing(), ["messages.csv 38"])
    })
  )

  it.live("another tracker's journal: exit 7, while status reads beside it", () =>
    Effect.gen(function* () {
      const place = yield* workplace
      const { environment, server } = yield* platform(place, { ...quick, never: 1 })
      const tracking = place.start(["track", "messages.csv"], environment)
      yield* Effect.promise(async () => {
        while (server.report().requests.messages < 3) await new Promise((resolve) => setImmediate(resolve))
      })
      const second = yield* place.run(["track", "messages.csv"], environment)
      assert.strictEqual(second.code, 7, second.stderr)
      assert.strictEqual(lines(second.stderr).length, 1)
      const status = yield* place.run(["status", "--json"])
      assert.strictEqual(status.code, 0, status.stderr)
      assert.strictEqual(JSON.parse(status.stdout).registered, 120)
      assert.strictEqual((yield* place.run(["export", "--format", "ndjson"])).code, 0)
      assert.strictEqual((yield* place.run(["reconcile", "--json"], environment)).code, 0)
      tracking.child.kill("SIGTERM")
      assert.strictEqual((yield* Effect.promise(() => tracking.ended)).code, 143)
    })
  )
})

describe("status, export and reconcile", () => {
  it.live("tell the same of a finished run", () =>
    Effect.gen(function* () {
      const place = yield* workplace
      const { environment, server } = yield* platform(place, { ...quick, faults: "chaos" })
      const tracked = yield* place.run(["track", "messages.csv", "--json"], environment)
      assert.strictEqual(tracked.code, 0, tracked.stderr)
      const { durationMs: _durationMs, requests: _requests, ...summary } = JSON.parse(tracked.stdout)
      const status = JSON.parse((yield* place.run(["status", "--json"])).stdout)
      for (const [key, value] of Object.entries(summary)) assert.deepStrictEqual(status[key], value, key)
      assert.match((yield* place.run(["status"])).stdout, /audit-file: has every event/)

      const exported = lines((yield* place.run(["export", "--format", "ndjson", "--out", "-"])).stdout).map((line) =>
        JSON.parse(line)
      )
      const truth = new Map(server.report().messages.map((message) => [message.id, message]))
      assert.strictEqual(exported.length, 120)
      for (const row of exported) {
        assert.strictEqual(row.status, truth.get(row.messageId)?.status)
        assert.strictEqual(row.campaign, server.messages.find(({ id }) => id === row.messageId)?.campaign)
      }
      const csv = yield* place.run(["export", "--format", "csv", "--out", "out.csv"])
      assert.strictEqual(csv.code, 0, csv.stderr)
      assert.match(
        place.read("out.csv"),
        /^messageId,conversationId,externalContactId,externalMessageId,carrier,status,resolution,providerStatus,code,cause,category,retryable,actor,sentAt,finalAt,seenAt,late,conflicts,campaign\n/
      )

      const reconciled = yield* place.run(["reconcile", "--json"], environment)
      assert.strictEqual(reconciled.code, 0, reconciled.stderr)
      const report = JSON.parse(reconciled.stdout)
      assert.deepStrictEqual(Object.keys(report), [
        "compared",
        "agree",
        "disagree",
        "missingHere",
        "missingThere",
        "byCarrier",
        "queries",
        "causeDiffers"
      ])
      assert.deepStrictEqual([report.compared, report.agree, report.disagree], [120, 120, []])

      const db = new DatabaseSync(place.file("dlrkit.db"))
      const changed = server.messages[0]?.id as string
      const other = truth.get(changed)?.status === "delivered" ? "failed" : "delivered"
      db.prepare("UPDATE message SET status = ? WHERE message_id = ?").run(other, changed)
      db.close()
      const wrong = yield* place.run(["reconcile", "--json"], environment)
      assert.strictEqual(wrong.code, 1)
      assert.deepStrictEqual(JSON.parse(wrong.stdout).disagree, [
        { messageId: changed, message: other, analytics: truth.get(changed)?.status, carrier: null }
      ])
    })
  )
})

describe("the simulator command", () => {
  it.live("prints what to export and the whole track command, and runs until stopped", () =>
    Effect.gen(function* () {
      const place = yield* workplace
      const running = place.start([
        "simulator",
        "--messages",
        "40",
        "--speed",
        "60",
        "--seed",
        "7",
        "--out",
        "list.csv"
      ])
      yield* Effect.promise(() => running.says("ready\n"))
      assert.strictEqual(lines(place.read("list.csv")).length, 41)
      running.child.kill("SIGTERM")
      const ended = yield* Effect.promise(() => running.ended)
      assert.strictEqual(ended.code, 143, ended.stderr)
      assert.match(ended.stdout, /^export GENESYS_CLIENT_SECRET=\S+$/m)
      assert.match(ended.stdout, /^dlrkit track list\.csv --deadline \d+s$/m)
      assert.match(ended.stdout, /\nready\n$/)
    })
  )
})
