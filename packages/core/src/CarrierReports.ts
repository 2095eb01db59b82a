/**
 * Carrier reports: what the carrier or aggregator itself says of a message, kept beside what the platform says.
 *
 * A report never moves a message: its status, resolution and reason stay the platform's. Of the carrier's own receipts the
 * first final one stands, and a final one that contradicts it marks it as contradicted; among final ones of one end, the
 * one that tells most stands (see {@link FinalWord}). One that is not final gives way to one that is. Before there is a final
 * one, `unconfirmed` goes before `in_progress`, and of two in progress the one that happened later. So the same receipts,
 * in whatever order and however often they come, leave the same report, unless they contradict each other; then the first
 * stands. That a message has several parts makes no difference: of parts that ended differently the first stands, and it is
 * marked.
 *
 * @module
 */
import type { Classification } from "./Classifier.ts"
import type { DeliveryReceipt } from "./DeliveryReceipt.ts"
import * as FinalWord from "./FinalWord.ts"
import { type CarrierReport, type FinalStatus, isForgotten, isTime, nameOf, type TrackedMessage } from "./Message.ts"
import { type Step, silent } from "./Step.ts"
import { type EventBody, isoTime } from "./TrackingEvent.ts"

/** What one of the carrier's receipts does to a message. A word that nobody knows, and what is no receipt, do nothing. */
export const hear = (message: TrackedMessage, receipt: DeliveryReceipt, meaning: Classification, at: number): Step => {
  const { state } = meaning
  if (state === undefined || state === "ignore") return silent(message)
  const { externalMessageId, occurredAt } = receipt
  return take(message, {
    state,
    providerStatus: receipt.providerStatus,
    ...FinalWord.known(FinalWord.reasonOf({ ...(state === "failed" ? meaning : {}), ...FinalWord.codeOf(receipt) })),
    profile: receipt.profile,
    ...(externalMessageId === undefined ? {} : { externalMessageId }),
    ...(isTime(occurredAt) ? { occurredAt } : {}),
    recordedAt: at
  })
}

/** Takes a report beside the one that a message may have. */
export const take = (message: TrackedMessage, report: CarrierReport): Step => {
  if (isForgotten(message)) return silent(message)
  const { report: first } = message
  const contradicted = first?.contradicted === true || report.contradicted === true
  switch (first === undefined ? "tellsMore" : relation(first, report)) {
    case "tellsMore": {
      const now = contradicted ? { ...report, contradicted } : report
      return { message: { ...message, report: now }, events: [reported(message, report)] }
    }
    case "contradicts":
      return first === undefined || first.contradicted === true
        ? silent(message)
        : {
            message: { ...message, report: { ...first, contradicted: true } },
            events: [{ ...reported(message, report), contradicts: true }]
          }
    case "repeats":
      return silent(message)
  }
}

/** How much a state says of the end. */
const rank: Readonly<Record<CarrierReport["state"], number>> = {
  in_progress: 0,
  unconfirmed: 1,
  delivered: 2,
  failed: 2
}

const relation = (first: CarrierReport, second: CarrierReport): ReturnType<typeof FinalWord.relation> => {
  if (isEnd(first) && isEnd(second)) {
    return FinalWord.relation({ ...first, status: first.state }, { ...second, status: second.state })
  }
  const later = (second.occurredAt ?? Number.NEGATIVE_INFINITY) > (first.occurredAt ?? Number.NEGATIVE_INFINITY)
  const further = rank[second.state] - rank[first.state]
  return further > 0 || (further === 0 && later) ? "tellsMore" : "repeats"
}

/** Whether a report says how the message ended. */
const isEnd = (report: CarrierReport): report is CarrierReport & { readonly state: FinalStatus } =>
  report.state === "delivered" || report.state === "failed"

const reported = (
  message: TrackedMessage,
  report: CarrierReport
): EventBody & { readonly kind: "message.reported" } => {
  const { category, cause, code, externalMessageId, field, occurredAt, profile, providerStatus, state } = report
  return {
    kind: "message.reported",
    ...nameOf(message),
    carrier: message.carrier,
    profile,
    state,
    providerStatus,
    ...(code === undefined ? {} : { code }),
    ...(field === undefined ? {} : { field }),
    ...(externalMessageId === undefined ? {} : { externalMessageId }),
    ...(occurredAt === undefined ? {} : { occurredAt: isoTime(occurredAt) }),
    ...(cause === undefined ? {} : { cause }),
    ...(category === undefined ? {} : { category })
  }
}
