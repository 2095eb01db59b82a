/**
 * TP-Status, the status octet of a status report in 3GPP TS 23.040 (clause 9.2.3.15). Values that the list lacks are read by
 * their range: the upper half of each is the centre's own, and says at least whether the centre goes on.
 *
 * @module
 */
import { type Classifier, CodeTable, type DeliveryReceipt } from "@dlrkit/core"
import list from "./lists/3gpp-tp-status.json" with { type: "json" }

/** The profile's name. */
export const { profile } = list

const table = CodeTable.make(list as CodeTable.CodeList)
const field = "tp_status"

interface Range {
  readonly upTo: number
  readonly verdict: Classifier.Verdict
}

const range = (from: number, upTo: number, verdict: Classifier.Verdict): Range => ({
  upTo,
  verdict: {
    ...verdict,
    rule: `${field} 0x${from.toString(16).toUpperCase().padStart(2, "0")}-0x${upTo.toString(16).toUpperCase()}`
  }
})

const ranges: ReadonlyArray<Range> = [
  range(0x00, 0x1f, { state: "unconfirmed", why: "the centre is done with it, and does not say that it arrived" }),
  range(0x20, 0x3f, { state: "in_progress", why: "not yet delivered, and the centre is still trying" }),
  range(0x40, 0x5f, {
    state: "failed",
    cause: "unexplained",
    retryable: "no",
    why: "a permanent error, and the centre has given up"
  }),
  range(0x60, 0x7f, {
    state: "failed",
    cause: "unexplained",
    retryable: "after",
    why: "a temporary error, and the centre has given up"
  }),
  range(0x80, 0xff, { state: "failed", cause: "unexplained", retryable: "after", why: "a reserved value" })
]

/** What a value means, `0x` and its hexadecimal digits; `undefined` where it is no octet. */
export const verdictOf = (value: string): Classifier.Verdict | undefined => {
  const digits = /^0x([\da-f]{1,2})$/i.exec(value.trim())?.[1]
  if (digits === undefined) return undefined
  const octet = Number.parseInt(digits, 16)
  const entry = table.find(field, `0x${digits.padStart(2, "0")}`)
  return entry?.verdict ?? ranges.find(({ upTo }) => octet <= upTo)?.verdict
}

/** Reads a value as a receipt; `undefined` where it is no octet. */
export const receiptOf = (value: string): DeliveryReceipt.DeliveryReceipt | undefined => {
  const state = verdictOf(value)?.state
  if (state === undefined) return undefined
  return { profile, providerStatus: value, status: state === "in_progress" ? "sent" : state, code: value, field }
}

/** One rule for each value of the list, and one for each range. */
export const rules: ReadonlyArray<Classifier.Rule> = [
  ...table.list.codes.map(
    ({ cause, code }): Classifier.Rule => ({ rule: `${field} ${code}`, profile, field, code, ...(cause && { cause }) })
  ),
  ...ranges.map(
    ({ verdict: { cause, rule = "" } }): Classifier.Rule => ({ rule, profile, field, ...(cause && { cause }) })
  )
]
