/**
 * How the messages of a run stand, counted along: what would take long to count in the journal again and again.
 *
 * @module
 */
import type { Change } from "./AppliedPage.ts"
import { type CarrierSummary, emptyCounts } from "./Summary.ts"

/** The tally of a run. */
export interface RunTally {
  /** Messages of the run have changed. */
  readonly note: (changes: ReadonlyArray<Change>) => void
  readonly counts: () => CarrierSummary
}

/** Begins to count for a run, which has no messages yet. */
export const make = (run: number): RunTally => {
  const counts = emptyCounts()
  const count = (message: Change["after"], by: number) => {
    if (message?.run !== run) return
    counts.registered += by
    counts[message.resolution ?? "pending"] += by
  }
  return {
    note: (changes) => {
      for (const { after, before } of changes) {
        count(before, -1)
        count(after, 1)
      }
    },
    counts: () => ({ ...counts })
  }
}
