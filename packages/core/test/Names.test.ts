import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import type { DeliveryReceipt } from "../src/DeliveryReceipt.ts"
import * as Journal from "../src/Journal.ts"
import * as JournalStoreMemory from "../src/JournalStoreMemory.ts"
import type { MessageName, MessageRef } from "../src/Message.ts"
import { meaning, receipt } from "./Samples.ts"

const journal = Layer.provideMerge(Journal.layer, JournalStoreMemory.layer)

const registration = (ref: MessageRef): Journal.Registration => ({
  ref,
  source: "scripted",
  group: ref.conversationId ?? ref.messageId ?? "",
  carrier: "acme",
  carrierOrigin: "config",
  deadline: 10_000,
  expired: undefined
})

interface Told {
  readonly receipt: DeliveryReceipt
  readonly name?: MessageName
  readonly ambiguous?: boolean
}

/** What a sweep, or a look-up that began at the moment 5, tells. */
const page = (told: ReadonlyArray<Told>, looked: ReadonlyArray<number> = []): Journal.Page => ({
  receipts: told,
  classify: meaning,
  looked,
  startedAt: 5,
  nextLook: () => 5000,
  groupOf: ({ conversationId, messageId }) => conversationId ?? messageId ?? ""
})

/** A receipt that names no message. */
const told = (word: string, changes: Partial<DeliveryReceipt> = {}) =>
  receipt(word, { messageId: undefined, ...changes })

const start = Effect.gen(function* () {
  const made = yield* Journal.Journal
  yield* made.start({ actor: "tester", command: "test", version: "0", config: {} })
  return made
})

const messages = Journal.Journal.use(({ store }) => store.messages({ after: 0, limit: 100 }))
const events = Journal.Journal.use(({ store }) => Effect.map(store.events(2, 100), (all) => all))

describe("a registration", () => {
  it.effect("means a known message by its id; without one, by its conversation or its contact", () =>
    Effect.gen(function* () {
      const made = yield* start
      const contact = { campaignId: "k", outboundContactId: "o" }
      const register = (...refs: ReadonlyArray<MessageRef>) => made.register(refs.map(registration))
      assert.deepInclude(yield* register({ messageId: "m-1", conversationId: "c-1" }, contact), { added: 2, known: 0 })
      assert.deepInclude(yield* register({ conversationId: "c-1" }, { ...contact }), { added: 0, known: 2 })
      assert.deepInclude(yield* register({ messageId: "m-2", conversationId: "c-1" }), { added: 1, known: 0 })
      assert.deepInclude(yield* register({ conversationId: "c-2" }, { conversationId: "c-2" }), { added: 1, known: 0 })
      assert.deepInclude(yield* register({ conversationId: "c-1" }), { added: 0, known: 2 })
    }).pipe(Effect.scoped, Effect.provide(journal))
  )
})

describe("a receipt without a message's id", () => {
  it.effect("is of the only message of its conversation", () =>
    Effect.gen(function* () {
      const made = yield* start
      yield* made.register([registration({ messageId: "m-1", conversationId: "c-1", sentAt: 0 })])
      const { shown } = yield* made.commit(page([{ receipt: told("delivered", { conversationId: "c-1" }) }]))
      assert.deepStrictEqual(
        shown.map(({ after }) => [after?.messageId, after?.resolution]),
        [["m-1", "delivered"]]
      )
    }).pipe(Effect.scoped, Effect.provide(journal))
  )

  it.effect("is of the campaign's contact, whose conversation it tells", () =>
    Effect.gen(function* () {
      const made = yield* start
      const contact = { campaignId: "k", outboundContactId: "o" }
      yield* made.register([registration(contact)])
      const name = { ...contact, conversationId: "c-1" }
      yield* made.commit(page([{ receipt: told("sent", { conversationId: "c-1", sentAt: 3 }), name }]))
      const [message] = yield* messages
      assert.deepInclude(message, { status: "sent", conversationId: "c-1", sentAt: 3, group: "c-1" })
      yield* made.commit(page([{ receipt: told("delivered", { conversationId: "c-1" }) }]))
      assert.deepInclude((yield* messages)[0], { status: "delivered" })
    }).pipe(Effect.scoped, Effect.provide(journal))
  )

  it.effect("is of nobody where the conversation has several messages, or is said to", () =>
    Effect.gen(function* () {
      const made = yield* start
      yield* made.register([
        registration({ messageId: "m-1", conversationId: "c-1" }),
        registration({ messageId: "m-2", conversationId: "c-1" }),
        registration({ messageId: "m-3", conversationId: "c-3" }),
        registration({ messageId: "m-4", conversationId: "c-4", sentAt: 600_000 })
      ])
      const { shown, unmatched } = yield* made.commit(
        page([
          { receipt: told("delivered", { conversationId: "c-1" }) },
          { receipt: told("delivered", { conversationId: "c-3" }), ambiguous: true },
          // The conversation was there long before the message: it has others.
          { receipt: told("delivered", { conversationId: "c-4", sentAt: 0 }) },
          { receipt: told("delivered", { conversationId: "c-9" }) }
        ])
      )
      assert.strictEqual(unmatched, 1)
      // Of the first two it was known: nothing has changed.
      assert.deepStrictEqual(
        shown.map(({ after, returned }) => [after?.messageId, after?.alone, after?.resolution, returned]),
        ["m-3", "m-4"].map((id) => [id, false, undefined, false])
      )
      assert.deepStrictEqual(
        (yield* messages).map(({ alone, resolution }) => [alone, resolution]),
        new Array(4).fill([false, undefined])
      )
    }).pipe(Effect.scoped, Effect.provide(journal))
  )

  it.effect("that tells of a change makes the messages of its conversation due at once, but once only", () =>
    Effect.gen(function* () {
      const made = yield* start
      const both = ["m-1", "m-2"].map((messageId) => registration({ messageId, conversationId: "c-1" }))
      yield* made.register(both, () => 9000)
      const changed = (occurredAt: number) =>
        page([{ receipt: told("delivered", { conversationId: "c-1", occurredAt }) }])
      yield* made.commit(changed(4))
      assert.deepStrictEqual(
        (yield* messages).map(({ dueAt }) => dueAt),
        [0, 0]
      )
      yield* made.commit(page([], [1, 2]))
      yield* made.commit(changed(4))
      assert.deepStrictEqual(
        (yield* messages).map(({ dueAt }) => dueAt),
        [5000, 5000]
      )
    }).pipe(Effect.scoped, Effect.provide(journal))
  )
})

describe("a message that was named by its conversation", () => {
  it.effect("is identified by the look-up that tells its id", () =>
    Effect.gen(function* () {
      const made = yield* start
      yield* made.register([registration({ conversationId: "c-1" })])
      const found = receipt("sent", { key: 1, messageId: "m-1", conversationId: "c-1" })
      yield* made.commit(page([{ receipt: found, name: { messageId: "m-1" } }], [1]))
      assert.deepInclude((yield* messages)[0], { messageId: "m-1", status: "sent" })
      const kinds = (yield* events).map(({ kind }) => kind)
      assert.deepStrictEqual(kinds, ["message.registered", "message.identified", "message.sent"])
      assert.deepInclude((yield* events)[1], { conversationId: "c-1", messageId: "m-1" })
      yield* made.commit(page([{ receipt: found }], [1]))
      assert.strictEqual((yield* events).length, 3)
    }).pipe(Effect.scoped, Effect.provide(journal))
  )

  it.effect("becomes one with another registration that proves to be the same, and nothing of either is lost", () =>
    Effect.gen(function* () {
      const made = yield* start
      yield* made.register([
        registration({ conversationId: "c-1", labels: { order: "7", shop: "a" } }),
        registration({ messageId: "m-1", labels: { shop: "b" } })
      ])
      const found = receipt("delivered", { key: 1, messageId: "m-1", conversationId: "c-1", sentAt: 2 })
      const { shown } = yield* made.commit(page([{ receipt: found, name: { messageId: "m-1" } }], [1]))
      assert.deepStrictEqual(
        shown.map(({ after }) => after?.resolution),
        ["delivered", undefined]
      )
      const all = yield* messages
      assert.strictEqual(all.length, 1)
      assert.deepInclude(all[0], { messageId: "m-1", conversationId: "c-1", sentAt: 2, resolution: "delivered" })
      assert.deepStrictEqual(all[0]?.ref.labels, { order: "7", shop: "a" })
      assert.deepInclude((yield* events).at(-1), {
        kind: "message.joined",
        messageId: "m-1",
        absorbed: { messageId: "m-1" }
      })
      assert.deepInclude(yield* made.register([registration({ messageId: "m-1" })]), { added: 0, known: 1 })
    }).pipe(Effect.scoped, Effect.provide(journal))
  )

  it.effect("is known by that id on the rest of the page, and by its own key when it has become part of another", () =>
    Effect.gen(function* () {
      const made = yield* start
      yield* made.register([
        registration({ conversationId: "c-1" }),
        registration({ campaignId: "k", outboundContactId: "o" }),
        registration({ conversationId: "c-3" })
      ])
      const of = (key: number, word: string, messageId: string) => ({
        receipt: receipt(word, { key, messageId, conversationId: key === 3 ? "c-3" : "c-1" }),
        name: { messageId, conversationId: key === 3 ? "c-3" : "c-1" }
      })
      const { shown, unmatched } = yield* made.commit(
        page(
          [
            of(3, "sent", "m-3"),
            { receipt: receipt("delivered", { messageId: "m-3" }) },
            of(1, "sent", "m-1"),
            of(2, "pending", "m-1"),
            of(2, "failed", "m-1")
          ],
          [1, 2, 3]
        )
      )
      assert.strictEqual(unmatched, 0)
      assert.deepStrictEqual(
        shown.map(({ after }) => after?.resolution),
        ["failed", undefined, "delivered"]
      )
      const [one, three, ...others] = yield* messages
      assert.deepStrictEqual(others, [])
      assert.deepInclude(one, { key: 1, messageId: "m-1", resolution: "failed", looks: 1 })
      assert.deepInclude(one?.ref, { conversationId: "c-1", campaignId: "k", outboundContactId: "o" })
      assert.deepInclude(three, { key: 3, messageId: "m-3", resolution: "delivered", looks: 1 })
    }).pipe(Effect.scoped, Effect.provide(journal))
  )

  it.effect("brings along all that it went through when it becomes part of another", () =>
    Effect.gen(function* () {
      const made = yield* start
      yield* made.register([
        registration({ conversationId: "c-1", deadlineAt: 4 }),
        { ...registration({ messageId: "m-1" }), carrier: "unknown", carrierOrigin: "unknown" }
      ])
      // The first was called unconfirmed, and asked for once; the second was delivered, and a receipt contradicted that.
      yield* made.commit(page([{ receipt: receipt("teleported", { key: 1, messageId: undefined }) }], [1]))
      const outcome = (word: string) => ({ receipt: receipt(word, { code: "X" }) })
      yield* made.commit(page([outcome("delivered"), outcome("failed")], [2]))
      assert.deepStrictEqual(
        (yield* messages).map(({ resolution }) => resolution),
        ["unconfirmed", "delivered"]
      )
      const found = receipt("delivered", { key: 1, conversationId: "c-1" })
      yield* made.commit(page([{ receipt: found, name: { messageId: "m-1" } }]))
      const [one, ...others] = yield* messages
      assert.deepStrictEqual(others, [])
      assert.deepInclude(one, {
        resolution: "delivered",
        late: true,
        looks: 2,
        firstLookAt: 5,
        carrier: "acme",
        unrecognized: ["teleported"],
        conflicts: [{ status: "failed", profile: "scripted", code: "X" }]
      })
      assert.strictEqual((yield* events).filter(({ kind }) => kind === "message.conflict").length, 1)
    }).pipe(Effect.scoped, Effect.provide(journal))
  )

  it.effect("that failed elsewhere than the other was delivered is a conflict, of which an event tells", () =>
    Effect.gen(function* () {
      const made = yield* start
      yield* made.register([registration({ conversationId: "c-1" }), registration({ messageId: "m-1" })])
      yield* made.commit(page([{ receipt: receipt("failed", { code: "X" }) }]))
      yield* TestClock.adjust(10)
      const found = receipt("delivered", { key: 1, conversationId: "c-1" })
      yield* made.commit(page([{ receipt: found, name: { messageId: "m-1" } }]))
      const [one] = yield* messages
      assert.deepInclude(one, { key: 2, resolution: "failed", code: "X", conflicts: [{ status: "delivered" }] })
      assert.deepStrictEqual(
        (yield* events).slice(-2).map((event) => [event.kind, "resolution" in event && event.resolution]),
        [
          ["message.joined", false],
          ["message.conflict", "failed"]
        ]
      )
    }).pipe(Effect.scoped, Effect.provide(journal))
  )

  it.effect("goes on while either registration waits, until the later deadline; what comes then is late", () =>
    Effect.gen(function* () {
      const made = yield* start
      yield* made.register([
        registration({ conversationId: "c-1", deadlineAt: 4 }),
        registration({ messageId: "m-1", deadlineAt: 90 })
      ])
      yield* made.commit(page([], [1]))
      const found = receipt("sent", { key: 1, conversationId: "c-1" })
      yield* made.commit(page([{ receipt: found, name: { messageId: "m-1" } }], [1]))
      const [one] = yield* messages
      assert.deepInclude(one, { status: "sent", resolution: undefined, deadlineAt: 90, dueAt: 5000, looks: 2 })
      yield* made.commit(page([{ receipt: receipt("delivered") }]))
      assert.deepInclude((yield* messages)[0], { resolution: "delivered", late: true })
    }).pipe(Effect.scoped, Effect.provide(journal))
  )
})

describe("a failure without a reason", () => {
  it.effect("is asked about once, and takes the reason that is told", () =>
    Effect.gen(function* () {
      const made = yield* start
      yield* made.register([registration({ messageId: "m-1" }), registration({ messageId: "m-2" })])
      yield* made.commit(
        page([{ receipt: receipt("failed") }, { receipt: receipt("failed", { messageId: "m-2", code: "X" }) }], [1, 2])
      )
      const unexplained = made.store.unexplained({ source: "scripted", run: 1, limit: 9 })
      assert.deepStrictEqual(
        (yield* unexplained).map(({ key }) => key),
        [1]
      )
      const why = receipt("failed", { key: 1, code: "BLOCKED" })
      yield* made.explain(1, [why], meaning)
      assert.deepStrictEqual(yield* unexplained, [])
      assert.deepInclude((yield* messages)[0], { code: "BLOCKED", status: "failed" })
      assert.deepInclude((yield* events).at(-1), { kind: "message.explained", messageId: "m-1", code: "BLOCKED" })
    }).pipe(Effect.scoped, Effect.provide(journal))
  )

  it.effect("stays one where nobody knows better, and is not asked about again", () =>
    Effect.gen(function* () {
      const made = yield* start
      yield* made.register([registration({ messageId: "m-1" })])
      yield* made.commit(page([{ receipt: receipt("failed") }], [1]))
      const before = (yield* events).length
      yield* made.explain(1, [], meaning)
      assert.deepStrictEqual(yield* made.store.unexplained({ source: "scripted", run: 1, limit: 9 }), [])
      assert.deepInclude((yield* messages)[0], { code: undefined, cause: "unexplained", resolution: "failed" })
      assert.strictEqual((yield* events).length, before)
    }).pipe(Effect.scoped, Effect.provide(journal))
  )
})
