import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { unlessGivenUp } from "../src/GivenUp.ts"
import * as Tracker from "../src/Tracker.ts"
import { receipt } from "./Samples.ts"
import * as ScriptedSource from "./ScriptedSource.ts"
import { events, layer, messages, refs } from "./TrackedRun.ts"

/** Tracks two messages, stops after a while, and gives how long stopping took and how the messages stand. Milliseconds. */
const stopAfter = Effect.fnUntraced(function* (running: number) {
  const tracker = yield* Tracker.Tracker
  const fiber = yield* Effect.forkChild(tracker.track({ actor: "tester", messages: Stream.succeed(refs(2)) }))
  yield* TestClock.adjust(running)
  const from = yield* Clock.currentTimeMillis
  const stopping = yield* Effect.forkChild(Effect.andThen(Fiber.interrupt(fiber), Clock.currentTimeMillis), {
    startImmediately: true
  })
  yield* TestClock.adjust("1 minute")
  const ended = (yield* Fiber.join(stopping)) - from
  assert.deepInclude((yield* events).at(-1), { kind: "run.stopped", outcome: "interrupted" })
  return { ended, statuses: (yield* messages).map(({ status }) => status) }
})

const answering = (takes: number) =>
  ScriptedSource.make(({ ids }) => ids.map((messageId) => receipt("delivered", { messageId })), {
    takes,
    concurrency: 1
  })

describe("a run that is stopped", () => {
  it.effect("records what it has asked for, and asks for nothing more", () => {
    const { looks, source } = answering(1500)
    return Effect.gen(function* () {
      const { ended, statuses } = yield* stopAfter(200)
      assert.strictEqual(ended, 1300)
      assert.deepStrictEqual(statuses, ["delivered", "pending"])
      assert.strictEqual(looks.length, 1)
    }).pipe(Effect.provide(layer({ sources: [source] })))
  })

  it.effect("waits for two seconds at the most", () => {
    const { source } = answering(60_000)
    return Effect.gen(function* () {
      const { ended, statuses } = yield* stopAfter(200)
      assert.strictEqual(ended, 2000)
      assert.deepStrictEqual(statuses, ["pending", "pending"])
    }).pipe(Effect.provide(layer({ sources: [source] })))
  })

  it.effect("does not wait for what was not sent", () => {
    const source = { ...answering(0).source, lookup: () => Stream.fromEffect(unlessGivenUp(Effect.never)) }
    return Effect.gen(function* () {
      assert.strictEqual((yield* stopAfter(200)).ended, 0)
    }).pipe(Effect.provide(layer({ sources: [source] })))
  })

  it.effect("ends at once where it has nothing to do", () => {
    const { source } = ScriptedSource.make(({ ids }) => ids.map((messageId) => receipt("sent", { messageId })))
    return Effect.gen(function* () {
      assert.strictEqual((yield* stopAfter(200)).ended, 0)
    }).pipe(Effect.provide(layer({ sources: [source] })))
  })
})

describe("a request that waits to be sent", () => {
  it.effect("is given up when what it asks for is told by another one", () => {
    const { looks, source } = ScriptedSource.make(() =>
      ["m-0", "m-1"].map((messageId) => receipt("delivered", { messageId }))
    )
    const lookup: typeof source.lookup = (asked) =>
      asked[0]?.group === "waits" ? Stream.fromEffect(unlessGivenUp(Effect.never)) : source.lookup(asked)
    return Effect.gen(function* () {
      const tracker = yield* Tracker.Tracker
      const rows = [
        { messageId: "m-0", externalContactId: "waits" },
        { messageId: "m-1", externalContactId: "answers" }
      ]
      const fiber = yield* Effect.forkChild(tracker.track({ actor: "tester", messages: Stream.succeed(rows) }))
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* Fiber.join(fiber)).summary.delivered, 2)
      assert.deepStrictEqual(
        looks.map(({ ids }) => ids),
        [["m-1"]]
      )
    }).pipe(Effect.provide(layer({ sources: [{ ...source, lookup }] })))
  })
})
