import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as TestClock from "effect/testing/TestClock"
import { AuditError, type AuditSink, AuditSinks, defineAuditSink } from "../src/AuditSink.ts"
import * as AuditTrail from "../src/AuditTrail.ts"
import * as Journal from "../src/Journal.ts"
import * as JournalStoreMemory from "../src/JournalStoreMemory.ts"
import type { TrackingEvent } from "../src/TrackingEvent.ts"

/** A sink that keeps what it was given, and does as it is told. */
const scripted = (name: string, write: (count: number) => Effect.Effect<void, AuditError> = () => Effect.void) => {
  const given: Array<number> = []
  const kept: Array<number> = []
  const calls: Array<number> = []
  const sink: AuditSink = {
    name,
    target: `the ${name}`,
    write: (batch: ReadonlyArray<TrackingEvent>) =>
      Effect.suspend(() => {
        calls.push(batch.length)
        given.push(...batch.map(({ seq }) => seq))
        return write(calls.length)
      }).pipe(Effect.tap(() => Effect.sync(() => kept.push(...batch.map(({ seq }) => seq)))))
  }
  return { sink, given, kept, calls }
}

const failure = (sink: string) => new AuditError({ sink, detail: "503" })

const upTo = (count: number, from = 1) => Array.from({ length: count - from + 1 }, (_, index) => from + index)

/** Records so many events. */
const happen = (count: number) =>
  Journal.Journal.use((journal) =>
    Effect.orDie(
      journal.record(
        Array.from({ length: count }, (_, index) => ({
          kind: "message.missing" as const,
          messageId: `m-${index}`,
          carrier: "acme"
        }))
      )
    )
  )

const logged: Array<string> = []

const withSinks = (...sinks: ReadonlyArray<{ readonly sink: AuditSink }>) =>
  Effect.provide(
    Layer.mergeAll(
      Layer.provide(Journal.layer, JournalStoreMemory.layer),
      Layer.succeed(
        AuditSinks,
        sinks.map(({ sink }) => sink)
      ),
      Logger.layer([Logger.make(({ message }) => void logged.push(String(message)))])
    )
  )

const backlogs = (trail: AuditTrail.AuditTrail) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(trail.drain("4 seconds"))
    yield* TestClock.adjust("4 seconds")
    const drained = fiber.pollUnsafe()
    assert.isDefined(drained, "the drain took longer than it may")
    return (yield* Fiber.join(fiber)).map(({ backlog, name }) => [name, backlog])
  })

describe("the audit trail", () => {
  it.effect("gives each sink every event, in order, in batches of a thousand at the most", () => {
    const [one, two] = [scripted("one"), scripted("two")]
    return Effect.gen(function* () {
      yield* happen(2500)
      const trail = yield* AuditTrail.start
      yield* TestClock.adjust(1)
      yield* happen(3)
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(one.calls, [1000, 1000, 500, 3])
      for (const { kept } of [one, two]) assert.deepStrictEqual(kept, upTo(2503))
      assert.deepStrictEqual(yield* backlogs(trail), [
        ["one", 0],
        ["two", 0]
      ])
    }).pipe(Effect.scoped, withSinks(one, two))
  })

  it.effect("waits for a sink that fails, without making another wait", () => {
    let works = false
    const bad = scripted("bad", () => Effect.suspend(() => (works ? Effect.void : Effect.fail(failure("bad")))))
    const good = scripted("good")
    return Effect.gen(function* () {
      yield* AuditTrail.start
      yield* happen(10)
      yield* TestClock.adjust(60_000)
      yield* happen(10)
      yield* TestClock.adjust(60_000)
      assert.deepStrictEqual([bad.kept, good.kept], [[], upTo(20)])
      // 1, 2, 4, 8, 16 s, then every 30 s.
      assert.isAtMost(bad.calls.length, 10)
      works = true
      yield* TestClock.adjust(30_000)
      assert.deepStrictEqual(bad.kept, upTo(20))
    }).pipe(Effect.scoped, withSinks(bad, good))
  })

  it.effect("takes one that hangs for failed after 30 s, and gives it the batch again", () => {
    const bad = scripted("bad", (count) => (count === 1 ? Effect.never : Effect.void))
    const good = scripted("good")
    return Effect.gen(function* () {
      yield* AuditTrail.start
      yield* happen(5)
      yield* TestClock.adjust(29_999)
      assert.deepStrictEqual([bad.kept, good.kept], [[], upTo(5)])
      yield* TestClock.adjust(2000)
      assert.deepStrictEqual(bad.kept, upTo(5))
      assert.deepStrictEqual(bad.given, [...upTo(5), ...upTo(5)])
    }).pipe(Effect.scoped, withSinks(bad, good))
  })

  it.effect("takes one that dies, or throws, for failed", () => {
    const dying = scripted("dying", (count) => (count < 3 ? Effect.die(new Error("boom")) : Effect.void))
    const throwing = scripted("throwing", (count) => {
      if (count < 3) throw new Error("bang")
      return Effect.void
    })
    const good = scripted("good")
    return Effect.gen(function* () {
      yield* AuditTrail.start
      yield* happen(5)
      yield* TestClock.adjust(10_000)
      for (const { kept } of [dying, throwing, good]) assert.deepStrictEqual(kept, upTo(5))
      assert.isTrue(logged.some((line) => line.includes("dying failed: boom")))
      assert.isTrue(logged.some((line) => line.includes("throwing failed: bang")))
    }).pipe(Effect.scoped, withSinks(dying, throwing, good))
  })

  it.effect("goes on from each sink's own cursor in the next run", () => {
    const bad = scripted("bad", (count) => (count === 2 ? Effect.fail(failure("bad")) : Effect.void))
    const good = scripted("good")
    const deliver = Effect.scoped(
      Effect.gen(function* () {
        yield* AuditTrail.start
        yield* TestClock.adjust(100)
      })
    )
    return Effect.gen(function* () {
      yield* happen(4)
      yield* deliver
      yield* happen(4)
      yield* deliver
      assert.deepStrictEqual(bad.kept, upTo(4))
      yield* happen(4)
      yield* deliver
      assert.deepStrictEqual(bad.kept, upTo(12))
      assert.deepStrictEqual(good.given, upTo(12))
    }).pipe(withSinks(bad, good))
  })

  it.effect("drains what is left at the end", () => {
    const slow = scripted("slow", () => Effect.sleep(1000))
    return Effect.gen(function* () {
      const trail = yield* AuditTrail.start
      yield* happen(5)
      assert.deepStrictEqual(yield* backlogs(trail), [["slow", 0]])
      assert.deepStrictEqual(new Set(slow.kept), new Set(upTo(5)))
    }).pipe(Effect.scoped, withSinks(slow))
  })

  const stuck: Readonly<Record<string, Effect.Effect<void, AuditError>>> = {
    "that fails": Effect.fail(failure("bad")),
    "that hangs": Effect.never,
    "that hangs and cannot be interrupted": Effect.uninterruptible(Effect.never)
  }
  for (const [name, effect] of Object.entries(stuck)) {
    it.effect(`does not wait for a sink ${name} at the end, and says what is left`, () => {
      const bad = scripted("bad", () => effect)
      const good = scripted("good")
      return Effect.gen(function* () {
        const trail = yield* AuditTrail.start
        yield* happen(5)
        yield* TestClock.adjust(100)
        assert.deepStrictEqual(yield* backlogs(trail), [
          ["bad", 5],
          ["good", 0]
        ])
      }).pipe(Effect.scoped, withSinks(bad, good))
    })
  }
})

describe("a sink of a plain function", () => {
  it.live("acknowledges by a promise that is kept, and fails by one that is broken or an error that is thrown", () =>
    Effect.gen(function* () {
      const kept: Array<string> = []
      const good = defineAuditSink({
        name: "good",
        write: async (batch) => {
          await Promise.resolve()
          kept.push(...batch.map(({ kind }) => kind))
        }
      })
      const event: TrackingEvent = {
        v: 1,
        id: "j-1",
        seq: 1,
        at: "2026-01-01T00:00:00.000Z",
        run: 1,
        actor: "tester",
        kind: "run.stopped",
        outcome: "completed"
      }
      yield* good.write([event])
      assert.deepStrictEqual([kept, good.target], [["run.stopped"], "good"])
      const broken = defineAuditSink({ name: "broken", target: "x", write: () => Promise.reject(new Error("no disk")) })
      const throwing = defineAuditSink({
        name: "throwing",
        write: () => {
          throw new Error("no network")
        }
      })
      assert.strictEqual((yield* Effect.flip(broken.write([]))).message, "the audit sink broken failed: no disk")
      assert.strictEqual((yield* Effect.flip(throwing.write([]))).detail, "no network")
    })
  )
})
