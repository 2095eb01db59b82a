/**
 * What a journal must do with events and with those who read them.
 *
 * @module
 */
import { match, strictEqual } from "node:assert/strict"
import { JournalStore } from "@dlrkit/core"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { check, type JournalCheck, numbers, refusal, same } from "./JournalCheck.ts"
import { acknowledge, draft, events, hostile, insert, message, messages } from "./Samples.ts"

const failure = { since: 5, at: 9, detail: 'it\'s "down": 503 \u{1f600}' }

/** What a journal must do with events and with those who read them. */
export const eventChecks: ReadonlyArray<JournalCheck> = [
  check("empty", "is empty at first", (store) =>
    Effect.gen(function* () {
      same([yield* store.firstSeq, yield* store.lastSeq, yield* store.cursor("audit")], [0, 0, 0])
      same(
        [yield* store.consumers, yield* events(store), yield* messages(store), yield* store.totals()],
        [[], [], [], []]
      )
      same(yield* store.open({ source: "source", run: 1, by: "dueAt", limit: 9 }), [])
      same([yield* store.mentions([""], 0, 9), yield* store.check], [[], []])
      strictEqual(yield* store.memo("memo"), undefined)
    })
  ),

  {
    name: "identity",
    says: "takes its id and its key from the source of secrets, once",
    run: ({ open }) =>
      Effect.gen(function* () {
        const store = yield* open().pipe(
          Effect.provideService(JournalStore.Entropy, (bytes: number) => "ab".repeat(bytes))
        )
        match(store.id, /^(ab)+$/)
        match(store.hashKey, /^(ab){32}$/)
        const { hashKey, id } = store
        yield* insert(store, [message()])
        same([store.id, store.hashKey], [id, hashKey])
      })
  },

  check("event-numbers", "numbers events without gaps, with ids that stay", (store) =>
    Effect.gen(function* () {
      yield* insert(store, [message(), message({ messageId: "m-2" })])
      const next = yield* store.transact({}, ({ nextSeq }) => ({
        events: [draft("x"), draft("y")],
        result: nextSeq
      }))
      same([next, yield* store.firstSeq, yield* store.lastSeq], [3, 1, 4])
      const all = yield* events(store)
      same(all, [
        ...["m-1", "m-2", "x", "y"].map((messageId, i) => ({
          v: 1,
          id: `${store.id}-${i + 1}`,
          seq: i + 1,
          at: "1970-01-01T00:00:01.500Z",
          run: 1,
          actor: "tester",
          kind: "message.missing",
          messageId,
          carrier: "acme"
        }))
      ])
      for (const [after, limit, expected] of [
        [1, 2, [2, 3]],
        [3, 2, [4]],
        [4, 2, []],
        [0, 0, []]
      ] as const) {
        same(yield* numbers(store.events(after, limit)), expected, `${limit} after ${after}`)
      }
    })
  ),

  check("mentions", "gives the events whose JSON holds a text, which means nothing but itself", (store) =>
    Effect.gen(function* () {
      yield* store.transact({}, () => ({ events: hostile.map(draft), result: undefined }))
      for (const [index, text] of hostile.entries()) {
        const mentioned = store.mentions([`"messageId":${JSON.stringify(text)}`], 0, 99)
        same(yield* numbers(mentioned), [index + 1], JSON.stringify(text))
      }
      const count = hostile.length
      const some = [hostile[4], hostile[1]].map((text) => JSON.stringify(text))
      same(yield* numbers(store.mentions(some, 0, 99)), [2, 5])
      same(yield* numbers(store.mentions(some, 2, 99)), [5])
      same(yield* numbers(store.mentions(some, 0, 1)), [2])
      same(yield* numbers(store.mentions(['"carrier":"acme"'], 1, 2)), [2, 3])
      same(yield* numbers(store.mentions(["acme"], count - 1, 99)), [count])
      same(yield* numbers(store.mentions(["tester", "ACME", "a*b", "a.b"], 0, 99)), [])
      same(yield* numbers(store.mentions([], 0, 99)), [])
    })
  ),

  check("cursors", "keeps a cursor for each consumer, and gives them by name", (store) =>
    Effect.gen(function* () {
      yield* acknowledge(store, "audit/http", 1)
      yield* acknowledge(store, "audit/file", 3)
      yield* acknowledge(store, "Audit", 2)
      yield* acknowledge(store, "audit/file", 9)
      same([yield* store.cursor("audit/file"), yield* store.cursor("audit/http")], [9, 1])
      strictEqual(yield* store.cursor("audit/%"), 0)
      same(
        (yield* store.consumers).map(({ consumer, failure, seq }) => [consumer, seq, failure ?? "well"]),
        [
          ["Audit", 2, "well"],
          ["audit/file", 9, "well"],
          ["audit/http", 1, "well"]
        ]
      )
    })
  ),

  check("cursors-in-transaction", "moves cursors in the transaction that says so, or not at all", (store) =>
    Effect.gen(function* () {
      yield* acknowledge(store, "behind", 1)
      yield* store.noteFailure("failing", failure)
      yield* store.transact({}, () => ({
        events: [draft("x")],
        cursors: ["behind", "failing", "new"].map((consumer) => ({ consumer, seq: 7 })),
        result: undefined
      }))
      const moved = ["behind", "failing", "new"].map((consumer) => ({ consumer, seq: 7 }))
      same(yield* store.consumers, moved)
      yield* insert(store, [message()])
      const refused = store.transact({}, () => ({
        insert: [message()],
        cursors: [{ consumer: "behind", seq: 8 }],
        result: undefined
      }))
      yield* refusal(refused, "two messages have one id")
      same(yield* store.consumers, moved)
    })
  ),

  check("consumer-failures", "keeps what a consumer fails with until it has acknowledged more", (store) =>
    Effect.gen(function* () {
      yield* acknowledge(store, "old", 4)
      yield* store.noteFailure("old", failure)
      yield* store.noteFailure("new", { ...failure, detail: "first" })
      yield* store.noteFailure("new", { ...failure, at: 10 })
      same(yield* store.consumers, [
        { consumer: "new", seq: 0, failure: { ...failure, at: 10 } },
        { consumer: "old", seq: 4, failure }
      ])
      same([yield* store.cursor("old"), yield* store.cursor("new")], [4, 0])
      yield* acknowledge(store, "old", 4)
      same((yield* store.consumers)[1], { consumer: "old", seq: 4 })
    })
  ),

  check("memos", "keeps a text under a name", (store) =>
    Effect.gen(function* () {
      for (const text of hostile) yield* store.setMemo(text, `before ${text}`)
      for (const text of hostile) yield* store.setMemo(text, text)
      for (const text of hostile) strictEqual(yield* store.memo(text), text)
      yield* store.setMemo("empty", "")
      same([yield* store.memo("empty"), yield* store.memo("nothing")], ["", null])
      strictEqual(yield* store.lastSeq, 0)
    })
  ),

  check("claim", "lets one track at a time", (store) =>
    Effect.gen(function* () {
      const first = yield* Scope.make()
      yield* Scope.provide(store.claim, first)
      strictEqual(yield* refusal(Effect.scoped(store.claim), "two have the right to track"), "JournalInUse")
      yield* insert(store, [message()])
      yield* Scope.close(first, Exit.void)
      yield* Effect.scoped(store.claim)
    })
  )
]
