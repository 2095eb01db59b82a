/**
 * What a delivery receipt may hold, as words to check by.
 *
 * @module
 */
import type { Classifier, DeliveryReceipt } from "@dlrkit/core"

type Receipt = DeliveryReceipt.DeliveryReceipt

const everyField: Readonly<Record<keyof Receipt, true>> = {
  key: true,
  messageId: true,
  conversationId: true,
  profile: true,
  providerStatus: true,
  status: true,
  code: true,
  field: true,
  previous: true,
  carrier: true,
  externalMessageId: true,
  occurredAt: true,
  sentAt: true
}

/** The names of its fields. */
export const fields: ReadonlyArray<string> = Object.keys(everyField)

const everyStatus: Readonly<Record<NonNullable<Receipt["status"]>, true>> = {
  pending: true,
  sent: true,
  delivered: true,
  failed: true,
  unconfirmed: true,
  ignore: true
}

/** The words of its status. */
export const statuses = Object.keys(everyStatus) as ReadonlyArray<NonNullable<Receipt["status"]>>

const everyState: Readonly<Record<Classifier.State, true>> = {
  in_progress: true,
  delivered: true,
  failed: true,
  unconfirmed: true,
  ignore: true
}

/** The words for what a receipt says. */
export const states: ReadonlyArray<string> = Object.keys(everyState)

/** Whether a value is a status, or none. */
export const isStatus = (value: unknown): boolean =>
  value === undefined || (typeof value === "string" && (statuses as ReadonlyArray<string>).includes(value))
