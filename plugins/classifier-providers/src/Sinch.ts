/**
 * Sinch: delivery reports of the SMS REST API, and those of the Conversation API.
 *
 * @module
 */
import { type Classifier, CodeTable, PayloadFields, type ReceiptProfile } from "@dlrkit/core"
import json from "./lists/sinch.json" with { type: "json" }
import { epochOf } from "./PayloadTime.ts"
import * as ProviderReceipt from "./ProviderReceipt.ts"

const table = CodeTable.load(json)

/** Sinch's codes (https://developers.sinch.com/docs/sms/api-reference/status-codes/), and the reasons of conversations. */
export const list: CodeTable.CodeList = table.list

const reasonField = "conversation.reason.code"

/** The statuses of the Conversation API, as its SDK names them (https://github.com/sinch/sinch-sdk-java). */
const words = {
  queued_on_channel: "in_progress",
  switching_channel: "in_progress",
  switched_channel: "in_progress",
  read: "delivered"
} as const

const stateOf = (word: string | undefined) =>
  ProviderReceipt.stateIn(table, "status", word) ?? ProviderReceipt.stateOf(words, word)

/** A report of the SMS API: of one recipient, or of a batch that has one. */
const sms = (fields: PayloadFields.PayloadFields): ProviderReceipt.Told | undefined => {
  const statuses = fields.list("statuses")
  const [only = fields] = statuses
  const isSeveral = statuses.length > 1 || Number(only.text("count") ?? 1) > 1
  const word = only.text("status")
  const code = only.text("code")
  if (isSeveral || (word === undefined && code === undefined)) return undefined
  return {
    word,
    state: stateOf(word),
    code: ProviderReceipt.codeIn(table, "code", code),
    field: "code",
    id: ProviderReceipt.firstOf(fields, "batch_id", "id"),
    at: epochOf(ProviderReceipt.firstOf(fields, "operator_status_at", "at")),
    to: ProviderReceipt.firstOf(fields, "recipient", "to")
  }
}

const conversation = (fields: PayloadFields.PayloadFields): ProviderReceipt.Told | undefined => {
  const report = fields.fields("message_delivery_report") ?? fields
  const reason = report.fields("reason") ?? report.fields("conversation")?.fields("reason")
  if (reason === undefined && report === fields) return undefined
  const word = report.text("status")
  return {
    word,
    state: stateOf(word),
    code: ProviderReceipt.codeIn(table, reasonField, reason?.text("code")),
    field: reasonField,
    id: report.text("message_id"),
    at: epochOf(fields.text("event_time")),
    to: report.fields("channel_identity")?.text("identity")
  }
}

const types = /^(?:recipient_)?delivery_report_(?:sms|mms)$/i

/** How Sinch's payloads are read. */
export const profile: ReceiptProfile.ReceiptProfile = {
  name: list.profile,
  read: (payload) => {
    const fields = PayloadFields.of(payload)
    const told = fields && (conversation(fields) ?? sms(fields))
    return told && ProviderReceipt.make(list.profile, told)
  },
  recognizes: (payload) => {
    const fields = PayloadFields.of(payload)
    if (fields === undefined) return false
    return types.test(fields.text("type") ?? "") || fields.fields("message_delivery_report") !== undefined
  }
}

/** The classifier for receipts of the profile `sinch`. */
export const classifier = (): Classifier.Classifier =>
  CodeTable.classifier({ table, statusFields: ["status"], codeField: "code", profiles: [profile] })
