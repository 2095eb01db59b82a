/**
 * What a journal must do where something is taken out of it: prune, redact, compact, check.
 *
 * @module
 */
import { ok, strictEqual } from "node:assert/strict"
import type { JournalStore, TrackingEvent } from "@dlrkit/core"
import * as Effect from "effect/Effect"
import { check, contents, keys, numbers, refusal, type Store, same } from "./JournalCheck.ts"
import { acknowledge, draft, events, hostile, insert, message, messages } from "./Samples.ts"

const record = ({ events, messages }: JournalStore.Pruned): JournalStore.EventDraft => ({
  at: 2000,
  run: 7,
  actor: "pruner",
  body: { kind: "journal.pruned", before: "1970-01-01T00:00:00.100Z", messages, events }
})

const nothing = { endedBefore: 0, eventsUpTo: 0, limit: 100 }
const ended = { status: "delivered", resolution: "delivered", dueAt: undefined } as const

const withEvents = (store: Store, count: number) =>
  store.transact({}, () => ({
    events: Array.from({ length: count }, (_, i) => draft(`e-${i + 1}`)),
    result: undefined
  }))

/** What a journal must do where something is taken out of it. */
export const upkeepChecks = [
  check("prune", "prunes messages that ended long ago and were not seen since, never an open one", (store) =>
    Effect.gen(function* () {
      yield* insert(store, [
        message({ messageId: "open" }),
        message({ messageId: "ended", ...ended, finalAt: 99 }),
        message({ messageId: "on the day", ...ended, finalAt: 100 }),
        message({ messageId: "looked at since", ...ended, finalAt: 1, lookedAt: 100 }),
        message({ messageId: "seen since", ...ended, finalAt: 1, seenAt: 100 }),
        message({ messageId: "registered since", ...ended, finalAt: 1, registeredAt: 100 }),
        message({ messageId: "unconfirmed", resolution: "unconfirmed", dueAt: undefined, finalAt: 5, lookedAt: 4 }),
        message({ messageId: "reopened", ...ended, dueAt: 3, finalAt: 1 })
      ])
      same(yield* store.prune({ ...nothing, endedBefore: 100 }, record), { messages: 2, events: 0 })
      same(yield* keys(messages(store)), [1, 3, 4, 5, 6, 8])
      same(yield* store.find({ names: [{ messageId: "ended" }, { messageId: "unconfirmed" }] }), [])
      same((yield* events(store)).at(-1), {
        v: 1,
        id: `${store.id}-9`,
        seq: 9,
        at: "1970-01-01T00:00:02.000Z",
        run: 7,
        actor: "pruner",
        kind: "journal.pruned",
        before: "1970-01-01T00:00:00.100Z",
        messages: 2,
        events: 0
      })
    })
  ),

  check("prune-limit", "prunes no more than it may, the oldest first", (store) =>
    Effect.gen(function* () {
      yield* insert(
        store,
        Array.from({ length: 5 }, (_, i) => message({ messageId: `m-${i + 1}`, ...ended, finalAt: 1 }))
      )
      const some = { endedBefore: 100, eventsUpTo: 3, limit: 2 }
      same(yield* store.prune(some, record), { messages: 2, events: 2 })
      same(
        [yield* keys(messages(store)), yield* numbers(events(store))],
        [
          [3, 4, 5],
          [3, 4, 5, 6]
        ]
      )
      same(yield* store.prune(some, record), { messages: 2, events: 1 })
      same([yield* keys(messages(store)), yield* numbers(events(store))], [[5], [4, 5, 6, 7]])
      same([yield* store.firstSeq, yield* store.lastSeq], [4, 7])
      same(
        [yield* numbers(store.events(0, 2)), yield* numbers(store.events(5, 2))],
        [
          [4, 5],
          [6, 7]
        ]
      )
    })
  ),

  check("prune-nothing", "writes nothing where there is nothing to prune", (store) =>
    Effect.gen(function* () {
      yield* insert(store, [message(), message({ messageId: "m-2", ...ended, finalAt: 100 })])
      const before = yield* contents(store)
      same(yield* store.prune({ ...nothing, endedBefore: 100 }, record), { messages: 0, events: 0 })
      same(yield* store.prune(nothing, record), { messages: 0, events: 0 })
      same(yield* contents(store), before)
    })
  ),

  check("prune-all-events", "gives no number twice, also where all events are pruned", (store) =>
    Effect.gen(function* () {
      yield* withEvents(store, 3)
      same(yield* store.prune({ ...nothing, eventsUpTo: 99 }, record), { messages: 0, events: 3 })
      same([yield* store.firstSeq, yield* store.lastSeq], [4, 4])
      strictEqual(yield* store.transact({}, ({ nextSeq }) => ({ events: [draft("x")], result: nextSeq })), 5)
      same(
        (yield* events(store)).map(({ id, seq }) => [seq, id]),
        [4, 5].map((seq) => [seq, `${store.id}-${seq}`])
      )
      same(yield* numbers(store.mentions(['"x"', "journal.pruned"], 0, 9)), [4, 5])
    })
  ),

  check(
    "prune-transaction",
    "prunes and says so in one transaction, and leaves cursors and memos as they are",
    (store) =>
      Effect.gen(function* () {
        yield* insert(store, [message({ ...ended, finalAt: 1 }), message({ messageId: "m-2" })])
        yield* acknowledge(store, "sink", 1)
        yield* store.setMemo("memo", "kept")
        const before = yield* contents(store)
        const all = { endedBefore: 100, eventsUpTo: 2, limit: 10 }
        const thrown = store.prune(all, () => {
          throw new Error("no event")
        })
        yield* refusal(thrown, "it was pruned without an event")
        same(yield* contents(store), before)
        yield* store.prune(all, record)
        same([yield* store.cursor("sink"), yield* store.memo("memo")], [1, "kept"])
      })
  ),

  check("redact", "writes events again that must not stay as they are, and no others", (store) =>
    Effect.gen(function* () {
      yield* withEvents(store, 2500)
      yield* store.transact({}, () => ({ events: hostile.map(draft), result: undefined }))
      const before = yield* events(store)
      const rewritten = (body: TrackingEvent.EventBody): TrackingEvent.EventBody | undefined =>
        body.kind === "message.missing" && body.messageId?.endsWith("7") === true
          ? { ...body, messageId: "nobody", carrier: hostile.join("") }
          : undefined
      const changed = before.filter((event) => "messageId" in event && event.messageId?.endsWith("7") === true)
      strictEqual(yield* store.redact(rewritten), changed.length)
      same(
        yield* events(store),
        before.map((event) =>
          changed.includes(event) ? { ...event, messageId: "nobody", carrier: hostile.join("") } : event
        )
      )
      strictEqual(yield* store.redact(rewritten), 0)
      same(yield* numbers(store.mentions(['"e-17"'], 0, 9)), [])
    })
  ),

  check("redact-transaction", "writes no event again where one of them cannot be", (store) =>
    Effect.gen(function* () {
      yield* withEvents(store, 3)
      const before = yield* events(store)
      const thrown = store.redact((body) => {
        if (body.kind === "message.missing" && body.messageId === "e-3") throw new Error("no body")
        return { ...body, kind: "message.missing", carrier: "another" }
      })
      yield* refusal(thrown, "a part of the events was written again")
      same(yield* events(store), before)
    })
  ),

  check("compact", "is whole, and holds the same once unused space was given back", (store) =>
    Effect.gen(function* () {
      yield* withEvents(store, 1000)
      yield* insert(store, [message(), message({ messageId: "m-2", ...ended, finalAt: 1 })])
      yield* store.noteFailure("sink", { since: 1, at: 2, detail: "down" })
      yield* store.prune({ endedBefore: 100, eventsUpTo: 900, limit: 1000 }, record)
      const before = yield* contents(store)
      const size = yield* store.compact
      ok(size.after <= size.before, `it has grown from ${size.before} to ${size.after} bytes`)
      same(yield* contents(store), before)
      same(yield* store.check, [])
      yield* insert(store, [message({ messageId: "m-3" })])
    })
  )
]
