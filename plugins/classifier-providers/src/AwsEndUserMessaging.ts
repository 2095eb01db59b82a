/**
 * AWS End User Messaging SMS: its events, and SNS's delivery logs with their reasons in prose.
 *
 * @module
 */
import { type Classifier, CodeTable, type DeliveryReceipt, PayloadFields, type ReceiptProfile } from "@dlrkit/core"
import json from "./lists/aws-end-user-messaging.json" with { type: "json" }
import { epochOf } from "./PayloadTime.ts"
import * as ProviderReceipt from "./ProviderReceipt.ts"

const table = CodeTable.load(json)

/** AWS's event types (https://docs.aws.amazon.com/sms-voice/latest/userguide/configuration-sets-event-types.html). */
export const list: CodeTable.CodeList = table.list

/** Accepted by the carrier: where it is final, no better news will come. */
const successful = "TEXT_SUCCESSFUL"

const isSuccessful = (word: string) => word.toUpperCase() === successful

/** The event within what carries it: an EventBridge event, or an SNS notification. */
const eventOf = (fields: PayloadFields.PayloadFields): PayloadFields.PayloadFields =>
  fields.fields("detail") ?? PayloadFields.of(fields.text("Message")) ?? fields

/** The word that says most: a message status of its own, else the event type, which most message statuses repeat. */
const wordOf = (event: PayloadFields.PayloadFields): string | undefined => {
  const status = event.text("messageStatus")
  if (status !== undefined && table.find("messageStatus", status) !== undefined) return status
  const type = event.text("eventType")
  if (type !== undefined || status === undefined) return type
  const asType = `TEXT_${status}`
  return table.find("eventType", asType) === undefined ? status : asType.toUpperCase()
}

const stateOf = (word: string, isFinal: boolean | undefined): DeliveryReceipt.State | undefined => {
  if (isFinal === true && isSuccessful(word)) return "delivered"
  const state =
    ProviderReceipt.stateIn(table, "messageStatus", word) ?? ProviderReceipt.stateIn(table, "eventType", word)
  return isFinal === false && (state === "failed" || state === "unconfirmed") ? "in_progress" : state
}

const event = (fields: PayloadFields.PayloadFields): ProviderReceipt.Told | undefined => {
  const word = wordOf(fields)
  if (word === undefined) return undefined
  return {
    word,
    state: stateOf(word, fields.flag("isFinal")),
    id: fields.text("messageId"),
    at: epochOf(fields.text("eventTimestamp")),
    sentAt: epochOf(fields.text("messageRequestTimestamp")),
    to: fields.text("destinationPhoneNumber")
  }
}

/** The words of SNS's delivery log (https://docs.aws.amazon.com/sns/latest/dg/sms_stats_cloudwatch.html). */
const logWords = { success: "delivered", failure: "failed" } as const

const responseField = "sns.providerResponse"

const log = (fields: PayloadFields.PayloadFields): ProviderReceipt.Told | undefined => {
  const delivery = fields.fields("delivery") ?? fields.fields("sns") ?? fields
  const response = ProviderReceipt.firstOf(delivery, "providerResponse", responseField)
  if (response === undefined) return undefined
  const word = fields.text("status")
  return {
    word,
    state: ProviderReceipt.stateOf(logWords, word),
    code: ProviderReceipt.codeIn(table, responseField, response),
    field: responseField,
    id: fields.fields("notification")?.text("messageId"),
    at: epochOf(fields.fields("notification")?.text("timestamp"), "UTC"),
    to: delivery.text("destination")
  }
}

/** How AWS's payloads are read. */
export const profile: ReceiptProfile.ReceiptProfile = {
  name: list.profile,
  read: (payload) => {
    const fields = ProviderReceipt.fieldsOf(payload)
    const inner = fields && eventOf(fields)
    const told = inner && (event(inner) ?? log(inner))
    return told && ProviderReceipt.make(list.profile, told)
  },
  recognizes: (payload) => {
    const fields = ProviderReceipt.fieldsOf(payload)
    if (fields === undefined) return false
    const inner = eventOf(fields)
    const { names } = inner
    return (
      inner.text("eventType")?.toUpperCase().startsWith("TEXT_") === true ||
      (names.has("messagestatus") && names.has("isfinal")) ||
      (names.has("notification") && inner.fields("delivery")?.names.has("providerresponse") === true)
    )
  }
}

/** The classifier for receipts of the profile `aws-end-user-messaging`. */
export const classifier = (): Classifier.Classifier =>
  CodeTable.classifier({
    table,
    statusFields: ["messageStatus", "eventType"],
    codeField: responseField,
    profiles: [profile],
    otherwise: ({ providerStatus, status }) =>
      status === "delivered" && isSuccessful(providerStatus)
        ? { rule: `eventType ${successful}`, why: "accepted by the carrier, which will tell no more" }
        : undefined
  })
