import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import type { JournalStoreService } from "../src/JournalStore.ts"
import * as JournalStoreMemory from "../src/JournalStoreMemory.ts"
import type { TrackedMessage } from "../src/Message.ts"
import * as Planner from "../src/Planner.ts"
import { message } from "./Samples.ts"
import * as ScriptedSource from "./ScriptedSource.ts"

const { source } = ScriptedSource.make(() => [], { batchSize: 3 })

/** A store that holds these messages, each in a group of its own unless said. */
const store = (messages: ReadonlyArray<Partial<TrackedMessage>>) =>
  Effect.gen(function* () {
    const made = yield* JournalStoreMemory.make
    const insert = messages.map((changes, index) =>
      message({ messageId: `m-${index + 1}`, group: `g-${index + 1}`, ...changes })
    )
    yield* made.transact({}, () => ({ insert, result: undefined }))
    return made
  })

const planner = (store: JournalStoreService, options: Partial<Planner.PlannerOptions> = {}) =>
  Planner.make({
    store,
    source,
    run: { id: 1, actor: "tester", startedAt: 0 },
    floor: 1000,
    once: false,
    ...options
  })

const ids = (plan: Planner.Plan) => (plan._tag === "Ask" ? plan.batch.map(({ messageId }) => messageId) : plan)

/** These messages are being asked for. */
const under = (...keys: ReadonlyArray<number>): Planner.UnderWay => ({ keys: new Set(keys), window: undefined })

/** What is asked for until there is nothing more to do, nothing being answered. */
const all = Effect.fnUntraced(function* (made: Planner.Planner) {
  const asked: Array<ReadonlyArray<string | undefined>> = []
  const keys: Array<number> = []
  while (true) {
    const plan = yield* made.next(under(...keys))
    if (plan._tag !== "Ask") return asked
    asked.push(plan.batch.map(({ messageId }) => messageId))
    for (const { key } of plan.batch) keys.push(key)
  }
})

describe("the planner of a run", () => {
  it.effect("asks first for what has probably gone unseen for longest", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(3_600_000)
      const made = yield* planner(
        yield* store([
          { sentAt: 3_595_000, dueAt: 3_600_000 },
          { sentAt: 3_000_000, dueAt: 3_600_000 },
          { sentAt: 3_000_000, lookedAt: 3_599_000, dueAt: 3_600_000 }
        ])
      )
      assert.deepStrictEqual(ids(yield* made.next(under())), ["m-2"])
      assert.deepStrictEqual(ids(yield* made.next(under(2))), ["m-1"])
    })
  )

  it.effect("puts messages of one group into one request, as many as it takes, and none twice", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(60_000)
      const made = yield* planner(
        yield* store([{ group: "a" }, { group: "b" }, { group: "a" }, { group: "a" }, { group: "a" }, { group: "b" }])
      )
      assert.deepStrictEqual(yield* all(made), [["m-1", "m-3", "m-4"], ["m-2", "m-6"], ["m-5"]])
    })
  )

  it.effect("leaves out of a request what was looked at just now", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(60_000)
      const made = yield* planner(yield* store([{ group: "a" }, { group: "a", lookedAt: 59_990, dueAt: 60_000 }]))
      assert.deepStrictEqual(ids(yield* made.next(under())), ["m-1"])
    })
  )

  it.effect("looks past messages of other sources, of other runs and with an end", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(60_000)
      const made = yield* planner(yield* store([{ source: "other" }, { run: 2 }, { dueAt: undefined }, {}]))
      assert.deepStrictEqual(yield* all(made), [["m-4"]])
    })
  )

  it.effect("waits while no look is worth a request, and is done where none is open", () =>
    Effect.gen(function* () {
      const made = yield* planner(
        yield* store([{ sentAt: 0, dueAt: 3000 }, { dueAt: 10, run: 2 }, { dueAt: undefined }])
      )
      const plan = yield* made.next(under())
      const until = plan._tag === "Wait" ? plan.until : assert.fail(plan._tag)
      assert.isAbove(until, 1000)
      yield* TestClock.setTime(until + 1)
      assert.deepStrictEqual(ids(yield* made.next(under())), ["m-1"])
      const done = yield* planner(yield* store([{ dueAt: undefined }, { run: 2 }]))
      assert.deepStrictEqual(yield* done.next(under()), { _tag: "Done" })
    })
  )

  it.effect("waits for a deadline where nothing else is worth a request, and asks once more then", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(5000)
      const made = yield* planner(yield* store([{ lookedAt: 5000, dueAt: 90_000, deadlineAt: 5500 }]))
      assert.deepStrictEqual(yield* made.next(under()), { _tag: "Wait", until: 5500 })
      yield* TestClock.setTime(5500)
      assert.deepStrictEqual(ids(yield* made.next(under())), ["m-1"])
    })
  )

  it.effect("asks for what is past its deadline in every eighth request, however much else there is", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(200_000)
      const made = yield* planner(
        yield* store([
          { lookedAt: 199_990, dueAt: 900_000, deadlineAt: 150_000 },
          ...Array.from({ length: 30 }, () => ({ deadlineAt: 900_000 }))
        ])
      )
      const asked = yield* all(made)
      assert.deepStrictEqual(asked[7], ["m-1"])
      assert.strictEqual(asked.length, 31)
    })
  )

  it.effect("asks last for the reasons of failures, once each", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(60_000)
      const failed = { status: "failed", resolution: "failed", dueAt: undefined, unexplained: true } as const
      const made = yield* store([failed, {}])
      const silent = yield* planner(made)
      assert.deepStrictEqual(ids(yield* silent.next(under())), ["m-2"])
      const talkative = { ...source, explain: () => Effect.succeed([]) }
      const asks = yield* planner(made, { source: talkative })
      assert.deepStrictEqual(ids(yield* asks.next(under())), ["m-2"])
      const plan = yield* asks.next(under(2))
      assert.strictEqual(plan._tag === "Explain" ? plan.message.key : plan._tag, 1)
    })
  )

  it.effect("asks once for each that is open, due or not, where one look at each is wanted", () =>
    Effect.gen(function* () {
      const run = { id: 1, actor: "tester", startedAt: 1000 }
      const open = yield* store([{ lookedAt: 999, dueAt: 5000 }, { lookedAt: 1000 }, {}, { dueAt: undefined }])
      assert.deepStrictEqual(yield* all(yield* planner(open, { run, once: true })), [["m-1"], ["m-3"]])
      const seen = yield* planner(yield* store([{ lookedAt: 1000 }]), { run, once: true })
      assert.deepStrictEqual(yield* seen.next(under()), { _tag: "Done" })
    })
  )

  it.effect("plans by what earlier runs have learned", () =>
    Effect.gen(function* () {
      const made = yield* store([])
      const early = yield* planner(made)
      const slow = message({ carrier: "slow", sentAt: 0 })
      const before = early.dueAt(slow, 0)
      for (let page = 0; page < 20; page++) {
        early.shown(
          3_600_000,
          Array.from({ length: 25 }, (_, index) => ({
            before: slow,
            after: { ...slow, status: "delivered", finalAt: 3_000_000 + page + index },
            returned: true,
            dated: true
          }))
        )
      }
      yield* early.save
      const late = yield* planner(made)
      const learned = early.dueAt(message({ carrier: "slow", sentAt: 0 }), 0)
      assert.approximately(late.dueAt(message({ carrier: "slow", sentAt: 0 }), 0), learned, learned / 100)
      assert.isAbove(late.dueAt(message({ carrier: "slow", sentAt: 0 }), 0), 10 * before)
      yield* made.setMemo(`delay curves of ${source.name}`, "no JSON")
      assert.isAbove((yield* planner(made)).dueAt(message({ sentAt: 0 }), 0), 0)
    })
  )
})
