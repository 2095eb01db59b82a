/**
 * Bird (MessageBird) SMS: message statuses of the Channels API, and the older status reports.
 *
 * @module
 */
import { type Classifier, CodeTable, PayloadFields, type ReceiptProfile } from "@dlrkit/core"
import json from "./lists/bird.json" with { type: "json" }
import { epochOf } from "./PayloadTime.ts"
import * as ProviderReceipt from "./ProviderReceipt.ts"

const table = CodeTable.load(json)

/** Bird's codes, as far as its page could be read (https://docs.bird.com/connectivity-platform/troubleshooting/sms-errors-and-error-codes). */
export const list: CodeTable.CodeList = table.list

/** The statuses of the Channels API and of the older reports. */
const words = {
  accepted: "in_progress",
  processing: "in_progress",
  scheduled: "in_progress",
  buffered: "in_progress",
  sent: "in_progress",
  delivered: "delivered",
  read: "delivered",
  rejected: "failed",
  expired: "failed",
  sending_failed: "failed",
  delivery_failed: "failed"
} as const

/** Where a reason stands, the most exact first. */
const places: ReadonlyArray<readonly [field: string, ...paths: ReadonlyArray<string>]> = [
  ["failure.source.code", "failure.source.code"],
  ["status.reason", "status.reason", "statusReason", "reason"],
  ["failure.code", "failure.code"]
]

/** The first reason that the list has, else the first. */
const reasonOf = (
  fields: PayloadFields.PayloadFields
): { readonly field: string; readonly code: string } | undefined => {
  const reasons = places.flatMap(([field, ...paths]) =>
    paths.flatMap((path) => {
      const code = ProviderReceipt.codeIn(table, field, ProviderReceipt.at(fields, path))
      return code === undefined ? [] : [{ field, code }]
    })
  )
  return reasons.find(({ code, field }) => table.find(field, code) !== undefined) ?? reasons[0]
}

const messageOf = (payload: unknown): PayloadFields.PayloadFields | undefined => {
  const fields = PayloadFields.of(payload)
  return fields?.fields("payload") ?? fields
}

/** How Bird's payloads are read. */
export const profile: ReceiptProfile.ReceiptProfile = {
  name: list.profile,
  read: (payload) => {
    const message = messageOf(payload)
    if (message === undefined) return undefined
    const word = message.text("status") ?? ProviderReceipt.at(message, "status.status")
    const reason = reasonOf(message)
    if (word === undefined && reason === undefined) return undefined
    const [contact] = message.fields("receiver")?.list("contacts") ?? []
    return ProviderReceipt.make(list.profile, {
      word,
      state: ProviderReceipt.stateOf(words, word),
      ...reason,
      id: message.text("id"),
      at: epochOf(ProviderReceipt.firstOf(message, "lastStatusAt", "statusDatetime")),
      to: contact?.text("identifierValue") ?? message.text("recipient")
    })
  },
  recognizes: (payload) => {
    const message = messageOf(payload)
    const isMessage = message?.names.has("status") === true && message.names.has("channelid")
    return isMessage || message?.fields("failure")?.fields("source") !== undefined
  }
}

/** The classifier for receipts of the profile `bird`. */
export const classifier = (): Classifier.Classifier =>
  CodeTable.classifier({ table, statusFields: ["status.reason"], profiles: [profile] })
