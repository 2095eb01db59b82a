/**
 * Bandwidth Messaging V2: message callbacks, which come as a list of one.
 *
 * @module
 */
import { type Classifier, CodeTable, type PayloadFields, type ReceiptProfile } from "@dlrkit/core"
import json from "./lists/bandwidth.json" with { type: "json" }
import { epochOf } from "./PayloadTime.ts"
import * as ProviderReceipt from "./ProviderReceipt.ts"

const table = CodeTable.load(json)

/** Bandwidth's codes (https://dev.bandwidth.com/docs/messaging/errors/). */
export const list: CodeTable.CodeList = table.list

/** The types of callbacks (https://dev.bandwidth.com/docs/messaging/webhooks/). */
const types = {
  "message-sending": "in_progress",
  "message-delivered": "delivered",
  "message-read": "delivered",
  "message-failed": "failed",
  "message-received": "ignore"
} as const

const stateOf = (fields: PayloadFields.PayloadFields) => ProviderReceipt.stateOf(types, fields.text("type"))

/** How Bandwidth's payloads are read. */
export const profile: ReceiptProfile.ReceiptProfile = {
  name: list.profile,
  read: (payload) => {
    const fields = ProviderReceipt.fieldsOf(payload)
    const word = fields?.text("type")
    if (fields === undefined || word === undefined) return undefined
    const message = fields.fields("message")
    return ProviderReceipt.make(list.profile, {
      word,
      state: stateOf(fields),
      code: ProviderReceipt.codeIn(table, "errorCode", fields.text("errorCode")),
      field: "errorCode",
      id: message?.text("id"),
      at: epochOf(fields.text("time")),
      sentAt: epochOf(message?.text("time")),
      to: fields.text("to")
    })
  },
  recognizes: (payload) => {
    const fields = ProviderReceipt.fieldsOf(payload)
    return fields !== undefined && stateOf(fields) !== undefined
  }
}

/** The classifier for receipts of the profile `bandwidth`. */
export const classifier = (): Classifier.Classifier =>
  CodeTable.classifier({ table, statusFields: [], codeField: "errorCode", profiles: [profile] })
