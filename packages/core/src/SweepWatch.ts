/**
 * Keeps the cells of what sweeps could settle in step with the journal: which messages of a run are open and alone in
 * their conversation, and which of them wait for a last look because their deadline has passed.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import type { Change } from "./Journal.ts"
import type { JournalError, JournalStoreService, OpenMessage } from "./JournalStore.ts"
import type { TrackedMessage } from "./Message.ts"
import type { SweepCells } from "./SweepCells.ts"

/** The watch over a run's cells. */
export interface SweepWatch {
  /** Messages have changed. */
  readonly note: (changes: ReadonlyArray<Change>) => void
  /** Finds the messages whose deadline had passed at a moment: now a sweep would show how they were after it. */
  readonly passDeadlines: (at: number) => Effect.Effect<void, JournalError>
  /** Open messages that sweeps could settle. */
  readonly count: () => number
}

/** How many messages are read at once. */
const pageSize = 5000

/** Whether a sweep can settle a message, once its conversation is seen: nobody else is in it, and it is known when to look. */
export const isSweepable = ({
  alone,
  sentAt
}: {
  readonly alone: boolean
  readonly sentAt: number | undefined
}): boolean => alone && sentAt !== undefined

/** Makes a watch. */
export const make = (options: {
  readonly cells: SweepCells
  readonly store: JournalStoreService
  readonly source: string
  readonly run: number
}): SweepWatch => {
  const { cells, run, source, store } = options
  /** Deadlines up to here have been seen to pass. */
  let passed = Number.NEGATIVE_INFINITY
  let place: OpenMessage | undefined
  let count = 0

  const isCounted = (message: TrackedMessage | undefined): message is TrackedMessage & { readonly sentAt: number } =>
    message !== undefined &&
    message.dueAt !== undefined &&
    message.run === run &&
    message.source === source &&
    isSweepable(message)

  const sweepable = ({ carrier, lookedAt, sentAt }: TrackedMessage & { readonly sentAt: number }) => ({
    carrier,
    bornAt: sentAt,
    openAt: Math.max(sentAt, lookedAt ?? sentAt)
  })

  const note = ({ after, before }: Change) => {
    const was = isCounted(before)
    const is = isCounted(after)
    const { carrier, deadlineAt, sentAt } = after ?? {}
    if (was && is && before.sentAt === sentAt && before.carrier === carrier && before.deadlineAt === deadlineAt) {
      if (after.lookedAt !== undefined && after.lookedAt !== before.lookedAt) {
        cells.looked(sweepable(before), after.lookedAt)
      }
      return
    }
    if (was) {
      count -= 1
      cells.remove(sweepable(before))
      if (before.deadlineAt <= passed) cells.lastSeen(before.sentAt)
    }
    if (is) {
      count += 1
      if (before === undefined) cells.started(after.sentAt)
      cells.add(sweepable(after))
      if (after.deadlineAt <= passed) cells.awaitLast(after.sentAt, after.deadlineAt)
    }
  }

  return {
    note: (changes) => {
      for (const change of changes) note(change)
    },
    passDeadlines: Effect.fnUntraced(function* (at: number) {
      // Most often none has.
      for (let limit = 1, more = true; more; limit = pageSize) {
        const page = yield* store.open({ source, run, by: "deadlineAt", after: place, limit })
        const late = page.filter(({ deadlineAt }) => deadlineAt <= at)
        for (const message of late) {
          if (isSweepable(message) && message.deadlineAt > passed)
            cells.awaitLast(message.sentAt ?? 0, message.deadlineAt)
        }
        place = late.at(-1) ?? place
        more = late.length === limit
      }
      passed = at
    }),
    count: () => count
  }
}
