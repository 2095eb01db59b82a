/**
 * Final words: what a final receipt says, and what one more of them does to a message that has its end.
 *
 * Two final words agree where they tell one end: delivered, whatever the code; or failed for reasons of the same category,
 * because a platform may tell one failure in the words of several lists. A failure that nobody explains agrees with every
 * other failure. Of words that agree, the first that tells most stands: one that is explained before one that is not, and
 * then one with a code before one without. Words that do not agree contradict each other, and are kept side by side.
 *
 * @module
 */
import type { Classification } from "./Classifier.ts"
import type { DeliveryReceipt } from "./DeliveryReceipt.ts"
import { type Conflict, type FinalStatus, nameOf, type Reason, type TrackedMessage } from "./Message.ts"
import { type Step, silent } from "./Step.ts"
import type { Category, Cause } from "./Taxonomy.ts"
import type { EventBody } from "./TrackingEvent.ts"

/** An end, its reason, and the provider's word for it. */
export interface FinalWord extends Conflict {
  readonly providerStatus: string
}

/** What a final receipt says. */
export const of = (receipt: DeliveryReceipt, meaning: Classification, status: FinalStatus): FinalWord => ({
  ...reasonOf({ ...meaning, code: receipt.code }),
  status,
  providerStatus: receipt.providerStatus
})

/** The reason in something that has one. */
export const reasonOf = ({ actor, category, cause, classifier, code, retryable, rule }: Reason) => ({
  code,
  cause,
  category,
  retryable,
  actor,
  classifier,
  rule
})

/** What an event says of why a message failed, its code aside. */
export const meaningEvent = ({ actor, category, cause, classifier, retryable, rule }: Reason) => ({
  cause: cause as Cause,
  category: category as NonNullable<typeof category>,
  retryable: retryable as NonNullable<typeof retryable>,
  mustAct: actor as NonNullable<typeof actor>,
  ...(classifier === undefined ? {} : { classifier }),
  ...(rule === undefined ? {} : { rule })
})

type End = Pick<TrackedMessage, "status"> & Pick<Reason, "code" | "category">

const isExplained = ({ category }: End) => category !== undefined && category !== "unknown"

const agree = (a: End, b: End): boolean =>
  a.status === b.status && (a.status === "delivered" || a.category === b.category || !isExplained(a) || !isExplained(b))

const telling = (end: End): number => (isExplained(end) ? 2 : 0) + (end.code === undefined ? 0 : 1)

/** What a final word does to a message that has its end already. */
export const hear = (message: TrackedMessage, word: FinalWord): Step => {
  if (agree(message, word)) {
    if (telling(word) <= telling(message)) return silent(message)
    const unexplained = message.unexplained && word.code === undefined
    return { message: { ...message, ...reasonOf(word), unexplained }, events: explained(message, word) }
  }
  const { conflicts } = message
  const conflict = conflictOf(word)
  const known = conflicts.findIndex((other) => agree(other, word))
  if (known < 0) return { message: { ...message, conflicts: [...conflicts, conflict] }, events: [told(message, word)] }
  if (telling(word) <= telling(conflicts[known] as Conflict)) return silent(message)
  return { message: { ...message, conflicts: conflicts.with(known, conflict) }, events: explained(message, word) }
}

const told = (message: TrackedMessage, word: FinalWord): EventBody => ({
  kind: "message.conflict",
  ...nameOf(message),
  carrier: message.carrier,
  resolution: message.status as FinalStatus,
  status: word.status,
  providerStatus: word.providerStatus,
  ...(word.code === undefined ? {} : { code: word.code }),
  ...(isExplained(word) ? { cause: word.cause as Cause, category: word.category as Category } : {})
})

/** A failure takes the first reason that anybody tells. That a delivery has a code is no news. */
const explained = (message: TrackedMessage, word: FinalWord): ReadonlyArray<EventBody> =>
  word.status === "delivered"
    ? []
    : [
        {
          kind: "message.explained",
          ...nameOf(message),
          carrier: message.carrier,
          providerStatus: word.providerStatus,
          ...(word.code === undefined ? {} : { code: word.code }),
          ...meaningEvent(word)
        }
      ]

/** What is kept of a word that contradicts: nothing that is not known. */
const conflictOf = (word: FinalWord): Conflict => {
  const { code, status } = word
  const reason = isExplained(word) ? reasonOf(word) : { code }
  return { status, ...Object.fromEntries(Object.entries(reason).filter(([, value]) => value !== undefined)) }
}
