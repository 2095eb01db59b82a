/**
 * Firetext: delivery receipts, where a declined message without a code is temporary only if it was pending before.
 *
 * @module
 */
import { type Classifier, CodeTable, PayloadFields, type ReceiptProfile } from "@dlrkit/core"
import json from "./lists/firetext.json" with { type: "json" }
import * as ProviderReceipt from "./ProviderReceipt.ts"

const table = CodeTable.load(json)

/** Firetext's codes, as GOV.UK Notify maps them. */
export const list: CodeTable.CodeList = table.list

/** How Firetext's payloads are read. Their times are local, and are left out. */
export const profile: ReceiptProfile.ReceiptProfile = {
  name: list.profile,
  read: (payload) => {
    const fields = PayloadFields.of(payload)
    const word = fields?.text("status")
    const code = fields?.text("code")
    if (fields === undefined || (word === undefined && code === undefined)) return undefined
    return ProviderReceipt.make(list.profile, {
      word,
      state: ProviderReceipt.stateIn(table, "status", word),
      code: ProviderReceipt.codeIn(table, "code", code),
      field: "code",
      id: fields.text("reference"),
      to: fields.text("mobile")
    })
  }
}

/**
 * The classifier for receipts of the profile `firetext`. What was declined at once fails again; after a pending receipt it
 * may be sent again (https://github.com/alphagov/notifications-api/blob/HEAD/app/dao/notifications_dao.py).
 */
export const classifier = (): Classifier.Classifier =>
  CodeTable.classifier({
    table,
    statusFields: ["status"],
    codeField: "code",
    profiles: [profile],
    refine: ({ code, previous = [], status }, verdict) =>
      status === "failed" && code === undefined && !previous.includes("in_progress")
        ? { ...verdict, retryable: "no", why: "declined at once" }
        : verdict
  })
