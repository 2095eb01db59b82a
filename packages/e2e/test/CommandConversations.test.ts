import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { lines, platform, workplace } from "./command.ts"

/** All receipts within two seconds; none that never come. */
const quick = {
  api: "conversations",
  messages: 120,
  within: 2000,
  analyticsLag: 300,
  never: 0,
  missing: 0,
  sharedConversations: 0
} as const

describe("over the conversations API", () => {
  it.live("track follows a file of conversations to its end, and finds the reason of every failure", () =>
    Effect.gen(function* () {
      const place = yield* workplace
      const { environment, server } = yield* platform(place, { ...quick, sharedConversations: 0.2 })
      const { code, stderr, stdout } = yield* place.run(["track", "messages.csv", "--json"], environment)
      assert.strictEqual(code, 0, stderr)
      const result = JSON.parse(stdout)
      const truth = server.report().messages
      assert.strictEqual(result.registered, 120)
      assert.strictEqual(result.delivered, truth.filter(({ status }) => status === "delivered").length)
      assert.strictEqual(result.failed, truth.filter(({ status }) => status === "failed").length)
      const exported = yield* place.run(["export", "--format", "csv", "--out", "-"], environment)
      const [header = "", ...rows] = lines(exported.stdout).map((line) => line.split(","))
      const cell = (row: ReadonlyArray<string>, name: string) => row[(header as Array<string>).indexOf(name)]
      for (const row of rows.filter((row) => cell(row, "resolution") === "failed"))
        assert.notStrictEqual(cell(row, "code"), "")
      assert.isTrue(rows.every((row) => cell(row, "conversationId") !== ""))
      const wrong = server.report()
      assert.deepStrictEqual([wrong.badQuery, wrong.pageTooLarge, wrong.overBudget], [0, 0, 0])

      const reconciled = yield* place.run(["reconcile", "--json"], environment)
      const { agree, compared, disagree } = JSON.parse(reconciled.stdout)
      assert.isAbove(compared, 50, reconciled.stderr)
      assert.deepStrictEqual([disagree, agree], [[], compared])
    })
  )

  it.live("track --campaign registers what somebody else sent, and says who was never sent to", () =>
    Effect.gen(function* () {
      const place = yield* workplace
      const { environment, server } = yield* platform(place, { ...quick, within: 100, analyticsLag: 0, campaigns: 2 })
      const [campaignId] = server.messages.map(({ outboundCampaignId }) => outboundCampaignId)
      const sent = server.messages.filter(({ outboundCampaignId }) => outboundCampaignId === campaignId)
      const contacts = Array.from(new Set(sent.map(({ outboundContactId }) => outboundContactId)))
      place.write(
        "contacts.csv",
        ["inin-outbound-id,Name,Cell", ...contacts.map((id) => `${id},Ann of ${id},+12065550100`), "nobody,Bob,1"].join(
          "\n"
        )
      )
      const from = new Date(server.startedAt - 3_600_000).toISOString()
      const to = new Date(Date.now()).toISOString()
      const campaign = ["--campaign", campaignId as string, "--from", from, "--to", to]
      const { code, stderr, stdout } = yield* place.run(
        ["track", "contacts.csv", ...campaign, "--once", "--json"],
        environment
      )
      assert.strictEqual(code, 0, stderr)
      const result = JSON.parse(stdout)
      assert.deepStrictEqual(result.notSent, ["nobody"])
      assert.strictEqual(result.registered, contacts.length)
      assert.strictEqual(result.pending, 0)
      const exported = yield* place.run(["export", "--format", "ndjson", "--out", "-"], environment)
      const rows = lines(exported.stdout).map((line) => JSON.parse(line))
      assert.isTrue(
        rows.every(({ Name }) => Name.startsWith("Ann of ")),
        exported.stdout.slice(0, 500)
      )
      assert.notInclude(exported.stdout, "+12065550100")
    })
  )

  it.live("track --campaign --follow goes on until it is stopped", () =>
    Effect.gen(function* () {
      const place = yield* workplace
      const { environment, server } = yield* platform(place, { ...quick, campaigns: 1, analyticsLag: 0 })
      const campaignId = server.messages[0]?.outboundCampaignId as string
      const following = place.start(["track", "--campaign", campaignId, "--since", "1h", "--follow"], environment)
      yield* Effect.promise(() => following.says("of 120"))
      following.child.kill("SIGINT")
      const { code, stdout } = yield* Effect.promise(() => following.ended)
      assert.strictEqual(code, 130)
      assert.include(stdout, "registered")
    })
  )

  it.live("what cannot be a campaign is refused in one line", () =>
    Effect.gen(function* () {
      const place = yield* workplace
      const { environment } = yield* platform(place, quick)
      for (const args of [
        ["--campaign", "c"],
        ["--campaign", "c", "--since", "2h", "--from", "2026-11-20T10:00:00Z"],
        ["--follow", "messages.csv"],
        []
      ]) {
        const { code, stderr, stdout } = yield* place.run(["track", ...args], environment)
        assert.deepStrictEqual([code, stdout, lines(stderr).length], [2, "", 1], `${args.join(" ")}: ${stderr}`)
      }
      const messaging = { ...environment, GENESYS_API: "messaging" }
      const refused = yield* place.run(["track", "--campaign", "c", "--since", "2h"], messaging)
      assert.deepStrictEqual([refused.code, lines(refused.stderr).length], [2, 1], refused.stderr)
    })
  )

  it.live("doctor says of each part whether it works, and what to do where it does not", () =>
    Effect.gen(function* () {
      const place = yield* workplace
      const { environment } = yield* platform(place, quick)
      const well = yield* place.run(["doctor", "--json"], environment)
      assert.strictEqual(well.code, 0, well.stdout)
      const { findings, ok } = JSON.parse(well.stdout) as {
        ok: boolean
        findings: ReadonlyArray<Record<string, string>>
      }
      assert.isTrue(ok)
      const checks = findings.map(({ check }) => check)
      for (const check of ["token", "conversation:message:view", "analytics:conversationDetail:view"]) {
        assert.include(checks, check)
      }
      const secret = yield* place.run(["doctor"], { ...environment, GENESYS_CLIENT_SECRET: "not-the-secret" })
      assert.strictEqual(secret.code, 4, secret.stdout)
      assert.notInclude(secret.stdout + secret.stderr, "not-the-secret")
      const { GENESYS_CLIENT_ID: _, ...anonymous } = environment
      const unset = yield* place.run(["doctor"], anonymous)
      assert.strictEqual(unset.code, 2, unset.stdout)
      assert.include(unset.stdout, "GENESYS_CLIENT_ID")
      assert.deepStrictEqual(
        place.listing().map((line) => line.split(" ")[0]),
        ["messages.csv"]
      )
    })
  )

  it.live("doctor and track name the permission that is lacking", () =>
    Effect.gen(function* () {
      const place = yield* workplace
      const { environment } = yield* platform(place, { ...quick, denied: ["analytics:conversationDetail:view"] })
      const { code, stdout } = yield* place.run(["doctor"], environment)
      assert.strictEqual(code, 4)
      assert.match(stdout, /problem .*analytics:conversationDetail:view/)
      const tracked = yield* place.run(["track", "messages.csv"], environment)
      assert.strictEqual(tracked.code, 0, tracked.stderr)
    })
  )

  it.live("forecast plans by what was learned", () =>
    Effect.gen(function* () {
      const place = yield* workplace
      const { environment } = yield* platform(place, quick)
      const asked = ["forecast", "--messages", "500", "--per-hour", "1000", "--deadline", "1h", "--json"]
      const before = yield* place.run(asked)
      assert.strictEqual(before.code, 0, before.stderr)
      assert.isFalse(JSON.parse(before.stdout).learned)
      yield* place.run(["track", "messages.csv"], environment)
      const after = yield* place.run(asked)
      assert.isTrue(JSON.parse(after.stdout).learned)
      assert.isBelow(JSON.parse(after.stdout).meanLagMs, JSON.parse(before.stdout).meanLagMs)
    })
  )
})
