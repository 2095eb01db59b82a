/**
 * Azure Communication Services SMS: delivery reports, also as Event Grid carries them.
 *
 * @module
 */
import { type Classifier, CodeTable, PayloadFields, type ReceiptProfile } from "@dlrkit/core"
import json from "./lists/azure-communication-services.json" with { type: "json" }
import { epochOf } from "./PayloadTime.ts"
import * as ProviderReceipt from "./ProviderReceipt.ts"

const table = CodeTable.load(json)

/** Azure's codes, from Microsoft's documentation of the SMS SDK. */
export const list: CodeTable.CodeList = table.list

const codeField = "deliveryStatusDetails"

const reportOf = (payload: unknown): PayloadFields.PayloadFields | undefined => {
  const fields = ProviderReceipt.fieldsOf(payload)
  return fields?.fields("data") ?? fields
}

/** The code stands in the details, or is all that there is of them; what is prose there is no code. */
const codeOf = (report: PayloadFields.PayloadFields): string | undefined => {
  const details = report.fields(codeField) ?? PayloadFields.of(report.text(codeField))
  const code = details?.text("statusMessage") ?? report.text(codeField)
  return code !== undefined && /^\d+$/.test(code) ? ProviderReceipt.codeIn(table, codeField, code) : undefined
}

/** How Azure's payloads are read. */
export const profile: ReceiptProfile.ReceiptProfile = {
  name: list.profile,
  read: (payload) => {
    const report = reportOf(payload)
    const word = report?.text("deliveryStatus")
    const code = report && codeOf(report)
    if (report === undefined || (word === undefined && code === undefined)) return undefined
    return ProviderReceipt.make(list.profile, {
      word,
      state: ProviderReceipt.stateIn(table, "deliveryStatus", word),
      code,
      field: codeField,
      id: report.text("messageId"),
      at: epochOf(report.text("receivedTimestamp")),
      to: report.text("to")
    })
  },
  recognizes: (payload) => {
    const names = reportOf(payload)?.names
    return names?.has("deliverystatus") === true && names.has("deliverystatusdetails")
  }
}

/** The classifier for receipts of the profile `azure-communication-services`. */
export const classifier = (): Classifier.Classifier =>
  CodeTable.classifier({ table, statusFields: ["deliveryStatus"], codeField, profiles: [profile] })
