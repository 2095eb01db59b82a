/**
 * Vonage (Nexmo) SMS API: delivery receipts, and answers to submissions. Their codes are two number spaces: 9 is an
 * opt-out in a receipt, and an account without credit in an answer.
 *
 * @module
 */
import { type Classifier, CodeTable, PayloadFields, type ReceiptProfile } from "@dlrkit/core"
import json from "./lists/vonage.json" with { type: "json" }
import { epochOf } from "./PayloadTime.ts"
import * as ProviderReceipt from "./ProviderReceipt.ts"

const table = CodeTable.load(json)

/** Vonage's codes and status words (https://developer.vonage.com/messaging/sms/guides/delivery-receipts). */
export const list: CodeTable.CodeList = table.list

/** The answer to a submission: one numbered status for each part of the message; the worst one decides. */
const submission = (fields: PayloadFields.PayloadFields): ProviderReceipt.Told | undefined => {
  if (fields.names.has("err-code")) return undefined
  const answers = fields.names.has("messages") ? fields.list("messages") : [fields]
  const parts = answers.flatMap((part) => {
    const status = part.text("status")
    if (status === undefined || !/^\d+$/.test(status)) return []
    const state = ProviderReceipt.stateIn(table, "submit_status", status) ?? "failed"
    return [{ part, status, state }]
  })
  const worst = parts.find(({ state }) => state === "failed") ?? parts[0]
  if (worst === undefined) return undefined
  return {
    word: worst.status,
    state: worst.state,
    code: worst.status,
    field: "submit_status",
    id: worst.part.text("message-id"),
    to: worst.part.text("to")
  }
}

const receipt = (fields: PayloadFields.PayloadFields): ProviderReceipt.Told | undefined => {
  const word = fields.text("status")
  const code = fields.text("err-code")
  if (word === undefined && code === undefined) return undefined
  return {
    word,
    state: ProviderReceipt.stateIn(table, "status", word),
    // 0 says "delivered", which counts only where no status says anything.
    code: word === undefined && code === "0" ? code : ProviderReceipt.codeIn(table, "err-code", code),
    field: "err-code",
    id: ProviderReceipt.firstOf(fields, "messageId", "message-id"),
    at: epochOf(fields.text("message-timestamp"), "UTC"),
    to: fields.text("msisdn")
  }
}

/** How Vonage's payloads are read. */
export const profile: ReceiptProfile.ReceiptProfile = {
  name: list.profile,
  read: (payload) => {
    const fields = PayloadFields.of(payload)
    const told = fields && (submission(fields) ?? receipt(fields))
    return told && ProviderReceipt.make(list.profile, told)
  },
  recognizes: (payload) => {
    const fields = PayloadFields.of(payload)
    if (fields === undefined) return false
    return (
      (fields.names.has("err-code") && fields.names.has("status")) ||
      (fields.names.has("message-count") && submission(fields) !== undefined)
    )
  }
}

/** The classifier for receipts of the profile `vonage`. */
export const classifier = (): Classifier.Classifier =>
  CodeTable.classifier({ table, statusFields: ["status", "submit_status"], codeField: "err-code", profiles: [profile] })
