/**
 * Jasmin SMS Gateway: its HTTP callbacks (`dlr-url`).
 *
 * @module
 */
import { type Classifier, CodeTable, PayloadFields, type ReceiptProfile } from "@dlrkit/core"
import json from "./lists/jasmin.json" with { type: "json" }
import * as ProviderReceipt from "./ProviderReceipt.ts"

const table = CodeTable.load(json)

/** Jasmin's statuses, from its source (https://github.com/jookies/jasmin/blob/HEAD/jasmin/managers/dlr.py). */
export const list: CodeTable.CodeList = table.list

const statusField = "message_status"

/** How Jasmin's payloads are read. Their times have no time zone, and are left out. */
export const profile: ReceiptProfile.ReceiptProfile = {
  name: list.profile,
  read: (payload) => {
    const fields = PayloadFields.of(payload)
    const word = fields?.text(statusField)
    if (fields === undefined || word === undefined) return undefined
    const listed = ProviderReceipt.stateIn(table, statusField, word)
    const isRefusal = listed === undefined && /^ESME_/i.test(word)
    return ProviderReceipt.make(list.profile, {
      word,
      state: isRefusal ? "failed" : listed,
      // What the message centre answered to the submission; else the route's own number, whose list Jasmin does not know.
      code: isRefusal ? word : ProviderReceipt.codeIn(table, "err", fields.text("err")),
      field: isRefusal ? statusField : "err",
      id: fields.text("id")
    })
  },
  recognizes: (payload) => {
    const names = PayloadFields.of(payload)?.names
    return names?.has(statusField) === true && names.has("level")
  }
}

/** The classifier for receipts of the profile `jasmin`. */
export const classifier = (): Classifier.Classifier =>
  CodeTable.classifier({ table, statusFields: [statusField], codeField: "err", profiles: [profile] })
