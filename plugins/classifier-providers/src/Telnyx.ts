/**
 * Telnyx Messaging: messages, also as webhooks carry them, and refused API calls.
 *
 * @module
 */
import { type Classifier, CodeTable, type PayloadFields, type ReceiptProfile } from "@dlrkit/core"
import json from "./lists/telnyx.json" with { type: "json" }
import { epochOf } from "./PayloadTime.ts"
import * as ProviderReceipt from "./ProviderReceipt.ts"

const table = CodeTable.load(json)

/** Telnyx's codes (https://developers.telnyx.com/docs/messaging/messages/error-codes). */
export const list: CodeTable.CodeList = table.list

const codeField = "errors[].code"

/** The statuses of a recipient, from Telnyx's description of its API (https://github.com/team-telnyx/openapi). */
const words = {
  queued: "in_progress",
  sending: "in_progress",
  sent: "in_progress",
  delivered: "delivered",
  sending_failed: "failed",
  delivery_failed: "failed",
  expired: "failed",
  gw_timeout: "failed",
  delivery_unconfirmed: "unconfirmed",
  dlr_timeout: "unconfirmed",
  received: "ignore",
  webhook_delivered: "ignore",
  webhook_failed: "ignore"
} as const

const failures: ReadonlySet<string> = new Set(["sending_failed", "delivery_failed", "delivery_unconfirmed"])

interface Found {
  readonly message: PayloadFields.PayloadFields
  readonly event: PayloadFields.PayloadFields | undefined
}

const find = (payload: unknown): Found | undefined => {
  const fields = ProviderReceipt.fieldsOf(payload)
  const event = fields?.fields("data") ?? fields
  const inner = event?.fields("payload")
  if (inner !== undefined) return { message: inner, event }
  return event && { message: event, event: undefined }
}

/** The first code that the list has, else the first. */
const codeOf = (message: PayloadFields.PayloadFields): string | undefined => {
  const codes = message.list("errors").flatMap((error) => {
    const code = ProviderReceipt.codeIn(table, codeField, error.text("code"))
    return code === undefined ? [] : [code]
  })
  return codes.find((code) => table.find(codeField, code) !== undefined) ?? codes[0]
}

const toldBy = ({ event, message }: Found): ProviderReceipt.Told | undefined => {
  const recipients = message.list("to")
  const statuses = new Set(recipients.map((recipient) => recipient.text("status")?.toLowerCase()))
  // A group's recipients fare differently: that is not one receipt.
  if (statuses.size > 1) return undefined
  const word = recipients[0]?.text("status") ?? message.text("status")
  const code = codeOf(message)
  if (word === undefined && code === undefined) return undefined
  const isInbound =
    message.text("direction")?.toLowerCase() === "inbound" ||
    event?.text("event_type")?.toLowerCase() === "message.received"
  // An answer with errors and no status is a call that the API refused.
  const state = word === undefined ? "failed" : ProviderReceipt.stateOf(words, word)
  return {
    word,
    state: isInbound ? "ignore" : state,
    code,
    field: codeField,
    id: message.text("id"),
    at: epochOf(message.text("completed_at") ?? event?.text("occurred_at")),
    sentAt: epochOf(message.text("sent_at")),
    to: recipients[0]?.text("phone_number") ?? message.text("to")
  }
}

/** How Telnyx's payloads are read. */
export const profile: ReceiptProfile.ReceiptProfile = {
  name: list.profile,
  read: (payload) => {
    const found = find(payload)
    const told = found && toldBy(found)
    return told && ProviderReceipt.make(list.profile, told)
  },
  recognizes: (payload) => {
    const found = find(payload)
    if (found === undefined) return false
    const { event, message } = found
    const isEvent = event?.text("event_type")?.toLowerCase().startsWith("message.") === true
    const isMessage = message.names.has("messaging_profile_id") || message.names.has("errors")
    const word = toldBy(found)?.word?.toLowerCase()
    return word !== undefined && (isEvent || (isMessage && failures.has(word)))
  }
}

/** The classifier for receipts of the profile `telnyx`. */
export const classifier = (): Classifier.Classifier =>
  CodeTable.classifier({
    table,
    statusFields: [],
    codeField,
    profiles: [profile],
    otherwise: ({ code, providerStatus, status }) =>
      status === "failed" && code === undefined && providerStatus.toLowerCase() === "expired"
        ? { cause: "expired", rule: "status expired", why: "Telnyx says so, and gives no code" }
        : undefined,
    otherRules: [{ rule: "status expired", profile: list.profile, field: "status", code: "expired", cause: "expired" }]
  })
