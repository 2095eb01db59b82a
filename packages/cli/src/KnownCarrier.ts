/**
 * The carrier that a user names to see its messages alone. A name that no message has is an error: an empty list of numbers
 * to suppress would look like a carrier without any.
 *
 * @module
 */
import { Journal, type JournalStore } from "@dlrkit/core"
import * as Effect from "effect/Effect"
import { UsageError } from "./ExitCode.ts"

/** Fails where no message is of this carrier, with the names of those that there are; of one run, where it is named. */
export const check = Effect.fnUntraced(function* (
  carrier: string,
  run?: number | undefined
): Effect.fn.Return<void, UsageError | JournalStore.JournalError, Journal.Journal> {
  const { store } = yield* Journal.Journal
  const known = new Set((yield* store.totals(run)).map((total) => total.carrier))
  if (known.has(carrier)) return
  return yield* new UsageError({
    detail: `there is no message of the carrier ${carrier}; the journal ${store.location} has ${Array.from(known).sort().join(", ") || "none"}`
  })
})
