import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as TestClock from "effect/testing/TestClock"
import * as Journal from "../src/Journal.ts"
import { JournalBroken, JournalError } from "../src/JournalStore.ts"
import * as Pruning from "../src/Pruning.ts"
import { commit, layer, options, register } from "./StoredJournal.ts"
import { events, messages, refs } from "./TrackedRun.ts"

const day = 86_400_000

/** Ten messages of which eight ended at the beginning, and a request after two days. */
const tracked = Effect.gen(function* () {
  const journal = yield* Journal.Journal
  const run = yield* journal.startBeside(options)
  yield* register(...refs(10))
  yield* commit(Object.fromEntries(refs(8).map(({ messageId }) => [messageId, "delivered"])))
  yield* TestClock.adjust(2 * day)
  yield* journal.record([{ kind: "run.stopped", outcome: "pending" }])
  return run
})

/** Prunes while virtual time passes. */
const prune = (pruneOptions: Pruning.PruneOptions) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(Pruning.prune(pruneOptions))
    yield* TestClock.adjust("1 minute")
    return yield* Fiber.join(fiber)
  })

const seqs = Effect.map(events, (all) => all.map(({ seq }) => seq))

describe("pruning", () => {
  it.effect("takes out what ended and was recorded long enough ago, in chunks that each say so", () =>
    Effect.gen(function* () {
      const run = yield* tracked
      const pace = { chunk: 6, pause: 1 }
      const result = yield* prune({ olderThan: 1.5 * day, run, pace })
      assert.deepInclude(result, { messages: 8, events: 20, waitingFor: [], lastDayStays: false })
      assert.deepStrictEqual(
        (yield* messages).map(({ messageId }) => messageId),
        ["m-9", "m-10"]
      )
      const left = yield* events
      assert.deepStrictEqual(
        left.map((event) => [
          event.seq,
          event.kind,
          event.kind === "journal.pruned" ? event.messages + event.events : 0
        ]),
        [
          [21, "run.stopped", 0],
          [22, "journal.pruned", 12],
          [23, "journal.pruned", 8],
          [24, "journal.pruned", 6],
          [25, "journal.pruned", 2]
        ]
      )
      assert.isTrue(left.every(({ actor, run: of }) => actor === "tester" && of === run.id))
      const again = yield* prune({ olderThan: 1.5 * day, run, pace })
      assert.deepInclude(again, { messages: 0, events: 0 })
      assert.deepStrictEqual(yield* events, left)
    }).pipe(Effect.provide(layer()))
  )

  it.effect("leaves what a consumer has not acknowledged, and says whose it is", () =>
    Effect.gen(function* () {
      const journal = yield* Journal.Journal
      const run = yield* tracked
      yield* journal.acknowledge({ consumer: "quick", seq: 21 })
      yield* journal.acknowledge({ consumer: "slow", seq: 5 })
      yield* journal.settle
      const result = yield* prune({ olderThan: day, run })
      assert.deepInclude(result, { messages: 8, events: 5, waitingFor: [{ consumer: "slow", seq: 5 }] })
      assert.strictEqual((yield* seqs)[0], 6)
      yield* journal.acknowledge({ consumer: "slow", seq: 21 })
      yield* journal.settle
      const unbegun = yield* prune({ olderThan: day, run, consumers: ["quick", "new"] })
      assert.deepInclude(unbegun, { events: 0, waitingFor: [{ consumer: "new", seq: 0 }] })
      assert.deepInclude(yield* prune({ olderThan: day, run, consumers: ["quick"] }), { events: 15, waitingFor: [] })
    }).pipe(Effect.provide(layer()))
  )

  it.effect("leaves the events of the last day, from which the next run reads its budget", () =>
    Effect.gen(function* () {
      const journal = yield* Journal.Journal
      const run = yield* tracked
      const startedAt = new Date(2 * day).toISOString()
      const request = { kind: "request", source: "scripted", purpose: "lookup", messages: 1 } as const
      yield* journal.record([{ ...request, outcome: "ok", startedAt, durationMs: 5, attempt: 1 }])
      yield* TestClock.adjust(day / 2)
      const result = yield* prune({ olderThan: 1000, run })
      assert.deepInclude(result, { messages: 8, events: 20, waitingFor: [], lastDayStays: true })
      assert.strictEqual((yield* journal.traffic("scripted", day)).sent.length, 1)
      yield* TestClock.adjust(0.75 * day)
      assert.deepInclude(yield* prune({ olderThan: 1000, run }), { events: 2, lastDayStays: true })
    }).pipe(Effect.provide(layer()))
  )

  it.effect("goes on by itself where the journal says what to keep, whatever fails", () => {
    const logs: Array<string> = []
    let fails = true
    const failure = new JournalError({
      reason: new JournalBroken({ journal: "x", operation: "prune", cause: new Error("disk full") })
    })
    const keeping = layer((store) => ({
      ...store,
      keep: day,
      prune: (prunable, record) => Effect.suspend(() => (fails ? Effect.fail(failure) : store.prune(prunable, record)))
    }))
    return Effect.gen(function* () {
      const run = yield* tracked
      const fiber = yield* Effect.forkChild(Pruning.keepPruned({ run, consumers: [] }))
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* messages).length, 10)
      assert.match(logs.join("\n"), /disk full/)
      fails = false
      yield* TestClock.adjust("1 hour")
      assert.strictEqual((yield* messages).length, 2)
      assert.strictEqual((yield* seqs)[0], 21)
      yield* commit({ "m-9": "delivered", "m-10": "failed" }, {}, 2 * day)
      yield* TestClock.adjust("26 hours")
      assert.strictEqual((yield* messages).length, 0)
      yield* Fiber.interrupt(fiber)
    }).pipe(
      Effect.provide(keeping),
      Effect.provide(Logger.layer([Logger.make(({ message }) => void logs.push(String(message)))]))
    )
  })

  it.effect("does nothing where nobody said what to keep", () =>
    Effect.gen(function* () {
      const run = yield* tracked
      yield* Pruning.keepPruned({ run, consumers: [] })
      assert.strictEqual((yield* messages).length, 10)
    }).pipe(Effect.provide(layer()))
  )
})
