/**
 * Plivo: message callbacks, and messages as its API shows them.
 *
 * @module
 */
import { type Classifier, CodeTable, PayloadFields, type ReceiptProfile } from "@dlrkit/core"
import json from "./lists/plivo.json" with { type: "json" }
import { epochOf } from "./PayloadTime.ts"
import * as ProviderReceipt from "./ProviderReceipt.ts"

const table = CodeTable.load(json)

/** Plivo's codes (https://www.plivo.com/docs/messaging/troubleshooting/error-codes). */
export const list: CodeTable.CodeList = table.list

/** The states of a message (https://www.plivo.com/docs/messaging/api/message). */
const words = {
  queued: "in_progress",
  sent: "in_progress",
  delivered: "delivered",
  read: "delivered",
  failed: "failed",
  undelivered: "failed",
  rejected: "failed",
  received: "ignore"
} as const

/** How Plivo's payloads are read. */
export const profile: ReceiptProfile.ReceiptProfile = {
  name: list.profile,
  read: (payload) => {
    const fields = PayloadFields.of(payload)
    if (fields === undefined) return undefined
    const word = ProviderReceipt.firstOf(fields, "Status", "message_state")
    const code = ProviderReceipt.firstOf(fields, "ErrorCode", "error_code")
    if (word === undefined && code === undefined) return undefined
    return ProviderReceipt.make(list.profile, {
      word,
      state: ProviderReceipt.stateOf(words, word),
      code: ProviderReceipt.codeIn(table, "ErrorCode", code),
      field: "ErrorCode",
      id: ProviderReceipt.firstOf(fields, "MessageUUID", "message_uuid"),
      at: epochOf(fields.text("DeliveryReportTime")),
      sentAt: epochOf(ProviderReceipt.firstOf(fields, "SentTime", "message_time")),
      to: ProviderReceipt.firstOf(fields, "To", "to_number")
    })
  },
  recognizes: (payload) => {
    const names = PayloadFields.of(payload)?.names
    return names?.has("messageuuid") === true && names.has("status")
  }
}

/** The classifier for receipts of the profile `plivo`. */
export const classifier = (): Classifier.Classifier =>
  CodeTable.classifier({ table, statusFields: [], codeField: "ErrorCode", profiles: [profile] })
