/**
 * Zipwhip: answers to submissions, and progress events.
 *
 * @module
 */
import { type Classifier, CodeTable, PayloadFields, type ReceiptProfile } from "@dlrkit/core"
import json from "./lists/zipwhip.json" with { type: "json" }
import { epochOf } from "./PayloadTime.ts"
import * as ProviderReceipt from "./ProviderReceipt.ts"

const table = CodeTable.load(json)

/** Zipwhip's codes (https://github.com/acapps/using-zipwhip/blob/HEAD/status-codes.md). */
export const list: CodeTable.CodeList = table.list

/** How Zipwhip's payloads are read. Its `statusCode` holds codes of both lists, which share no number. */
export const profile: ReceiptProfile.ReceiptProfile = {
  name: list.profile,
  read: (payload) => {
    const fields = PayloadFields.of(payload)
    if (fields === undefined) return undefined
    const either = fields.text("statusCode")
    const isSend = either?.startsWith("-") === true
    const sent = fields.text("send_code") ?? (isSend ? either : undefined)
    const word = fields.text("progress_code") ?? (isSend ? undefined : either)
    if (word === undefined && sent === undefined) return undefined
    const code = ProviderReceipt.codeIn(table, "send_code", sent)
    return ProviderReceipt.make(list.profile, {
      word: word ?? sent,
      // A submission that is answered with a code was refused.
      state:
        word === undefined && code !== undefined ? "failed" : ProviderReceipt.stateIn(table, "progress_code", word),
      code,
      field: "send_code",
      id: ProviderReceipt.firstOf(fields, "id", "messageId"),
      at: epochOf(fields.text("lastUpdated")),
      sentAt: epochOf(fields.text("dateCreated"))
    })
  }
}

/** The classifier for receipts of the profile `zipwhip`. */
export const classifier = (): Classifier.Classifier =>
  CodeTable.classifier({ table, statusFields: ["progress_code"], codeField: "send_code", profiles: [profile] })
