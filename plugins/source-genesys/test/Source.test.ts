import { Auth, type Message, type ReceiptSource } from "@dlrkit/core"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { connect, finish } from "./Connected.ts"
import * as ScriptedPlatform from "./ScriptedPlatform.ts"

const day = 86_400_000

type Platform = ReturnType<typeof ScriptedPlatform.make>

/** A message as the journal holds it: only what a lookup reads. */
const message = (messageId: string, externalContactId = "contact-1") =>
  ({ key: 1, messageId, ref: { messageId, externalContactId }, group: externalContactId }) as Message.TrackedMessage

const messages = (count: number, length = 10) =>
  Array.from({ length: count }, (_, index) => message(String(index).padStart(length, "m")))

const pages = (source: ReceiptSource.ReceiptSource, of: ReadonlyArray<Message.TrackedMessage>) =>
  finish(Stream.runCollect(source.lookup(of)))

const asked = ({ url }: ScriptedPlatform.Seen) => (url.searchParams.get("messageId") ?? "").split(",")

/** Says of each message that is asked for that it was delivered, in pages of so many. */
const honest = (size: number) =>
  ScriptedPlatform.make((request) => {
    if (request.url.pathname === "/oauth/token") return undefined
    const from = Number(request.url.searchParams.get("pageToken") ?? 0)
    const all = asked(request).map((id) => ({ id, status: "delivered" }))
    const more = from + size < all.length
    return { body: { entities: all.slice(from, from + size), ...(more && { nextPageToken: String(from + size) }) } }
  })

describe("a lookup", () => {
  it.effect("follows every page, and says which is the last", () =>
    Effect.gen(function* () {
      const platform = honest(30)
      const { source } = yield* connect(platform)
      const found = yield* pages(source, messages(100))
      assert.deepStrictEqual(
        found.map(({ last, receipts }) => [receipts.length, last]),
        [
          [30, false],
          [30, false],
          [30, false],
          [10, true]
        ]
      )
      assert.strictEqual(new Set(found.flatMap(({ receipts }) => receipts.map(({ messageId }) => messageId))).size, 100)
      assert.strictEqual(platform.lookups().length, 4)
    })
  )

  it.effect("asks in as many queries as fit, and only the last page of the last query is the last", () =>
    Effect.gen(function* () {
      const platform = honest(20)
      const { source } = yield* connect(platform)
      const found = yield* pages(source, messages(100, 200))
      assert.strictEqual(found.filter(({ last }) => last).length, 1)
      assert.isTrue(found.at(-1)?.last)
      assert.strictEqual(found.flatMap(({ receipts }) => receipts).length, 100)
      for (const { address } of platform.lookups()) assert.isAtMost(Buffer.byteLength(address), 8192)
      assert.isAbove(platform.lookups().length, 4)
    })
  )

  it.effect("leaves no status out, names the contact, and carries the token", () =>
    Effect.gen(function* () {
      const platform = honest(100)
      const { source } = yield* connect(platform)
      yield* pages(source, [message("a/b&c", "con/tact")])
      const [request] = platform.lookups() as [ScriptedPlatform.Seen]
      assert.strictEqual(
        request.address,
        "/api/v2/messaging/externalcontacts/con%2Ftact/messages?messageId=a%2Fb%26c&pageSize=100"
      )
      assert.deepStrictEqual([request.method, request.authorization], ["GET", "Bearer token-1"])
      assert.strictEqual(request.url.host, "api.test")
    })
  )

  it.effect("that is given the same page token again ends, and keeps the pages that came", () =>
    Effect.gen(function* () {
      const platform = ScriptedPlatform.make(({ url }, count) =>
        url.pathname === "/oauth/token"
          ? undefined
          : { body: { entities: [{ id: `m-${count}`, status: "sent" }], nextPageToken: count % 2 === 0 ? "a" : "b" } }
      )
      const { source } = yield* connect(platform)
      const found: Array<ReceiptSource.ReceiptPage> = []
      const error = yield* finish(
        Effect.flip(Stream.runForEach(source.lookup(messages(3)), (page) => Effect.sync(() => found.push(page))))
      )
      assert.deepInclude(error.reason, { _tag: "Unavailable", host: "api.test", detail: "its pages do not end" })
      assert.strictEqual(platform.lookups().length, 3)
      assert.deepStrictEqual(
        found.flatMap(({ receipts }) => receipts.map(({ messageId }) => messageId)),
        ["m-1", "m-2", "m-3"]
      )
      assert.isFalse(found.some(({ last }) => last))
    })
  )

  it.effect("whose pages have no end is given up", () =>
    Effect.gen(function* () {
      const platform = ScriptedPlatform.make(({ url }, count) =>
        url.pathname === "/oauth/token" ? undefined : { body: { entities: [], nextPageToken: `t-${count}` } }
      )
      const { source } = yield* connect(platform, { requestsPerMinute: 100_000 })
      const error = yield* finish(Effect.flip(Stream.runDrain(source.lookup(messages(1)))))
      assert.include(error.message, "its pages do not end")
      assert.strictEqual(platform.lookups().length, 1001)
    })
  )

  it.effect("tells of entities that it cannot read, and goes on", () =>
    Effect.gen(function* () {
      const logs: Array<string> = []
      const platform = ScriptedPlatform.make(({ url }) =>
        url.pathname === "/oauth/token" ? undefined : { body: { entities: [{ id: "m-1", status: "sent" }, {}, null] } }
      )
      const { source } = yield* connect(platform)
      const [page] = yield* pages(source, messages(1)).pipe(
        Effect.provide(Logger.layer([Logger.make(({ message }) => void logs.push(String(message)))]))
      )
      assert.strictEqual(page?.receipts.length, 1)
      assert.include(logs.join(), "2 entities of a page have no id or no status")
    })
  )

  it.effect("that is refused names the permission", () =>
    Effect.gen(function* () {
      const platform = ScriptedPlatform.make(({ url }) =>
        url.pathname === "/oauth/token" ? undefined : { status: 403 }
      )
      const { source } = yield* connect(platform)
      const lookup = yield* finish(Effect.flip(Stream.runDrain(source.lookup(messages(1)))))
      assert.include(lookup.message, "messaging:messages:read")
      assert.include(lookup.message, "messaging:externalcontacts:read")
      const analytics = yield* finish(Effect.flip(source.analytics([message("m")], 0)))
      assert.include(analytics.message, "analytics:reports:read")
    })
  )

  it.effect("of one contact at a time: messages of one contact are a group", () =>
    Effect.gen(function* () {
      const { source } = yield* connect(honest(100))
      assert.strictEqual(source.groupOf({ messageId: "a", externalContactId: "c" }), "c")
      assert.deepStrictEqual([source.batchSize, source.analyticsBatchSize], [100, 500])
      assert.isTrue(source.supports.analytics)
    })
  )
})

describe("the token request", () => {
  it.effect("goes to the login address, with the credentials in its body", () =>
    Effect.gen(function* () {
      const platform = honest(100)
      const { source } = yield* connect(platform)
      yield* pages(source, messages(1))
      const [request] = platform.logins() as [ScriptedPlatform.Seen]
      assert.deepStrictEqual([request.method, request.url.href], ["POST", "https://login.test/oauth/token"])
      assert.deepStrictEqual(Object.fromEntries(new URLSearchParams(request.body)), {
        grant_type: "client_credentials",
        client_id: "the-id",
        client_secret: "the-secret"
      })
      assert.isUndefined(request.authorization)
    })
  )

  it.effect("carries them in a header where it shall", () =>
    Effect.gen(function* () {
      const platform = honest(100)
      const { source } = yield* connect(platform, { credentialsIn: "basic" })
      yield* pages(source, messages(1))
      const [request] = platform.logins() as [ScriptedPlatform.Seen]
      assert.strictEqual(request.authorization, `Basic ${btoa("the-id:the-secret")}`)
      assert.strictEqual(request.body, "grant_type=client_credentials")
    })
  )

  it.effect("is not made where somebody else gives the tokens", () =>
    Effect.gen(function* () {
      const platform = honest(100)
      const token = Effect.succeed(Redacted.make("brokered"))
      const broker = Auth.Auth.of({ token, renew: () => token })
      const { source } = yield* connect(platform).pipe(Effect.provideService(Auth.Auth, broker))
      yield* pages(source, messages(1))
      assert.strictEqual(platform.logins().length, 0)
      assert.strictEqual(platform.lookups()[0]?.authorization, "Bearer brokered")
    })
  )
})

describe("what the source says of itself", () => {
  it.effect("holds no secret", () =>
    Effect.gen(function* () {
      const { source } = yield* connect(honest(100), { requestsPerMinute: 120 })
      assert.deepInclude(source.describe, {
        api: "messaging",
        apiUrl: "https://api.test",
        loginUrl: "https://login.test",
        clientId: "the-id",
        retentionMs: 90 * day
      })
      assert.strictEqual((source.describe.policy as { requests: number }).requests, 120)
      assert.notInclude(JSON.stringify(source.describe), "the-secret")
    })
  )

  it.effect("is how far back the platform keeps receipts", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* connect(honest(1))).source.retention, 90 * day)
      assert.strictEqual((yield* connect(honest(1), { retention: "365 days" })).source.retention, 365 * day)
    })
  )

  it.effect("is why it cannot look a message up", () =>
    Effect.gen(function* () {
      const { source } = yield* connect(honest(1))
      const externalContactId = "c"
      assert.isUndefined(source.refuse({ messageId: "m", externalContactId }))
      for (const [ref, word] of [
        [{ externalContactId }, "it has no messageId"],
        [{ conversationId: "v" }, "it has no messageId"],
        [{ messageId: "m" }, "GENESYS_EXTERNAL_CONTACT_ID"],
        [{ messageId: "a,b", externalContactId }, "its messageId holds a comma"],
        [{ messageId: "m", externalContactId: "c c" }, "its externalContactId holds"],
        [{ messageId: "m", externalContactId: ".." }, "which is no id"],
        [{ messageId: "中".repeat(300), externalContactId }, "longer than 2048 bytes"]
      ] as const) {
        assert.include(source.refuse(ref), word)
      }
    })
  )

  it.effect("is the contact of messages that name none", () =>
    Effect.gen(function* () {
      const { source } = yield* connect(honest(1), { externalContactId: "default" })
      assert.deepStrictEqual(source.complete({ messageId: "m" }), { messageId: "m", externalContactId: "default" })
      assert.deepStrictEqual(source.complete({ messageId: "m", externalContactId: "own" }).externalContactId, "own")
      const { source: without } = yield* connect(honest(1))
      assert.deepStrictEqual(without.complete({ messageId: "m" }), { messageId: "m" })
    })
  )
})

describe("the analytics", () => {
  const platform = () =>
    ScriptedPlatform.make(({ url }) =>
      url.pathname === "/oauth/token"
        ? undefined
        : { body: { entities: [{ messageId: "m-1", status: "delivered" }, { messageId: 2 }] } }
    )
  const query = ({ seen }: Platform) => {
    const { body, method, url } = seen.at(-1) as ScriptedPlatform.Seen
    return { body: JSON.parse(body) as { interval: string }, method, path: url.pathname }
  }

  it.effect("are asked for messages that were sent since a moment", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(200 * day)
      const scripted = platform()
      const { journal, source } = yield* connect(scripted)
      const { records } = yield* finish(source.analytics([message("m-1")], 150 * day))
      assert.deepStrictEqual(records, [{ key: 1, name: "m-1", providerStatus: "delivered", status: "delivered" }])
      const { body, method, path } = query(scripted)
      assert.deepStrictEqual([method, path], ["POST", "/api/v2/analytics/message/details/query"])
      assert.strictEqual(body.interval, `${new Date(150 * day).toISOString()}/${new Date(200 * day).toISOString()}`)
      yield* journal.record([])
      const events = yield* journal.store.events(0, 10)
      assert.deepInclude(events.at(-1), { kind: "request", purpose: "reconcile", messages: 1, outcome: "ok" })
    })
  )

  it.effect("are asked for no more than the platform keeps, and for no empty time", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(200 * day)
      const scripted = platform()
      const { source } = yield* connect(scripted)
      yield* finish(source.analytics([message("m-1")], 110 * day - 5))
      assert.include(query(scripted).body.interval, new Date(110 * day).toISOString())
      const now = 201 * day
      yield* finish(source.analytics([message("m-1")], now + 5 * day))
      assert.strictEqual(
        query(scripted).body.interval,
        `${new Date(now - 1).toISOString()}/${new Date(now).toISOString()}`
      )
    })
  )

  it.effect("are not asked for too many at once", () =>
    Effect.gen(function* () {
      const scripted = platform()
      const { source } = yield* connect(scripted)
      const error = yield* Effect.flip(source.analytics(Array(501).fill(message("m")), 0))
      assert.strictEqual(error.reason._tag, "InvalidQuery")
      assert.strictEqual(scripted.seen.length, 0)
    })
  )
})
