/**
 * Delivery of the journal's events to the audit sinks: each by its own durable cursor, at least once, in order.
 *
 * @module
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as PubSub from "effect/PubSub"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { AuditError, type AuditSink, AuditSinks } from "./AuditSink.ts"
import { Journal } from "./Journal.ts"
import type { JournalError } from "./JournalStore.ts"
import * as TrackerMetrics from "./TrackerMetrics.ts"

/** How much a sink is given at once. */
const batchSize = 1000

/** How long a sink may take for a batch before it counts as failed. */
const writeTimeout = Duration.seconds(30)

/** The pauses between the tries of a sink that fails: from a second, doubling, half a minute at most. */
const pauses = Schedule.min([Schedule.exponential("1 second"), Schedule.spaced("30 seconds")])

/** How far a sink has come. */
export interface SinkStatus {
  readonly name: string
  readonly target: string
  /** Events that it has not acknowledged. */
  readonly backlog: number
}

/** A trail that is being delivered. */
export interface AuditTrail {
  /** Delivers what is there, for so long at the most, and says what is left. */
  readonly drain: (atMost: Duration.Input) => Effect.Effect<ReadonlyArray<SinkStatus>, JournalError>
}

/** Starts to deliver, for as long as the scope lasts. */
export const start: Effect.Effect<AuditTrail, never, AuditSinks | Journal | Scope.Scope> = Effect.gen(function* () {
  const journal = yield* Journal
  const sinks = yield* AuditSinks
  const { store } = journal

  /** Delivers everything up to the newest event. */
  const catchUp = Effect.fnUntraced(function* (sink: AuditSink) {
    let cursor = yield* store.cursor(sink.name)
    while (true) {
      const events = yield* journal.events(cursor, batchSize)
      const last = events.at(-1)
      if (last === undefined) return yield* TrackerMetrics.sinkBacklog(sink.name, 0)
      yield* TrackerMetrics.sinkBacklog(sink.name, (yield* store.lastSeq) - cursor)
      yield* Effect.suspend(() => sink.write(events)).pipe(
        Effect.catchDefect((defect) =>
          Effect.fail(
            new AuditError({ sink: sink.name, detail: defect instanceof Error ? defect.message : String(defect) })
          )
        ),
        Effect.timeoutOrElse({
          duration: writeTimeout,
          orElse: () => Effect.fail(new AuditError({ sink: sink.name, detail: "it did not finish a batch in 30 s" }))
        }),
        Effect.tapError((error) => Effect.logWarning(`${error.message}; its events wait in the journal`)),
        Effect.retry(pauses),
        // The pauses have no end, so no failure comes out of them.
        Effect.orDie
      )
      cursor = last.seq
      yield* store.moveCursor(sink.name, cursor)
    }
  })

  const deliver = Effect.fnUntraced(function* (sink: AuditSink) {
    const changes = yield* journal.changes
    while (true) {
      yield* catchUp(sink)
      yield* PubSub.take(changes)
    }
  }, Effect.scoped)

  const statuses = Effect.forEach(sinks, (sink) =>
    Effect.gen(function* () {
      const backlog = (yield* store.lastSeq) - (yield* store.cursor(sink.name))
      return { name: sink.name, target: sink.target, backlog }
    })
  )

  // Detached, and never waited for without end: a sink may hang in a way that cannot be interrupted.
  const deliveries = yield* Effect.forEach(sinks, (sink) =>
    deliver(sink).pipe(
      Effect.tapError((error) => Effect.logError(`${error.message}; ${sink.name} gets no more events in this run`)),
      Effect.ignore,
      Effect.forkDetach
    )
  )
  yield* Effect.addFinalizer(() => letGo(deliveries))

  return {
    drain: Effect.fnUntraced(function* (atMost: Duration.Input) {
      const last = yield* Effect.forEach(deliveries, (delivery, index) =>
        Effect.forkDetach(Effect.andThen(Fiber.interrupt(delivery), catchUp(sinks[index] as AuditSink)))
      )
      yield* Effect.timeoutOption(Fiber.joinAll(last), atMost)
      yield* letGo(last)
      return yield* statuses
    })
  }
})

const letGo = (fibers: ReadonlyArray<Fiber.Fiber<unknown, unknown>>) =>
  Effect.sync(() => {
    for (const fiber of fibers) fiber.interruptUnsafe()
  })
