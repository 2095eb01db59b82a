/**
 * Messages of several parts: one receipt for each, and the worst of them decides.
 *
 * @module
 */
import type { Classification, State } from "./Classifier.ts"

/** The states, the worst first. A state that nobody knows stands before `in_progress`: nothing is proven. */
const worstFirst: ReadonlyArray<State | undefined> = ["failed", "unconfirmed", undefined, "in_progress", "delivered"]

/** What the receipts of a message's parts say together. */
export interface Together {
  /** The worst part's; `undefined` where no part has a receipt of an outbound message. */
  readonly decides: Classification | undefined
  /** Some part has arrived, and another one has not: whoever sends again sends that part twice. */
  readonly partlyArrived: boolean
}

/** Of failures the worst are those that no time mends: whoever waited for the others would send to them again. */
const isWorse = (one: Classification, other: Classification) => one.retryable === "no" && other.retryable !== "no"

/** Puts the parts together. Of parts that are equally bad, the first decides. */
export const together = (parts: ReadonlyArray<Classification>): Together => {
  const receipts = parts.filter(({ state }) => state !== "ignore")
  const has = (state: State | undefined) => receipts.some((part) => part.state === state)
  const worst = worstFirst.find(has)
  const equallyBad = receipts.filter((part) => part.state === worst)
  return {
    decides: equallyBad.reduce<Classification | undefined>(
      (worse, part) => (worse === undefined || isWorse(part, worse) ? part : worse),
      undefined
    ),
    partlyArrived: has("delivered") && worst !== "delivered"
  }
}
