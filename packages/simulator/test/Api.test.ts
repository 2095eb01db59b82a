import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { wrongOf } from "../src/index.ts"
import { analytics, entities, messagesOf, serve } from "./Probe.ts"

const plain = { never: 0, missing: 0 } as const
const error = (body: string) => {
  const { code, message, status, contextId } = JSON.parse(body)
  return { code, message, status, contextId }
}

describe("token endpoint", () => {
  const form = "grant_type=client_credentials"
  const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString("base64")}` })

  it.effect("takes credentials in the body or in a Basic header", () =>
    Effect.gen(function* () {
      const { probe } = yield* serve({ clientId: "me", clientSecret: "s e:cret", tokenLife: 120 })
      const inBody = yield* probe.post("/oauth/token", `${form}&client_id=me&client_secret=s+e%3Acret`)
      const inHeader = yield* probe.post("/oauth/token", form, basic("me:s e:cret"))
      for (const seen of [inBody, inHeader]) {
        assert.strictEqual(seen.status, 200)
        assert.strictEqual(JSON.parse(seen.body).expires_in, 120)
      }
    })
  )

  it.effect("refuses a wrong secret, an unknown client and another grant", () =>
    Effect.gen(function* () {
      const { probe } = yield* serve({})
      const wrong = yield* probe.post("/oauth/token", form, basic("simulator-client:wrong"))
      const unknown = yield* probe.post("/oauth/token", `${form}&client_id=who&client_secret=x`)
      const grant = yield* probe.post("/oauth/token", "grant_type=password")
      assert.deepStrictEqual([wrong.status, unknown.status, grant.status], [401, 401, 400])
      assert.strictEqual(JSON.parse(wrong.body).error, "invalid_client")
    })
  )
})

describe("messages of a contact", () => {
  it.effect("come in pages, each once, in order", () =>
    Effect.gen(function* () {
      const { probe, messages } = yield* serve({ messages: 230, contacts: 1, ...plain })
      const token = yield* probe.token
      const contact = messages[0]?.externalContactId ?? ""
      const seen: Array<string> = []
      let pageToken: string | undefined
      const sizes: Array<number> = []
      do {
        const page = yield* probe.get(messagesOf(contact, { pageSize: "100", ...(pageToken && { pageToken }) }), token)
        sizes.push(entities(page).length)
        seen.push(...entities(page).map(({ id }) => id))
        pageToken = JSON.parse(page.body).nextPageToken
      } while (pageToken !== undefined)
      assert.deepStrictEqual(sizes, [100, 100, 30])
      assert.deepStrictEqual(
        seen,
        messages.map(({ id }) => id)
      )
    })
  )

  it.effect("can be asked for by id, and only those of that contact are given", () =>
    Effect.gen(function* () {
      const { probe, messages } = yield* serve({ messages: 4, contacts: 2, ...plain })
      const token = yield* probe.token
      const [first, other, second] = messages
      const ids = [second?.id, other?.id, "msg-unknown", first?.id, first?.id].join(",")
      const page = yield* probe.get(messagesOf(first?.externalContactId ?? "", { messageId: ids }), token)
      assert.deepStrictEqual(
        entities(page).map(({ id }) => id),
        [second?.id, first?.id]
      )
    })
  )

  it.effect("go from pending over sent to their end, and can be filtered by status", () =>
    Effect.gen(function* () {
      const { probe, messages } = yield* serve({ messages: 100, contacts: 1, ...plain })
      const token = yield* probe.token
      const contact = messages[0]?.externalContactId ?? ""
      const look = (query: Record<string, string> = {}) =>
        probe.get(messagesOf(contact, { pageSize: "100", ...query }), token).pipe(Effect.map(entities))
      const statuses = (list: ReadonlyArray<{ status: string }>) =>
        [...new Set(list.map(({ status }) => status))].sort()

      assert.deepStrictEqual(statuses(yield* look()), ["pending"])
      yield* TestClock.adjust(5_000)
      assert.include(statuses(yield* look()), "sent")
      const unended = yield* look({ status: "pending,sent" })
      assert.deepStrictEqual(statuses(unended), ["sent"])
      yield* TestClock.adjust(55_000)
      const ended = yield* look()
      assert.deepStrictEqual(statuses(ended), ["delivered", "failed"])
      assert.isTrue(ended.every(({ status, statusDetails }) => status !== "failed" || statusDetails !== undefined))
      assert.isTrue(ended.some(({ status, statusDetails }) => status === "delivered" && statusDetails === undefined))
      assert.deepStrictEqual(yield* look({ status: "sent" }), [])
    })
  )

  it.effect("that are missing, or older than the retention window, are not given", () =>
    Effect.gen(function* () {
      for (const options of [{ missing: 1 }, { expired: 1 }]) {
        const { probe, messages } = yield* serve({ messages: 5, ...options })
        const page = yield* probe.get(messagesOf(messages[0]?.externalContactId ?? ""), yield* probe.token)
        assert.strictEqual(page.status, 200)
        assert.deepStrictEqual(JSON.parse(page.body), { entities: [] })
      }
    })
  )

  it.effect("of a contact that nobody knows are a 404", () =>
    Effect.gen(function* () {
      const { probe, report } = yield* serve({})
      const seen = yield* probe.get(messagesOf("contact-unknown"), yield* probe.token)
      assert.strictEqual(seen.status, 404)
      assert.strictEqual(error(seen.body).contextId, seen.headers["inin-correlation-id"])
      assert.deepStrictEqual(Object.values(wrongOf(report())), [0, 0, 0, 0, 0, 0, 0])
    })
  )
})

describe("analytics export", () => {
  const path = "/api/v2/analytics/message/details/query"
  const json = (token: string) => ({ authorization: `Bearer ${token}`, "content-type": "application/json" })

  it.effect("says what the messages endpoint says, of the interval's messages", () =>
    Effect.gen(function* () {
      const { probe, messages, report } = yield* serve({ messages: 300, contacts: 3, ...plain })
      yield* TestClock.adjust(60_000)
      const token = yield* probe.token
      const ids = messages.map(({ id }) => id)
      const now = "1969-12-31T00:00:00Z/1970-01-02T00:00:00+01:00"
      const full = yield* probe.post(path, analytics(ids, now), json(token))
      const told = JSON.parse(full.body).entities
      assert.deepStrictEqual(
        told.map((entity: { messageId: string; status: string }) => [entity.messageId, entity.status]),
        messages.map(({ id, outcome }) => [id, outcome?.status])
      )
      assert.isTrue(told.every((entity: Record<string, string>) => `${entity.status}Date` in entity))
      const small = yield* probe.post(path, analytics(ids, now, { size: 7 }), json(token))
      assert.lengthOf(JSON.parse(small.body).entities, 7)
      const before = yield* probe.post(path, analytics(ids, "1969-01-01T00:00:00Z/1969-02-01T00:00:00Z"), json(token))
      const after = yield* probe.post(path, analytics(ids, "1970-01-01T00:00:00Z/1970-01-02T00:00:00Z"), json(token))
      assert.deepStrictEqual([JSON.parse(before.body), JSON.parse(after.body)], [{ entities: [] }, { entities: [] }])
      assert.isTrue(
        report().messages.every(({ status }) => status === undefined),
        "analytics serves no receipt"
      )
    })
  )

  it.effect("misreports as many as it is told to", () =>
    Effect.gen(function* () {
      const { probe, messages } = yield* serve({ messages: 100, ...plain, rates: { misreported: 0.1 } })
      yield* TestClock.adjust(60_000)
      const body = analytics(
        messages.map(({ id }) => id),
        "1969-12-31T00:00:00Z/1970-01-02T00:00:00Z"
      )
      const seen = yield* probe.post(path, body, json(yield* probe.token))
      const told = JSON.parse(seen.body).entities as ReadonlyArray<{ status: string }>
      const wrong = told.filter(({ status }, index) => status !== messages[index]?.outcome?.status).length
      assert.isAbove(wrong, 0)
      assert.isBelow(wrong, 30)
    })
  )
})

describe("refusals", () => {
  it.effect("of a permission name it", () =>
    Effect.gen(function* () {
      const { probe, messages } = yield* serve({ messages: 1, denied: ["messaging:messages:read"] })
      const seen = yield* probe.get(messagesOf(messages[0]?.externalContactId ?? ""), yield* probe.token)
      assert.strictEqual(seen.status, 403)
      assert.strictEqual(error(seen.body).code, "missing.permissions")
      assert.include(error(seen.body).message, "messaging:messages:read")
    })
  )

  it.effect("of an unknown address are a 404", () =>
    Effect.gen(function* () {
      const { probe, report } = yield* serve({})
      const seen = yield* probe.get("/api/v2/elsewhere", yield* probe.token)
      assert.strictEqual(seen.status, 404)
      assert.strictEqual(report().requests.other, 1)
    })
  )
})
