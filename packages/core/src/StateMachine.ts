/**
 * What a receipt, or the lack of one, does to a message. Pure: the journal runs it inside a transaction.
 *
 * A status only moves forward. The first final receipt wins; a later one that contradicts it is a conflict. The same
 * receipt twice changes nothing. `unconfirmed` is not final: a receipt that still comes resolves it.
 *
 * @module
 */
import type { Classification } from "./Classifier.ts"
import type { DeliveryReceipt } from "./DeliveryReceipt.ts"
import { type FinalStatus, isFinal, isForgotten, nameOf, type Status, type TrackedMessage } from "./Message.ts"
import type { Cause } from "./Taxonomy.ts"
import { type EventBody, isoTime } from "./TrackingEvent.ts"

/** A message after something happened to it, and what is to be recorded of that. */
export interface Step {
  readonly message: TrackedMessage
  readonly events: ReadonlyArray<EventBody>
}

const order: Readonly<Record<Status, number>> = { pending: 0, sent: 1, delivered: 2, failed: 2 }

const unchanged = (message: TrackedMessage): Step => ({ message, events: [] })

/** Applies one receipt that was recorded at `at`. */
export const applyReceipt = (
  before: TrackedMessage,
  receipt: DeliveryReceipt,
  meaning: Classification,
  at: number
): Step => {
  if (meaning.state === "ignore" || isForgotten(before)) return unchanged(before)
  const message = learn(before, receipt)
  const step = conclude(message, receipt, meaning, at)
  if (before.messageId !== undefined || message.messageId === undefined) return step
  return { message: step.message, events: [identified(message, message.messageId), ...step.events] }
}

const conclude = (message: TrackedMessage, receipt: DeliveryReceipt, meaning: Classification, at: number): Step => {
  switch (meaning.state) {
    case "ignore":
      return unchanged(message)
    case undefined:
      return unrecognized(message, receipt)
    case "unconfirmed":
      return isFinal(message.status) || message.resolution === "unconfirmed"
        ? unchanged(message)
        : endUnconfirmed(message, "platform", `the platform reports ${receipt.providerStatus}`, at)
    case "in_progress":
      return progress(message, receipt, at)
    case "delivered":
    case "failed":
      if (!isFinal(message.status)) return end(message, receipt, meaning, meaning.state, at)
      return message.status === "failed" && meaning.state === "failed" && message.code === undefined
        ? explain(message, receipt, meaning)
        : contradict(message, receipt, meaning, meaning.state)
  }
}

/** Any name that the message had before, with the id that it turns out to have. */
const identified = (message: TrackedMessage, messageId: string): EventBody => ({
  kind: "message.identified",
  ...nameOf({ ref: message.ref, conversationId: message.conversationId }),
  messageId,
  carrier: message.carrier
})

const unrecognized = (message: TrackedMessage, receipt: DeliveryReceipt): Step => {
  if (isFinal(message.status) || message.providerStatus === receipt.providerStatus) return unchanged(message)
  return {
    message: { ...message, providerStatus: receipt.providerStatus },
    events: [
      {
        kind: "message.unrecognized",
        ...nameOf(message),
        carrier: message.carrier,
        providerStatus: receipt.providerStatus,
        ...(receipt.code === undefined ? {} : { code: receipt.code })
      }
    ]
  }
}

const progress = (message: TrackedMessage, receipt: DeliveryReceipt, at: number): Step => {
  const status: Status = receipt.status === "pending" ? "pending" : "sent"
  if (order[status] < order[message.status]) return unchanged(message)
  if (status === message.status) {
    return message.seenAt !== undefined && message.providerStatus === receipt.providerStatus
      ? unchanged(message)
      : unchanged({ ...message, providerStatus: receipt.providerStatus, seenAt: message.seenAt ?? at })
  }
  return {
    message: { ...message, status, providerStatus: receipt.providerStatus, seenAt: at },
    events: [{ kind: "message.sent", ...statusEvent(message, receipt) }]
  }
}

const end = (
  message: TrackedMessage,
  receipt: DeliveryReceipt,
  meaning: Classification,
  status: FinalStatus,
  at: number
): Step => {
  const next: TrackedMessage = {
    ...message,
    status,
    resolution: status,
    providerStatus: receipt.providerStatus,
    ...reason(receipt, meaning),
    unexplained: status === "failed" && receipt.code === undefined,
    finalAt: receipt.occurredAt ?? at,
    late: message.resolution === "unconfirmed",
    seenAt: at,
    dueAt: undefined
  }
  const common = statusEvent(message, receipt)
  if (status === "delivered") return { message: next, events: [{ kind: "message.delivered", ...common }] }
  return {
    message: next,
    events: [
      {
        kind: "message.failed",
        ...common,
        ...meaningEvent(meaning)
      }
    ]
  }
}

/** What a message keeps of why it ended as it did. */
const reason = (receipt: DeliveryReceipt, meaning: Classification) => ({
  code: receipt.code,
  cause: meaning.cause,
  category: meaning.category,
  retryable: meaning.retryable,
  actor: meaning.actor,
  classifier: meaning.classifier,
  rule: meaning.rule
})

const meaningEvent = (meaning: Classification) => ({
  cause: meaning.cause as Cause,
  category: meaning.category as NonNullable<typeof meaning.category>,
  retryable: meaning.retryable as NonNullable<typeof meaning.retryable>,
  mustAct: meaning.actor as NonNullable<typeof meaning.actor>,
  ...(meaning.classifier === undefined ? {} : { classifier: meaning.classifier }),
  ...(meaning.rule === undefined ? {} : { rule: meaning.rule })
})

/** A failure without a reason takes the first reason that anybody tells. */
const explain = (message: TrackedMessage, receipt: DeliveryReceipt, meaning: Classification): Step => {
  if (receipt.code === undefined) return unchanged(message)
  return {
    message: { ...message, ...reason(receipt, meaning), unexplained: false },
    events: [
      {
        kind: "message.explained",
        ...nameOf(message),
        carrier: message.carrier,
        providerStatus: receipt.providerStatus,
        code: receipt.code,
        ...meaningEvent(meaning)
      }
    ]
  }
}

/**
 * A platform may tell one failure in the words of several lists: another reason of the same category, or one that
 * explains nothing, is no other end.
 */
const saysTheSame = (message: TrackedMessage, { category }: Classification, status: FinalStatus): boolean =>
  status === message.status &&
  (status === "delivered" || category === message.category || category === "unknown" || message.category === "unknown")

const contradict = (
  message: TrackedMessage,
  receipt: DeliveryReceipt,
  meaning: Classification,
  status: FinalStatus
): Step => {
  if (saysTheSame(message, meaning, status)) return unchanged(message)
  const known = message.conflicts.some((conflict) => conflict.status === status && conflict.code === receipt.code)
  if (known) return unchanged(message)
  return {
    message: { ...message, conflicts: [...message.conflicts, { status, code: receipt.code }] },
    events: [
      {
        kind: "message.conflict",
        ...nameOf(message),
        carrier: message.carrier,
        resolution: message.status as FinalStatus,
        status,
        providerStatus: receipt.providerStatus,
        ...(receipt.code === undefined ? {} : { code: receipt.code })
      }
    ]
  }
}

/** Any receipt of a message can tell an id, a time or a carrier that was not known, whatever else it says. */
const learn = (message: TrackedMessage, receipt: DeliveryReceipt): TrackedMessage => {
  const externalMessageId = message.externalMessageId ?? receipt.externalMessageId
  const messageId = message.messageId ?? receipt.messageId
  const conversationId = message.conversationId ?? receipt.conversationId
  const sentAt = message.sentAt ?? receipt.sentAt
  const carrier = message.carrierOrigin === "unknown" ? receipt.carrier : undefined
  const known =
    externalMessageId === message.externalMessageId &&
    messageId === message.messageId &&
    conversationId === message.conversationId &&
    sentAt === message.sentAt &&
    carrier === undefined
  if (known) return message
  return {
    ...message,
    externalMessageId,
    messageId,
    conversationId,
    sentAt,
    ...(carrier === undefined ? {} : { carrier, carrierOrigin: "receipt" })
  }
}

/** A sign that something changed in a message's conversation since the last look at it: it is to be asked for at once. */
export const hint = (message: TrackedMessage, receipt: DeliveryReceipt, at: number): TrackedMessage => {
  const changed = receipt.occurredAt !== undefined && receipt.occurredAt > (message.lookedAt ?? 0)
  return message.dueAt === undefined || message.dueAt <= at || !changed ? message : { ...message, dueAt: at }
}

/** Two registrations that prove to be one message: the one that has come further goes on, and knows what both knew. */
export const join = (a: TrackedMessage, b: TrackedMessage): Step & { readonly absorbed: number } => {
  const [kept, absorbed] =
    order[a.status] > order[b.status] || (a.status === b.status && a.key < b.key) ? [a, b] : [b, a]
  const labels = { ...absorbed.ref.labels, ...kept.ref.labels }
  return {
    message: {
      ...kept,
      ref: { ...absorbed.ref, ...kept.ref, ...(Object.keys(labels).length === 0 ? {} : { labels }) },
      messageId: kept.messageId ?? absorbed.messageId,
      conversationId: kept.conversationId ?? absorbed.conversationId,
      sentAt: kept.sentAt ?? absorbed.sentAt,
      externalMessageId: kept.externalMessageId ?? absorbed.externalMessageId,
      run: Math.max(kept.run, absorbed.run)
    },
    absorbed: absorbed.key,
    events: [
      {
        kind: "message.joined",
        ...nameOf(kept),
        carrier: kept.carrier,
        absorbed: nameOf({ ref: absorbed.ref })
      }
    ]
  }
}

const statusEvent = (message: TrackedMessage, receipt: DeliveryReceipt) => ({
  ...nameOf(message),
  carrier: message.carrier,
  providerStatus: receipt.providerStatus,
  from: message.status,
  ...(receipt.code === undefined ? {} : { code: receipt.code }),
  ...(receipt.externalMessageId === undefined ? {} : { externalMessageId: receipt.externalMessageId }),
  ...(receipt.occurredAt === undefined ? {} : { occurredAt: isoTime(receipt.occurredAt) }),
  ...(message.resolution === "unconfirmed" ? { late: true } : {})
})

const endUnconfirmed = (
  message: TrackedMessage,
  reason: Extract<EventBody, { readonly kind: "message.unconfirmed" }>["reason"],
  detail: string,
  at: number
): Step => ({
  message: { ...message, resolution: "unconfirmed", finalAt: at, dueAt: undefined },
  events: [
    {
      kind: "message.unconfirmed",
      ...nameOf(message),
      carrier: message.carrier,
      status: message.status,
      ...(message.providerStatus === undefined ? {} : { providerStatus: message.providerStatus }),
      reason,
      detail
    }
  ]
})

/** What a look found: the message before it, after its receipts (if any), and whether the platform returned it. */
export interface Look {
  readonly before: TrackedMessage
  readonly after: TrackedMessage
  readonly returned: boolean
  /** When the request was made. */
  readonly startedAt: number
}

/** A message may not be found for so long after it was sent. Milliseconds. */
const justSent = 60_000

/** Whether a message was sent so shortly before that it may not be found yet. */
const isJustSent = ({ sentAt }: TrackedMessage, at: number | undefined): boolean =>
  sentAt !== undefined && at !== undefined && at < sentAt + justSent

const neverReturned = (message: TrackedMessage): boolean =>
  message.missing || message.looks === 0 || (message.seenAt === undefined && isJustSent(message, message.lookedAt))

/** When a message that is still open becomes worth another look. Epoch milliseconds. */
export type NextLook = (message: TrackedMessage) => number

/**
 * Closes a look that the platform answered: when to ask again, or, if the look began at or after the deadline, that
 * nothing more is to be expected.
 */
export const applyLook = (look: Look, nextLook: NextLook, at: number): Step => {
  const { after, before, returned, startedAt } = look
  if (isForgotten(before)) return unchanged(after)
  const missing = !returned && neverReturned(before) && !isJustSent(before, startedAt)
  const looked: TrackedMessage = {
    ...after,
    firstLookAt: before.firstLookAt ?? startedAt,
    lookedAt: startedAt,
    looks: before.looks + 1,
    missing
  }
  const events: Array<EventBody> =
    missing && !before.missing ? [{ kind: "message.missing", ...nameOf(before), carrier: before.carrier }] : []
  if (after.dueAt === undefined) return { message: looked, events }
  if (startedAt >= before.deadlineAt) {
    const detail = looked.missing
      ? "the platform never returned it, and its deadline has passed"
      : `still ${after.status} after its deadline`
    const last = endUnconfirmed(looked, "deadline", detail, at)
    return { message: last.message, events: [...events, ...last.events] }
  }
  return { message: { ...looked, dueAt: nextLook(looked) }, events }
}

/** Closes a look that nobody answered: the message goes behind those unseen for longer, and is left alone for a while. */
export const postpone = (message: TrackedMessage, startedAt: number, until: number): TrackedMessage =>
  message.dueAt === undefined ? message : { ...message, lookedAt: startedAt, dueAt: Math.max(message.dueAt, until) }

/** Ends a message that is older than what the platform keeps: it is never asked for. */
export const expireUnseen = (message: TrackedMessage, detail: string, at: number): Step =>
  endUnconfirmed(message, "retention", detail, at)

/** Ends a message that is to be nobody's any more: it is not asked for again. */
export const endForgotten = (message: TrackedMessage, at: number): Step =>
  message.dueAt === undefined
    ? unchanged(message)
    : endUnconfirmed(message, "forgotten", "the person's data were taken out of the journal", at)
