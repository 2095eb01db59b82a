/**
 * Where a message stands after its receipts, as far as their states alone tell: what the journal's state machine makes of
 * the same receipts, for those who have no journal.
 *
 * The first final state wins: a delivery is not revoked by a later failure, and what comes after an end changes nothing.
 * `unconfirmed` is not final: a final receipt that still comes resolves it, and nothing else does. A word that nobody knows
 * leaves everything as it was.
 *
 * @module
 */
import type { State } from "./DeliveryReceipt.ts"

/** What a receipt says: its state, or nothing that anybody knows. */
export type Said = State | undefined

/** Where a message stands after a receipt, given where it stood before; `undefined` while nobody has said anything. */
export const after = (before: Said, now: Said): Said => {
  if (now === undefined || now === "ignore" || before === "delivered" || before === "failed") return before
  return before === "unconfirmed" && now === "in_progress" ? before : now
}

/** Where a message stands after receipts, the oldest first. */
export const of = (said: ReadonlyArray<Said>): Said => said.reduce(after, undefined)
