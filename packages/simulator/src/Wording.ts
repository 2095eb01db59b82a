/**
 * The words in which the conversations API tells a status: three spellings, by where it stands.
 *
 * @module
 */
import type { Message } from "./Message.ts"
import type { Status } from "./Story.ts"

/** A status, and why a message failed. */
export interface Receipt {
  readonly status: Status
  readonly statusDetails?: string
}

/** What a message itself says at a status. */
export const receiptOf = (message: Message, status: Status): Receipt =>
  message.outcome?.status === status ? message.outcome : { status }

/** As a message and its conversation spell it. */
export const ofMessage = (message: Message, { status }: Receipt): string => {
  if (status === "pending") return "queued"
  if (status === "sent") return "sent"
  if (status === "delivered") return "delivery-success"
  return message.refused ? "failed" : "delivery-failed"
}

/** As analytics spells it. */
export const ofSession = (message: Message, { status }: Receipt): string => {
  if (status === "pending") return "Queued"
  if (status === "sent") return "Sent"
  if (status === "delivered") return "DeliverySuccess"
  return message.refused ? "Failed" : "DeliveryFailed"
}

/** As the receipts within a message spell it. A message that waits has none. */
export const ofReceipt = ({ status }: Receipt): string =>
  status === "sent" ? "Sent" : status === "delivered" ? "Delivered" : "Failed"

/** When a status began (epoch milliseconds). */
export const since = (message: Message, { status }: Receipt): number => {
  if (status === "pending") return message.sentAt
  return status === "sent" ? message.pendingUntil : message.finalAt
}

const reasons: Readonly<Record<string, string>> = {
  DEST_ADDR_INVALID: "InvalidDestination",
  DEST_ADDR_IS_LANDLINE: "InvalidDestination",
  EXPIRED: "MessageExpired",
  FLOW_CONTROL_TIMEOUT: "RateLimited",
  INTERNAL_SERVER_ERROR: "ServerError",
  MESSAGE_BODY_TOO_LONG: "InvalidMessageStructure",
  MESSAGE_TYPE_NOT_SUPPORTED: "UnsupportedMessage",
  NETWORK_TIMEOUT: "MessageExpired",
  OPERATION_NOT_ALLOWED: "MessageNotAllowed",
  RECIPIENT_BLOCKLISTED: "RecipientOptedOut",
  RECIPIENT_OPTED_OUT: "RecipientOptedOut"
}

/** The reason that stands with a message (`ConversationReason.code`) in place of a receipt's code. */
export const reasonOf = (code: string): string => reasons[code] ?? "GeneralError"
