import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { MessagingApi } from "../src/index.ts"

const { limits } = MessagingApi

/** Ids as people and platforms make them: words, UUIDs, and any other text that can be one. */
const letters = Schema.Literals([
  "a",
  "0",
  "-",
  "_",
  "'",
  "(",
  "%",
  "&",
  "/",
  "?",
  "#",
  "+",
  "é",
  "ß",
  "中",
  "🚀",
  "\u{10ffff}"
])
const id = Schema.NonEmptyArray(letters).check(Schema.isMaxLength(300))
const text = (of: ReadonlyArray<string>) => of.join("")
const askable = (of: ReadonlyArray<string>) => MessagingApi.refuseId("messageId", text(of)) === undefined

/** What arrives at the platform: path and query, in bytes, after the address has been through a URL. */
const asSent = (path: string) => new URL(`https://api.test${path}`)
const bytes = ({ pathname, search }: URL) => Buffer.byteLength(pathname + search)

describe("a query for messages", () => {
  it.prop(
    "is never longer than 8,192 bytes, a page token included, nor for more than 100; no id is lost or changed",
    {
      contact: id,
      ids: Schema.Array(Schema.Tuple([id, Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 60 }))])),
      token: Schema.Array(letters).check(Schema.isMaxLength(200))
    },
    ({ contact, ids: drawn, token }) => {
      if (!askable(contact)) return
      const ids = drawn.flatMap(([of, times]) =>
        askable(of) ? Array.from({ length: times }, (_, index) => `${text(of)}-${index}`) : []
      )
      const usable = ids.filter((of) => MessagingApi.refuseId("messageId", of) === undefined)
      const queries = MessagingApi.split(text(contact), usable)
      assert.deepStrictEqual(queries.flat(), usable)
      const longest = text(token).slice(0, 160)
      for (const query of queries) {
        assert.isAtMost(query.length, limits.pageSize)
        assert.isAtLeast(query.length, 1)
        for (const pageToken of [undefined, longest === "" ? undefined : longest.toWellFormed()]) {
          const url = asSent(Result.getOrThrow(MessagingApi.messagesPath(text(contact), query, pageToken)))
          assert.isAtMost(bytes(url), 8192)
          assert.strictEqual(url.searchParams.get("messageId"), query.join(","))
          assert.strictEqual(url.searchParams.get("pageToken"), pageToken ?? null)
          assert.strictEqual(url.searchParams.get("pageSize"), "100")
          assert.strictEqual(
            url.pathname,
            `/api/v2/messaging/externalcontacts/${encodeURIComponent(text(contact)).replaceAll("'", "%27")}/messages`
          )
        }
      }
    },
    { arbitrary: { runs: 300 } }
  )

  it("of ordinary ids is as few as possible", () => {
    const uuids = Array.from(
      { length: 250 },
      (_, index) => `0b1f6e1a-6f0e-4f0e-8f0e-${String(index).padStart(12, "0")}`
    )
    assert.deepStrictEqual(
      MessagingApi.split("contact-1", uuids).map(({ length }) => length),
      [100, 100, 50]
    )
  })

  it("of the longest ids of several bytes still has room", () => {
    const longest = "中".repeat(227)
    assert.isUndefined(MessagingApi.refuseId("messageId", longest))
    assert.isString(MessagingApi.refuseId("messageId", `${longest}中`))
    const queries = MessagingApi.split(longest, [longest, `${longest.slice(1)}a`])
    assert.strictEqual(queries.length, 2)
    for (const query of queries) {
      const path = Result.getOrThrow(MessagingApi.messagesPath(longest, query, "t".repeat(2000)))
      assert.isAtMost(bytes(asSent(path)), 8192)
    }
  })

  it("that is too long, or for none or too many, is not made", () => {
    const invalid = (made: Result.Result<string, { readonly reason: { readonly _tag: string } }>) =>
      Result.isFailure(made) ? made.failure.reason._tag : assert.fail("it was made")
    assert.strictEqual(invalid(MessagingApi.messagesPath("c", [], undefined)), "InvalidQuery")
    assert.strictEqual(invalid(MessagingApi.messagesPath("c", Array(101).fill("m"), undefined)), "InvalidQuery")
    assert.strictEqual(invalid(MessagingApi.messagesPath("c", ["m"], "t".repeat(8192))), "InvalidQuery")
  })
})

describe("an id", () => {
  it("cannot be asked for where it would break the query", () => {
    const refused = ["a,b", "a b", "a\tb", "a\nb", "a\u0000", "\ud800", "x\udc00y", ".", "..", "x".repeat(2049), " "]
    for (const of of refused) assert.isString(MessagingApi.refuseId("messageId", of), JSON.stringify(of))
    for (const of of ["a", "...", "a.b", "x".repeat(2048), "ü", "a%2Cb", "'"]) {
      assert.isUndefined(MessagingApi.refuseId("messageId", of), of)
    }
    assert.include(MessagingApi.refuseId("externalContactId", "a b"), "externalContactId")
  })
})

describe("a page", () => {
  it("is read receipt by receipt; what has no id or no status is passed over and counted", () => {
    const entities = [
      { id: "m-1", status: "delivered", externalMessageId: "e-1", routingStatus: "routed" },
      { id: "m-2", status: "failed", statusDetails: "CARRIER_REJECTED" },
      { id: "m-3", status: "Sent", statusDetails: "" },
      { id: "m-4", status: "teleported" },
      { id: "m-5" },
      { status: "sent" },
      { id: "", status: "sent" },
      { id: 7, status: "sent" },
      { id: "m-6", status: ["sent"] },
      null,
      "m-7",
      [],
      7
    ]
    const page = MessagingApi.decodeMessages({ entities, nextPageToken: "t" })
    assert.deepStrictEqual(
      page?.receipts.map(({ code, externalMessageId, messageId, providerStatus, status }) => [
        messageId,
        providerStatus,
        status,
        code,
        externalMessageId
      ]),
      [
        ["m-1", "delivered", "delivered", undefined, "e-1"],
        ["m-2", "failed", "failed", "CARRIER_REJECTED", undefined],
        ["m-3", "Sent", "sent", undefined, undefined],
        ["m-4", "teleported", undefined, undefined, undefined]
      ]
    )
    assert.deepStrictEqual([page?.unreadable, page?.nextPageToken], [9, "t"])
    assert.isTrue(page?.receipts.every(({ profile }) => profile === MessagingApi.profile))
  })

  it("ends where there is no token to go on with", () => {
    for (const nextPageToken of [undefined, null, "", 7, {}]) {
      assert.isUndefined(MessagingApi.decodeMessages({ entities: [], nextPageToken })?.nextPageToken)
    }
  })

  it("that is another thing is none", () => {
    for (const body of [null, [], "x", 7, {}, { entities: {} }, { entities: "x" }, { entity: [] }]) {
      assert.isUndefined(MessagingApi.decodeMessages(body), JSON.stringify(body))
      assert.isUndefined(MessagingApi.decodeAnalytics(body), JSON.stringify(body))
    }
  })

  it("takes no text and no number of a message along", () => {
    const entity = { id: "m-1", status: "sent", messageText: "hello", to: "+13175550123", from: { address: "+1317" } }
    const text = JSON.stringify(MessagingApi.decodeMessages({ entities: [entity] }))
    for (const word of ["hello", "3175550", "+1317"]) assert.notInclude(text, word)
  })

  it("makes the provider's words safe to print", () => {
    const entity = { id: "m-1", status: "de\nlivered\u0007", statusDetails: `to 13175550123 ${"x".repeat(500)}` }
    const [receipt] = MessagingApi.decodeMessages({ entities: [entity] })?.receipts ?? []
    assert.strictEqual(receipt?.providerStatus, "de livered ")
    assert.notInclude(receipt?.code, "13175550123")
    assert.isAtMost(receipt?.code?.length ?? 0, 200)
  })

  it("knows no status by the name of something else", () => {
    for (const status of ["constructor", "__proto__", "toString", "hasOwnProperty"]) {
      const [receipt] = MessagingApi.decodeMessages({ entities: [{ id: "m", status }] })?.receipts ?? []
      assert.deepStrictEqual([receipt?.providerStatus, receipt?.status], [status, undefined])
    }
  })

  it.prop(
    "whatever it holds breaks nothing",
    { body: Schema.Json, entities: Schema.Array(Schema.Json), id: Schema.Json, status: Schema.Json },
    ({ body, entities, id, status }) => {
      MessagingApi.decodeMessages(body)
      MessagingApi.decodeAnalytics(body)
      const all = [...entities, { id, status }]
      const page = MessagingApi.decodeMessages({ entities: all, nextPageToken: body })
      assert.strictEqual((page?.receipts.length ?? 0) + (page?.unreadable ?? 0), all.length)
      const token = page?.nextPageToken
      assert.isTrue(Result.isSuccess(MessagingApi.messagesPath("c", ["m"], token?.slice(0, 100).toWellFormed())))
    },
    { arbitrary: { runs: 500 } }
  )

  it("may give a token that is no proper text", () => {
    const token = MessagingApi.decodeMessages({ entities: [], nextPageToken: "\ud800x" })?.nextPageToken
    assert.isTrue(Result.isSuccess(MessagingApi.messagesPath("c", ["m"], token)))
  })
})

describe("an analytics query", () => {
  const day = 86_400_000
  const interval = { from: 10 * day, to: 40 * day }

  it("asks for messages of an interval, 500 at the most", () => {
    assert.deepStrictEqual(Result.getOrThrow(MessagingApi.analyticsQuery(["m-1", "m-2"], interval, 90 * day)), {
      interval: "1970-01-11T00:00:00.000Z/1970-02-10T00:00:00.000Z",
      groupBy: ["messageId", "status", "routingStatus"],
      filter: { type: "and", clauses: [{ type: "in", field: "messageId", values: ["m-1", "m-2"] }] },
      size: 500
    })
  })

  it("that the platform would refuse is not made", () => {
    const wrong = [
      MessagingApi.analyticsQuery([], interval, 90 * day),
      MessagingApi.analyticsQuery(Array(501).fill("m"), interval, 90 * day),
      MessagingApi.analyticsQuery(["m"], { from: 2, to: 1 }, 90 * day),
      MessagingApi.analyticsQuery(["m"], { from: 2, to: 2 }, 90 * day),
      MessagingApi.analyticsQuery(["m"], { from: Number.NaN, to: 2 }, 90 * day),
      MessagingApi.analyticsQuery(["m"], interval, 29 * day)
    ]
    for (const made of wrong) {
      assert.strictEqual(Result.isFailure(made) ? made.failure.reason._tag : "made", "InvalidQuery")
    }
  })

  it("is answered message by message, under either name of the id", () => {
    const entities = [
      { messageId: "m-1", status: "delivered" },
      { id: "m-2", status: "FAILED" },
      { messageId: "m-3", status: "what" },
      { messageId: "m-4" },
      { status: "sent" },
      null
    ]
    assert.deepStrictEqual(MessagingApi.decodeAnalytics({ entities }), [
      { messageId: "m-1", providerStatus: "delivered", status: "delivered" },
      { messageId: "m-2", providerStatus: "FAILED", status: "failed" },
      { messageId: "m-3", providerStatus: "what", status: undefined }
    ])
  })
})
