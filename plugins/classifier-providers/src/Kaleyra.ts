/**
 * Kaleyra: message statuses with their trace codes.
 *
 * @module
 */
import { type Classifier, CodeTable, PayloadFields, type ReceiptProfile } from "@dlrkit/core"
import json from "./lists/kaleyra.json" with { type: "json" }
import { epochOf } from "./PayloadTime.ts"
import * as ProviderReceipt from "./ProviderReceipt.ts"

const table = CodeTable.load(json)

/** Kaleyra's statuses and the commonest of its trace codes (https://developers.kaleyra.io/docs/sms-status-and-status-trace-codes). */
export const list: CodeTable.CodeList = table.list

/** How Kaleyra's payloads are read. */
export const profile: ReceiptProfile.ReceiptProfile = {
  name: list.profile,
  read: (payload) => {
    const fields = PayloadFields.of(payload)
    if (fields === undefined) return undefined
    const word = fields.text("status")
    const code = ProviderReceipt.firstOf(fields, "trace_code", "status_trace")
    if (word === undefined && code === undefined) return undefined
    return ProviderReceipt.make(list.profile, {
      word,
      state: ProviderReceipt.stateIn(table, "status", word),
      code: ProviderReceipt.codeIn(table, "trace_code", code),
      field: "trace_code",
      id: ProviderReceipt.firstOf(fields, "message_id", "id"),
      at: epochOf(ProviderReceipt.firstOf(fields, "delivered_at", "dlr_time")),
      sentAt: epochOf(fields.text("sent_at")),
      to: ProviderReceipt.firstOf(fields, "recipient", "to", "mobile")
    })
  }
}

/** The classifier for receipts of the profile `kaleyra`. */
export const classifier = (): Classifier.Classifier =>
  CodeTable.classifier({ table, statusFields: ["status"], codeField: "trace_code", profiles: [profile] })
