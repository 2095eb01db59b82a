import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { inventedCarriers, type Options, Simulator } from "../src/index.ts"
import { entities, messagesOf, serve } from "./Probe.ts"

const messagesFor = (options: Options) => Effect.map(Simulator.make(options), ({ messages }) => messages)
const distinct = (list: ReadonlyArray<string>) => new Set(list).size

describe("messages", () => {
  it.effect("are as many, of as many contacts, as they are told to be", () =>
    Effect.gen(function* () {
      const cases = [
        [{ messages: 10_000, contacts: 1 }, 10_000, 1],
        [{ messages: 10_000, contacts: 10_000 }, 10_000, 10_000],
        [{ messages: 1_000 }, 1_000, 40]
      ] as const
      for (const [options, messages, contacts] of cases) {
        const made = yield* messagesFor(options)
        assert.strictEqual(distinct(made.map(({ id }) => id)), messages)
        assert.strictEqual(distinct(made.map(({ externalMessageId }) => externalMessageId)), messages)
        assert.strictEqual(distinct(made.map(({ externalContactId }) => externalContactId)), contacts)
      }
    })
  )

  it.effect("went to one number a contact, of ranges that are reserved for fiction", () =>
    Effect.gen(function* () {
      const messages = yield* messagesFor({ messages: 4_000, contacts: 2_000 })
      const reserved =
        /^\+(1\d{3}55501\d\d|442079460\d{3}|467017406(0[5-9]|[1-9]\d)|3363998\d{4}|4917139200\d\d|6149157015[6-9])$/
      for (const { to } of messages) assert.match(to, reserved)
      for (let index = 0; index < 2_000; index++) assert.strictEqual(messages[index]?.to, messages[index + 2_000]?.to)
    })
  )

  it.effect("have all ended within the time, divided by the speed", () =>
    Effect.gen(function* () {
      const latest = (options: Options) =>
        Effect.map(messagesFor({ messages: 5_000, ...options }), (messages) =>
          Math.max(...messages.map(({ finalAt }) => finalAt).filter(Number.isFinite))
        )
      assert.isAtMost(yield* latest({}), 60_000)
      assert.isAtMost(yield* latest({ speed: 3 }), 20_000)
      const days = yield* latest({ within: 3 * 86_400_000 })
      assert.isAtMost(days, 3 * 86_400_000)
      assert.isAbove(days, 2 * 86_400_000)
    })
  )

  it.effect("fare as their carriers do", () =>
    Effect.gen(function* () {
      const messages = yield* messagesFor({ messages: 50_000 })
      for (const carrier of inventedCarriers) {
        const own = messages.filter((message) => message.carrier === carrier.name)
        const share = (fate: string) => own.filter((message) => message.fate === fate).length / own.length
        assert.closeTo(own.length / messages.length, carrier.weight / 100, 0.01)
        assert.closeTo(share("missing"), carrier.missing, 0.01)
        assert.closeTo(share("never"), carrier.never, 0.01)
        assert.closeTo(share("failed"), carrier.failed, 0.02)
        const words = new Set(
          own.flatMap(({ outcome }) => (outcome?.status === "failed" ? [outcome.statusDetails] : []))
        )
        assert.deepStrictEqual(words, new Set(carrier.failures.map(([word]) => word)))
      }
    })
  )

  it.effect("do not change with the faults, but for what contradicts them", () =>
    Effect.gen(function* () {
      const calm = yield* messagesFor({})
      const chaos = yield* messagesFor({ faults: "chaos", expired: 0 })
      assert.deepStrictEqual(
        chaos.map((message) => ({ ...message, contradiction: undefined })),
        calm
      )
      for (const { outcome, contradiction } of chaos) {
        if (contradiction !== undefined) assert.notStrictEqual(contradiction.status, outcome?.status)
      }
    })
  )

  it.effect("can have long ids, and can be older than the platform remembers", () =>
    Effect.gen(function* () {
      const messages = yield* messagesFor({ messages: 200, messageIdLength: 300, expired: 0.5, retentionDays: 30 })
      assert.isTrue(messages.every(({ id }) => id.length === 300))
      assert.strictEqual(distinct(messages.map(({ id }) => id)), 200)
      const old = messages.filter(({ sentAt }) => sentAt < -30 * 86_400_000)
      assert.deepStrictEqual(
        old,
        messages.filter(({ fate }) => fate === "expired")
      )
      assert.isAbove(old.length, 50)
    })
  )
})

describe("messages of the conversations API", () => {
  it.effect("share a conversation where they are told to: its contact, carrier and moment too", () =>
    Effect.gen(function* () {
      const messages = yield* messagesFor({ api: "conversations", messages: 10_000 })
      const conversations = [...Map.groupBy(messages, ({ conversationId }) => conversationId).values()]
      const shared = conversations.filter((own) => own.length > 1)
      assert.closeTo(shared.length / conversations.length, 0.1, 0.02)
      assert.deepStrictEqual(new Set(shared.map((own) => own.length)), new Set([2, 3, 4, 5]))
      for (const own of shared) {
        const common = own.map(({ campaign, carrier, from, outboundContactId, to }) =>
          [campaign, carrier, from, outboundContactId, to].join()
        )
        assert.strictEqual(distinct(common), 1)
        assert.deepStrictEqual(
          own.map(({ sentAt }) => sentAt - (own[0]?.sentAt ?? 0)),
          own.map((_, index) => index)
        )
      }
      assert.strictEqual(distinct(messages.map(({ id }) => id)), 10_000)
      assert.strictEqual(distinct(messages.map(({ outboundContactId }) => outboundContactId)), conversations.length)
      assert.strictEqual(distinct(messages.map(({ outboundCampaignId }) => outboundCampaignId)), 3)
      const single = yield* messagesFor({ api: "conversations", messages: 100, sharedConversations: 0, campaigns: 1 })
      assert.strictEqual(distinct(single.map(({ conversationId }) => conversationId)), 100)
      assert.strictEqual(distinct(single.map(({ outboundCampaignId }) => outboundCampaignId)), 1)
    })
  )

  it.effect("fare like those of the messaging API, but for the words of their failures", () =>
    Effect.gen(function* () {
      const fates = (options: Options) =>
        Effect.map(messagesFor({ messages: 500, contacts: 500, ...options }), (messages) =>
          messages.map(({ campaign, carrier, fate, finalAt, to }) => ({ campaign, carrier, fate, finalAt, to }))
        )
      const theirs = yield* fates({ api: "conversations", sharedConversations: 0 })
      assert.deepStrictEqual(theirs, yield* fates({}))
      const messages = yield* messagesFor({ api: "conversations", messages: 500, failed: 1, never: 0, missing: 0 })
      assert.isTrue(messages.every(({ outcome }) => /^[A-Z]+[A-Z_]*(-7741)?$/.test(outcome?.statusDetails ?? "")))
    })
  )

  it.effect("are sent over a time, and take theirs from then on", () =>
    Effect.gen(function* () {
      const carriers: Options["carriers"] = [
        {
          name: "mixed",
          weight: 1,
          from: "72201",
          delay: [
            { weight: 85, median: 4_000, spread: 0.5 },
            { weight: 10, median: 300_000, spread: 0.3 },
            { weight: 3, median: 7_200_000, spread: 0.3 }
          ],
          failed: 0.1,
          never: 0.02,
          missing: 0,
          failures: [["EXPIRED", 1]]
        }
      ]
      const messages = yield* messagesFor({ api: "conversations", messages: 20_000, sendingTime: 3_600_000, carriers })
      const times = messages.map(({ sentAt }) => sentAt)
      assert.deepStrictEqual(
        times,
        times.toSorted((a, b) => a - b)
      )
      assert.isAtLeast(times[0] ?? -1, 0)
      assert.isBelow(times.at(-1) ?? 0, 3_600_010)
      assert.closeTo(times.filter((at) => at < 1_800_000).length / 20_000, 0.5, 0.02)
      const share = (from: number, until: number) =>
        messages.filter(({ finalAt, sentAt }) => finalAt - sentAt >= from && finalAt - sentAt < until).length / 20_000
      assert.closeTo(share(0, 60_000), 0.85, 0.01)
      assert.closeTo(share(60_000, 1_800_000), 0.1, 0.01)
      assert.closeTo(share(1_800_000, 86_400_000), 0.03, 0.01)
      assert.isTrue(
        messages.every(({ finalAt, pendingUntil, sentAt }) => sentAt < pendingUntil && pendingUntil < finalAt)
      )
      const fast = yield* messagesFor({ api: "conversations", messages: 100, sendingTime: 60_000, speed: 60 })
      assert.isAtMost(Math.max(...fast.map(({ sentAt }) => sentAt)), 1_005)
    })
  )

  it.effect("cannot be read before they are sent, by whichever API", () =>
    Effect.gen(function* () {
      const served = yield* serve({ messages: 50, contacts: 1, sendingTime: 60_000, never: 0, missing: 0 })
      const token = yield* served.probe.token
      yield* TestClock.adjust(30_000)
      const path = messagesOf(served.messages[0]?.externalContactId ?? "", { pageSize: "100" })
      const seen = entities(yield* served.probe.get(path, token))
      assert.strictEqual(seen.length, served.messages.filter(({ sentAt }) => sentAt <= 30_000).length)
    })
  )
})

describe("toCsv", () => {
  it.effect("writes a row for each message, with or without a column", () =>
    Effect.gen(function* () {
      const messages = yield* messagesFor({ messages: 2 })
      const [message] = messages
      const lines = Simulator.toCsv(messages).split("\r\n")
      assert.deepStrictEqual(
        [lines.length, lines[0], lines[3]],
        [4, "messageId,externalContactId,carrier,to,from,sentAt,campaign", ""]
      )
      assert.strictEqual(
        lines[1],
        [
          message?.id,
          message?.externalContactId,
          message?.carrier,
          message?.to,
          message?.from,
          new Date(message?.sentAt ?? 0).toISOString(),
          message?.campaign
        ].join(",")
      )
      const [heading] = Simulator.toCsv(messages, { without: ["carrier", "campaign"] }).split("\r\n")
      assert.strictEqual(heading, "messageId,externalContactId,to,from,sentAt")
    })
  )

  it.effect("names what the conversations API goes by", () =>
    Effect.gen(function* () {
      const messages = yield* messagesFor({ api: "conversations", messages: 1 })
      const [heading, row] = Simulator.toCsv(messages, { api: "conversations" }).split("\r\n")
      assert.strictEqual(
        heading,
        "messageId,conversationId,campaignId,outboundContactId,carrier,to,from,sentAt,campaign"
      )
      const [message] = messages
      assert.isTrue(
        row?.startsWith(
          [message?.id, message?.conversationId, message?.outboundCampaignId, message?.outboundContactId].join()
        )
      )
    })
  )

  it.effect("quotes what needs it", () =>
    Effect.gen(function* () {
      const [first] = inventedCarriers
      const messages = yield* messagesFor({ messages: 1, carriers: [{ ...first, name: 'A "B", C' }] })
      assert.include(Simulator.toCsv(messages), ',"A ""B"", C",')
    })
  )
})
