/**
 * MMG: delivery receipts, whose substatus repeats across statuses, so that the list has both together (`4/6`).
 *
 * @module
 */
import { type Classifier, CodeTable, type DeliveryReceipt, PayloadFields, type ReceiptProfile } from "@dlrkit/core"
import json from "./lists/mmg.json" with { type: "json" }
import * as ProviderReceipt from "./ProviderReceipt.ts"

const table = CodeTable.load(json)

/** MMG's codes, as GOV.UK Notify maps them. */
export const list: CodeTable.CodeList = table.list

const codeField = "status/substatus"

/** What a status says by itself (https://github.com/alphagov/notifications-api/blob/HEAD/app/clients/sms/mmg.py). */
const words = { 2: "failed", 3: "delivered", 4: "failed", 5: "failed" } as const

/** 4 is temporary there, and the others are permanent. */
const alone: ReadonlyMap<string, Classifier.Verdict> = new Map(
  (["2", "4", "5"] as const).map((status) => [
    status,
    { cause: "unexplained", retryable: status === "4" ? "after" : "no", rule: `status ${status}` }
  ])
)

const stateOf = (status: string, both: string): DeliveryReceipt.State | undefined =>
  ProviderReceipt.stateIn(table, codeField, both) ?? ProviderReceipt.stateOf(words, status)

/** How MMG's payloads are read. Their times are local, and are left out. */
export const profile: ReceiptProfile.ReceiptProfile = {
  name: list.profile,
  read: (payload) => {
    const fields = PayloadFields.of(payload)
    const [status, sub = fields?.text("substatus") ?? "0"] =
      (fields && ProviderReceipt.firstOf(fields, "status", codeField))?.split("/") ?? []
    if (fields === undefined || status === undefined) return undefined
    const both = /^0+$/.test(sub) ? undefined : ProviderReceipt.codeIn(table, codeField, `${status}/${sub}`)
    return ProviderReceipt.make(list.profile, {
      word: both ?? status,
      state: stateOf(status, both ?? status),
      code: both,
      field: codeField,
      id: ProviderReceipt.firstOf(fields, "reference", "CID"),
      to: fields.text("MSISDN")
    })
  }
}

/** The classifier for receipts of the profile `mmg`. */
export const classifier = (): Classifier.Classifier =>
  CodeTable.classifier({
    table,
    statusFields: [codeField],
    codeField,
    profiles: [profile],
    otherwise: ({ code, providerStatus, status }) =>
      status === "failed" && code === undefined ? alone.get(providerStatus) : undefined
  })
