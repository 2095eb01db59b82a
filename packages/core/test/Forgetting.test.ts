import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Forgetting from "../src/Forgetting.ts"
import * as Journal from "../src/Journal.ts"
import * as JournalCheck from "../src/JournalCheck.ts"
import { JournalBroken, JournalError, type JournalStoreService } from "../src/JournalStore.ts"
import { TrackingEvent } from "../src/TrackingEvent.ts"
import { meaning, receipt } from "./Samples.ts"
import { commit, commitConversation, layer, options, register } from "./StoredJournal.ts"
import { events, messages } from "./TrackedRun.ts"

const digits = "491712345678"
const who = { actor: "officer", version: "1" }

/** Four messages to the person (one of them by conversation and by id), one without an end, and two to others. */
const tracked = Effect.gen(function* () {
  const journal = yield* Journal.Journal
  yield* journal.startBeside(options)
  yield* register(
    {
      messageId: "their-1",
      to: "+491712345678",
      externalContactId: "their-contact",
      labels: { name: "their-label" }
    },
    { conversationId: "their-c-2", to: "0049 171 2345678", campaignId: "k", outboundContactId: "their-o-2" },
    { messageId: "their-2" },
    { messageId: "their-3", conversationId: "their-c-2", from: "+491712345678" },
    { messageId: "their-4", to: "491712345678", from: "+4930123456" },
    { messageId: "m-1", to: "+49 171 2345679", externalContactId: "c-1" },
    { messageId: "m-2" }
  )
  yield* commit({ "their-1": "sent", "m-1": "sent" }, { externalMessageId: "their-external" })
  yield* commit({ "their-1": "delivered", "their-3": "failed", "m-2": "delivered" })
  yield* commitConversation("their-c-2", "their-2", "delivered")
  yield* commit({ "their-1": "failed" })
})

/** Everything that the journal holds. */
const contents = Effect.gen(function* () {
  const { store } = yield* Journal.Journal
  return JSON.stringify([yield* messages, yield* events, yield* store.memo("forgetting")])
})

const counts = Effect.gen(function* () {
  const { store } = yield* Journal.Journal
  return (yield* store.totals()).map(({ category, cause, count, resolution, status }) =>
    JSON.stringify([status, resolution, category, cause, count])
  )
})

const nothingIsLeft = Effect.gen(function* () {
  const { hash, store } = yield* Journal.Journal
  const text = yield* contents
  assert.notMatch(text, /their-(?!external)|171 ?2345678/)
  for (const spelling of ["+491712345678", "0049 171 2345678", digits]) assert.notInclude(text, hash(spelling))
  assert.include(text, "m-1")
  assert.include(text, hash("+49 171 2345679"))
  for (const event of yield* events) {
    assert.deepStrictEqual(Schema.decodeUnknownSync(TrackingEvent, { onExcessProperty: "error" })(event), event)
  }
  assert.strictEqual(yield* store.memo("forgetting"), "")
  assert.deepInclude(yield* JournalCheck.check({ atMost: 9 }), { count: 0, problems: [] })
  const told = (yield* events).filter((event) => event.kind === "person.forgotten")
  assert.deepStrictEqual(
    told.map((event) => [event.kind === "person.forgotten" && event.messages, event.actor]),
    [[4, "officer"]]
  )
})

describe("forgetting", () => {
  it.effect("takes a person's data out, and leaves the counts and an event that does not say whose", () =>
    Effect.gen(function* () {
      yield* tracked
      assert.strictEqual((yield* events).filter(({ kind }) => kind === "message.joined").length, 1)
      assert.deepStrictEqual(yield* Forgetting.forget(digits, who), { messages: 4, ended: 1, events: 12 })
      yield* nothingIsLeft
      assert.deepStrictEqual(
        (yield* messages).map(({ carrier, dueAt, finalAt, ref, resolution }) => [
          carrier,
          resolution,
          finalAt,
          dueAt === undefined,
          ref
        ]),
        [
          ["acme", "delivered", 0, true, {}],
          ["acme", "delivered", 0, true, {}],
          ["acme", "failed", 0, true, {}],
          ["acme", "unconfirmed", 0, true, { from: "+4930123456" }],
          ["acme", undefined, undefined, false, { messageId: "m-1", to: "+49 171 2345679", externalContactId: "c-1" }],
          ["acme", "delivered", 0, true, { messageId: "m-2" }]
        ]
      )
      const unconfirmed = (yield* events).find(({ kind }) => kind === "message.unconfirmed")
      assert.deepInclude(unconfirmed, { reason: "forgotten", carrier: "acme" })
    }).pipe(Effect.provide(layer()))
  )

  it.effect("can be run again, and writes nothing where nothing is left to forget", () =>
    Effect.gen(function* () {
      yield* tracked
      yield* Forgetting.forget(digits, who)
      const before = yield* contents
      assert.deepStrictEqual(yield* Forgetting.forget(digits, who), { messages: 0, ended: 0, events: 0 })
      assert.deepStrictEqual(yield* Forgetting.forget("4917000000000", who), { messages: 0, ended: 0, events: 0 })
      assert.strictEqual(yield* contents, before)
    }).pipe(Effect.provide(layer()))
  )

  it.effect("is finished by the next run, wherever it was cut short", () => {
    const died = new JournalError({
      reason: new JournalBroken({ journal: "x", operation: "write", cause: new Error("killed") })
    })
    /** Counts what is written, and dies at the write with this number. */
    const mortal = (life: { writes: number; diesAt: number }) => (store: JournalStoreService) => {
      const living = <A>(write: Effect.Effect<A, JournalError>) =>
        Effect.suspend(() => (++life.writes === life.diesAt ? Effect.fail(died) : write))
      return {
        ...store,
        transact: (sought, decide) => living(store.transact(sought, decide)),
        setMemo: (name, text) => living(store.setMemo(name, text)),
        redact: (rewrite) => living(store.redact(rewrite)),
        compact: living(store.compact)
      } satisfies JournalStoreService
    }
    return Effect.gen(function* () {
      let deaths = 0
      for (let diesAt = 1; ; diesAt++) {
        const life = { writes: 0, diesAt: 0 }
        const finished = yield* Effect.gen(function* () {
          yield* tracked
          life.writes = 0
          life.diesAt = diesAt
          const first = yield* Effect.option(Forgetting.forget(digits, who))
          life.diesAt = 0
          if (first._tag === "None") yield* Forgetting.forget(digits, who)
          yield* nothingIsLeft
          return first._tag === "Some"
        }).pipe(Effect.provide(layer(mortal(life))))
        if (finished) break
        deaths += 1
      }
      assert.strictEqual(deaths, 7)
    })
  })

  it.effect("notes the names that a tracker learns while it is at work", () => {
    let learn: Effect.Effect<void> = Effect.void
    const slow = (store: JournalStoreService): JournalStoreService => ({
      ...store,
      setMemo: (name, text) =>
        Effect.andThen(
          store.setMemo(name, text),
          Effect.suspend(() => learn)
        )
    })
    return Effect.gen(function* () {
      const journal = yield* Journal.Journal
      yield* journal.startBeside(options)
      yield* register({ conversationId: "their-c", to: "+491712345678" })
      learn = Effect.suspend(() => {
        learn = Effect.void
        return commitConversation("their-c", "their-id", "sent")
      }).pipe(Effect.provideService(Journal.Journal, journal), Effect.orDie)
      assert.deepStrictEqual(yield* Forgetting.forget(digits, who), { messages: 1, ended: 1, events: 3 })
      assert.notInclude(yield* contents, "their-")
    }).pipe(Effect.provide(layer(slow)))
  })

  it.effect("brings nothing back by what a tracker had asked before", () =>
    Effect.gen(function* () {
      const journal = yield* Journal.Journal
      yield* tracked
      yield* Forgetting.forget(digits, who)
      const before = yield* counts
      const told = yield* events
      yield* journal.commit({
        receipts: [1, 2].map((key) => ({
          receipt: receipt("delivered", { key, messageId: `their-${key}`, conversationId: "their-c-2", sentAt: 5 }),
          name: { messageId: `their-${key}`, conversationId: "their-c-2" }
        })),
        classify: meaning,
        looked: [1, 2, 4, 5],
        startedAt: 99_999_999,
        nextLook: () => 0,
        groupOf: () => "their-group"
      })
      yield* journal.explain(4, [receipt("failed", { code: "7", messageId: "their-3" })], meaning)
      yield* journal.postpone([1, 2, 5], 0, 10)
      assert.notMatch(yield* contents, /their-(?!external)/)
      assert.deepStrictEqual(yield* counts, before)
      assert.deepStrictEqual(yield* events, told)
    }).pipe(Effect.provide(layer()))
  )

  it.effect("finds the events of messages that were pruned, by the hash of their number", () =>
    Effect.gen(function* () {
      const { store } = yield* Journal.Journal
      yield* tracked
      yield* store.prune({ endedBefore: 1, eventsUpTo: 0, limit: 100 }, ({ events, messages }) => ({
        at: 1,
        run: 1,
        actor: "tester",
        body: { kind: "journal.pruned", before: "", events, messages }
      }))
      const { ended, messages: forgotten } = yield* Forgetting.forget(digits, who)
      assert.deepStrictEqual([forgotten, ended], [1, 1])
      assert.notMatch(yield* contents, /their-1|their-contact/)
    }).pipe(Effect.provide(layer()))
  )
})
