import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { inventedCarriers, type Options, Simulator } from "../src/index.ts"

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

  it.effect("quotes what needs it", () =>
    Effect.gen(function* () {
      const [first] = inventedCarriers
      const messages = yield* messagesFor({ messages: 1, carriers: [{ ...first, name: 'A "B", C' }] })
      assert.include(Simulator.toCsv(messages), ',"A ""B"", C",')
    })
  )
})
