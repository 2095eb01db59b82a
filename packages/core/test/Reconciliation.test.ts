import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import * as Journal from "../src/Journal.ts"
import { JournalStore } from "../src/JournalStore.ts"
import * as JournalStoreMemory from "../src/JournalStoreMemory.ts"
import { type CarrierReport, nameText, type TrackedMessage } from "../src/Message.ts"
import { type PlatformRecord, ReceiptSources } from "../src/ReceiptSource.ts"
import * as Reconciliation from "../src/Reconciliation.ts"
import { because, Unavailable } from "../src/SourceError.ts"
import { message, receipt } from "./Samples.ts"
import * as ScriptedSource from "./ScriptedSource.ts"
import { events } from "./TrackedRun.ts"

const day = 86_400_000

interface Query {
  readonly ids: ReadonlyArray<string>
  readonly since: number
}

/** A platform whose analytics say these words. */
const analytics = (words: Readonly<Record<string, string>>, size = 500) => {
  const queries: Array<Query> = []
  const { source } = ScriptedSource.make(() => [], {
    supports: { analytics: true },
    analyticsBatchSize: size,
    analytics: (messages, since) =>
      Effect.gen(function* () {
        queries.push({ ids: messages.map((message) => nameText(message)), since })
        yield* Effect.sleep(100)
        const records = messages.flatMap((message): ReadonlyArray<PlatformRecord> => {
          const name = nameText(message)
          const word = words[name]
          const status = word === undefined ? undefined : receipt(word).status
          return word === undefined ? [] : [{ key: message.key, name, providerStatus: word, ...(status && { status }) }]
        })
        return { records }
      })
  })
  return { source, queries }
}

const journal = Layer.provideMerge(Journal.layer, JournalStoreMemory.layer)

/** Puts messages into the journal, each with its end. */
const hold = (given: ReadonlyArray<Partial<TrackedMessage>>) =>
  JournalStore.use((store) =>
    store.transact({}, () => ({
      insert: given.map((changes, index) => message({ messageId: `m-${index + 1}`, carrier: "acme", ...changes })),
      result: undefined
    }))
  )

const reconcile = (sources: ReadonlyArray<ReturnType<typeof analytics>["source"]>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(
      Effect.provideService(Reconciliation.reconcile({ actor: "auditor", version: "1" }), ReceiptSources, sources)
    )
    yield* TestClock.adjust("1 hour")
    return yield* Fiber.join(fiber)
  })

const delivered = { status: "delivered", resolution: "delivered" } as const
const failed = { status: "failed", resolution: "failed" } as const
const none = { messages: 0, correct: 0, accuracy: null }

/** What a carrier reports. */
const reports = (state: CarrierReport["state"], changes: Partial<CarrierReport> = {}) => ({
  report: { state, profile: "twilio", providerStatus: state, recordedAt: 0, ...changes }
})

describe("a reconciliation", () => {
  it.effect("compares message by message, and counts messages by carrier", () =>
    Effect.gen(function* () {
      yield* hold([
        delivered,
        { ...failed, carrier: "zeta" },
        { ...delivered, carrier: "zeta" },
        { status: "sent" },
        { status: "pending" },
        { status: "sent", resolution: "unconfirmed" },
        { ...delivered, carrier: "lost" }
      ])
      const { source } = analytics({
        "m-1": "delivered",
        "m-2": "failed",
        "m-3": "failed",
        "m-4": "pending",
        "m-5": "delivered",
        "m-6": "teleported"
      })
      assert.deepStrictEqual(yield* reconcile([source]), {
        compared: 6,
        agree: 3,
        disagree: [
          { messageId: "m-3", message: "delivered", analytics: "failed", carrier: null },
          { messageId: "m-5", message: "pending", analytics: "delivered", carrier: null },
          { messageId: "m-6", message: "sent", analytics: "teleported", carrier: null }
        ],
        causeDiffers: [],
        missingHere: [],
        missingThere: ["m-7"],
        byCarrier: {
          acme: { messages: 4, correct: 2, accuracy: 0.5, reported: none },
          lost: { messages: 0, correct: 0, accuracy: null, reported: none },
          zeta: { messages: 2, correct: 1, accuracy: 0.5, reported: none }
        },
        queries: [{ ids: 7, ms: 100 }]
      })
    }).pipe(Effect.provide(journal))
  )

  it.effect("holds three records side by side, and lists where any two differ", () =>
    Effect.gen(function* () {
      const refused = { cause: "opted_out", category: "permanent_block" } as const
      yield* hold([
        { ...delivered, ...reports("delivered") },
        { ...delivered, ...reports("failed", refused) },
        { ...failed, ...reports("failed") },
        { ...failed, ...refused, ...reports("failed", { cause: "content_filtered", category: "permanent_block" }) },
        { ...failed, ...refused, ...reports("failed", { cause: "expired", category: "temporary_network" }) },
        { ...failed, ...refused, ...reports("failed", { cause: "unexplained", category: "unknown" }) },
        { status: "sent", ...reports("in_progress") },
        { status: "pending", resolution: "unconfirmed", ...reports("unconfirmed") },
        { ...delivered, ...reports("in_progress") },
        { ...delivered, ...reports("delivered", { contradicted: true }) },
        { ...delivered, ...reports("failed") },
        { ...failed, ...reports("delivered"), source: "another", carrier: "zeta" },
        { ...failed, source: "another", carrier: "zeta" },
        { ...failed, ...reports("delivered"), ref: {}, messageId: undefined }
      ])
      const words = Object.fromEntries(
        [
          "delivered",
          "delivered",
          "failed",
          "failed",
          "failed",
          "failed",
          "pending",
          "sent",
          "delivered",
          "delivered"
        ].map((word, i) => [`m-${i + 1}`, word])
      )
      const { source } = analytics(words)
      const { queries: _, ...result } = yield* reconcile([source])
      const expected = {
        compared: 12,
        agree: 7,
        disagree: [
          { messageId: "m-2", message: "delivered", analytics: "delivered", carrier: "failed" },
          { messageId: "m-9", message: "delivered", analytics: "delivered", carrier: "in_progress" },
          {
            messageId: "m-10",
            message: "delivered",
            analytics: "delivered",
            carrier: "delivered",
            carrierContradicted: true as const
          },
          { messageId: "m-11", message: "delivered", analytics: null, carrier: "failed" },
          { messageId: "m-12", message: "failed", analytics: null, carrier: "delivered" }
        ],
        causeDiffers: [{ messageId: "m-5", message: "opted_out", carrier: "expired" }] as const,
        missingHere: [],
        missingThere: ["m-11"],
        byCarrier: {
          acme: { messages: 10, correct: 10, accuracy: 1, reported: { messages: 11, correct: 7, accuracy: 7 / 11 } },
          zeta: { ...none, reported: { messages: 1, correct: 0, accuracy: 0 } }
        }
      }
      assert.deepStrictEqual(result, expected as never)
      const before = yield* events
      const { byCarrier, ...alone } = yield* Reconciliation.reconcileReports
      assert.deepStrictEqual(alone, {
        compared: 12,
        agree: 7,
        disagree: expected.disagree.map((row) => ({ ...row, analytics: null })),
        causeDiffers: expected.causeDiffers,
        missingHere: [],
        missingThere: [],
        queries: []
      })
      assert.deepStrictEqual(byCarrier.acme, { ...none, reported: expected.byCarrier.acme.reported })
      assert.deepStrictEqual(yield* events, before)
    }).pipe(Effect.provide(journal))
  )

  it.effect("asks for as many at once as the platform takes", () =>
    Effect.gen(function* () {
      yield* hold(Array.from({ length: 1201 }, () => delivered))
      const { queries, source } = analytics(
        Object.fromEntries(Array.from({ length: 1201 }, (_, index) => [`m-${index + 1}`, "delivered"]))
      )
      const result = yield* reconcile([source])
      assert.deepStrictEqual(
        result.queries.map(({ ids }) => ids),
        [500, 500, 201]
      )
      assert.strictEqual(new Set(queries.flatMap(({ ids }) => ids)).size, 1201)
      assert.deepInclude(result, { compared: 1201, agree: 1201 })
    }).pipe(Effect.provide(journal))
  )

  it.effect("asks from when the oldest was sent, and for none that the platform no longer keeps", () =>
    Effect.gen(function* () {
      const now = 200 * day
      yield* TestClock.setTime(now)
      yield* hold([
        { ref: { sentAt: now - 90 * day - 1 } },
        { ref: { sentAt: now - 50 * day } },
        { ref: { sentAt: now - 60 * day } },
        { registeredAt: now - 55 * day }
      ])
      const { queries, source } = analytics({})
      yield* reconcile([source])
      assert.deepStrictEqual(queries, [{ ids: ["m-2", "m-3", "m-4"], since: now - 60 * day }])
    }).pipe(Effect.provide(journal))
  )

  it.effect("says which messages the platform names that nobody asked for", () =>
    Effect.gen(function* () {
      yield* hold([delivered])
      const { source } = analytics({})
      const talkative = {
        ...source,
        analytics: () =>
          Effect.succeed({ records: [{ name: "stranger", providerStatus: "sent", status: "sent" as const }] })
      }
      assert.deepInclude(yield* reconcile([talkative]), { missingHere: ["stranger"], missingThere: ["m-1"] })
    }).pipe(Effect.provide(journal))
  )

  it.effect("looks past sources that have no analytics", () =>
    Effect.gen(function* () {
      yield* hold([delivered])
      const { source } = ScriptedSource.make(() => [])
      assert.deepInclude(yield* reconcile([source]), { compared: 0, queries: [] })
    }).pipe(Effect.provide(journal))
  )

  it.effect("changes no message, and has a run of its own in the audit trail", () =>
    Effect.gen(function* () {
      yield* hold([{ status: "sent" }])
      const { store } = yield* Journal.Journal
      const before = yield* store.messages({ after: 0, limit: 10 })
      const { source } = analytics({ "m-1": "delivered" })
      yield* reconcile([source])
      assert.deepStrictEqual(yield* store.messages({ after: 0, limit: 10 }), before)
      const all = yield* events
      assert.deepStrictEqual(
        all.map(({ kind }) => kind),
        ["run.started", "run.configured", "run.stopped"]
      )
      assert.deepInclude(all[0], { command: "reconcile", actor: "auditor" })
      assert.deepInclude(all[2], { outcome: "completed" })
    }).pipe(Effect.provide(journal))
  )

  it.effect("fails with the platform, and that is recorded, too", () =>
    Effect.gen(function* () {
      yield* hold([delivered])
      const { source } = analytics({})
      const broken = {
        ...source,
        analytics: () => Effect.fail(because(new Unavailable({ host: "test", detail: "503" })))
      }
      assert.strictEqual((yield* Effect.flip(reconcile([broken]))).message, "test is not working: 503")
      assert.deepInclude((yield* events).at(-1), { kind: "run.stopped", outcome: "failed" })
    }).pipe(Effect.provide(journal))
  )
})
