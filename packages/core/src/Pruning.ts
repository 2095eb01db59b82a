/**
 * Pruning: what is old enough leaves the journal, messages after their end and events from the oldest on.
 *
 * Events stay for as long as a consumer has not acknowledged them. Those of the last day stay whatever their age, because
 * a run that begins reads from them which requests count against its budget, and until when the platform asks to wait.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { Journal, type Run } from "./Journal.ts"
import type { Cursor, JournalError, Pruned } from "./JournalStore.ts"
import { longestWait } from "./RequestTraffic.ts"
import { isoTime, type TrackingEvent } from "./TrackingEvent.ts"

/** What to prune, and for whom. */
export interface PruneOptions {
  /** How long ago a message must have ended, or an event been recorded, to go. Milliseconds. */
  readonly olderThan: number
  /** The run that the events of pruning belong to. */
  readonly run: Run
  /** Consumers that are to get every event, also where they have not begun. */
  readonly consumers?: ReadonlyArray<string> | undefined
  /** How much one transaction takes out, and how long others have their turn after it. */
  readonly pace?: { readonly chunk: number; readonly pause: Duration.Input } | undefined
}

/** What was pruned, and what keeps the rest. */
export interface PruneResult extends Pruned {
  /** What ended, or was recorded, before this moment was to go. Epoch milliseconds. */
  readonly before: number
  /** The consumers that have not acknowledged the oldest event left, which is old enough to go. */
  readonly waitingFor: ReadonlyArray<Cursor>
  /** The oldest event left is old enough to go, and stays because it is of the last day. */
  readonly lastDayStays: boolean
}

/** For an operator who waits for it. */
const brisk = { chunk: 1000, pause: "10 millis" } as const
/** For a tracker whose messages come first. */
const gentle = { chunk: 250, pause: "100 millis" } as const

/** How often a tracker prunes. */
const every = Duration.hours(1)

/** Prunes, chunk by chunk, each in a transaction of its own with an event that says so. */
export const prune = Effect.fnUntraced(function* (
  options: PruneOptions
): Effect.fn.Return<PruneResult, JournalError, Journal> {
  const { consumers = [], olderThan, pace = brisk, run } = options
  const { store } = yield* Journal
  const now = yield* Clock.currentTimeMillis
  const before = now - olderThan
  const lastDay = now - longestWait
  const pruned = { messages: 0, events: 0 }
  while (true) {
    const known = yield* store.consumers
    const unbegun = consumers.filter((consumer) => known.every((other) => other.consumer !== consumer))
    const cursors: ReadonlyArray<Cursor> = [...known, ...unbegun.map((consumer) => ({ consumer, seq: 0 }))]
    const oldest = yield* store.events(0, pace.chunk)
    const stays = (event: TrackingEvent) =>
      Date.parse(event.at) >= Math.min(before, lastDay) || cursors.some(({ seq }) => seq < event.seq)
    const index = oldest.findIndex(stays)
    const eventsUpTo = (index === -1 ? oldest.at(-1) : oldest[index - 1])?.seq ?? 0
    const chunk = yield* store.prune({ endedBefore: before, eventsUpTo, limit: pace.chunk }, (taken) => ({
      at: now,
      run: run.id,
      actor: run.actor,
      body: { kind: "journal.pruned", before: isoTime(before), ...taken }
    }))
    pruned.messages += chunk.messages
    pruned.events += chunk.events
    const first = oldest[index]
    if (chunk.messages < pace.chunk && (first !== undefined || oldest.length === 0)) {
      const isOld = first !== undefined && Date.parse(first.at) < before
      return {
        before,
        ...pruned,
        waitingFor: isOld
          ? cursors.filter(({ seq }) => seq < first.seq).map(({ consumer, seq }) => ({ consumer, seq }))
          : [],
        lastDayStays: isOld && Date.parse(first.at) >= lastDay
      }
    }
    yield* Effect.sleep(pace.pause)
  }
})

/**
 * Prunes what the journal is not to keep, when a run begins and then each hour, in small chunks. It never ends where the
 * journal has something to prune by, and ends at once where it has not. What goes wrong is told, and tried again.
 */
export const keepPruned = (options: Pick<PruneOptions, "run" | "consumers">): Effect.Effect<void, never, Journal> =>
  Journal.use(({ store: { keep } }) =>
    keep === undefined
      ? Effect.void
      : prune({ ...options, olderThan: keep, pace: gentle }).pipe(
          Effect.tap(({ events, messages }) =>
            events + messages === 0
              ? Effect.void
              : Effect.logInfo(`the journal is rid of ${messages} old messages and ${events} old events`)
          ),
          Effect.catch((error) => Effect.logWarning(`${error.message}; old messages and events stay for another hour`)),
          Effect.andThen(Effect.sleep(every)),
          Effect.forever
        )
  )
