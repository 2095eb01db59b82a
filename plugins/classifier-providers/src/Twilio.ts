/**
 * Twilio Programmable Messaging: status callbacks and message resources, refused API calls, debugger events.
 *
 * @module
 */
import { type Classifier, CodeTable, PayloadFields, type ReceiptProfile } from "@dlrkit/core"
import json from "./lists/twilio.json" with { type: "json" }
import { epochOf } from "./PayloadTime.ts"
import * as ProviderReceipt from "./ProviderReceipt.ts"

const table = CodeTable.load(json)

/** Twilio's codes (https://www.twilio.com/docs/api/errors) and status words. */
export const list: CodeTable.CodeList = table.list

/** Words of inbound messages and of other channels (https://www.twilio.com/docs/messaging/api/message-resource). */
const words = { receiving: "ignore", received: "ignore", read: "delivered" } as const

/** Codes of the list that Twilio gives to inbound messages alone, by their notes. */
const inbound: ReadonlySet<string> = new Set(["30009", "30038", "30039"])

/** The numbers of message errors, without link shortening and the vetting of toll-free numbers and campaigns. */
const messaging = /^(?:21\d|63\d|30(?!1[0-3]\d|43[5-9]|44\d|88\d|89\d)\d)\d{2}$/

/** Whether an error that the debugger shows is a message's end. */
const isEnd = (code: string): boolean => {
  if (inbound.has(code)) return false
  const row = table.find("ErrorCode", code)?.row
  return row === undefined ? messaging.test(code) : row.state === "failed"
}

const payloadOf = (fields: PayloadFields.PayloadFields) =>
  fields.fields("Payload") ?? PayloadFields.of(fields.text("Payload"))

const debuggerEvent = (fields: PayloadFields.PayloadFields): ProviderReceipt.Told | undefined => {
  const level = fields.text("Level")
  const payload = payloadOf(fields)
  if (level === undefined || payload === undefined) return undefined
  const code = ProviderReceipt.codeIn(table, "ErrorCode", ProviderReceipt.firstOf(payload, "error_code", "ErrorCode"))
  const failed = level.toUpperCase() === "ERROR" && code !== undefined && isEnd(code)
  const resource = payload.text("resource_sid")
  return {
    word: level,
    state: failed ? "failed" : "ignore",
    code,
    id: resource !== undefined && /^(?:SM|MM)/i.test(resource) ? resource : undefined,
    at: epochOf(fields.text("Timestamp"))
  }
}

/** A call that the API refused: nothing was sent, and no callback will come. */
const refusal = (fields: PayloadFields.PayloadFields): ProviderReceipt.Told | undefined => {
  const status = fields.text("status")
  if (status === undefined || !/^[45]\d\d$/.test(status)) return undefined
  return { word: status, state: "failed", code: ProviderReceipt.codeIn(table, "ErrorCode", fields.text("code")) }
}

const message = (fields: PayloadFields.PayloadFields): ProviderReceipt.Told | undefined => {
  const word = ProviderReceipt.firstOf(fields, "MessageStatus", "SmsStatus", "Status")
  const code = ProviderReceipt.firstOf(fields, "ErrorCode", "error_code")
  if (word === undefined && code === undefined) return undefined
  const isInbound = fields.text("Direction")?.toLowerCase().startsWith("inbound") === true
  const state = ProviderReceipt.stateIn(table, "MessageStatus", word) ?? ProviderReceipt.stateOf(words, word)
  return {
    word,
    state: isInbound ? "ignore" : state,
    code: ProviderReceipt.codeIn(table, "ErrorCode", code),
    id: ProviderReceipt.firstOf(fields, "MessageSid", "SmsSid", "SmsMessageSid", "Sid"),
    at: epochOf(ProviderReceipt.firstOf(fields, "Timestamp", "date_updated")),
    sentAt: epochOf(fields.text("date_sent")),
    to: fields.text("To")
  }
}

const ownNames = ["errorcode", "messagesid", "smssid", "accountsid"]
const namesOfOthers = ["eventtype", "isfinal"]

/** How Twilio's payloads are read. */
export const profile: ReceiptProfile.ReceiptProfile = {
  name: list.profile,
  read: (payload) => {
    const fields = PayloadFields.of(payload)
    const told = fields && (debuggerEvent(fields) ?? refusal(fields) ?? message(fields))
    return told && ProviderReceipt.make(list.profile, { ...told, field: "ErrorCode" })
  },
  recognizes: (payload) => {
    const fields = PayloadFields.of(payload)
    if (fields === undefined) return false
    const { names, text } = fields
    if (names.has("messagestatus") || names.has("smsstatus")) {
      return ownNames.some((name) => names.has(name)) && !namesOfOthers.some((name) => names.has(name))
    }
    if (names.has("level")) return payloadOf(fields)?.names.has("error_code") === true
    return /^https:\/\/(?:www\.)?twilio\.com\//i.test(text("more_info") ?? "") && refusal(fields) !== undefined
  }
}

/** The classifier for receipts of the profile `twilio`. */
export const classifier = (): Classifier.Classifier =>
  CodeTable.classifier({ table, statusFields: ["MessageStatus"], codeField: "ErrorCode", profiles: [profile] })
