import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import * as Journal from "../src/Journal.ts"
import { JournalStore } from "../src/JournalStore.ts"
import * as JournalStoreMemory from "../src/JournalStoreMemory.ts"
import { nameText, type TrackedMessage } from "../src/Message.ts"
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
          { messageId: "m-3", tracked: "delivered", platform: "failed" },
          { messageId: "m-5", tracked: "pending", platform: "delivered" },
          { messageId: "m-6", tracked: "sent", platform: "teleported" }
        ],
        missingHere: [],
        missingThere: ["m-7"],
        byCarrier: {
          acme: { messages: 4, correct: 2, accuracy: 0.5 },
          lost: { messages: 0, correct: 0, accuracy: null },
          zeta: { messages: 2, correct: 1, accuracy: 0.5 }
        },
        queries: [{ ids: 7, ms: 100 }]
      })
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
