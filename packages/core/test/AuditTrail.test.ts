import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { identity } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Metric from "effect/Metric"
import * as TestClock from "effect/testing/TestClock"
import { AuditDown, AuditError, type AuditSink, AuditSinks, defineAuditSink, layer } from "../src/AuditSink.ts"
import * as AuditTrail from "../src/AuditTrail.ts"
import * as Journal from "../src/Journal.ts"
import { JournalBroken, JournalError, JournalStore, type JournalStoreService } from "../src/JournalStore.ts"
import * as JournalStoreMemory from "../src/JournalStoreMemory.ts"
import type { TrackingEvent } from "../src/TrackingEvent.ts"
import { events } from "./TrackedRun.ts"

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

/** A journal over a store that is changed or watched, and sinks. */
const over = (
  store: (store: JournalStoreService) => JournalStoreService,
  ...sinks: ReadonlyArray<{ readonly sink: AuditSink }>
) =>
  Effect.provide(
    Layer.mergeAll(
      Layer.provide(
        Journal.layer,
        Layer.effect(JournalStore, Effect.map(JournalStore, store)).pipe(Layer.provide(JournalStoreMemory.layer))
      ),
      Layer.succeed(
        AuditSinks,
        sinks.map(({ sink }) => sink)
      ),
      Logger.layer([Logger.make(({ message }) => void logged.push(String(message)))])
    )
  )

const withSinks = (...sinks: ReadonlyArray<{ readonly sink: AuditSink }>) => over(identity, ...sinks)

/** What the journal knows of a consumer. */
const known = (name: string) =>
  Journal.Journal.use(({ store }) =>
    Effect.map(Effect.orDie(store.consumers), (consumers) => consumers.find(({ consumer }) => consumer === name))
  )

/** A sink that fails until it is told to work. */
const failing = (name: string) => {
  let works = false
  return {
    ...scripted(name, () => Effect.suspend(() => (works ? Effect.void : Effect.fail(failure(name))))),
    repair: () => {
      works = true
    }
  }
}

const gaps = Effect.map(events, (all) => all.flatMap((event) => (event.kind === "audit.gap" ? [event] : [])))

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
      const trail = yield* AuditTrail.start()
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
      yield* AuditTrail.start()
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
      yield* AuditTrail.start()
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
      yield* AuditTrail.start()
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
        yield* AuditTrail.start()
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
      const trail = yield* AuditTrail.start()
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
        const trail = yield* AuditTrail.start()
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

describe("a sink that does not get on", () => {
  it.effect("is given nothing more while a write that was given up may still be done", () => {
    const slow = scripted("slow", (count) => (count === 1 ? Effect.uninterruptible(Effect.sleep(45_000)) : Effect.void))
    return Effect.gen(function* () {
      yield* AuditTrail.start()
      yield* happen(5)
      yield* TestClock.adjust(44_999)
      yield* happen(5)
      assert.strictEqual((yield* known("slow"))?.failure?.detail, "it did not finish a batch in 30 s")
      assert.deepStrictEqual(slow.given, upTo(5))
      yield* TestClock.adjust(2001)
      assert.deepStrictEqual(slow.kept, upTo(10))
      yield* TestClock.adjust(1000)
      assert.deepStrictEqual(yield* known("slow"), { consumer: "slow", seq: 10, failure: undefined })
    }).pipe(Effect.scoped, withSinks(slow))
  })

  it.effect("is tried again where it interrupts itself", () => {
    const odd = scripted("odd", (count) => (count === 1 ? Effect.interrupt : Effect.void))
    return Effect.gen(function* () {
      yield* AuditTrail.start()
      yield* happen(5)
      yield* TestClock.adjust(2000)
      assert.deepStrictEqual(odd.kept, upTo(5))
    }).pipe(Effect.scoped, withSinks(odd))
  })

  it.effect(
    "has its failure in the journal, written once a minute and when it changes, until it takes its events",
    () => {
      const bad = failing("bad")
      const noted: Array<readonly [since: number, at: number]> = []
      const watched = (store: JournalStoreService): JournalStoreService => ({
        ...store,
        noteFailure: (consumer, failure) => {
          noted.push([failure.since, failure.at])
          return store.noteFailure(consumer, failure)
        }
      })
      return Effect.gen(function* () {
        yield* TestClock.adjust(1000)
        yield* AuditTrail.start()
        yield* happen(5)
        yield* TestClock.adjust(1)
        assert.deepStrictEqual(yield* known("bad"), {
          consumer: "bad",
          seq: 0,
          failure: { since: 1000, at: 1000, detail: "503" }
        })
        yield* TestClock.adjust(150_000)
        // It was tried at 1, 2, 4, 8, 16, 32 s, and every 30 s from then on.
        assert.deepStrictEqual(noted, [
          [1000, 1000],
          [1000, 62_000],
          [1000, 122_000]
        ])
        bad.repair()
        yield* TestClock.adjust(31_000)
        assert.deepStrictEqual(yield* known("bad"), { consumer: "bad", seq: 5, failure: undefined })
      }).pipe(Effect.scoped, over(watched, bad))
    }
  )

  it.effect("does not seem well because of what it had acknowledged before", () => {
    const bad = scripted("bad", (count) => (count === 1 ? Effect.void : Effect.fail(failure("bad"))))
    return Effect.gen(function* () {
      yield* AuditTrail.start()
      yield* happen(1500)
      yield* TestClock.adjust(10_000)
      const { failure, seq } = (yield* known("bad")) ?? {}
      assert.deepStrictEqual([seq, failure?.detail], [1000, "503"])
    }).pipe(Effect.scoped, withSinks(bad))
  })

  it.effect("shows in the metrics while it fails or hangs, and in what is said at the end", () => {
    const bad = failing("bad one")
    const hanging = scripted("hanging one", () => Effect.never)
    const metric = (id: string, sink: string, field: string) =>
      Effect.map(Metric.snapshot, (all) => {
        const state = all.find((one) => one.id === id && one.attributes?.sink === sink)?.state
        return Number(Object.entries(state ?? {}).find(([name]) => name === field)?.[1])
      })
    return Effect.gen(function* () {
      const trail = yield* AuditTrail.start()
      yield* happen(3)
      yield* TestClock.adjust(1000)
      yield* happen(4)
      yield* TestClock.adjust(20_000)
      for (const { sink } of [bad, hanging]) {
        assert.strictEqual(yield* metric("dlrkit_sink_backlog_events", sink.name, "value"), 7)
        assert.closeTo(yield* metric("dlrkit_sink_backlog_age_seconds", sink.name, "value"), 18, 3)
      }
      assert.strictEqual(yield* metric("dlrkit_sink_failures_total", "bad one", "count"), bad.calls.length)
      const draining = yield* Effect.forkChild(trail.drain("2 seconds"))
      yield* TestClock.adjust(2000)
      const [first, second] = yield* Fiber.join(draining)
      assert.deepStrictEqual(first, {
        name: "bad one",
        target: "the bad one",
        backlog: 7,
        oldestAt: 0,
        failure: { since: 0, at: 0, detail: "503" }
      })
      assert.deepInclude(second, { backlog: 7, oldestAt: 0, failure: undefined })
      bad.repair()
    }).pipe(Effect.scoped, withSinks(bad, hanging))
  })

  it.effect("that has failed for long gets one more try at the end, and is not waited for", () => {
    const bad = failing("bad")
    return Effect.gen(function* () {
      const trail = yield* AuditTrail.start()
      yield* happen(5)
      yield* TestClock.adjust(100_000)
      const tries = bad.calls.length
      const [status] = yield* trail.drain("4 seconds")
      assert.deepStrictEqual([status?.backlog, bad.calls.length], [5, tries + 1])
      assert.strictEqual(yield* Clock.currentTimeMillis, 100_000)
    }).pipe(Effect.scoped, withSinks(bad))
  })
})

describe("what the audit trail asks of the journal", () => {
  const broken = new JournalError({
    reason: new JournalBroken({ journal: "x", operation: "noteFailure", cause: new Error("disk full") })
  })

  it.effect("are no events, for any number of sinks that keep up", () => {
    let read = 0
    const watched = (store: JournalStoreService): JournalStoreService => ({
      ...store,
      events: (after, limit) =>
        Effect.tap(store.events(after, limit), (events) =>
          Effect.sync(() => {
            read += events.length
          })
        )
    })
    const sinks = [scripted("one"), scripted("two"), scripted("three")]
    return Effect.gen(function* () {
      yield* AuditTrail.start()
      for (let page = 0; page < 100; page++) {
        yield* happen(100)
        yield* TestClock.adjust(10)
      }
      for (const { kept } of sinks) assert.deepStrictEqual(kept, upTo(10_000))
      assert.strictEqual(read, 0)
    }).pipe(Effect.scoped, over(watched, ...sinks))
  })

  it.effect("are no transactions for the cursors while others come; after a second, one for all", () => {
    const transactions: Array<ReadonlyArray<string>> = []
    const watched = (store: JournalStoreService): JournalStoreService => ({
      ...store,
      transact: (sought, decide) =>
        store.transact(sought, (snapshot) => {
          const decision = decide(snapshot)
          transactions.push((decision.cursors ?? []).map(({ consumer, seq }) => `${consumer} ${seq}`))
          return decision
        })
    })
    return Effect.gen(function* () {
      yield* AuditTrail.start()
      yield* happen(5)
      yield* TestClock.adjust(10)
      assert.strictEqual((yield* known("one"))?.seq ?? 0, 0)
      yield* happen(5)
      yield* TestClock.adjust(999)
      assert.deepStrictEqual(transactions, [[], ["one 5", "two 5"], ["one 10", "two 10"]])
      assert.strictEqual((yield* known("two"))?.seq, 10)
      yield* TestClock.adjust(100_000)
      assert.strictEqual(transactions.length, 3)
    }).pipe(Effect.scoped, over(watched, scripted("one"), scripted("two")))
  })

  it.effect("that a transaction which failed lets no acknowledgement be forgotten", () => {
    let works = true
    const watched = (store: JournalStoreService): JournalStoreService => ({
      ...store,
      transact: (sought, decide) => (works ? store.transact(sought, decide) : Effect.fail(broken))
    })
    return Effect.gen(function* () {
      yield* AuditTrail.start()
      yield* happen(5)
      yield* TestClock.adjust(10)
      works = false
      yield* Effect.exit(happen(5))
      works = true
      yield* happen(5)
      assert.strictEqual((yield* known("one"))?.seq, 5)
    }).pipe(Effect.scoped, over(watched, scripted("one")))
  })

  it.effect("ends the run where it fails, once", () => {
    const watched = (store: JournalStoreService): JournalStoreService => ({
      ...store,
      noteFailure: () => Effect.fail(broken)
    })
    const good = scripted("good")
    return Effect.gen(function* () {
      const trail = yield* AuditTrail.start()
      yield* happen(5)
      assert.strictEqual(yield* Effect.flip(trail.fault), broken)
      assert.strictEqual(yield* Effect.flip(trail.drain("4 seconds")), broken)
      assert.deepStrictEqual(good.kept, upTo(5))
    }).pipe(Effect.scoped, over(watched, failing("bad"), failing("worse"), good))
  })
})

describe("a sink that stays down", () => {
  /** Whether the run was to end, and with what. */
  const faultOf = (trail: AuditTrail.AuditTrail) =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(Effect.flip(trail.fault), { startImmediately: true })
      const exit = fiber.pollUnsafe()
      yield* Fiber.interrupt(fiber)
      return exit === undefined ? undefined : yield* exit
    })

  it.effect("lets its events wait, however long and however many, where nothing else is said", () => {
    const bad = failing("bad")
    return Effect.gen(function* () {
      const trail = yield* AuditTrail.start()
      yield* happen(5000)
      yield* TestClock.adjust("3 hours")
      assert.isUndefined(yield* faultOf(trail))
      bad.repair()
      yield* TestClock.adjust(30_000)
      assert.deepStrictEqual(bad.kept, upTo(5000))
    }).pipe(Effect.scoped, withSinks(bad))
  })

  it.effect("stops the run after so long, where that is asked for, and nobody else's events", () => {
    const good = scripted("good")
    return Effect.gen(function* () {
      const trail = yield* AuditTrail.start({ action: "stop", after: "10 minutes" })
      yield* happen(5)
      yield* TestClock.adjust(599_999)
      assert.isUndefined(yield* faultOf(trail))
      yield* TestClock.adjust(15_000)
      const fault = yield* faultOf(trail)
      assert.instanceOf(fault, AuditDown)
      assert.deepInclude(fault, { sink: "bad", target: "the bad", backlog: 5, since: 0, detail: "503" })
      assert.match(
        String(fault?.message),
        /^the audit sink bad \(the bad\) is down since 1970-01-01T00:00:00.000Z, and 5 events wait for it: 503; repair it/
      )
      yield* happen(5)
      assert.deepStrictEqual(yield* backlogs(trail), [
        ["bad", 10],
        ["good", 0]
      ])
    }).pipe(Effect.scoped, withSinks(failing("bad"), good))
  })

  it.effect("stops no run before that, nor where it has taken a batch in between", () => {
    let broken = true
    const flaky = scripted("flaky", () => Effect.suspend(() => (broken ? Effect.fail(failure("flaky")) : Effect.void)))
    return Effect.gen(function* () {
      const trail = yield* AuditTrail.start({ action: "stop", after: "10 minutes" })
      for (let round = 0; round < 3; round++) {
        broken = true
        yield* happen(5)
        yield* TestClock.adjust("9 minutes")
        broken = false
        yield* TestClock.adjust("30 seconds")
        assert.isUndefined(yield* faultOf(trail))
      }
    }).pipe(Effect.scoped, withSinks(flaky))
  })

  it.effect("stops the run when so many events wait for it, also where it hangs for ever", () => {
    const stuck = scripted("stuck", () => Effect.uninterruptible(Effect.never))
    return Effect.gen(function* () {
      const trail = yield* AuditTrail.start({ action: "stop", maxBacklog: 100 })
      yield* happen(100)
      yield* TestClock.adjust("1 hour")
      assert.isUndefined(yield* faultOf(trail))
      yield* happen(1)
      yield* TestClock.adjust(15_000)
      assert.deepInclude(yield* faultOf(trail), { sink: "stuck", backlog: 101 })
    }).pipe(Effect.scoped, withSinks(stuck))
  })

  it.effect("counts from when it went down in an earlier run, but is tried first", () => {
    const bad = failing("bad")
    return Effect.gen(function* () {
      yield* happen(5)
      yield* Effect.scoped(Effect.andThen(AuditTrail.start(), TestClock.adjust(1000)))
      yield* TestClock.adjust("1 hour")
      const trail = yield* AuditTrail.start({ action: "stop", after: "30 minutes" })
      yield* TestClock.adjust(1)
      assert.deepInclude(yield* faultOf(trail), { since: 0 })
      bad.repair()
      const again = yield* AuditTrail.start({ action: "stop", after: "30 minutes" })
      yield* TestClock.adjust(1)
      assert.isUndefined(yield* faultOf(again))
      assert.deepStrictEqual(bad.kept, upTo(5))
    }).pipe(Effect.scoped, withSinks(bad))
  })

  it.effect("is gone on without, where that is asked for: it gets the gap first when it is back", () => {
    const bad = failing("bad")
    const good = scripted("good")
    return Effect.gen(function* () {
      yield* AuditTrail.start({ action: "continue", after: "5 minutes" })
      yield* happen(20)
      yield* TestClock.adjust("4 minutes")
      assert.deepStrictEqual(yield* gaps, [])
      yield* happen(5)
      yield* TestClock.adjust("1 hour")
      yield* happen(5)
      yield* TestClock.adjust("1 hour")
      assert.deepInclude((yield* gaps)[0], { seq: 26, sink: "bad", first: 1, last: 25 })
      assert.match(String((yield* gaps)[0]?.detail), /^it was down since 1970-01-01T00:00:00.000Z: 503$/)
      assert.strictEqual((yield* gaps).length, 1)
      const { failure, seq } = (yield* known("bad")) ?? {}
      assert.deepStrictEqual([seq, failure?.since], [25, 0])
      bad.repair()
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(bad.kept, upTo(31, 26))
      assert.deepStrictEqual(good.given, upTo(31))
      yield* TestClock.adjust("1 hour")
      assert.strictEqual((yield* gaps).length, 1)
    }).pipe(Effect.scoped, withSinks(bad, good))
  })

  it.effect("skips nothing while no more wait than may, and makes a gap longer by no less than a thousand", () => {
    const bad = failing("bad")
    return Effect.gen(function* () {
      yield* AuditTrail.start({ action: "continue", maxBacklog: 100 })
      yield* happen(100)
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(yield* gaps, [])
      yield* happen(1)
      yield* TestClock.adjust(15_000)
      yield* happen(999)
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(
        (yield* gaps).map(({ first, last, seq }) => [seq, first, last]),
        [[102, 1, 101]]
      )
      yield* happen(1)
      yield* TestClock.adjust(15_000)
      // The new gap is instead of the old one, which the sink has not seen.
      assert.deepStrictEqual(
        (yield* gaps).map(({ first, last, seq }) => [seq, first, last]),
        [
          [102, 1, 101],
          [1103, 1, 1102]
        ]
      )
      bad.repair()
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(bad.kept, [1103])
    }).pipe(Effect.scoped, withSinks(bad))
  })

  it.effect("moves on and leaves the gap behind in one transaction", () => {
    let skipped = false
    const watched = (store: JournalStoreService): JournalStoreService => ({
      ...store,
      transact: (sought, decide) =>
        store.transact(sought, (snapshot) => {
          const decision = decide(snapshot)
          const gap = decision.events?.some(({ body }) => body.kind === "audit.gap") ?? false
          skipped ||= gap
          assert.strictEqual(gap, decision.cursors?.some(({ consumer }) => consumer === "bad") ?? false)
          return decision
        })
    })
    return Effect.gen(function* () {
      yield* AuditTrail.start({ action: "continue" })
      yield* happen(5)
      yield* TestClock.adjust("2 minutes")
      assert.isTrue(skipped)
      // That its cursor moved does not make it well.
      const { failure, seq } = (yield* known("bad")) ?? {}
      assert.deepStrictEqual([seq, failure?.since], [5, 0])
    }).pipe(Effect.scoped, over(watched, failing("bad")))
  })

  it.effect("is gone on without where it hangs, too", () => {
    const slow = scripted("slow", (count) =>
      count === 1 ? Effect.uninterruptible(Effect.sleep("1 hour")) : Effect.void
    )
    return Effect.gen(function* () {
      yield* AuditTrail.start({ action: "continue" })
      yield* happen(5)
      yield* TestClock.adjust("10 minutes")
      assert.deepInclude((yield* gaps)[0], { seq: 6, first: 1, last: 5 })
      assert.strictEqual((yield* known("slow"))?.seq, 5)
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(slow.given, upTo(6))
      assert.deepStrictEqual(yield* known("slow"), { consumer: "slow", seq: 6, failure: undefined })
    }).pipe(Effect.scoped, withSinks(slow))
  })
})

describe("a sink that begins after events were pruned", () => {
  it.effect("begins at the first that is there, and gets one gap for what is not", () => {
    const late = scripted("late")
    return Effect.gen(function* () {
      const { store } = yield* Journal.Journal
      // By another process: this one keeps its own newest events in memory.
      const body = { kind: "message.missing" as const, messageId: "m", carrier: "acme" }
      const event = { at: 0, run: 0, actor: "tester", body }
      yield* store.transact({}, () => ({ events: Array.from({ length: 20 }, () => event), result: undefined }))
      yield* store.prune({ endedBefore: 0, eventsUpTo: 12, limit: 1000 }, (pruned) => ({
        at: 0,
        run: 0,
        actor: "tester",
        body: { kind: "journal.pruned", before: "1970-01-01T00:00:00.000Z", ...pruned }
      }))
      for (let run = 0; run < 2; run++) {
        yield* Effect.scoped(Effect.andThen(AuditTrail.start(), TestClock.adjust(2000)))
      }
      assert.deepStrictEqual(late.kept, upTo(22, 13))
      assert.deepStrictEqual(
        (yield* Effect.orDie(store.events(21, 100))).map((event) => ({ ...event, at: "" })),
        [
          {
            v: 1,
            id: `${store.id}-22`,
            seq: 22,
            at: "",
            run: 0,
            actor: "nobody",
            kind: "audit.gap",
            sink: "late",
            first: 1,
            last: 12,
            detail: "they were pruned from the journal before it began"
          }
        ]
      )
    }).pipe(withSinks(late))
  })
})

it.effect("two sinks of one name are refused: they would share a cursor", () =>
  Effect.gen(function* () {
    const sinks = [scripted("one"), scripted("two"), scripted("one")].map(({ sink }) => sink)
    const error = yield* Effect.flip(Effect.scoped(Layer.build(layer(sinks))))
    assert.strictEqual(error.message, "the audit sink one failed: two sinks have this name; give one another")
  })
)

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
