/**
 * KPN SMS API: delivery reports of the `sms_dlr` webhook.
 *
 * @module
 */
import { type Classifier, CodeTable, type DeliveryReceipt, PayloadFields, type ReceiptProfile } from "@dlrkit/core"
import json from "./lists/kpn.json" with { type: "json" }
import { epochOf } from "./PayloadTime.ts"
import * as ProviderReceipt from "./ProviderReceipt.ts"

const table = CodeTable.load(json)

/** KPN's codes (https://developer.kpn.com/documentation/kpn-sms-api-documentation). */
export const list: CodeTable.CodeList = table.list

const codeField = "sms_dlr.error"

/** The delivery statuses that come with the error, by number and by name (same source). */
const words = {
  1: "delivered",
  delivered: "delivered",
  2: "in_progress",
  queued: "in_progress",
  3: "in_progress",
  accepted: "in_progress",
  4: "failed",
  failed: "failed",
  5: "failed",
  rejected: "failed",
  6: "failed",
  expired: "failed"
} as const

/** What a status says of a failure that has no code. */
const verdicts: ReadonlyMap<string, Classifier.Verdict> = new Map(
  (["5", "rejected", "6", "expired"] as const).map((word) => [
    word,
    word === "5" || word === "rejected"
      ? { cause: "refused_unspecified", rule: `status ${word}`, why: "rejected, and KPN gives no code" }
      : { cause: "expired", rule: `status ${word}`, why: "expired, and KPN gives no code" }
  ])
)

/** How KPN's payloads are read. */
export const profile: ReceiptProfile.ReceiptProfile = {
  name: list.profile,
  read: (payload) => {
    const fields = PayloadFields.of(payload)
    const report = fields?.fields("sms_dlr") ?? fields
    if (report === undefined) return undefined
    const word = report.text("status")
    const code = ProviderReceipt.codeIn(table, codeField, ProviderReceipt.firstOf(report, "error", codeField))
    if (word === undefined && code === undefined) return undefined
    // An error alone is a failure: the webhook gives it with no other status.
    const state: DeliveryReceipt.State | undefined =
      word === undefined ? "failed" : ProviderReceipt.stateOf(words, word)
    return ProviderReceipt.make(list.profile, {
      word: word ?? "error",
      state,
      code,
      field: codeField,
      id: ProviderReceipt.firstOf(report, "message_id", "messageId", "id"),
      at: epochOf(ProviderReceipt.firstOf(report, "timestamp", "time")),
      to: ProviderReceipt.firstOf(report, "to", "recipient", "msisdn")
    })
  },
  recognizes: (payload) => PayloadFields.of(payload)?.fields("sms_dlr") !== undefined
}

/** The classifier for receipts of the profile `kpn`. */
export const classifier = (): Classifier.Classifier =>
  CodeTable.classifier({
    table,
    statusFields: [],
    codeField,
    profiles: [profile],
    otherwise: ({ code, providerStatus, status }) =>
      status === "failed" && code === undefined ? verdicts.get(providerStatus.toLowerCase()) : undefined,
    otherRules: Array.from(verdicts, ([word, { cause }]) => ({
      rule: `status ${word}`,
      profile: list.profile,
      field: "status",
      code: word,
      cause
    }))
  })
