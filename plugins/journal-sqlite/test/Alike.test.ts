import type { JournalStore, Message } from "@dlrkit/core"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import { alike, both, draft, events, ids, insert, message, messages, plain, refusal, sorted, stores } from "./Stores.ts"

const named = (...messageIds: ReadonlyArray<string>) => messageIds.map((messageId) => ({ messageId }))

const dueAt: JournalStore.DueQuery = { source: "genesys", at: 1000, by: "dueAt", batches: 100, size: 100 }

for (const [name, make] of Object.entries(stores)) {
  describe(`the ${name} store`, () => {
    it.effect("is empty at first", () =>
      Effect.gen(function* () {
        const store = yield* make
        assert.strictEqual(yield* store.lastSeq, 0)
        assert.strictEqual(yield* store.cursor("audit"), 0)
        assert.strictEqual(yield* store.nextDueAt({ source: "genesys" }), undefined)
        assert.deepStrictEqual(
          [yield* store.cursors, yield* events(store), yield* messages(store), yield* store.totals()],
          [[], [], [], []]
        )
        assert.deepStrictEqual(yield* store.due(dueAt), [])
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
          fruitless: 1,
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
          sorted(yield* store.cursors),
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

    it.effect("asks for the messages unseen for longest first, ids of one group together", () =>
      Effect.gen(function* () {
        const store = yield* make
        const rows: ReadonlyArray<[group: string, lookedAt: number | undefined]> = [
          ["a", 30],
          ["b", 20],
          ["a", undefined],
          ["c", 10],
          ["b", undefined],
          ["a", 10],
          ["a", 40]
        ]
        yield* insert(
          store,
          rows.map(([group, lookedAt], i) => message({ messageId: `m-${i + 1}`, group, lookedAt }))
        )
        const due = (batches: number, size: number) => Effect.map(store.due({ ...dueAt, batches, size }), ids)
        assert.deepStrictEqual(yield* due(9, 9), [["m-3", "m-6", "m-1", "m-7"], ["m-5", "m-2"], ["m-4"]])
        assert.deepStrictEqual(yield* due(9, 2), [["m-3", "m-6"], ["m-5", "m-2"], ["m-4"], ["m-1", "m-7"]])
        assert.deepStrictEqual(yield* due(1, 2), [["m-3", "m-6"]])
        assert.deepStrictEqual(yield* due(2, 1), [["m-3"], ["m-5"]])
      })
    )

    it.effect("fills a batch with the next of its group, however far behind they stand", () =>
      Effect.gen(function* () {
        const store = yield* make
        // A hundred groups begin before the second message of the first one.
        yield* insert(store, [
          ...Array.from({ length: 100 }, (_, i) => message({ messageId: `first-${i}`, group: `g-${i}` })),
          ...Array.from({ length: 100 }, (_, i) => message({ messageId: `second-${i}`, group: `g-${99 - i}` })),
          message({ messageId: "third", group: "g-0", lookedAt: 5 })
        ])
        assert.deepStrictEqual(ids(yield* store.due({ ...dueAt, batches: 2, size: 3 })), [
          ["first-0", "second-99", "third"],
          ["first-1", "second-98"]
        ])
      })
    )

    it.effect("asks only for what is due, open, of the source and of the run", () =>
      Effect.gen(function* () {
        const store = yield* make
        const row = (messageId: string, changes: Partial<Message.TrackedMessage>) => message({ messageId, ...changes })
        yield* insert(store, [
          row("now", { dueAt: 1000 }),
          row("later", { dueAt: 1001 }),
          row("ended", { dueAt: undefined }),
          row("elsewhere", { source: "other" }),
          row("of another run", { run: 2, dueAt: 3, lookedAt: 0 }),
          row("just looked at", { lookedAt: 1000 })
        ])
        const due = (changes: Partial<JournalStore.DueQuery>) =>
          Effect.map(store.due({ ...dueAt, ...changes }), (batches) => ids(batches).flat())
        assert.deepStrictEqual(yield* due({}), ["now", "of another run", "just looked at"])
        assert.deepStrictEqual(yield* due({ run: 1 }), ["now", "just looked at"])
        assert.deepStrictEqual(yield* due({ run: 2 }), ["of another run"])
        assert.deepStrictEqual(yield* due({ source: "other" }), ["elsewhere"])
        // For one look at each, only the last look counts.
        assert.deepStrictEqual(yield* due({ by: "lookedAt" }), ["now", "later", "of another run"])
        assert.deepStrictEqual(yield* due({ by: "lookedAt", run: 2, at: 0 }), [])
        assert.deepStrictEqual(yield* due({ by: "lookedAt", run: 2, at: 1 }), ["of another run"])
        const next = (source: string, run?: number) => store.nextDueAt({ source, run })
        assert.deepStrictEqual(
          [yield* next("genesys"), yield* next("genesys", 2), yield* next("genesys", 3), yield* next("nobody")],
          [0, 3, undefined, undefined]
        )
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
  dueAt: Schema.Union([Small, Schema.Undefined])
})
const Query = Schema.Struct({
  run: Schema.Union([Schema.Literals([1, 2]), Schema.Undefined]),
  at: Small,
  by: Schema.Literals(["dueAt", "lookedAt"]),
  batches: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 6 })),
  size: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 4 }))
})

describe("both stores", () => {
  it.effect.prop(
    "give the same batches, of one group each and no larger than asked, whatever is due",
    [Schema.Array(Row).check(Schema.isMaxLength(60)), Schema.Array(Query).check(Schema.isMinLength(1))],
    ([rows, queries]) =>
      Effect.scoped(
        Effect.gen(function* () {
          const [memory, sqlite] = yield* both
          const all = rows.map(({ group, ...row }, i) => message({ messageId: `m-${i}`, group: `g-${group}`, ...row }))
          yield* insert(memory, all)
          yield* insert(sqlite, all)
          for (const query of queries) {
            const expected = yield* memory.due({ source: "genesys", ...query })
            const given = yield* sqlite.due({ source: "genesys", ...query })
            assert.deepStrictEqual(ids(given), ids(expected), JSON.stringify(query))
            alike(given, expected)
            assert.isAtMost(given.length, query.batches)
            for (const batch of given) {
              assert.isAtMost(batch.length, query.size)
              assert.strictEqual(new Set(batch.map(({ group }) => group)).size, 1)
            }
          }
        })
      ),
    { arbitrary: { runs: 150 } }
  )
})
