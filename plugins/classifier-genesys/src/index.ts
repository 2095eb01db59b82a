/**
 * What the failure words of Genesys Cloud mean.
 *
 * The public API's codes are read from a list, whole, whatever their spelling. The messaging API's `statusDetails` is read
 * by marks: a word that bears a mark anywhere, in any case, has its cause. Where a word bears marks of two causes, the
 * upper one has it, so that `INVALID_NUMBER` is a number to correct, whoever rejected it. Words of other profiles are left
 * to other classifiers.
 *
 * @module
 */
import { type Classifier, type DeliveryReceipt, defineClassifier, type Taxonomy } from "@dlrkit/core"
import * as CloudCodes from "./CloudCodes.ts"
import * as CloudReceipt from "./CloudReceipt.ts"
import * as MessagingReceipt from "./MessagingReceipt.ts"

export { profile as publicProfile } from "./CloudReceipt.ts"
export { profile } from "./MessagingReceipt.ts"

/** The marks of each cause, in the order in which they are looked for. */
export const marks: ReadonlyArray<readonly [Taxonomy.Cause, ReadonlyArray<string>]> = [
  ["invalid_number", ["INVALID", "BAD_DESTINATION"]],
  ["refused_unspecified", ["BLOCKED", "REJECTED", "UNREGISTERED"]],
  ["rate_limited", ["THROTTLED", "RATE_LIMITED", "CARRIER_LIMIT"]],
  ["network_failure", ["TIMEOUT", "NETWORK_ERROR", "CONGESTION", "TEMPORARY_FAILURE"]]
]

type Receipt = DeliveryReceipt.DeliveryReceipt

const byMarks = ({ code = "", status }: Receipt): Classifier.Verdict | undefined => {
  if (status !== "failed") return undefined
  const word = code.toUpperCase()
  for (const [cause, words] of marks) {
    const rule = words.find((mark) => word.includes(mark))
    if (rule !== undefined) return { cause, rule, why: `statusDetails holds ${rule}` }
  }
  return undefined
}

/**
 * What the list says. Of a failure, the code says why; where there is none, or it explains nothing, the word for the status
 * may. That a failure is a failure is no answer beside a code that the list lacks: another classifier may know it.
 */
const byList = (receipt: Receipt): Classifier.Verdict | undefined => {
  const told = CloudCodes.byCode(receipt)
  if (receipt.status === undefined) return told?.verdict
  if (receipt.status !== "failed") return undefined
  if (told !== undefined && CloudCodes.explains(told)) return told.verdict
  const word = CloudCodes.byStatus(receipt.providerStatus)
  if (word !== undefined && (CloudCodes.explains(word) || receipt.code === undefined)) return word.verdict
  return told?.row.state === "failed" ? told.verdict : undefined
}

const rules: ReadonlyArray<Classifier.Rule> = [
  ...marks.flatMap(([cause, words]) =>
    words.map((rule): Classifier.Rule => ({ rule, profile: MessagingReceipt.profile, field: "statusDetails", cause }))
  ),
  ...CloudCodes.rows.map(
    ({ row: { cause, code, field }, verdict }): Classifier.Rule => ({
      rule: verdict.rule ?? code,
      profile: CloudReceipt.profile,
      field,
      code,
      ...(cause && { cause })
    })
  )
]

/**
 * The classifier for Genesys Cloud. It answers for failures whose code is known, or whose `statusDetails` bears a mark; the
 * rest is `unexplained`. A failure for want of a receipt (`NETWORK_TIMEOUT`) is `unconfirmed`: the message may have arrived.
 */
export const classifier = (): Classifier.Classifier =>
  defineClassifier({
    name: "genesys",
    profiles: [CloudReceipt.reader, MessagingReceipt.reader],
    rules,
    classify: (receipt) => {
      switch (receipt.profile) {
        case MessagingReceipt.profile:
          return byMarks(receipt)
        case CloudReceipt.profile:
          return byList(receipt)
        default:
          return undefined
      }
    }
  })
