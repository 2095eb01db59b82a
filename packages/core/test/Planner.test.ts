import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import * as JournalStoreMemory from "../src/JournalStoreMemory.ts"
import type { TrackedMessage } from "../src/Message.ts"
import * as Planner from "../src/Planner.ts"
import { message } from "./Samples.ts"
import * as ScriptedSource from "./ScriptedSource.ts"

const { source } = ScriptedSource.make(() => [], { concurrency: 2, batchSize: 3 })

/** A store that holds these messages. */
const store = (messages: ReadonlyArray<Partial<TrackedMessage>>) =>
  Effect.gen(function* () {
    const made = yield* JournalStoreMemory.make
    const insert = messages.map((changes, index) => message({ messageId: `m-${index + 1}`, ...changes }))
    yield* made.transact({}, () => ({ insert, result: undefined }))
    return made
  })

const ids = (plan: Planner.Plan) =>
  plan._tag === "Ask" ? plan.batches.map((batch) => batch.map(({ messageId }) => messageId)) : plan

describe("the planner", () => {
  it.effect("asks for what is due, the longest unseen first, those never seen before all others", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(100)
      const made = yield* store([
        { group: "a", lookedAt: 50, dueAt: 100 },
        { group: "b", lookedAt: 10, dueAt: 90 },
        { group: "c" },
        { group: "d", lookedAt: 5, dueAt: 101 },
        { group: "e" }
      ])
      assert.deepStrictEqual(ids(yield* Planner.next(made, source, 1, undefined)), [["m-3"], ["m-5"], ["m-2"], ["m-1"]])
    })
  )

  it.effect("puts messages of one group into one request, as many as it takes", () =>
    Effect.gen(function* () {
      const made = yield* store([
        { group: "a" },
        { group: "b" },
        { group: "a" },
        { group: "a" },
        { group: "a" },
        { group: "b" }
      ])
      assert.deepStrictEqual(ids(yield* Planner.next(made, source, 1, undefined)), [
        ["m-1", "m-3", "m-4"],
        ["m-2", "m-6"],
        ["m-5"]
      ])
    })
  )

  it.effect("plans no more than a round, and each message in one request", () =>
    Effect.gen(function* () {
      const made = yield* store(Array.from({ length: 100 }, (_, index) => ({ group: `g-${index % 40}` })))
      const plan = ids(yield* Planner.next(made, source, 1, undefined)) as ReadonlyArray<ReadonlyArray<string>>
      assert.strictEqual(plan.length, 10)
      assert.strictEqual(new Set(plan.flat()).size, plan.flat().length)
    })
  )

  it.effect("looks past messages of other sources, of other runs and with an end", () =>
    Effect.gen(function* () {
      const made = yield* store([{ source: "other" }, { run: 2 }, { dueAt: undefined }, { group: "mine" }])
      assert.deepStrictEqual(ids(yield* Planner.next(made, source, 1, undefined)), [["m-4"]])
    })
  )

  it.effect("waits for the next that falls due, and is done where none is open", () =>
    Effect.gen(function* () {
      const open = yield* store([{ dueAt: 7000 }, { dueAt: 3000 }, { dueAt: 10, run: 2 }, { dueAt: undefined }])
      assert.deepStrictEqual(yield* Planner.next(open, source, 1, undefined), { _tag: "Wait", until: 3000 })
      const ended = yield* store([{ dueAt: undefined }, { run: 2 }])
      assert.deepStrictEqual(yield* Planner.next(ended, source, 1, undefined), { _tag: "Done" })
    })
  )

  it.effect("asks once for each that is open, due or not, where one look at each is wanted", () =>
    Effect.gen(function* () {
      const made = yield* store([
        { group: "a", lookedAt: 999, dueAt: 5000 },
        { group: "b", lookedAt: 1000, dueAt: 1000 },
        { group: "c" },
        { group: "d", dueAt: undefined }
      ])
      assert.deepStrictEqual(ids(yield* Planner.next(made, source, 1, 1000)), [["m-3"], ["m-1"]])
      const seen = yield* store([{ lookedAt: 1000 }])
      assert.deepStrictEqual(yield* Planner.next(seen, source, 1, 1000), { _tag: "Done" })
    })
  )
})
