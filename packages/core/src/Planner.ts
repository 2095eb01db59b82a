/**
 * The planner: what to ask next.
 *
 * Of the messages that are due, the longest unseen first, those of one group together, no more than a source takes in one
 * request. It plans a round at a time, so that no message is in two requests at once.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { JournalError, JournalStoreService } from "./JournalStore.ts"
import type { TrackedMessage } from "./Message.ts"
import type { ReceiptSource } from "./ReceiptSource.ts"
import type { LookIntervals } from "./StateMachine.ts"

/** A message is left alone for 5 s after a look, doubling with each look that changes nothing, up to 10 min. */
export const lookIntervals: LookIntervals = { first: 5_000, longest: 600_000 }

/** What to do now. */
export type Plan =
  /** Ask for these: one request each. */
  | { readonly _tag: "Ask"; readonly batches: ReadonlyArray<ReadonlyArray<TrackedMessage>> }
  /** Nothing is due before this moment (epoch milliseconds). */
  | { readonly _tag: "Wait"; readonly until: number }
  /** No message of the run is open any more. */
  | { readonly _tag: "Done" }

/** Requests of a round for each one that may be under way at once. */
const depth = 5

/** Plans the next round of a run. With `onceSince`, each message is asked for once after that moment, due or not. */
export const next = Effect.fnUntraced(function* (
  store: JournalStoreService,
  source: ReceiptSource,
  run: number,
  onceSince: number | undefined
): Effect.fn.Return<Plan, JournalError> {
  const now = yield* Clock.currentTimeMillis
  const batches = yield* store.due({
    source: source.name,
    run,
    at: onceSince ?? now,
    by: onceSince === undefined ? "dueAt" : "lookedAt",
    batches: source.concurrency * depth,
    size: source.batchSize
  })
  if (batches.length > 0) return { _tag: "Ask", batches }
  if (onceSince !== undefined) return { _tag: "Done" }
  const until = yield* store.nextDueAt({ source: source.name, run })
  return until === undefined ? { _tag: "Done" } : { _tag: "Wait", until }
})
