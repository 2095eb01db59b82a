/**
 * Receipts as a journal has recorded them, so that they can be read again by other classifiers.
 *
 * What is kept of a receipt is its code, with the profile and the field, and the provider's word for the status. A failure
 * without a code left nothing to read again. Journals from before profiles were kept have codes without one: then it is the
 * one whose rule explained the failure, where there is no doubt about it.
 *
 * @module
 */
import { withCarrier } from "./AppliedPage.ts"
import type { Classifier } from "./Classifier.ts"
import type { DeliveryReceipt } from "./DeliveryReceipt.ts"
import type { CarrierReport, Conflict, Reason, TrackedMessage } from "./Message.ts"

/** Where in a message a failure is recorded: as its end, as a word that contradicts that, or as its carrier's report. */
export type Place = "end" | "conflict" | "report"

/** A recorded failure. */
export interface RecordedFailure {
  readonly place: Place
  /** Of several conflicts, which. */
  readonly index: number
  readonly reason: Reason & { readonly code: string }
  readonly providerStatus: string | undefined
  /** When it happened, where that is known. Epoch milliseconds. */
  readonly occurredAt: number | undefined
}

const hasCode = <A extends Reason>(reason: A): reason is A & { readonly code: string } => reason.code !== undefined

/** The recorded failures of a message that have a code. */
export const failuresOf = (message: TrackedMessage): ReadonlyArray<RecordedFailure> => {
  const { conflicts, finalAt, providerStatus, report, status } = message
  const failures: Array<RecordedFailure> = []
  if (status === "failed" && hasCode(message)) {
    failures.push({ place: "end", index: 0, reason: message, providerStatus, occurredAt: finalAt })
  }
  for (const [index, conflict] of conflicts.entries()) {
    if (isFailed(conflict) && hasCode(conflict)) {
      failures.push({ place: "conflict", index, reason: conflict, providerStatus: undefined, occurredAt: undefined })
    }
  }
  if (report !== undefined && isReportedFailure(report) && hasCode(report)) {
    const { occurredAt, providerStatus } = report
    failures.push({ place: "report", index: 0, reason: report, providerStatus, occurredAt })
  }
  return failures
}

const isFailed = ({ status }: Conflict) => status === "failed"
const isReportedFailure = ({ state }: CarrierReport) => state === "failed"

/** A recorded failure as a classifier reads it; `undefined` where nobody knows whose code it is. */
export const receiptOf = (
  message: TrackedMessage,
  { occurredAt, providerStatus = "failed", reason }: RecordedFailure,
  profileOf: (reason: Reason) => string | undefined
): DeliveryReceipt | undefined => {
  const profile = profileOf(reason)
  if (profile === undefined) return undefined
  const { conversationId, externalMessageId, key, messageId, sentAt } = message
  const receipt = {
    key,
    messageId,
    conversationId,
    externalMessageId,
    sentAt,
    occurredAt,
    profile,
    providerStatus,
    status: "failed" as const,
    code: reason.code,
    field: reason.field
  }
  return withCarrier(receipt, message)
}

/** Says whose code list a reason goes by: its own profile, else the only one that the rule which explained it can be of. */
export const profiler = (classifiers: ReadonlyArray<Classifier>): ((reason: Reason) => string | undefined) => {
  const rules = new Map(classifiers.toReversed().map(({ name, rules = [] }) => [name, rules]))
  return ({ classifier, profile, rule }) => {
    if (profile !== undefined || classifier === undefined || rule === undefined) return profile
    const word = rule.toLowerCase()
    const own = rules.get(classifier) ?? []
    const told = own.filter((one) => one.rule.toLowerCase() === word || one.code?.toLowerCase() === word)
    const profiles = new Set(told.map((one) => one.profile))
    return profiles.size === 1 ? told[0]?.profile : undefined
  }
}
