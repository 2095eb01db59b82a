/**
 * What the failure words of Genesys Cloud mean.
 *
 * The messaging API's `statusDetails` is read by marks: a word that bears a mark anywhere, in any case, has its cause.
 * Where a word bears marks of two causes, the upper one has it, so that `INVALID_NUMBER` is a number to correct, whoever
 * rejected it. Words of other profiles are left to other classifiers.
 *
 * @module
 */
import { type Classifier, defineClassifier, type Taxonomy } from "@dlrkit/core"

/** The profile whose codes are read here: the `statusDetails` of the messaging API. */
export const profile = "genesys-messaging"

/** The marks of each cause, in the order in which they are looked for. */
export const marks: ReadonlyArray<readonly [Taxonomy.Cause, ReadonlyArray<string>]> = [
  ["invalid_number", ["INVALID", "BAD_DESTINATION"]],
  ["refused_unspecified", ["BLOCKED", "REJECTED", "UNREGISTERED"]],
  ["rate_limited", ["THROTTLED", "RATE_LIMITED", "CARRIER_LIMIT"]],
  ["network_failure", ["TIMEOUT", "NETWORK_ERROR", "CONGESTION", "TEMPORARY_FAILURE"]]
]

/**
 * The classifier for Genesys Cloud. It answers for failures with a `statusDetails` that bears a mark; the rest is
 * `unexplained`.
 */
export const classifier = (): Classifier.Classifier =>
  defineClassifier({
    name: "genesys",
    classify: (receipt) => {
      if (receipt.profile !== profile || receipt.status !== "failed" || receipt.code === undefined) return undefined
      const word = receipt.code.toUpperCase()
      for (const [cause, words] of marks) {
        const rule = words.find((mark) => word.includes(mark))
        if (rule !== undefined) return { cause, rule }
      }
      return undefined
    }
  })
