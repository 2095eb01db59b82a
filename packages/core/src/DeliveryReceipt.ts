/**
 * A delivery receipt: one report of a message's status by a source at one moment.
 *
 * @module
 */
import type { State, Status } from "./Message.ts"

export type { State } from "./Message.ts"

/** What a source read, before anybody has said what it means. Holds no message text and no phone number. */
export interface DeliveryReceipt {
  /** The journal's key of the message, where the source knows which of those that it was asked for this is about. */
  readonly key?: number | undefined
  /** The platform's id of the message, where it tells one. */
  readonly messageId?: string | undefined
  /** The platform's conversation that the message belongs to, where it tells one. */
  readonly conversationId?: string | undefined
  /** Whose code list `code` belongs to, such as `genesys-messaging` or `twilio`. */
  readonly profile: string
  /** The provider's own word for the status. */
  readonly providerStatus: string
  /** What the word means to whoever read the receipt; absent where they do not know the word. */
  readonly status?: Status | "unconfirmed" | "ignore" | undefined
  /** The provider's reason or code, where it gave one that says anything. A text also where it looks like a number. */
  readonly code?: string | undefined
  /** In which field `code` stood: a profile may have several code lists that use the same numbers. */
  readonly field?: string | undefined
  /** What the message's earlier receipts said, oldest first, where whoever hands over the receipt knows. */
  readonly previous?: ReadonlyArray<State> | undefined
  /** Whom the user measures, resolved by dlrkit before a classifier sees the receipt. */
  readonly carrier?: string | undefined
  /** The id that the carrier or aggregator gave the message. */
  readonly externalMessageId?: string | undefined
  /** When it happened, in epoch milliseconds, where the platform says so. */
  readonly occurredAt?: number | undefined
  /** When the message was sent, in epoch milliseconds, where the platform says so. */
  readonly sentAt?: number | undefined
}

/** What a receipt says by its own status; `undefined` where whoever read it does not know the word. */
export const stateOf = ({ status }: Pick<DeliveryReceipt, "status">): State | undefined =>
  status === "pending" || status === "sent" ? "in_progress" : status
