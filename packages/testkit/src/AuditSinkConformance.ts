/**
 * What any audit sink must pass, whoever writes it: every event whole, in order and at least once, whatever goes wrong.
 *
 * @module
 */
import { ok } from "node:assert/strict"
import { AuditSink, type TrackingEvent } from "@dlrkit/core"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import { type Delivery, deliver } from "./AuditRun.ts"
import { excuse, type Rule, type SuiteOptions, type Violation, violationsOf } from "./ConformanceRule.ts"
import { check, checkBeginning, events, hostileEvents, type Kept, longEvents } from "./Events.ts"
import { type Doing, doing, type Faults } from "./Plainly.ts"
import { built, type Given } from "./PluginRecord.ts"
import { register } from "./Suite.ts"
import * as VirtualTime from "./VirtualTime.ts"

/** A new place for a sink, such as a folder or a receiver, which nobody else has. */
export interface Place {
  /** The sink over this place, as it is given to `defineTracker`; an Effect is run for each start of a program. */
  readonly sink: Given<AuditSink.AuditSink>
  /** All events that are in the place, in their order, or their ids. Fails where something there is torn. */
  readonly read: Doing<Kept>
  /** `refuse`: the place takes nothing. `stall`: it never answers. */
  readonly faults?: Faults<"refuse" | "stall"> | undefined
}

/** A sink to be checked. */
export interface Subject extends SuiteOptions {
  /** Makes a new place, which is there until the scope ends. Run for every rule. */
  readonly make: Doing<Place>
}

/** A place, and the sink as it is opened there. */
interface Opened extends Omit<Place, "sink" | "read"> {
  /** Starts the sink, until the scope ends. */
  readonly open: Effect.Effect<AuditSink.AuditSink, unknown, Scope.Scope>
  readonly read: Effect.Effect<Kept, unknown, Scope.Scope>
  /** Whether a write of the plugin's own is under way. */
  readonly isBusy: () => boolean
}

const openedOf = ({ read, sink, ...place }: Place): Opened => {
  let busy = 0
  const watched = (opened: AuditSink.AuditSink): AuditSink.AuditSink => ({
    ...opened,
    write: (batch) =>
      Effect.suspend(() => {
        busy += 1
        return opened.write(batch)
      }).pipe(
        Effect.ensuring(
          Effect.sync(() => {
            busy -= 1
          })
        )
      )
  })
  return {
    ...place,
    open: Effect.map(built(AuditSink.AuditSinks, AuditSink.layer([sink])), watched),
    read: doing(read),
    isBusy: () => busy > 0
  }
}

const rule = (
  name: string,
  says: string,
  run: (place: Opened) => Effect.Effect<void, unknown, Scope.Scope>
): Rule<Subject> => ({
  name,
  says,
  run: ({ make }) =>
    Effect.flatMap(doing(make), (made) => {
      const place = openedOf(made)
      return VirtualTime.run(Effect.scoped(run(place)), place.isBusy)
    })
})

/** How often an event may be kept that was given twice. */
const repeats = ({ supports }: AuditSink.AuditSink, given: number) => (supports?.idempotent === true ? 1 : given)

const reading = (place: Opened, look: (kept: Kept) => void) =>
  Effect.flatMap(place.read, (kept) => Effect.sync(() => look(kept)))

/** Throws where a write did not fail as a sink does. */
const refused = (exit: Exit.Exit<void, unknown>, what: string): void => {
  ok(Exit.isFailure(exit), `it acknowledges a batch though ${what}`)
  const error = exit.cause.reasons.find(({ _tag }) => _tag === "Fail")
  ok(
    error?._tag === "Fail" && error.error instanceof AuditSink.AuditError,
    `it does not fail with an AuditError where ${what}, but with ${String(exit.cause)}`
  )
}

/** Delivers with core's own delivery, through a sink that goes wrong as told, and looks at what was kept. */
const delivered = (place: Opened, delivery: Omit<Delivery, "sink">, atMost: (count: number) => number) =>
  Effect.gen(function* () {
    const sink = yield* place.open
    const { calls, events } = yield* deliver({ ...delivery, sink })
    yield* reading(place, (kept) => check(kept, events, repeats(sink, atMost(calls))))
  })

const retryable = () => Effect.fail(new AuditSink.AuditError({ sink: "", detail: "503" }))

const plainRules: ReadonlyArray<Rule<Subject>> = [
  rule("contract", "has a name and a target, and is made for this contract of core", (place) =>
    Effect.map(place.open, ({ name, target }) => {
      ok(name !== "", "its name is empty: the journal remembers by it how far it has come")
      ok(target !== "", "its target is empty: people read there where it writes")
    })
  ),

  rule("writes", "keeps every event once, whole and in order, and acknowledges none that is not there", (place) =>
    Effect.gen(function* () {
      const sink = yield* place.open
      for (const [first, last] of [
        [1, 3],
        [4, 4],
        [5, 120]
      ] as const) {
        yield* sink.write(events(first, last))
        yield* reading(place, (kept) => check(kept, events(1, last), 1))
      }
    })
  ),

  rule("empty-batch", "takes an empty batch, and keeps nothing of it", (place) =>
    Effect.gen(function* () {
      const sink = yield* place.open
      yield* sink.write([])
      yield* sink.write(events(1, 2))
      yield* sink.write([])
      yield* reading(place, (kept) => check(kept, events(1, 2), 1))
    })
  ),

  rule("large-batch", "takes a thousand long events at once, which is the most that it is given", (place) =>
    Effect.gen(function* () {
      const sink = yield* place.open
      yield* sink.write(longEvents)
      yield* reading(place, (kept) => check(kept, longEvents, 1))
    })
  ),

  rule("hostile-texts", "keeps texts as they are, whatever they hold", (place) =>
    Effect.gen(function* () {
      const sink = yield* place.open
      yield* sink.write(hostileEvents)
      yield* reading(place, (kept) => check(kept, hostileEvents, 1))
    })
  ),

  rule("restart", "goes on after a restart where it was, and has nothing to do once its scope has ended", (place) =>
    Effect.gen(function* () {
      yield* Effect.scoped(Effect.flatMap(place.open, (sink) => sink.write(events(1, 50))))
      const closed = yield* place.read
      check(closed, events(1, 50), 1)
      // What it has begun and not ended would show now.
      for (let count = 0; count < 20; count++) yield* VirtualTime.turn
      yield* Effect.sleep("10 minutes")
      yield* reading(place, (kept) => ok(kept.length === closed.length, "it writes on after its scope has ended"))
      yield* Effect.scoped(Effect.flatMap(place.open, (sink) => sink.write(events(51, 60))))
      yield* reading(place, (kept) => check(kept, events(1, 60), 1))
    })
  )
]

/** Interrupts a write after so many turns of the event loop. */
const interrupted = (sink: AuditSink.AuditSink, batch: ReadonlyArray<TrackingEvent.TrackingEvent>, turns: number) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(sink.write(batch), { startImmediately: true })
    for (let count = 0; count < turns; count++) yield* VirtualTime.turn
    yield* Fiber.interrupt(fiber)
  })

const faultRules: ReadonlyArray<Rule<Subject>> = [
  rule("retryable-failure", "keeps every event where each batch fails twice before it is taken", (place) =>
    delivered(place, { count: 250, before: (call) => (call % 3 === 0 ? Effect.void : retryable()) }, () => 1)
  ),

  rule("permanent-failure", "gets every event once it is repaired, also where it was down for ten minutes", (place) =>
    Effect.gen(function* () {
      let down = true
      yield* Effect.forkChild(
        Effect.andThen(
          Effect.sleep("10 minutes"),
          Effect.sync(() => {
            down = false
          })
        )
      )
      yield* delivered(place, { count: 250, before: () => (down ? retryable() : Effect.void) }, () => 1)
    })
  ),

  rule(
    "mixed-failure",
    "keeps every event where some calls fail before they begin, and some after they are done",
    (place) =>
      delivered(
        place,
        {
          count: 2500,
          before: (call) => (call % 4 === 1 ? retryable() : Effect.void),
          after: (call) => (call % 4 === 2 ? retryable() : Effect.void)
        },
        (calls) => calls
      )
  ),

  rule(
    "interruption",
    "is whole after an interruption in the middle of a call, once it gets the batch again",
    (place) =>
      Effect.gen(function* () {
        const sink = yield* place.open
        const turns = [0, 1, 2, 4, 8]
        for (const [index, count] of turns.entries()) {
          const batch = events(index * 200 + 1, index * 200 + 200)
          yield* interrupted(sink, batch, count)
          yield* sink.write(batch)
        }
        yield* reading(place, (kept) => check(kept, events(1, turns.length * 200), repeats(sink, 2)))
      })
  ),

  rule(
    "crash",
    "has each event once or twice, whole and in order, where it died before it could acknowledge",
    (place) =>
      Effect.gen(function* () {
        const atMost = yield* Effect.scoped(
          Effect.gen(function* () {
            const sink = yield* place.open
            yield* sink.write(events(1, 20))
            yield* sink.write(events(21, 40))
            return repeats(sink, 2)
          })
        )
        const again = yield* place.open
        yield* again.write(events(21, 60))
        yield* reading(place, (kept) => check(kept, events(1, 60), atMost))
      })
  ),

  rule(
    "back-pressure",
    "gets every event, a batch at a time, when a call that hung is given up; nobody waits for it",
    (place) =>
      Effect.gen(function* () {
        const sink = yield* place.open
        const told = yield* deliver({
          sink,
          count: 5000,
          before: (call) => (call === 1 ? Effect.never : Effect.void)
        })
        ok(told.atOnce <= 1, "core has given it a batch while another was under way")
        ok(told.neighbourFirst, "its neighbour had to wait for it")
        yield* reading(place, (kept) => check(kept, told.events, repeats(sink, told.calls)))
      })
  )
]

const farRules: ReadonlyArray<Rule<Subject>> = [
  rule(
    "refusal",
    "fails with an AuditError where its place takes nothing, and keeps the batch when it does again",
    (place) =>
      Effect.gen(function* () {
        const begin = place.faults?.begin.refuse
        if (place.faults === undefined || begin === undefined) {
          return yield* excuse("`make` gives no `faults.begin.refuse`: its place cannot be made to refuse")
        }
        const sink = yield* place.open
        yield* sink.write(events(1, 10))
        yield* doing(begin)
        refused(yield* Effect.exit(sink.write(events(11, 20))), "its place takes nothing")
        yield* doing(place.faults.end)
        yield* sink.write(events(11, 20))
        yield* reading(place, (kept) => check(kept, events(1, 20), repeats(sink, 2)))
      })
  ),

  rule("stall", "acknowledges nothing where its place never answers, and keeps the batch when it does again", (place) =>
    Effect.gen(function* () {
      const begin = place.faults?.begin.stall
      if (place.faults === undefined || begin === undefined) {
        return yield* excuse("`make` gives no `faults.begin.stall`: its place cannot be made to hang")
      }
      const sink = yield* place.open
      yield* sink.write(events(1, 10))
      yield* doing(begin)
      const write = yield* Effect.forkChild(Effect.exit(sink.write(events(11, 20))), { startImmediately: true })
      for (let count = 0; count < 20; count++) yield* VirtualTime.turn
      const exit = write.pollUnsafe()
      ok(exit === undefined || (Exit.isSuccess(exit) && Exit.isFailure(exit.value)), "it acknowledges what nobody took")
      yield* reading(place, (kept) => checkBeginning(kept, events(1, 20), repeats(sink, 2)))
      yield* doing(place.faults.end)
      yield* Fiber.interrupt(write)
      yield* sink.write(events(11, 20))
      yield* reading(place, (kept) => check(kept, events(1, 20), repeats(sink, 2)))
    })
  )
]

/** All rules, in their order. */
export const rules: ReadonlyArray<Rule<Subject>> = [...plainRules, ...faultRules, ...farRules]

/** What a sink does not do, though it must: of all rules, or of some by name. Needs no test runner. */
export const violations = (subject: Subject, only?: ReadonlyArray<string>): Effect.Effect<ReadonlyArray<Violation>> =>
  violationsOf(rules, subject, only)

/**
 * Tests for Vitest, one a rule. Time is virtual, and stands still while the sink works.
 *
 * @example
 * ```ts
 * AuditSinkConformance.suite({
 *   make: () => {
 *     const kept = []
 *     return { sink: defineAuditSink({ name: "memory", write: (batch) => void kept.push(...batch) }), read: () => kept }
 *   }
 * })
 * ```
 */
export const suite = (subject: Subject): void => register("the audit sink", rules, subject)
