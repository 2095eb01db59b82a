import type { Message, ReceiptSource } from "@dlrkit/core"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { connect as connectTo, finish, logging } from "./Connected.ts"
import * as ScriptedPlatform from "./ScriptedPlatform.ts"

const connect = (platform: ReturnType<typeof script>, changes: Parameters<typeof connectTo>[1] = {}) =>
  connectTo(platform, { api: "conversations", ...changes })

/** A platform that answers what is not a token as told, 404 otherwise. */
const script = (answer: (request: ScriptedPlatform.Seen) => ScriptedPlatform.Answer | undefined) => {
  const platform = ScriptedPlatform.make((request) =>
    request.url.pathname === "/oauth/token" ? undefined : (answer(request) ?? { status: 404, body: {} })
  )
  return { ...platform, asked: () => platform.seen.filter(({ url }) => url.pathname !== "/oauth/token") }
}

const refused = { status: 403, body: { code: "missing.permissions", message: "no" } }

/** A message as the journal holds it: only what a look-up reads. */
const message = (key: number, changes: Partial<Message.TrackedMessage> = {}) =>
  ({ key, conversationId: "c-1", registeredAt: 0, ref: {}, ...changes }) as Message.TrackedMessage

const look = (source: ReceiptSource.ReceiptSource, ...messages: ReadonlyArray<Message.TrackedMessage>) =>
  finish(Stream.runCollect(source.lookup(messages))).pipe(
    Effect.map((pages) => ({ pages, receipts: pages.flatMap(({ receipts }) => receipts) }))
  )

const entity = (id: string, status = "delivery-success") => ({
  id,
  status,
  direction: "outbound",
  messengerType: "sms"
})

const view = (...ids: ReadonlyArray<readonly [id: string, at: number]>) => ({
  body: {
    id: "c-1",
    participants: [
      {
        purpose: "api",
        direction: "outbound",
        type: "sms",
        messages: ids.map(([messageId, at]) => ({
          messageId,
          messageStatus: "sent",
          messageTime: new Date(at).toISOString()
        }))
      }
    ]
  }
})

describe("a look-up", () => {
  it.effect("asks for messages of a conversation in one request, with the token, behind a gateway's path", () =>
    Effect.gen(function* () {
      const platform = script(() => ({
        body: { entities: [entity("m-1"), entity("m-2", "sent"), entity("nobody's")] }
      }))
      const { source } = yield* connect(platform, { apiUrl: "https://gw.test/genesys/" })
      const { pages, receipts } = yield* look(
        source,
        ...["m-1", "m-2", "m-3"].map((messageId, index) => message(index + 1, { messageId }))
      )
      const [request] = platform.asked() as [ScriptedPlatform.Seen]
      assert.deepStrictEqual(
        [request.method, request.url.href, request.authorization, JSON.parse(request.body)],
        [
          "POST",
          "https://gw.test/genesys/api/v2/conversations/messages/c-1/messages/bulk",
          "Bearer token-1",
          ["m-1", "m-2", "m-3"]
        ]
      )
      assert.strictEqual(platform.asked().length, 1)
      assert.deepStrictEqual(
        receipts.map(({ key, status }) => [key, status]),
        [
          [1, "delivered"],
          [2, "sent"]
        ]
      )
      assert.deepStrictEqual(
        pages.map(({ last }) => last),
        [true]
      )
      assert.strictEqual(platform.logins()[0]?.authorization, `Basic ${btoa("the-id:the-secret")}`)
    })
  )

  it.effect("by an id alone learns the conversation; what the platform does not know is quietly missing", () =>
    Effect.gen(function* () {
      const platform = script(({ url }) =>
        url.pathname.endsWith("/m-1/details") ? { body: { ...entity("m-1"), conversationId: "c-9" } } : undefined
      )
      const { source } = yield* connect(platform)
      const known = yield* look(source, message(1, { messageId: "m-1", conversationId: undefined }))
      assert.deepInclude(known.receipts[0], { key: 1, conversationId: "c-9", status: "delivered" })
      for (const conversationId of [undefined, "c-1"]) {
        const unknown = yield* look(source, message(2, { messageId: "m-2", conversationId }))
        assert.deepStrictEqual(unknown.pages, [{ receipts: [], last: true }])
      }
      const alone = yield* look(source, message(3))
      assert.deepStrictEqual(alone.pages, [{ receipts: [], last: true }])
    })
  )

  it.effect("of a conversation's only message learns which it is", () =>
    Effect.gen(function* () {
      const platform = script(({ method }) =>
        method === "POST" ? { body: { entities: [entity("m-1")] } } : view(["m-1", 0], ["m-2", 0])
      )
      const { source } = yield* connect(platform)
      const { pages, receipts } = yield* look(source, message(1, { messageId: "m-1" }), message(2))
      assert.deepStrictEqual(
        receipts.map(({ key, messageId, status }) => [key, messageId, status]),
        [
          [1, "m-1", "delivered"],
          [2, "m-2", "sent"]
        ]
      )
      assert.deepStrictEqual(
        pages.map(({ last }) => last),
        [false, true]
      )
    })
  )

  it.effect("of a message that may be one of several guesses nothing, and says so once", () =>
    Effect.gen(function* () {
      const logs: Array<string> = []
      const platform = script(() => view(["m-1", 0], ["m-2", 200_000]))
      const { source } = yield* connect(platform)
      yield* logging(
        logs,
        Effect.gen(function* () {
          for (const key of [1, 2]) {
            const { receipts } = yield* look(source, message(key, { providerStatus: "queued" }))
            assert.deepStrictEqual(
              receipts.map((receipt) => [receipt.key, receipt.messageId, receipt.providerStatus, receipt.status]),
              [[key, undefined, "queued", "pending"]]
            )
          }
        })
      )
      assert.strictEqual(logs.filter((log) => /Warn.*2 outbound SMS.*messageId/.test(log)).length, 1, logs.join("\n"))
      // What stood there before it was sent is not it; and two cannot be the same one.
      const later = yield* look(source, message(3, { sentAt: 200_000 }))
      assert.strictEqual(later.receipts[0]?.messageId, "m-2")
      const both = yield* look(source, message(3, { sentAt: 200_000 }), message(4, { sentAt: 200_000 }))
      assert.deepStrictEqual(
        both.receipts.map(({ messageId }) => messageId),
        [undefined, undefined]
      )
    })
  )

  it.effect("of what only sweeps find says nothing, and asks nothing", () =>
    Effect.gen(function* () {
      const platform = script(() => undefined)
      const { source } = yield* connect(platform)
      const { receipts } = yield* look(source, message(1, { conversationId: undefined }))
      assert.deepInclude(receipts[0], { key: 1, status: "pending" })
      assert.strictEqual(platform.seen.length, 0)
    })
  )

  it.effect("tells of entities that it cannot read", () =>
    Effect.gen(function* () {
      const logs: Array<string> = []
      const platform = script(() => ({ body: { entities: [entity("m-1"), {}, null] } }))
      const { source } = yield* connect(platform)
      yield* logging(logs, look(source, message(1, { messageId: "m-1" })))
      assert.include(logs.join(), "2 messages of an answer have no id or no status")
    })
  )
})

describe("the reason of a failure", () => {
  const reasons = (status: string, ...ids: ReadonlyArray<string>) =>
    script(() => ({
      body: {
        id: "c-1",
        participants: [
          {
            direction: "outbound",
            type: "sms",
            messages: ids.map((messageId) => ({
              messageId,
              messageStatus: status,
              errorInfo: { code: `why.${messageId}` }
            }))
          }
        ]
      }
    }))

  it.effect("is read from the conversation in one request", () =>
    Effect.gen(function* () {
      const platform = reasons("delivery-failed", "m-1", "m-2")
      const { source, journal } = yield* connect(platform)
      const explain = (changes: Partial<Message.TrackedMessage>) =>
        finish(source.explain?.(message(7, changes)) ?? Effect.succeed([]))
      assert.deepInclude((yield* explain({ messageId: "m-2" }))[0], { key: 7, status: "failed", code: "why.m-2" })
      yield* journal.record([])
      const events = yield* journal.store.events(0, 10)
      assert.deepInclude(events.at(-1), { kind: "request", purpose: "explain", messages: 1, outcome: "ok" })
      assert.deepStrictEqual(
        platform.asked().map(({ address }) => address),
        ["/api/v2/conversations/messages/c-1"]
      )
      // Nobody's in particular, somebody else's, and where it is not known where to ask.
      assert.deepStrictEqual(yield* explain({}), [])
      assert.deepStrictEqual(yield* explain({ messageId: "m-3" }), [])
      assert.deepStrictEqual(yield* explain({ messageId: "m-2", conversationId: undefined }), [])
    })
  )

  it.effect("is none of a message that did not fail", () =>
    Effect.gen(function* () {
      const { source } = yield* connect(reasons("sent", "m-1"))
      assert.deepStrictEqual(
        yield* finish(source.explain?.(message(7, { messageId: "m-1" })) ?? Effect.die("it explains nothing")),
        []
      )
    })
  )
})

describe("partial permission", () => {
  const halves = (denied: "lookups" | "sweeps" | "both") =>
    script(({ url }) => {
      const analytics = url.pathname.includes("/analytics/")
      if (denied === "both" || analytics === (denied === "sweeps")) return refused
      return analytics ? { body: { conversations: [], totalHits: 0 } } : { body: { entities: [entity("m-1")] } }
    })
  const sweep = (source: ReceiptSource.ReceiptSource, pages = source.sweep?.pages) =>
    finish(Stream.runCollect(pages?.({ from: 0, to: 1000 }) ?? Stream.empty))

  it.effect("without analytics is look-ups alone, with one warning that names the permission", () =>
    Effect.gen(function* () {
      const logs: Array<string> = []
      const platform = halves("sweeps")
      const { source } = yield* connect(platform)
      const pages = source.sweep?.pages
      assert.isUndefined(source.refuse({ campaignId: "k", outboundContactId: "r" }))
      yield* logging(
        logs,
        Effect.gen(function* () {
          assert.deepStrictEqual(yield* sweep(source), [])
          assert.deepStrictEqual(yield* sweep(source, pages), [])
        })
      )
      assert.isUndefined(source.sweep)
      assert.strictEqual(platform.asked().length, 1)
      assert.strictEqual(
        logs.filter((log) => /Warn.*sweeps are given up.*analytics:conversationDetail:view/.test(log)).length,
        1
      )
      assert.strictEqual((yield* look(source, message(1, { messageId: "m-1" }))).receipts.length, 1)
      assert.include(source.refuse({ campaignId: "k", outboundContactId: "r" }), "only sweeps find")
    })
  )

  it.effect("without the view of messages is sweeps alone: nothing new is told of what is looked up", () =>
    Effect.gen(function* () {
      const logs: Array<string> = []
      const platform = halves("lookups")
      const { source } = yield* connect(platform)
      yield* logging(
        logs,
        Effect.gen(function* () {
          for (const key of [1, 2]) {
            const { receipts } = yield* look(source, message(key, { messageId: "m-1" }))
            assert.deepStrictEqual(
              receipts.map((receipt) => [receipt.key, receipt.status]),
              [[key, "pending"]]
            )
          }
        })
      )
      assert.strictEqual(platform.asked().length, 1)
      assert.strictEqual(
        logs.filter((log) => /Warn.*look-ups are given up.*conversation:message:view/.test(log)).length,
        1
      )
      assert.isDefined(source.sweep)
      assert.strictEqual((yield* sweep(source)).length, 1)
      assert.include(source.refuse({ messageId: "m-1" }), "no conversationId")
    })
  )

  it.effect("that is none ends the run, whichever is refused last", () =>
    Effect.gen(function* () {
      const { source } = yield* connect(halves("both"))
      yield* look(source, message(1, { messageId: "m-1" }))
      const error = yield* finish(
        Effect.flip(Stream.runDrain(source.sweep?.pages({ from: 0, to: 1000 }) ?? Stream.empty))
      )
      assert.strictEqual(error.reason._tag, "Refused")
      const again = yield* finish(Effect.flip(Stream.runDrain(source.lookup([message(1, { messageId: "m-1" })]))))
      assert.strictEqual(again.reason._tag, "Refused")
    })
  )

  it.effect("is not what wrong credentials are", () =>
    Effect.gen(function* () {
      const { source } = yield* connect(script(() => ({ status: 401, body: { message: "no" } })))
      const error = yield* finish(Effect.flip(Stream.runDrain(source.lookup([message(1, { messageId: "m-1" })]))))
      assert.deepInclude(error.reason, { _tag: "Refused", status: 401 })
      assert.isDefined(source.sweep)
    })
  )

  it.effect("of one conversation, where others were read, gives nothing up until it is many in a row", () =>
    Effect.gen(function* () {
      const platform = script(({ url }) =>
        url.pathname.includes("/c-1/") ? { body: { entities: [entity("m-1")] } } : refused
      )
      const { source } = yield* connect(platform)
      const other = message(2, { messageId: "m-2", conversationId: "c-2" })
      yield* look(source, message(1, { messageId: "m-1" }))
      for (const _ of [1, 2, 3, 4]) assert.deepStrictEqual((yield* look(source, other)).receipts, [])
      yield* look(source, message(1, { messageId: "m-1" }))
      for (const _ of [1, 2, 3, 4]) assert.deepStrictEqual((yield* look(source, other)).receipts, [])
      assert.strictEqual((yield* look(source, message(1, { messageId: "m-1" }))).receipts[0]?.status, "delivered")
      for (const _ of [1, 2, 3, 4, 5]) yield* look(source, other)
      assert.strictEqual((yield* look(source, message(1, { messageId: "m-1" }))).receipts[0]?.status, "pending")
    })
  )
})

describe("reconciliation", () => {
  const session = (status: string | undefined) => ({
    direction: "outbound",
    messageType: "sms",
    deliveryStatus: status
  })
  const conversation = (conversationId: string, ...sessions: ReadonlyArray<object>) => ({
    conversationId,
    conversationStart: new Date(0).toISOString(),
    participants: [{ sessions }]
  })

  it.effect("asks for the conversations of messages, and says of which the analytics cannot tell", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(10 * 86_400_000)
      const platform = script(() => ({
        body: {
          conversations: [
            conversation("one", session("DeliverySuccess")),
            conversation("shared", session("DeliverySuccess")),
            conversation("several", session("DeliverySuccess"), session("Sent")),
            conversation("silent", session(undefined)),
            conversation("nobody's", session("Sent"))
          ],
          totalHits: 5
        }
      }))
      const { source } = yield* connect(platform)
      const of = (key: number, conversationId?: string) => message(key, { conversationId, sentAt: 86_400_000 })
      const asked = [
        of(1, "one"),
        of(2, "shared"),
        of(3, "shared"),
        of(4, "several"),
        of(5, "silent"),
        of(6, "gone"),
        of(7)
      ]
      const { records, unclear } = yield* finish(
        source.analytics([...asked.slice(0, 6), { ...of(7), conversationId: undefined }], 86_400_000)
      )
      assert.deepStrictEqual(records, [{ key: 1, name: "one", providerStatus: "DeliverySuccess", status: "delivered" }])
      assert.deepStrictEqual([...(unclear ?? [])].sort(), [2, 3, 4, 5, 7])
      const [request] = platform.asked() as [ScriptedPlatform.Seen]
      const { conversationFilters, interval } = JSON.parse(request.body)
      assert.deepStrictEqual(
        conversationFilters[0].predicates.map(({ value }: { readonly value: string }) => value),
        ["one", "shared", "several", "silent", "gone"]
      )
      assert.strictEqual(interval, "1970-01-02T00:00:00.000Z/1970-01-02T01:00:00.000Z")
      assert.strictEqual(platform.asked().length, 1)
    })
  )

  it.effect("of nothing that it could ask for asks nothing", () =>
    Effect.gen(function* () {
      const platform = script(() => undefined)
      const { source } = yield* connect(platform)
      assert.deepStrictEqual(yield* source.analytics([message(1, { conversationId: undefined })], 0), {
        records: [],
        unclear: [1]
      })
      assert.strictEqual(platform.seen.length, 0)
    })
  )
})

describe("the source", () => {
  it.effect("takes messages by any of their names, and groups them by conversation", () =>
    Effect.gen(function* () {
      const { source } = yield* connect(
        script(() => undefined),
        { requestsPerMinute: 120 }
      )
      for (const ref of [{ messageId: "m" }, { conversationId: "c" }, { campaignId: "k", outboundContactId: "r" }]) {
        assert.isUndefined(source.refuse(ref))
      }
      assert.include(source.refuse({ messageId: "a b" }), "its messageId holds")
      assert.include(source.refuse({ messageId: "m", conversationId: ".." }), "its conversationId is")
      assert.include(source.refuse({ campaignId: "k\n", outboundContactId: "r" }), "its campaignId holds")
      assert.strictEqual(source.groupOf({ messageId: "m", conversationId: "c" }), "c")
      assert.strictEqual(source.groupOf({ messageId: "m" }), "m")
      assert.strictEqual(source.name, "genesys-conversations")
      assert.deepStrictEqual([source.batchSize, source.analyticsBatchSize], [1000, 100])
      assert.deepInclude(source.describe, { api: "conversations", clientId: "the-id", analyticsLagMs: 60_000 })
      assert.notInclude(JSON.stringify(source.describe), "the-secret")
      assert.strictEqual(yield* source.rate ?? Effect.succeed(0), 120)
      assert.strictEqual(source.sweep?.lag, 60_000)
    })
  )

  it.effect("sends with several clients, each with a token of its own", () =>
    Effect.gen(function* () {
      const platform = script(() => ({ body: { entities: [] } }))
      const { source } = yield* connect(platform, {
        credentials: [{ clientId: "second", clientSecret: "other" }],
        requestsPerMinute: 1
      })
      assert.strictEqual(yield* source.rate ?? Effect.succeed(0), 2)
      yield* look(source, message(1, { messageId: "m-1" }))
      yield* look(source, message(1, { messageId: "m-1" }))
      const logins = new Set(platform.logins().map(({ authorization }) => authorization))
      assert.deepStrictEqual(logins, new Set([`Basic ${btoa("the-id:the-secret")}`, `Basic ${btoa("second:other")}`]))
      assert.strictEqual(source.describe.clientId, "the-id, second")
    })
  )
})
