import { assert, describe, it } from "@effect/vitest"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { classify } from "../src/Classifier.ts"
import * as Forgetting from "../src/Forgetting.ts"
import * as Journal from "../src/Journal.ts"
import * as JournalCheck from "../src/JournalCheck.ts"
import { JournalStore } from "../src/JournalStore.ts"
import * as JournalStoreMemory from "../src/JournalStoreMemory.ts"
import type { MessageRef } from "../src/Message.ts"
import * as ReceiptImport from "../src/ReceiptImport.ts"
import type { ReadReceipt } from "../src/ReceiptProfile.ts"
import { events, messages } from "./TrackedRun.ts"

const hour = 3_600_000
const now = 1000 * hour
const to = "+13175550100"

const journal = Layer.provideMerge(Journal.layer, JournalStoreMemory.layer)

/** Registers messages that were sent an hour ago, unless they say otherwise. */
const hold = (refs: ReadonlyArray<MessageRef>) =>
  Effect.gen(function* () {
    yield* TestClock.setTime(now)
    const journal = yield* Journal.Journal
    yield* journal.startBeside({ actor: "tester", command: "track", version: "1", config: {} })
    yield* journal.register(
      refs.map((ref, i) => ({
        ref: { messageId: `m-${i + 1}`, sentAt: now - hour, ...ref },
        source: "scripted",
        group: "g",
        carrier: "acme",
        carrierOrigin: "message",
        deadline: 2 * hour,
        expired: undefined
      }))
    )
  })

/** A receipt of something that happened a minute ago, unless it says otherwise. */
const read = (changes: Partial<ReadReceipt["receipt"]>, recipient?: string): ReadReceipt => ({
  receipt: {
    profile: "twilio",
    providerStatus: "delivered",
    status: "delivered",
    occurredAt: now - 60_000,
    ...changes
  },
  ...(recipient === undefined ? {} : { recipient })
})

const run = (
  receipts: ReadonlyArray<ReceiptImport.Reading>,
  options: { readonly size?: number; readonly within?: number; readonly dryRun?: boolean } = {}
) =>
  ReceiptImport.importReceipts({
    actor: "tester",
    version: "1",
    file: "receipts.ndjson",
    profile: "twilio",
    batches: Stream.fromIterable(Arr.chunksOf(receipts, options.size ?? 100)),
    classify: (receipt) => classify([], receipt, () => {}),
    ...options
  })

/** What each message's carrier reports. */
const reports = Effect.map(messages, (all) => Array.from(all, ({ report }) => report?.state))

const nothing = {
  receipts: 0,
  byId: 0,
  byRecipient: 0,
  unmatched: 0,
  ambiguous: 0,
  unreadable: 0,
  unknownWords: [],
  changed: 0,
  disagree: []
}

describe("an import", () => {
  it.effect("finds messages by the carrier's id, whatever its case, zeros and white space", () =>
    Effect.gen(function* () {
      yield* hold([{ externalMessageId: "00aB" }, { externalMessageId: "C" }, { externalMessageId: "c " }, {}])
      const result = yield* run([
        read({ externalMessageId: " AB" }),
        read({ externalMessageId: "c" }),
        read({ externalMessageId: "d" }),
        read({ externalMessageId: "000" }),
        read({}),
        "it is no receipt"
      ])
      assert.deepInclude(result, { receipts: 6, byId: 1, ambiguous: 1, unmatched: 3, unreadable: 1, changed: 1 })
      assert.deepStrictEqual(yield* reports, ["delivered", undefined, undefined, undefined])
    }).pipe(Effect.provide(journal))
  )

  it.effect("finds them by recipient and time where one message alone can be meant", () =>
    Effect.gen(function* () {
      yield* hold([
        { to },
        { to: "+15", sentAt: now - 4 * hour },
        { to: "+15" },
        { to: "+16", externalMessageId: "its own" },
        { to: "+17" },
        { to: "+18", sentAt: now - 80 * hour }
      ])
      const at = (occurredAt: number, recipient: string) => read({ occurredAt }, recipient)
      const result = yield* run([
        read({}, "0013175550100"),
        at(now, "+15"),
        at(now - 3 * hour, "+15"),
        read({ externalMessageId: "another" }, "+16"),
        read({ externalMessageId: "another" }, "+999"),
        read({ occurredAt: undefined }, "+17"),
        at(now - hour - ReceiptImport.clockDifference - 1, "+17"),
        at(now, "+18"),
        read({ occurredAt: undefined, sentAt: now }, "+17")
      ])
      assert.deepInclude(result, { byId: 0, byRecipient: 3, ambiguous: 2, unmatched: 4, changed: 3 })
      assert.deepStrictEqual(yield* reports, ["delivered", "delivered", undefined, undefined, "delivered", undefined])
      assert.deepInclude(yield* run([at(now - hour - ReceiptImport.clockDifference, "+17")]), { byRecipient: 1 })
      assert.deepInclude(yield* run([at(now, "+18")], { within: 81 * hour }), { byRecipient: 1 })
    }).pipe(Effect.provide(journal))
  )

  it.effect("counts from registration where nobody knows when it was sent", () =>
    Effect.gen(function* () {
      yield* hold([{ to, sentAt: undefined as never }])
      assert.deepInclude(yield* run([read({ occurredAt: now - 2 * ReceiptImport.clockDifference }, to)]), {
        unmatched: 1
      })
      assert.deepInclude(yield* run([read({ occurredAt: now + 73 * hour }, to)]), { unmatched: 1 })
      assert.deepInclude(yield* run([read({ occurredAt: now + 71 * hour }, to)]), { byRecipient: 1 })
    }).pipe(Effect.provide(journal))
  )

  it.effect("takes several ids of the carrier's for several messages, of which one at the most is here", () =>
    Effect.gen(function* () {
      yield* hold([{ to }, { to: "+15" }])
      const two = [read({ externalMessageId: "x" }, to), read({ externalMessageId: "y" }, to)]
      assert.deepInclude(yield* run(two), { ambiguous: 2, changed: 0 })
      const other = (id: string) => read({ externalMessageId: id, status: "failed" }, "+15")
      assert.deepInclude(yield* run([other("x"), other("X"), other("z")], { size: 2 }), {
        byRecipient: 2,
        ambiguous: 1
      })
      assert.deepStrictEqual(yield* reports, [undefined, "failed"])
    }).pipe(Effect.provide(journal))
  )

  it.effect("changes and tells nothing when the same comes again", () =>
    Effect.gen(function* () {
      yield* hold([{ externalMessageId: "a" }, { to }])
      const file = [
        read({ externalMessageId: "a", status: "sent", providerStatus: "sent" }),
        read({ externalMessageId: "A" }),
        read({ externalMessageId: "A" }),
        read({ externalMessageId: "0a", status: "failed", providerStatus: "failed" }),
        read({}, to)
      ]
      const first = yield* run(file, { size: 2 })
      assert.deepInclude(first, { receipts: 5, byId: 4, byRecipient: 1, changed: 2 })
      const before = yield* messages
      const told = (yield* events).filter(({ kind }) => kind === "message.reported")
      assert.deepStrictEqual(
        told.map((event) => [event.kind === "message.reported" && event.state, "contradicts" in event]),
        [
          ["in_progress", false],
          ["delivered", false],
          ["failed", true],
          ["delivered", false]
        ]
      )
      assert.deepStrictEqual(yield* run(file, { size: 3 }), { ...first, changed: 0 })
      assert.deepStrictEqual(yield* messages, before)
      assert.strictEqual((yield* events).filter(({ kind }) => kind === "message.reported").length, told.length)
      assert.deepInclude(yield* JournalCheck.check({ atMost: 9 }), { problems: [] })
    }).pipe(Effect.provide(journal))
  )

  it.effect("moves no message, and says at once where the carrier tells another end", () =>
    Effect.gen(function* () {
      yield* hold([{ externalMessageId: "a" }, { externalMessageId: "b" }, { externalMessageId: "c" }])
      const before = yield* messages
      const result = yield* run([
        read({ externalMessageId: "b", status: "failed", providerStatus: "undelivered" }),
        read({ externalMessageId: "a" }),
        read({ externalMessageId: "c", status: "sent", providerStatus: "sent" }),
        read({ externalMessageId: "c", status: undefined, providerStatus: "teleported" }),
        read({ externalMessageId: "c", status: "ignore", providerStatus: "received" })
      ])
      assert.deepInclude(result, { byId: 3, unreadable: 1, unmatched: 1, unknownWords: ["teleported"] })
      assert.deepStrictEqual(result.disagree, [
        { messageId: "m-1", message: "pending", analytics: null, carrier: "delivered" },
        { messageId: "m-2", message: "pending", analytics: null, carrier: "failed" }
      ])
      const after = (yield* messages).map(({ report: _, ...message }) => message)
      assert.deepStrictEqual(after, Array.from(before))
      // What the carrier had told by then, and no more, is held against the message.
      yield* hold([{ messageId: "m-4", externalMessageId: "d" }])
      yield* JournalStore.use((store) =>
        store.transact({ keys: [4] }, ({ messages: [message] }) => ({
          update: [{ ...message!, status: "delivered", resolution: "delivered", dueAt: undefined }],
          result: undefined
        }))
      )
      const sent = read({ externalMessageId: "d", status: "sent", providerStatus: "sent" })
      assert.strictEqual((yield* run([sent])).disagree[0]?.carrier, "in_progress")
      assert.deepStrictEqual((yield* run([sent, read({ externalMessageId: "d" })], { size: 1 })).disagree, [])
    }).pipe(Effect.provide(journal))
  )

  it.effect("has a run of its own, which says what was imported, also where the receipts break off", () =>
    Effect.gen(function* () {
      yield* hold([{ externalMessageId: "a" }])
      yield* Effect.flip(
        ReceiptImport.importReceipts({
          actor: "auditor",
          version: "1",
          file: "-",
          profile: "twilio",
          batches: Stream.concat(Stream.succeed([read({ externalMessageId: "a" })]), Stream.fail("broken")),
          classify: (receipt) => classify([], receipt, () => {})
        })
      )
      const told = (yield* events).slice(-5)
      assert.deepStrictEqual(
        told.map(({ kind }) => kind),
        ["run.started", "run.configured", "message.reported", "receipts.imported", "run.stopped"]
      )
      assert.isTrue(told.every(({ actor, run }) => actor === "auditor" && run === told[0]?.seq))
      assert.deepInclude(told[3], { file: "-", profile: "twilio", receipts: 1, matched: 1, unmatched: 0 })
      assert.deepInclude(told[4], { outcome: "failed" })
    }).pipe(Effect.provide(journal))
  )

  it.effect("says the same and writes nothing when it is tried out", () =>
    Effect.gen(function* () {
      yield* hold([{ externalMessageId: "a" }, { to }])
      const failed = read({ externalMessageId: "a", status: "failed", providerStatus: "failed" })
      const file = [read({ externalMessageId: "a" }), failed, read({}, to), read({}, "+99")]
      const { store } = yield* Journal.Journal
      const before = [yield* messages, yield* store.lastSeq]
      const tried = yield* run(file, { dryRun: true, size: 1 })
      assert.deepStrictEqual([yield* messages, yield* store.lastSeq], before)
      assert.deepStrictEqual(yield* run(file), tried)
      assert.deepStrictEqual(yield* run([]), nothing)
    }).pipe(Effect.provide(journal))
  )

  it.effect("looks messages up seldom when it is tried out: it has no index for that", () => {
    let lookUps = 0
    const counted = Layer.effect(
      JournalStore,
      Effect.map(JournalStore, (store) => ({
        ...store,
        find: (sought: Parameters<typeof store.find>[0]) => {
          lookUps += 1
          return store.find(sought)
        }
      }))
    ).pipe(Layer.provide(JournalStoreMemory.layer))
    return Effect.gen(function* () {
      yield* hold([{ externalMessageId: "a" }])
      const file = Array.from({ length: 120 }, () => read({ externalMessageId: "a" }))
      const tried = yield* run(file, { dryRun: true, size: 1 })
      assert.deepInclude(tried, { receipts: 120, byId: 120, changed: 1 })
      assert.isAtMost(lookUps, 5)
    }).pipe(Effect.provide(Layer.provide(Journal.layer, counted)))
  })

  it.effect("is told of as interrupted where it is", () =>
    Effect.gen(function* () {
      yield* hold([{ externalMessageId: "a" }])
      const importing = yield* Effect.forkChild(
        ReceiptImport.importReceipts({
          actor: "tester",
          version: "1",
          file: "-",
          profile: "twilio",
          batches: Stream.concat(Stream.succeed([read({ externalMessageId: "a" })]), Stream.never),
          classify: (receipt) => classify([], receipt, () => {})
        })
      )
      yield* Effect.yieldNow
      yield* Fiber.interrupt(importing)
      assert.deepInclude((yield* events).at(-2), { kind: "receipts.imported", receipts: 1 })
      assert.deepInclude((yield* events).at(-1), { kind: "run.stopped", outcome: "interrupted" })
    }).pipe(Effect.provide(journal))
  )

  it.effect("finds nobody's message no more, and a report leaves with whose it was", () =>
    Effect.gen(function* () {
      yield* hold([{ externalMessageId: "a", to }, { to: "+15" }])
      yield* run([read({ externalMessageId: "a" })])
      yield* Forgetting.forget(to.slice(1), { actor: "tester", version: "1" })
      assert.deepInclude(yield* run([read({ externalMessageId: "a" }, to)]), { unmatched: 1, changed: 0 })
      const [forgotten] = yield* messages
      assert.deepStrictEqual(forgotten?.report, {
        state: "delivered",
        profile: "twilio",
        providerStatus: "delivered",
        occurredAt: now - 60_000,
        recordedAt: now
      })
      // A number that is read into nothing names nobody.
      yield* JournalStore.use((store) =>
        store.transact({}, () => ({ insert: [{ ...forgotten!, key: 0, externalMessageId: "a" }], result: undefined }))
      )
      assert.deepInclude(yield* run([read({ externalMessageId: "a" }), read({}, "none")]), { unmatched: 2 })
    }).pipe(Effect.provide(journal))
  )
})
