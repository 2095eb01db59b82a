/**
 * Two registrations that prove to be one message: one of them goes on, and knows what both knew.
 *
 * The one that has come further goes on, of two that have an end the one that had it first, else the older one. Where they
 * say different things of one matter, what the one that goes on says stands; final receipts that contradict each other are
 * conflicts, as if one message had got both, and so are its carrier's reports. It is asked for until the later of the two deadlines.
 *
 * @module
 */
import * as CarrierReports from "./CarrierReports.ts"
import * as Deadlines from "./Deadlines.ts"
import * as FinalWord from "./FinalWord.ts"
import {
  type CarrierOrigin,
  isFinal,
  type MessageRef,
  nameOf,
  type Status,
  type TrackedMessage,
  wasUnconfirmed
} from "./Message.ts"
import type { Step } from "./Step.ts"
import type { EventBody } from "./TrackingEvent.ts"

const distance: Readonly<Record<Status, number>> = { pending: 0, sent: 1, delivered: 2, failed: 2 }

const standing: Readonly<Record<CarrierOrigin, number>> = { unknown: 0, receipt: 1, config: 2, message: 3 }

/** Whether the first of two goes on. */
const isFirst = (a: TrackedMessage, b: TrackedMessage): boolean => {
  if (distance[a.status] !== distance[b.status]) return distance[a.status] > distance[b.status]
  const earlier = isFinal(a.status) ? (a.seenAt ?? 0) - (b.seenAt ?? 0) : 0
  return earlier === 0 ? a.key < b.key : earlier < 0
}

const least = (...moments: ReadonlyArray<number | undefined>): number | undefined => {
  const known = moments.filter((moment) => moment !== undefined)
  return known.length === 0 ? undefined : Math.min(...known)
}

const greatest = (...moments: ReadonlyArray<number | undefined>): number | undefined => {
  const known = moments.filter((moment) => moment !== undefined)
  return known.length === 0 ? undefined : Math.max(...known)
}

/** Makes one message of two. */
export const join = (a: TrackedMessage, b: TrackedMessage): Step & { readonly absorbed: number } => {
  const [kept, absorbed] = isFirst(a, b) ? [a, b] : [b, a]
  const named = standing[kept.carrierOrigin] >= standing[absorbed.carrierOrigin] ? kept : absorbed
  const unrecognized = new Set([...(kept.unrecognized ?? []), ...(absorbed.unrecognized ?? [])])
  const message: TrackedMessage = {
    ...kept,
    ...endOf(kept, absorbed),
    ref: refOf(kept, absorbed),
    messageId: kept.messageId ?? absorbed.messageId,
    conversationId: kept.conversationId ?? absorbed.conversationId,
    sentAt: kept.sentAt ?? absorbed.sentAt,
    externalMessageId: kept.externalMessageId ?? absorbed.externalMessageId,
    run: Math.max(kept.run, absorbed.run),
    carrier: named.carrier,
    carrierOrigin: named.carrierOrigin,
    deadlineAt: Math.max(kept.deadlineAt, absorbed.deadlineAt),
    providerStatus: kept.providerStatus ?? absorbed.providerStatus,
    seenAt: kept.status === absorbed.status ? least(kept.seenAt, absorbed.seenAt) : kept.seenAt,
    firstLookAt: least(kept.firstLookAt, absorbed.firstLookAt),
    lookedAt: greatest(kept.lookedAt, absorbed.lookedAt),
    looks: kept.looks + absorbed.looks,
    unexplained: kept.unexplained && (absorbed.status !== "failed" || absorbed.unexplained),
    missing: kept.missing && absorbed.missing,
    ...(unrecognized.size === 0 ? {} : { unrecognized: Array.from(unrecognized) })
  }
  const joined: EventBody = {
    kind: "message.joined",
    ...nameOf(kept),
    carrier: named.carrier,
    absorbed: nameOf({ ref: absorbed.ref })
  }
  const heard = hearAll(message, absorbed)
  const reported = hearReport(heard.message, absorbed)
  return { message: reported.message, absorbed: absorbed.key, events: [joined, ...heard.events, ...reported.events] }
}

/**
 * How far one message is that was two. One that is open goes on, though the other was called unconfirmed; that it was, is
 * not forgotten: the final receipt is late.
 */
const endOf = (
  kept: TrackedMessage,
  absorbed: TrackedMessage
): Pick<TrackedMessage, "dueAt" | "finalAt" | "late" | "resolution"> => {
  if (isFinal(kept.status)) {
    const { dueAt, finalAt, late, resolution } = kept
    return { dueAt, finalAt, late: late || absorbed.late || wasUnconfirmed(absorbed), resolution }
  }
  const dueAt = least(kept.dueAt, absorbed.dueAt)
  const finalAt = least(kept.finalAt, absorbed.finalAt)
  return { dueAt, finalAt, late: false, resolution: dueAt === undefined ? "unconfirmed" : undefined }
}

const refOf = (kept: TrackedMessage, absorbed: TrackedMessage): MessageRef => {
  const { deadline: _, ...ref } = { ...absorbed.ref, ...kept.ref }
  const labels = { ...absorbed.ref.labels, ...kept.ref.labels }
  const deadlineAt = greatest(Deadlines.ownOf(kept), Deadlines.ownOf(absorbed))
  return {
    ...ref,
    ...(deadlineAt === undefined ? {} : { deadlineAt }),
    ...(Object.keys(labels).length === 0 ? {} : { labels })
  }
}

/** What the other one knew of the end; its conflicts have been told of already. */
const hearAll = (message: TrackedMessage, absorbed: TrackedMessage): Step => {
  if (!isFinal(absorbed.status)) return { message, events: [] }
  const { providerStatus = absorbed.status } = absorbed
  const end = FinalWord.hear(message, { ...FinalWord.reasonOf(absorbed), status: absorbed.status, providerStatus })
  return {
    message: absorbed.conflicts.reduce(
      (known, conflict) => FinalWord.hear(known, { ...conflict, providerStatus }).message,
      end.message
    ),
    events: end.events
  }
}

/** What the other one's carrier reported; that has been told of already, unless it contradicts. */
const hearReport = (message: TrackedMessage, { report }: TrackedMessage): Step => {
  if (report === undefined) return { message, events: [] }
  const step = CarrierReports.take(message, report)
  return { message: step.message, events: step.events.filter((event) => "contradicts" in event) }
}
