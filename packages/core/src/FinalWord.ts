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
  ...reasonOf({ ...meaning, ...codeOf(receipt) }),
  status,
  providerStatus: receipt.providerStatus
})

/** A receipt's code, with whose it is. */
export const codeOf = ({ code, field, profile }: DeliveryReceipt): Reason =>
  code === undefined ? {} : { profile, code, field }

/** The reason in something that has one. */
export const reasonOf = ({ actor, category, cause, classifier, code, field, profile, retryable, rule }: Reason) => ({
  profile,
  code,
  field,
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

/** Whether somebody explains why a message failed. */
export const isExplained = ({ category }: Pick<Reason, "category">): boolean =>
  category !== undefined && category !== "unknown"

const telling = (end: End): number => (isExplained(end) ? 2 : 0) + (end.code === undefined ? 0 : 1)

/** What a second word is to the first: another end, the same end with more of its reason, or nothing new. */
export const relation = (first: End, second: End): "contradicts" | "tellsMore" | "repeats" => {
  const agree =
    first.status === second.status &&
    (first.status === "delivered" || first.category === second.category || !isExplained(first) || !isExplained(second))
  if (!agree) return "contradicts"
  return telling(second) > telling(first) ? "tellsMore" : "repeats"
}

/** What a final word does to a message that has its end already. */
export const hear = (message: TrackedMessage, word: FinalWord): Step => {
  switch (relation(message, word)) {
    case "repeats":
      return silent(message)
    case "tellsMore": {
      const unexplained = message.unexplained && word.code === undefined
      return { message: { ...message, ...reasonOf(word), unexplained }, events: explained(message, word) }
    }
    case "contradicts":
      return contradict(message, word)
  }
}

/** Keeps a word that contradicts the end beside it, once. */
const contradict = (message: TrackedMessage, word: FinalWord): Step => {
  const { conflicts } = message
  const conflict = conflictOf(word)
  const known = conflicts.findIndex((other) => relation(other, word) !== "contradicts")
  if (known < 0) return { message: { ...message, conflicts: [...conflicts, conflict] }, events: [told(message, word)] }
  if (relation(conflicts[known] as Conflict, word) === "repeats") return silent(message)
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

/** What is kept of a word that contradicts: its code, and whatever explains it. */
export const conflictOf = (word: Conflict): Conflict => {
  const { code, field, profile, status } = word
  return { status, ...known(isExplained(word) ? reasonOf(word) : { profile, code, field }) }
}

/** Of a reason, what is known. */
export const known = <A extends Reason>(reason: A) =>
  Object.fromEntries(Object.entries(reason).filter(([, value]) => value !== undefined)) as {
    readonly [K in keyof A]?: Exclude<A[K], undefined>
  }
