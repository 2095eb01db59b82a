import type { JournalStore, Message } from "@dlrkit/core"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import { alike, both, draft, events, insert, message, messages, plain, refusal, sorted, stores } from "./Stores.ts"

const named = (...messageIds: ReadonlyArray<string>) => messageIds.map((messageId) => ({ messageId }))

const mine: JournalStore.OpenQuery = { source: "genesys", run: 1, by: "dueAt", limit: 100 }

for (const [name, make] of Object.entries(stores)) {
  describe(`the ${name} store`, () => {
    it.effect("is empty at first", () =>
      Effect.gen(function* () {
        const store = yield* make
        assert.strictEqual(yield* store.lastSeq, 0)
        assert.strictEqual(yield* store.cursor("audit"), 0)
        assert.deepStrictEqual(
          [yield* store.consumers, yield* events(store), yield* messages(store), yield* store.totals()],
          [[], [], [], []]
        )
        assert.deepStrictEqual(yield* store.open(mine), [])
        assert.match(store.id, /^[0-9a-f]{16}$/)
        assert.match(store.hashKey, /^[0-9a-f]{64}$/)
      })
    )

    it.effect("gives back every field of a message, and the order of registration as its key", () =>
      Effect.gen(function* () {
        const store = yield* make
        const full = message({
          messageId: "m-2",
          ref: {
            messageId: "m-2",
            externalContactId: "c-1",
            to: "+13175550100",
            sentAt: 5,
            labels: { Straße: 'a "quoted", \n €\u{1f600} \u0000 label' }
          },
          status: "failed",
          resolution: "failed",
          providerStatus: "failed",
          code: "CARRIER_REJECTED",
          cause: "refused_unspecified",
          category: "permanent_block",
          retryable: "no",
          actor: "carrier",
          classifier: "genesys",
          rule: "REJECTED",
          externalMessageId: "e-1",
          finalAt: 7,
          seenAt: 8,
          lookedAt: 0,
          dueAt: undefined,
          looks: 3,
          unexplained: true,
          missing: true,
          conflicts: [{ status: "delivered" }, { status: "failed", code: "X" }]
        })
        yield* insert(store, [message(), full])
        alike(yield* messages(store), [
          { ...message(), key: 1 },
          { ...full, key: 2 }
        ])
        const found = yield* store.transact(
          { names: named("m-2", "nobody", "m-1", "m-2") },
          ({ messages, nextSeq }) => ({
            result: { messages, nextSeq }
          })
        )
        alike(found, {
          messages: [
            { ...message(), key: 1 },
            { ...full, key: 2 }
          ],
          nextSeq: 3
        })
      })
    )

    it.effect("writes updates by key and numbers events without gaps", () =>
      Effect.gen(function* () {
        const store = yield* make
        yield* insert(store, [message(), message({ messageId: "m-2" })])
        const answer = yield* store.transact({ names: named("m-1") }, ({ messages: [first], nextSeq }) => ({
          update: [{ ...(first as Message.TrackedMessage), status: "sent", dueAt: undefined }],
          insert: [message({ messageId: "m-3" })],
          events: [draft("x"), draft("y")],
          result: nextSeq
        }))
        assert.strictEqual(answer, 3)
        assert.strictEqual(yield* store.lastSeq, 4)
        assert.deepStrictEqual(
          (yield* messages(store)).map(({ dueAt, key, messageId, status }) => [key, messageId, status, dueAt]),
          [
            [1, "m-1", "sent", undefined],
            [2, "m-2", "pending", 0],
            [3, "m-3", "pending", 0]
          ]
        )
        const all = yield* events(store)
        assert.deepStrictEqual(
          all.map(({ seq }) => seq),
          [1, 2, 3, 4]
        )
        assert.deepStrictEqual(all[2], {
          v: 1,
          id: `${store.id}-3`,
          seq: 3,
          at: "1970-01-01T00:00:01.500Z",
          run: 1,
          actor: "tester",
          kind: "message.missing",
          messageId: "x",
          carrier: "acme"
        })
        const page = (after: number, limit: number) =>
          Effect.map(store.events(after, limit), (some) => some.map(({ seq }) => seq))
        assert.deepStrictEqual(
          [yield* page(1, 2), yield* page(3, 2), yield* page(4, 2), yield* page(0, 0)],
          [[2, 3], [4], [], []]
        )
      })
    )

    it.effect("keeps a cursor for each consumer", () =>
      Effect.gen(function* () {
        const store = yield* make
        yield* store.moveCursor("audit/file", 3)
        yield* store.moveCursor("audit/http", 1)
        yield* store.moveCursor("audit/file", 9)
        assert.deepStrictEqual([yield* store.cursor("audit/file"), yield* store.cursor("audit/http")], [9, 1])
        assert.strictEqual(yield* store.cursor("audit/stdout"), 0)
        assert.deepStrictEqual(
          sorted(yield* store.consumers),
          sorted([
            { consumer: "audit/file", seq: 9 },
            { consumer: "audit/http", seq: 1 }
          ])
        )
      })
    )

    it.effect("pages through messages, all or those of a run", () =>
      Effect.gen(function* () {
        const store = yield* make
        yield* insert(
          store,
          [1, 2, 1, 2, 1].map((run, i) => message({ messageId: `m-${i + 1}`, run }))
        )
        const keys = (after: number, limit: number, run?: number) =>
          Effect.map(store.messages({ after, limit, run }), (some) => some.map(({ key }) => key))
        assert.deepStrictEqual(
          [yield* keys(0, 2), yield* keys(2, 2), yield* keys(4, 2), yield* keys(5, 2)],
          [[1, 2], [3, 4], [5], []]
        )
        assert.deepStrictEqual(
          [yield* keys(0, 2, 1), yield* keys(3, 2, 1), yield* keys(0, 9, 2), yield* keys(0, 9, 3)],
          [[1, 3], [5], [2, 4], []]
        )
      })
    )

    it.effect("counts messages that are alike, all or those of a run", () =>
      Effect.gen(function* () {
        const store = yield* make
        yield* insert(store, [
          message({ messageId: "m-1" }),
          message({ messageId: "m-2" }),
          message({ messageId: "m-3", run: 2 }),
          message({ messageId: "m-4", missing: true }),
          message({ messageId: "m-5", carrier: "other" }),
          message({ messageId: "m-6", status: "failed", resolution: "failed", cause: "expired", category: "unknown" }),
          message({ messageId: "m-7", status: "sent", resolution: "unconfirmed" })
        ])
        const total = { carrier: "acme", status: "pending", missing: false }
        const rest = [
          { ...total, missing: true, count: 1 },
          { ...total, carrier: "other", count: 1 },
          { ...total, status: "failed", resolution: "failed", cause: "expired", category: "unknown", count: 1 },
          { ...total, status: "sent", resolution: "unconfirmed", count: 1 }
        ]
        const all = (totals: ReadonlyArray<object>) =>
          sorted(totals.map((one) => Object.entries(plain(one) as object).sort()))
        assert.deepStrictEqual(all(yield* store.totals()), all([{ ...total, count: 3 }, ...rest]))
        assert.deepStrictEqual(all(yield* store.totals(1)), all([{ ...total, count: 2 }, ...rest]))
        assert.deepStrictEqual(all(yield* store.totals(2)), all([{ ...total, count: 1 }]))
        assert.deepStrictEqual(yield* store.totals(3), [])
      })
    )

    it.effect("gives what is open in order, from any place in it", () =>
      Effect.gen(function* () {
        const store = yield* make
        const row = (messageId: string, changes: Partial<Message.TrackedMessage>) => message({ messageId, ...changes })
        yield* insert(store, [
          row("late", { dueAt: 30, deadlineAt: 100 }),
          row("soon", { dueAt: 10, deadlineAt: 300, lookedAt: 5, sentAt: 3 }),
          row("ended", { dueAt: undefined }),
          row("elsewhere", { source: "other" }),
          row("of another run", { run: 2 }),
          row("as soon", { dueAt: 10, deadlineAt: 100, registeredAt: 4, group: "g-2" })
        ])
        const open = (query: Partial<JournalStore.OpenQuery>) => store.open({ ...mine, ...query })
        const keys = (query: Partial<JournalStore.OpenQuery>) =>
          Effect.map(open(query), (all) => all.map(({ key }) => key))
        const [first, second] = yield* open({})
        alike(first, {
          key: 2,
          group: "g-1",
          carrier: "acme",
          sentAt: 3,
          registeredAt: 0,
          alone: false,
          seen: false,
          lookedAt: 5,
          dueAt: 10,
          deadlineAt: 300
        })
        alike(second, {
          key: 6,
          group: "g-2",
          carrier: "acme",
          registeredAt: 4,
          alone: false,
          seen: false,
          dueAt: 10,
          deadlineAt: 100
        })
        assert.deepStrictEqual(yield* keys({}), [2, 6, 1])
        assert.deepStrictEqual(yield* keys({ after: first }), [6, 1])
        assert.deepStrictEqual(yield* keys({ after: second, limit: 1 }), [1])
        assert.deepStrictEqual(yield* keys({ by: "deadlineAt" }), [1, 6, 2])
        assert.deepStrictEqual(yield* keys({ by: "deadlineAt", after: second }), [2])
        assert.deepStrictEqual(yield* keys({ run: 2 }), [5])
        assert.deepStrictEqual(yield* keys({ source: "other" }), [4])
        assert.deepStrictEqual(yield* keys({ source: "nobody" }), [])
      })
    )

    it.effect("gives what is open of a group, the soonest due first", () =>
      Effect.gen(function* () {
        const store = yield* make
        yield* insert(store, [
          message({ messageId: "late", dueAt: 30, lookedAt: 8 }),
          message({ messageId: "other group", group: "g-2" }),
          message({ messageId: "ended", dueAt: undefined }),
          message({ messageId: "soon", dueAt: 10 }),
          message({ messageId: "other run", run: 2 })
        ])
        const group = (limit: number, unseenSince?: number, ...except: ReadonlyArray<number>) =>
          Effect.map(
            store.openOf({ source: "genesys", run: 1, group: "g-1", except: new Set(except), unseenSince, limit }),
            (all) => all.map(({ key }) => key)
          )
        assert.deepStrictEqual(yield* group(9), [4, 1])
        assert.deepStrictEqual(yield* group(1), [4])
        assert.deepStrictEqual([yield* group(9, 8), yield* group(9, 9)], [[4], [4, 1]])
        assert.deepStrictEqual([yield* group(9, undefined, 4), yield* group(1, undefined, 4, 99)], [[1], [1]])
      })
    )

    it.effect("moves due moments of what is open, and nothing else", () =>
      Effect.gen(function* () {
        const store = yield* make
        yield* insert(store, [
          message(),
          message({ messageId: "m-2", dueAt: undefined }),
          message({ messageId: "m-3" })
        ])
        yield* store.schedule([
          { key: 1, dueAt: 70 },
          { key: 2, dueAt: 70 },
          { key: 99, dueAt: 70 }
        ])
        assert.deepStrictEqual(
          (yield* messages(store)).map(({ dueAt }) => dueAt),
          [70, undefined, 0]
        )
        assert.strictEqual(yield* store.lastSeq, 3)
      })
    )

    it.effect("gives failures whose reason nobody has told", () =>
      Effect.gen(function* () {
        const store = yield* make
        const failed = { status: "failed", resolution: "failed", dueAt: undefined } as const
        yield* insert(store, [
          message({ ...failed, unexplained: true }),
          message({ messageId: "m-2", ...failed }),
          message({ messageId: "m-3", ...failed, unexplained: true, run: 2 })
        ])
        const found = yield* store.unexplained({ source: "genesys", run: 1, limit: 9 })
        assert.deepStrictEqual(
          found.map(({ key }) => key),
          [1]
        )
      })
    )

    it.effect("finds messages by any of their names", () =>
      Effect.gen(function* () {
        const store = yield* make
        const contact = { campaignId: "k", outboundContactId: "o" }
        yield* insert(store, [
          message({ messageId: "m-1", conversationId: "c-1" }),
          { ...message({ conversationId: "c-1" }), messageId: undefined, ref: { conversationId: "c-1" } },
          { ...message(), messageId: undefined, ref: contact },
          { ...message(), messageId: undefined, ref: { campaignId: "k", outboundContactId: "other" } }
        ])
        const find = (sought: JournalStore.Sought) =>
          store.transact(sought, ({ messages }) => ({ result: messages.map(({ key }) => key) }))
        assert.deepStrictEqual(yield* find({ names: [{ messageId: "m-1" }] }), [1])
        assert.deepStrictEqual(yield* find({ names: [{ conversationId: "c-1" }] }), [1, 2])
        assert.deepStrictEqual(yield* find({ names: [contact], keys: [2, 77] }), [2, 3])
        assert.deepStrictEqual(yield* find({ names: [{ campaignId: "k" }, {}] }), [])
      })
    )

    it.effect("gives a message another name, and takes away one that has become part of another", () =>
      Effect.gen(function* () {
        const store = yield* make
        yield* insert(store, [
          { ...message(), messageId: undefined, ref: { conversationId: "c-1" }, conversationId: "c-1" },
          message({ messageId: "m-2" })
        ])
        yield* store.transact({ keys: [1, 2] }, ({ messages: [first, second] }) => {
          const named = { ...(first as Message.TrackedMessage), messageId: "m-2", sentAt: 9, group: "g-9" }
          return { update: [named], renamed: [named], remove: [second?.key ?? 0], result: undefined }
        })
        alike(
          (yield* messages(store)).map(({ group, key, messageId, sentAt }) => ({ group, key, messageId, sentAt })),
          [{ group: "g-9", key: 1, messageId: "m-2", sentAt: 9 }]
        )
        const found = yield* store.transact({ names: named("m-2") }, ({ messages }) => ({ result: messages.length }))
        assert.strictEqual(found, 1)
      })
    )

    it.effect("keeps a text under a name", () =>
      Effect.gen(function* () {
        const store = yield* make
        assert.strictEqual(yield* store.memo("a"), undefined)
        yield* store.setMemo("a", "1")
        yield* store.setMemo("a", "2")
        yield* store.setMemo("b", "3")
        assert.deepStrictEqual([yield* store.memo("a"), yield* store.memo("b")], ["2", "3"])
      })
    )

    it.effect("lets one track at a time", () =>
      Effect.gen(function* () {
        const store = yield* make
        const first = yield* Scope.make()
        yield* Scope.provide(store.claim, first)
        const second = yield* refusal(Effect.scoped(store.claim))
        assert.deepStrictEqual([second._tag, second.retryable], ["JournalInUse", true])
        yield* Scope.close(first, Exit.void)
        yield* Effect.scoped(store.claim)
      })
    )
  })
}

const Small = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 5 }))
const Row = Schema.Struct({
  group: Small,
  run: Schema.Literals([1, 2]),
  source: Schema.Literals(["genesys", "genesys", "other"]),
  lookedAt: Schema.Union([Small, Schema.Undefined]),
  deadlineAt: Small,
  dueAt: Schema.Union([Small, Schema.Undefined])
})
const Query = Schema.Struct({
  run: Schema.Literals([1, 2]),
  by: Schema.Literals(["dueAt", "deadlineAt"]),
  limit: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 20 }))
})

describe("both stores", () => {
  it.effect.prop(
    "give the same messages in the same order, part by part",
    [Schema.Array(Row).check(Schema.isMaxLength(60)), Schema.Array(Query).check(Schema.isMinLength(1))],
    ([rows, queries]) =>
      Effect.scoped(
        Effect.gen(function* () {
          const [memory, sqlite] = yield* both
          const all = rows.map(({ group, ...row }, i) => message({ messageId: `m-${i}`, group: `g-${group}`, ...row }))
          yield* insert(memory, all)
          yield* insert(sqlite, all)
          for (const query of queries) {
            let after: JournalStore.OpenMessage | undefined
            do {
              const asked = { source: "genesys", ...query, after }
              const expected = yield* memory.open(asked)
              alike(yield* sqlite.open(asked), expected, JSON.stringify(asked))
              after = expected.at(-1)
            } while (after !== undefined)
            const group = { source: "genesys", run: query.run, group: "g-1", except: new Set([3]), limit: query.limit }
            alike(yield* sqlite.openOf(group), yield* memory.openOf(group))
          }
        })
      )
  )
})
