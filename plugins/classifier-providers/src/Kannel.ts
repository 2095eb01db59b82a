/**
 * Kannel: the type that it writes for `%d` into the URL of a delivery report. The name of the parameter is its user's.
 *
 * @module
 */
import { type Classifier, CodeTable, PayloadFields, type ReceiptProfile } from "@dlrkit/core"
import json from "./lists/kannel.json" with { type: "json" }
import { epochOf } from "./PayloadTime.ts"
import * as ProviderReceipt from "./ProviderReceipt.ts"

const table = CodeTable.load(json)

/** Kannel's types, from its source (https://github.com/pruiz/kannel/blob/HEAD/gw/dlr.h). */
export const list: CodeTable.CodeList = table.list

const statusField = "dlr type (%d)"

/** The names that are in use. */
const names = [statusField, "dlr type", "dlr-type", "dlr_type", "dlrtype", "dlr", "type", "status", "d", "%d"]

/** How Kannel's payloads are read. */
export const profile: ReceiptProfile.ReceiptProfile = {
  name: list.profile,
  read: (payload) => {
    const fields = PayloadFields.of(payload)
    const word = fields && ProviderReceipt.firstOf(fields, ...names)
    if (fields === undefined || word === undefined) return undefined
    return ProviderReceipt.make(list.profile, {
      word,
      state: ProviderReceipt.stateIn(table, statusField, word),
      id: ProviderReceipt.firstOf(fields, "id", "smsid", "msgid"),
      at: epochOf(ProviderReceipt.firstOf(fields, "ts", "timestamp", "time")),
      to: fields.text("to")
    })
  }
}

/** The classifier for receipts of the profile `kannel`. */
export const classifier = (): Classifier.Classifier =>
  CodeTable.classifier({ table, statusFields: [statusField], profiles: [profile] })
