/**
 * Delivery of the journal's events to the audit sinks: each by its own durable cursor, at least once, in order.
 *
 * @module
 */
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Latch from "effect/Latch"
import * as PubSub from "effect/PubSub"
import type * as Scope from "effect/Scope"
import { deliver } from "./AuditDelivery.ts"
import { type AuditDown, type AuditOutage, AuditSinks, outageOf } from "./AuditSink.ts"
import { Journal } from "./Journal.ts"
import type { ConsumerFailure, Cursor, JournalError } from "./JournalStore.ts"

/** How long a cursor may lie behind what was acknowledged: so much would come again after a crash. */
const settleEvery = Duration.seconds(1)

/** How far a sink has come. */
export interface SinkStatus {
  readonly name: string
  readonly target: string
  /** Events that it has not acknowledged. */
  readonly backlog: number
  /** When the oldest of them was recorded, in epoch milliseconds; `undefined` where there are none. */
  readonly oldestAt: number | undefined
  /** Since when it fails, and with what; `undefined` where it does not. */
  readonly failure: ConsumerFailure | undefined
}

/** A trail that is being delivered. */
export interface AuditTrail {
  /**
   * Fails when the run must not go on: with `AuditDown` where a sink stays down and `stop` was asked for, with a
   * `JournalError` where the journal fails beneath a delivery. It has no other end.
   */
  readonly fault: Effect.Effect<never, AuditDown | JournalError>
  /** Delivers what is there, for so long at the most, and says what is left. */
  readonly drain: (atMost: Duration.Input) => Effect.Effect<ReadonlyArray<SinkStatus>, JournalError>
}

/** How far each sink has come, as the journal has it. */
export const statuses: Effect.Effect<ReadonlyArray<SinkStatus>, JournalError, AuditSinks | Journal> = Effect.gen(
  function* () {
    const { store } = yield* Journal
    const known = new Map((yield* store.consumers).map((consumer) => [consumer.consumer, consumer]))
    const last = yield* store.lastSeq
    return yield* Effect.forEach(yield* AuditSinks, ({ name, target }) => {
      const { failure, seq } = known.get(name) ?? { failure: undefined, seq: 0 }
      return Effect.map(store.events(seq, 1), ([oldest]) => ({
        name,
        target,
        backlog: last - seq,
        oldestAt: oldest === undefined ? undefined : Date.parse(oldest.at),
        failure
      }))
    })
  }
)

/** Starts to deliver, for as long as the scope lasts, and does what is wished where a sink stays down. */
export const start = Effect.fnUntraced(function* (
  outage?: AuditOutage
): Effect.fn.Return<AuditTrail, JournalError, AuditSinks | Journal | Scope.Scope> {
  const journal = yield* Journal
  const sinks = yield* AuditSinks
  const context = yield* Effect.context<AuditSinks | Journal>()
  const fault = yield* Deferred.make<never, AuditDown | JournalError>()
  const ending = Latch.makeUnsafe(false)
  const acknowledged = Latch.makeUnsafe(false)

  const surroundings = {
    journal,
    ending,
    outage: outageOf(outage),
    acknowledge: (cursor: Cursor) => Effect.andThen(journal.acknowledge(cursor), Latch.open(acknowledged))
  }
  const known = new Map((yield* journal.store.consumers).map((consumer) => [consumer.consumer, consumer]))
  const changes = yield* journal.changes
  const delivered = sinks.map((sink) => ({ sink, known: known.get(sink.name), wake: Latch.makeUnsafe(false) }))
  const wakeAll = Effect.sync(() => {
    for (const { wake } of delivered) wake.openUnsafe()
  })

  // Detached, and never waited for without end: a sink may hang in a way that cannot be interrupted.
  const detached = <E extends AuditDown | JournalError>(effect: Effect.Effect<void, E>) =>
    effect.pipe(
      Effect.catch((error) => Deferred.fail(fault, error)),
      Effect.forkDetach
    )
  const deliveries = yield* Effect.forEach(delivered, (one) => detached(deliver(one, surroundings)))
  const waking = yield* detached(Effect.forever(Effect.andThen(PubSub.take(changes), wakeAll)))
  /** The cursors go with the transactions of the run; where there are none, by themselves. */
  const settling = yield* detached(
    Effect.gen(function* () {
      while (true) {
        yield* acknowledged.await
        yield* Effect.sleep(settleEvery)
        acknowledged.closeUnsafe()
        yield* journal.settle
      }
    })
  )
  yield* Effect.addFinalizer(() =>
    Effect.andThen(letGo([...deliveries, waking, settling]), Effect.ignore(journal.settle))
  )

  return {
    fault: Deferred.await(fault),
    drain: Effect.fnUntraced(function* (atMost: Duration.Input) {
      yield* Latch.open(ending)
      yield* wakeAll
      yield* Effect.timeoutOption(Fiber.awaitAll(deliveries), atMost)
      yield* letGo(deliveries)
      yield* journal.settle
      // Where the journal failed beneath one of them, what is told of them may not be true.
      if (Deferred.isDoneUnsafe(fault)) yield* Effect.catchTag(Deferred.await(fault), "AuditDown", () => Effect.void)
      return yield* Effect.provideContext(statuses, context)
    })
  }
})

const letGo = (fibers: ReadonlyArray<Fiber.Fiber<unknown, unknown>>) =>
  Effect.sync(() => {
    for (const fiber of fibers) fiber.interruptUnsafe()
  })
