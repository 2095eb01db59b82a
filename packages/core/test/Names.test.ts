import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
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
      assert.deepStrictEqual(
        shown.map(({ after, returned }) => [after?.alone, after?.resolution, returned]),
        new Array(4).fill([false, undefined, false])
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
