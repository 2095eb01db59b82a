/**
 * The delivery of the journal's events to one audit sink: batch after batch, from its durable cursor, at least once and in
 * order. Whatever the sink does, only its own delivery waits for it.
 *
 * @module
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type * as Latch from "effect/Latch"
import * as Option from "effect/Option"
import { AuditDown, AuditError, type AuditSink, type outageOf } from "./AuditSink.ts"
import type { JournalService } from "./Journal.ts"
import type { Consumer, Cursor, JournalError } from "./JournalStore.ts"
import { printable } from "./Redaction.ts"
import * as TrackerMetrics from "./TrackerMetrics.ts"
import { isoTime, type TrackingEvent } from "./TrackingEvent.ts"

/** How much a sink is given at once. */
const batchSize = 1000

/** How long a sink may take for a batch before it counts as failed. Milliseconds. */
const writeTimeout = 30_000

/** The pauses between the tries of a sink that fails: the first, doubling, up to the longest. Milliseconds. */
const firstPause = 1000
const longestPause = 30_000

/** The longest pause that is waited for when the run ends: who has failed for long gets one more try. Milliseconds. */
const lastPause = 2000

/** How often a delivery that does not get on looks at how far it is behind. Milliseconds. */
const lookEvery = 15_000

/** How long a failure that goes on is not written to the journal again, while it stays the same. Milliseconds. */
const noteEvery = 60_000

/** A gap that a sink has not taken yet is made longer by no fewer events: it must not fill the journal by itself. */
const leastExtension = 1000

/** What the deliveries of a trail share. */
export interface Surroundings {
  readonly journal: JournalService
  /** What is done where a sink stays down. */
  readonly outage: ReturnType<typeof outageOf>
  /** Says that a batch has been acknowledged. */
  readonly acknowledge: (cursor: Cursor) => Effect.Effect<void>
  /** Opened when the run ends: what is there is delivered, and no more is waited for. */
  readonly ending: Latch.Latch
}

/** What a delivery is of: a sink, what the journal knows of it, and what is opened when there may be new events. */
export interface Delivered {
  readonly sink: AuditSink
  readonly known: Consumer | undefined
  readonly wake: Latch.Latch
}

/**
 * Delivers, until the run ends and everything is delivered, or the sink is given up. Fails with `AuditDown` where the
 * sink stays down and the run is to stop then, and where the journal fails.
 */
export const deliver = Effect.fnUntraced(function* (
  { known, sink, wake }: Delivered,
  { acknowledge, ending, journal, outage }: Surroundings
): Effect.fn.Return<void, AuditDown | JournalError> {
  const { store } = journal
  let cursor = known?.seq ?? 0
  let failure = known?.failure
  let notedAt = failure?.at ?? 0
  /** What was said of its failure in this run. */
  let told: string | undefined
  let tries = 0
  let writing = false

  const skip = Effect.fnUntraced(function* (first: number, last: number | undefined, detail: string) {
    cursor = yield* journal.skip({ consumer: sink.name, first, last, detail })
    // A cursor that moves says that all is well; it is not.
    if (failure !== undefined) yield* store.noteFailure(sink.name, failure)
  })

  /** Says how far the sink is behind, and does what the operator wishes where it stays down. */
  const look = Effect.gen(function* () {
    const [oldest] = yield* journal.events(cursor, 1)
    if (oldest === undefined) return
    const now = yield* Clock.currentTimeMillis
    const backlog = (yield* store.lastSeq) - cursor
    yield* TrackerMetrics.sinkBacklog(sink.name, backlog, now - Date.parse(oldest.at))
    if (failure === undefined || writing || ending.isOpen() || now - failure.since < outage.afterMs) return
    const { detail, since } = failure
    if (outage.action === "stop" && backlog > outage.maxBacklog) {
      return yield* new AuditDown({ sink: sink.name, target: sink.target, backlog, since, detail })
    }
    if (outage.action !== "continue") return
    const gap = oldest.kind === "audit.gap" && oldest.sink === sink.name && oldest.last === cursor ? oldest : undefined
    if (backlog > (gap === undefined ? outage.maxBacklog : Math.max(outage.maxBacklog, leastExtension))) {
      yield* skip(gap?.first ?? cursor + 1, undefined, `it was down since ${isoTime(since)}: ${detail}`)
    }
  })

  /** Waits for something, so long at the most, and looks after the sink meanwhile. */
  const waitFor = Effect.fnUntraced(function* <A>(awaited: Effect.Effect<A>, atMost: number) {
    for (let left = atMost; left > 0; left -= lookEvery) {
      const come = yield* Effect.timeoutOption(awaited, Math.min(left, lookEvery))
      if (Option.isSome(come)) return come
      if (left > lookEvery) yield* look
    }
    return Option.none<A>()
  })

  const failed = Effect.fnUntraced(function* (begunAt: number, text: string) {
    const detail = printable(text)
    const at = yield* Clock.currentTimeMillis
    const news = failure?.detail !== detail
    failure = { since: failure?.since ?? begunAt, at, detail }
    yield* TrackerMetrics.sinkFailed(sink.name)
    if (told !== detail) {
      told = detail
      yield* Effect.logWarning(`${new AuditError({ sink: sink.name, detail }).message}; its events wait in the journal`)
    }
    if (news || at - notedAt >= noteEvery) {
      notedAt = at
      // What it has acknowledged before must not be written after it.
      yield* journal.settle
      yield* store.noteFailure(sink.name, failure)
    }
    yield* look
  })

  const taken = Effect.fnUntraced(function* (seq: number) {
    if (failure !== undefined) yield* Effect.logInfo(`the audit sink ${sink.name} takes its events again`)
    failure = undefined
    told = undefined
    tries = 0
    cursor = seq
    yield* acknowledge({ consumer: sink.name, seq })
  })

  /** Gives a batch to the sink. Answers whether it was taken; `undefined` where nobody can know before the run ends. */
  const attempt = Effect.fnUntraced(function* (
    batch: ReadonlyArray<TrackingEvent>,
    first: TrackingEvent,
    last: TrackingEvent
  ) {
    const begunAt = yield* Clock.currentTimeMillis
    const backlog = batch.length < batchSize ? batch.length : (yield* store.lastSeq) - cursor
    yield* TrackerMetrics.sinkBacklog(sink.name, backlog, begunAt - Date.parse(first.at))
    // Detached, and never waited for without end: a sink may hang in a way that cannot be interrupted.
    const write = yield* Effect.forkDetach(
      Effect.suspend(() => sink.write(batch)),
      { startImmediately: true }
    )
    return yield* Effect.gen(function* () {
      writing = true
      const exit = yield* waitFor(Fiber.await(write), writeTimeout)
      writing = false
      if (Option.isSome(exit)) {
        if (Exit.isSuccess(exit.value)) yield* taken(last.seq)
        else yield* failed(begunAt, reasonOf(exit.value.cause))
        return Exit.isSuccess(exit.value)
      }
      write.interruptUnsafe()
      yield* failed(begunAt, `it did not finish a batch in ${writeTimeout / 1000} s`)
      // What cannot be interrupted may still be done, and must not come after what is begun now.
      const over = Effect.race(Effect.as(Fiber.await(write), false), Effect.as(ending.await, undefined))
      return Option.getOrUndefined(yield* waitFor(over, Number.POSITIVE_INFINITY))
    }).pipe(Effect.onExit(() => Effect.sync(() => write.interruptUnsafe())))
  })

  /** Waits before the next try; answers whether there is to be one. */
  const pause = Effect.gen(function* () {
    const length = Math.min(longestPause, firstPause * 2 ** tries)
    tries += 1
    if (ending.isOpen() && length > lastPause) return false
    yield* waitFor(ending.isOpen() ? Effect.never : ending.await, length)
    return true
  })

  while (true) {
    wake.closeUnsafe()
    const batch = yield* journal.events(cursor, batchSize)
    const [first] = batch
    const last = batch.at(-1)
    if (first === undefined || last === undefined) {
      yield* TrackerMetrics.sinkBacklog(sink.name, 0, 0)
      if (ending.isOpen()) return
      yield* wake.await
    } else if (first.seq > cursor + 1) {
      yield* skip(cursor + 1, first.seq - 1, "they were pruned from the journal before it began")
    } else {
      const done = yield* attempt(batch, first, last)
      if (done === undefined || !(done || (yield* pause))) return
    }
  }
})

/** Why a sink did not take a batch. */
const reasonOf = (cause: Cause.Cause<AuditError>): string => {
  if (Cause.hasInterruptsOnly(cause)) return "it was interrupted"
  const error = Cause.squash(cause)
  if (error instanceof AuditError) return error.detail
  return error instanceof Error ? error.message : String(error)
}
