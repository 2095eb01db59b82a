import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import * as Campaign from "../src/Campaign.ts"

const now = Date.UTC(2026, 10, 20, 12)
const hour = 3_600_000

const read = (flags: Partial<Campaign.CampaignFlags>) =>
  Result.merge(Campaign.read({ campaign: "g1", follow: false, once: false, ...flags }, now))

describe("a campaign's window", () => {
  it("is from a time to another, with a zone or in one that is named", () => {
    assert.deepStrictEqual(read({ from: "2026-11-20T09:00:00Z", to: "2026-11-20T11:00:00+01:00" }), {
      campaignId: "g1",
      from: now - 3 * hour,
      to: now - 2 * hour
    })
    assert.deepStrictEqual(read({ from: "2026-11-20T09:00:00", to: "2026-11-20 10:00", timeZone: "Europe/Berlin" }), {
      campaignId: "g1",
      from: now - 4 * hour,
      to: now - 3 * hour
    })
  })

  it("ends now where it is not said", () => {
    assert.deepStrictEqual(read({ since: 2 * hour }), { campaignId: "g1", from: now - 2 * hour, to: now })
    assert.deepStrictEqual(read({ from: "2026-11-20T09:00:00Z" }), { campaignId: "g1", from: now - 3 * hour, to: now })
  })

  it("has no end where it is followed, or one that lies ahead", () => {
    assert.deepStrictEqual(read({ since: hour, follow: true }), { campaignId: "g1", from: now - hour, to: undefined })
    assert.deepStrictEqual(read({ from: "2026-11-20T13:00:00Z", to: "2026-11-20T15:00:00Z", follow: true }), {
      campaignId: "g1",
      from: now + hour,
      to: now + 3 * hour
    })
  })

  it("is nothing where messages of a file are tracked", () => {
    assert.isUndefined(read({ campaign: undefined, file: "messages.csv" }))
  })
})

describe("what does not go together", () => {
  it.each<readonly [string, Partial<Campaign.CampaignFlags>, string]>([
    ["neither a file nor a campaign", { campaign: undefined }, "name a file of messages, or a campaign: --campaign ID"],
    [
      "--follow without a campaign",
      { campaign: undefined, file: "x.csv", follow: true },
      "--follow goes with --campaign"
    ],
    [
      "a window without a campaign",
      { campaign: undefined, file: "x.csv", since: 1 },
      "--from, --to and --since go with"
    ],
    ["a campaign without an id", { campaign: " ", since: 1 }, "--campaign needs the id of a campaign"],
    ["a campaign without a window", {}, "needs to know when it was sent: --from TIME --to TIME, or --since 2h"],
    ["a campaign that is followed without a beginning", { follow: true }, "needs to know when it was sent"],
    ["an end without a beginning", { to: "2026-11-20T11:00:00Z" }, "needs to know when it was sent"],
    ["--since with --from", { since: hour, from: "2026-11-20T11:00:00Z" }, "--since is a window that ends now"],
    ["--since with --to", { since: hour, to: "2026-11-20T11:00:00Z" }, "--since is a window that ends now"],
    ["--once with --follow", { since: hour, once: true, follow: true }, "leave one out"],
    ["--from after --to", { from: "2026-11-20T11:00:00Z", to: "2026-11-20T10:00:00Z" }, "--from must be before --to"],
    ["a beginning that lies ahead", { from: "2026-11-20T13:00:00Z" }, "--from lies ahead"],
    ["an end that lies ahead", { from: "2026-11-20T11:00:00Z", to: "2026-11-20T13:00:00Z" }, "--to lies ahead"],
    ["a time without a zone", { from: "2026-11-20T11:00:00" }, '--from "2026-11-20T11:00:00" has no time zone'],
    ["a date alone", { from: "2026-11-20T09:00:00Z", to: "2026-11-20" }, '--to "2026-11-20" is no date with a time'],
    ["a zone that there is not", { since: 1, timeZone: "Mars/Base" }, "Europe/Berlin"]
  ])("%s", (_, flags, problem) => {
    const said = read(flags)
    assert.isString(said)
    assert.include(said, problem)
    assert.notInclude(said, "\n")
  })
})

describe("a source", () => {
  const sweep = { pageSize: 100, lag: 60_000, pages: () => Stream.empty }
  const campaign = { campaignId: "g1", from: now - 50 * hour, to: now }
  const retention = 48 * hour

  it("must be able to list a campaign", () => {
    assert.include(
      Campaign.refuse(campaign, [{ retention: 90 * hour, sweep: undefined }], now),
      "GENESYS_API=conversations"
    )
    assert.include(Campaign.refuse(campaign, [], now), "names no source")
    assert.isUndefined(
      Campaign.refuse(
        campaign,
        [
          { retention, sweep: undefined },
          { retention: 90 * hour, sweep }
        ],
        now
      )
    )
  })

  it("must still keep what the window begins with", () => {
    assert.strictEqual(
      Campaign.refuse(campaign, [{ retention, sweep }], now),
      "--campaign: its window begins 3 days ago, and the platform keeps receipts for 2"
    )
  })
})
