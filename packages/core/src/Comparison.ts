/**
 * Comparison: what three records say of one message, the journal's, the platform's analytics', and the carrier's own.
 *
 * Two records agree where they tell the same end, or both none: that a message is `pending` in one and `sent` in the other
 * is no disagreement, and what the carrier calls `unconfirmed` has no end either. A word that nobody knows agrees with
 * nothing. A carrier that has told two ends disagrees with itself. A record that has nothing to say of a message is not
 * compared.
 *
 * @module
 */
import { isExplained } from "./FinalWord.ts"
import { nameText, type TrackedMessage } from "./Message.ts"
import type { PlatformRecord } from "./ReceiptSource.ts"
import type { Cause } from "./Taxonomy.ts"

/** A message of which the records say different things; `null` where a record has nothing of it. */
export interface Disagreement {
  /** Its id, or whatever else it is known by. */
  readonly messageId: string
  /** Its status in the journal. */
  readonly message: string
  /** The status in the platform's analytics, or its own word where nobody knows it. */
  readonly analytics: string | null
  /** The state that the carrier reports. */
  readonly carrier: string | null
  /** The carrier has told another end besides. */
  readonly carrierContradicted?: true
}

/** A failure for which the platform and the carrier tell causes of different categories: what to do is not the same. */
export interface CauseDifference {
  readonly messageId: string
  readonly message: Cause
  readonly carrier: Cause
}

/** What a comparison found. */
export interface Compared {
  /** Whether the journal agrees with the analytics, and with the carrier; `undefined` where that one says nothing. */
  readonly analytics: boolean | undefined
  readonly carrier: boolean | undefined
  readonly disagreement: Disagreement | undefined
  readonly causeDiffers: CauseDifference | undefined
}

/** The end that a word tells; `none` is agreed upon, too. */
const endOf = (word: string | undefined): string =>
  word === "delivered" || word === "failed" ? word : word === undefined ? "a word that nobody knows" : "none"

/** Compares what the journal has of a message, its carrier's report included, with what analytics say of it. */
export const compare = (message: TrackedMessage, record: PlatformRecord | undefined): Compared => {
  const { report, status } = message
  const analytics = record === undefined ? undefined : endOf(status) === endOf(record.status)
  const carrier = report === undefined ? undefined : endOf(status) === endOf(report.state)
  const contradicted = report?.contradicted === true
  const differ = analytics === false || carrier === false || contradicted
  const messageId = nameText(message)
  return {
    analytics,
    carrier: carrier === undefined ? undefined : carrier && !contradicted,
    disagreement: differ
      ? {
          messageId,
          message: status,
          analytics: record === undefined ? null : (record.status ?? record.providerStatus),
          carrier: report?.state ?? null,
          ...(contradicted ? { carrierContradicted: true } : {})
        }
      : undefined,
    causeDiffers: causeDifference(messageId, message)
  }
}

const causeDifference = (
  messageId: string,
  { category, cause, report }: TrackedMessage
): CauseDifference | undefined =>
  cause !== undefined &&
  report?.cause !== undefined &&
  isExplained({ category }) &&
  isExplained(report) &&
  category !== report.category
    ? { messageId, message: cause, carrier: report.cause }
    : undefined
