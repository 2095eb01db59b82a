import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Journal from "../src/Journal.ts"
import * as JournalCheck from "../src/JournalCheck.ts"
import { type Decision, JournalBroken, JournalError, type JournalStoreService } from "../src/JournalStore.ts"
import type { TrackedMessage } from "../src/Message.ts"
import { commit, commitConversation, layer, options, register } from "./StoredJournal.ts"
import { messages } from "./TrackedRun.ts"

/** Everything that can happen to messages. */
const tracked = Effect.gen(function* () {
  const journal = yield* Journal.Journal
  yield* journal.startBeside(options)
  yield* register(
    { messageId: "m-1" },
    { messageId: "m-2" },
    { messageId: "m-3", conversationId: "c-1" },
    { conversationId: "c-2" },
    { conversationId: "c-3" },
    { campaignId: "k", outboundContactId: "o" },
    { messageId: "m-4" },
    { messageId: "m-5" },
    { messageId: "m-6", sentAt: 0, deadlineAt: 100 }
  )
  yield* commit({ "m-1": "sent", "m-2": "sent", "m-5": "what" })
  yield* commitConversation("c-2", "m-7", "sent")
  yield* commitConversation("c-3", "m-4", "failed")
  yield* commit({ "m-1": "delivered", "m-2": "failed", "m-7": "delivered", "m-4": "delivered" })
  yield* commit({ "m-2": "delivered" })
  yield* commit({ "m-6": "sent" }, {}, 200)
  yield* commit({ "m-6": "delivered" }, {}, 300)
  yield* journal.acknowledge({ consumer: "sink", seq: 5 })
  yield* journal.settle
})

const check = JournalCheck.check({ atMost: 20 })

/** Changes a message, and writes no event of that. */
const doctor = (messageId: string, changes: Partial<TrackedMessage>, more: Partial<Decision<void>> = {}) =>
  Effect.gen(function* () {
    const { store } = yield* Journal.Journal
    yield* store.transact({ names: [{ messageId }] }, ({ messages: [message] }) => ({
      ...(message === undefined ? {} : { update: [{ ...message, ...changes }] }),
      ...more,
      result: undefined
    }))
  })

/** A journal over a store in which events are damaged. */
const damaged = (damage: (events: JournalStoreService["events"]) => JournalStoreService["events"]) =>
  layer((store) => ({ ...store, events: damage(store.events) }))

describe("the check of a journal", () => {
  it.effect("finds nothing wrong with one that is whole, also where it was pruned", () =>
    Effect.gen(function* () {
      const { store } = yield* Journal.Journal
      yield* tracked
      const { count, events, messages, problems } = yield* check
      assert.deepStrictEqual([problems, count, messages, events], [[], 0, 8, yield* store.lastSeq])
      for (const eventsUpTo of [0, 3, 12]) {
        yield* store.prune({ endedBefore: 1, eventsUpTo, limit: eventsUpTo === 0 ? 2 : 20 }, (pruned) => ({
          at: 1,
          run: 1,
          actor: "tester",
          body: { kind: "journal.pruned", before: "", ...pruned }
        }))
        assert.deepStrictEqual((yield* check).problems, [], `pruned up to ${eventsUpTo}`)
      }
    }).pipe(Effect.provide(layer()))
  )

  it.effect.each([
    ["m-1", { status: "failed", resolution: "failed" }, "m-1: is failed, and its events say delivered"],
    ["m-5", { status: "sent" }, "m-5: is sent, and its events say pending"],
    ["m-7", { status: "failed", resolution: "failed" }, "m-7: is failed, and its events say delivered"],
    ["m-3", { resolution: "unconfirmed", dueAt: undefined }, "m-3: has the end unconfirmed, and its events say none"],
    ["m-6", { late: false }, "m-6: is late by its events, and not marked so"],
    ["m-1", { late: true }, "m-1: is marked as late, and its events do not say so"],
    ["m-2", { conflicts: [] }, "m-2: has 0 conflicts, and its events tell 1"],
    [
      "m-1",
      { report: { state: "delivered", profile: "p", providerStatus: "x", recordedAt: 0 } },
      "m-1: has a report of its carrier, and no event tells it"
    ],
    ["m-5", { dueAt: undefined }, "m-5: has no end, and is not to be asked for"],
    ["m-1", { dueAt: 5 }, "m-1: has an end, and is to be asked for"],
    ["m-1", { resolution: "unconfirmed" }, "m-1: is delivered, and its end is unconfirmed"],
    ["m-3", { messageId: "x" }, "x: is there, and no event says that it was registered"]
  ] as const)("finds a message that is not what its events say: %s %j", ([messageId, changes, says]) =>
    Effect.gen(function* () {
      yield* tracked
      yield* doctor(messageId, changes as Partial<TrackedMessage>)
      assert.strictEqual((yield* check).problems[0], says)
    }).pipe(Effect.provide(layer()))
  )

  it.effect("finds messages that are gone, and cursors of events that never were", () =>
    Effect.gen(function* () {
      yield* tracked
      yield* doctor("none", {}, { remove: [1, 2], cursors: [{ consumer: "sink", seq: 99 }] })
      const { problems } = yield* check
      assert.strictEqual(problems.length, 2)
      assert.match(problems[0] as string, /^sink has acknowledged event 99, and the newest is \d+/)
      assert.strictEqual(problems[1], "2 messages are not there that events say were registered")
    }).pipe(Effect.provide(layer()))
  )

  it.effect("finds events that are not there, and some that are not what an event must be", () =>
    Effect.gen(function* () {
      yield* tracked
      const { problems } = yield* check
      assert.includeMembers(problems as Array<string>, [
        "events 5 to 6 are not there",
        "event 8 (message.registered) is not what an event must be"
      ])
    }).pipe(
      Effect.provide(
        damaged(
          (events) => (after, limit) =>
            Effect.map(events(after, limit), (page) =>
              page
                .filter(({ seq }) => seq !== 5 && seq !== 6)
                .map((event) => (event.seq === 8 ? { ...event, carrier: 5 as never } : event))
            )
        )
      )
    )
  )

  it.effect("finds that the last events are gone, or the first, where nobody pruned", () =>
    Effect.gen(function* () {
      const journal = yield* Journal.Journal
      const { store } = journal
      yield* tracked
      const last = yield* store.lastSeq
      const cut = (change: Partial<JournalStoreService>) =>
        Effect.provideService(check, Journal.Journal, { ...journal, store: { ...store, ...change } })
      const shorter = yield* cut({
        events: (after, limit) => store.events(after, Math.max(0, Math.min(limit, last - 2 - after)))
      })
      assert.include(shorter.problems, `events ${last - 1} to ${last} are not there`)
      const later = yield* cut({
        firstSeq: Effect.succeed(4),
        events: (after, limit) => store.events(Math.max(3, after), limit)
      })
      assert.deepStrictEqual(later.problems, ["events 1 to 3 are not there, and none says that they were pruned"])
    }).pipe(Effect.provide(layer()))
  )

  it.effect("names an event that cannot be read, and reads the others", () =>
    Effect.gen(function* () {
      yield* tracked
      const { events, problems } = yield* check
      assert.deepStrictEqual(problems, ["event 2 cannot be read"])
      assert.isAbove(events, 20)
    }).pipe(
      Effect.provide(
        damaged(
          (events) => (after, limit) =>
            after < 2 && after + limit >= 2
              ? Effect.fail(
                  new JournalError({
                    reason: new JournalBroken({ journal: "x", operation: "events", cause: new Error("bad JSON") })
                  })
                )
              : events(after, limit)
        )
      )
    )
  )

  it.effect("takes what a tracker writes meanwhile for no damage", () => {
    let step: Effect.Effect<void> = Effect.void
    const busy = layer((store) => ({
      ...store,
      messages: (query) => Effect.tap(store.messages(query), () => step)
    }))
    return Effect.gen(function* () {
      const journal = yield* Journal.Journal
      yield* tracked
      step = Effect.suspend(() => {
        step = Effect.void
        return Effect.andThen(commit({ "m-5": "delivered" }), register({ messageId: "m-9" }))
      }).pipe(Effect.asVoid, Effect.orDie, Effect.provideService(Journal.Journal, journal))
      assert.deepStrictEqual((yield* check).problems, [])
      assert.strictEqual((yield* messages).find(({ messageId }) => messageId === "m-5")?.status, "delivered")
    }).pipe(Effect.provide(busy))
  })

  it.effect("tells so many problems, and how many there are", () =>
    Effect.gen(function* () {
      yield* tracked
      for (const id of ["m-1", "m-2", "m-5"]) yield* doctor(id, { late: true })
      const { count, problems } = yield* JournalCheck.check({ atMost: 2 })
      assert.deepStrictEqual([count, problems.length], [3, 2])
    }).pipe(Effect.provide(layer()))
  )
})
