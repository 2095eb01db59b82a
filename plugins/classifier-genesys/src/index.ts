/**
 * What the failure words of Genesys Cloud mean.
 *
 * The public API's codes are read from a table, in any case. The messaging API's `statusDetails` is read by marks: a word
 * that bears a mark anywhere, in any case, has its cause. Where a word bears marks of two causes, the upper one has it, so
 * that `INVALID_NUMBER` is a number to correct, whoever rejected it. Words of other profiles are left to other classifiers.
 *
 * @module
 */
import { type Classifier, type DeliveryReceipt, defineClassifier, type Taxonomy } from "@dlrkit/core"
import { verdictOf } from "./Codes.ts"

/** The profile of the messaging API: its `statusDetails`. */
export const profile = "genesys-messaging"

/** The profile of the public API: the reasons of normalized receipts, and the codes of SMS receipts. */
export const publicProfile = "genesys-cloud"

/** The marks of each cause, in the order in which they are looked for. */
export const marks: ReadonlyArray<readonly [Taxonomy.Cause, ReadonlyArray<string>]> = [
  ["invalid_number", ["INVALID", "BAD_DESTINATION"]],
  ["refused_unspecified", ["BLOCKED", "REJECTED", "UNREGISTERED"]],
  ["rate_limited", ["THROTTLED", "RATE_LIMITED", "CARRIER_LIMIT"]],
  ["network_failure", ["TIMEOUT", "NETWORK_ERROR", "CONGESTION", "TEMPORARY_FAILURE"]]
]

/** A failure, or a receipt of which nobody knows what it says: its code may. */
const isOpen = ({ status }: DeliveryReceipt.DeliveryReceipt) => status === "failed" || status === undefined

const byMarks = ({ code = "", status }: DeliveryReceipt.DeliveryReceipt): Classifier.Verdict | undefined => {
  if (status !== "failed") return undefined
  const word = code.toUpperCase()
  for (const [cause, words] of marks) {
    const rule = words.find((mark) => word.includes(mark))
    if (rule !== undefined) return { cause, rule }
  }
  return undefined
}

/**
 * The classifier for Genesys Cloud. It answers for failures whose code is known, or whose `statusDetails` bears a mark; the
 * rest is `unexplained`. A failure for want of a receipt (`NETWORK_TIMEOUT`) is `unconfirmed`: the message may have arrived.
 */
export const classifier = (): Classifier.Classifier =>
  defineClassifier({
    name: "genesys",
    classify: (receipt) => {
      switch (receipt.profile) {
        case profile:
          return byMarks(receipt)
        case publicProfile:
          return receipt.code === undefined || !isOpen(receipt) ? undefined : verdictOf(receipt.code)
        default:
          return undefined
      }
    }
  })
