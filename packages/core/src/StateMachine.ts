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
import { type FinalStatus, isFinal, type Status, type TrackedMessage } from "./Message.ts"
import type { Cause } from "./Taxonomy.ts"
import { type EventBody, isoTime } from "./TrackingEvent.ts"

/** A message after something happened to it, and what is to be recorded of that. */
export interface Step {
  readonly message: TrackedMessage
  readonly events: ReadonlyArray<EventBody>
}

/** How long a message is left alone after a look. Milliseconds. */
export interface LookIntervals {
  readonly first: number
  readonly longest: number
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
  if (meaning.state === "ignore") return unchanged(before)
  const message = learn(before, receipt)
  switch (meaning.state) {
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
      return isFinal(message.status)
        ? contradict(message, receipt, meaning.state)
        : end(message, receipt, meaning, meaning.state, at)
  }
}

const unrecognized = (message: TrackedMessage, receipt: DeliveryReceipt): Step => {
  if (isFinal(message.status) || message.providerStatus === receipt.providerStatus) return unchanged(message)
  return {
    message: { ...message, providerStatus: receipt.providerStatus },
    events: [
      {
        kind: "message.unrecognized",
        messageId: message.messageId,
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
    code: receipt.code,
    cause: meaning.cause,
    category: meaning.category,
    retryable: meaning.retryable,
    actor: meaning.actor,
    classifier: meaning.classifier,
    rule: meaning.rule,
    finalAt: receipt.occurredAt ?? at,
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
        cause: meaning.cause as Cause,
        category: meaning.category as NonNullable<typeof meaning.category>,
        retryable: meaning.retryable as NonNullable<typeof meaning.retryable>,
        mustAct: meaning.actor as NonNullable<typeof meaning.actor>,
        ...(meaning.classifier === undefined ? {} : { classifier: meaning.classifier }),
        ...(meaning.rule === undefined ? {} : { rule: meaning.rule })
      }
    ]
  }
}

const contradict = (message: TrackedMessage, receipt: DeliveryReceipt, status: FinalStatus): Step => {
  const saysNothingElse = status === "delivered" || receipt.code === undefined || receipt.code === message.code
  if (status === message.status && saysNothingElse) return unchanged(message)
  const known = message.conflicts.some((conflict) => conflict.status === status && conflict.code === receipt.code)
  if (known) return unchanged(message)
  return {
    message: { ...message, conflicts: [...message.conflicts, { status, code: receipt.code }] },
    events: [
      {
        kind: "message.conflict",
        messageId: message.messageId,
        carrier: message.carrier,
        resolution: message.status as FinalStatus,
        status,
        providerStatus: receipt.providerStatus,
        ...(receipt.code === undefined ? {} : { code: receipt.code })
      }
    ]
  }
}

/** Any receipt of a message can tell an id or a carrier that was not known, whatever else it says. */
const learn = (message: TrackedMessage, receipt: DeliveryReceipt): TrackedMessage => {
  const externalMessageId = message.externalMessageId ?? receipt.externalMessageId
  const carrier = message.carrierOrigin === "unknown" ? receipt.carrier : undefined
  if (externalMessageId === message.externalMessageId && carrier === undefined) return message
  return { ...message, externalMessageId, ...(carrier === undefined ? {} : { carrier, carrierOrigin: "receipt" }) }
}

const statusEvent = (message: TrackedMessage, receipt: DeliveryReceipt) => ({
  messageId: message.messageId,
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
  reason: "deadline" | "retention" | "platform",
  detail: string,
  at: number
): Step => ({
  message: { ...message, resolution: "unconfirmed", finalAt: at, dueAt: undefined },
  events: [
    {
      kind: "message.unconfirmed",
      messageId: message.messageId,
      carrier: message.carrier,
      status: message.status,
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

/**
 * Closes a look that the platform answered: when to ask again, or, if the look began at or after the deadline, that
 * nothing more is to be expected.
 */
export const applyLook = (look: Look, intervals: LookIntervals, at: number): Step => {
  const { after, before, returned, startedAt } = look
  const firstMissing = !returned && before.looks === 0
  const looked: TrackedMessage = {
    ...after,
    lookedAt: startedAt,
    looks: before.looks + 1,
    missing: !returned && (before.looks === 0 || before.missing)
  }
  const events: Array<EventBody> = firstMissing
    ? [{ kind: "message.missing", messageId: before.messageId, carrier: before.carrier }]
    : []
  if (after.dueAt === undefined) return { message: looked, events }
  if (startedAt >= before.deadlineAt) {
    const detail = looked.missing
      ? "the platform never returned it, and its deadline has passed"
      : `still ${after.status} after its deadline`
    const last = endUnconfirmed(looked, "deadline", detail, at)
    return { message: last.message, events: [...events, ...last.events] }
  }
  const fruitless = after.status !== before.status ? 0 : before.fruitless + 1
  const wait = Math.min(intervals.longest, intervals.first * 2 ** Math.max(0, fruitless - 1))
  return {
    message: { ...looked, fruitless, dueAt: Math.min(startedAt + wait, before.deadlineAt) },
    events
  }
}

/** Closes a look that nobody answered: the message goes behind those unseen for longer, and is left alone for a while. */
export const postpone = (message: TrackedMessage, startedAt: number, until: number): TrackedMessage =>
  message.dueAt === undefined ? message : { ...message, lookedAt: startedAt, dueAt: Math.max(message.dueAt, until) }

/** Ends a message that is older than what the platform keeps: it is never asked for. */
export const expireUnseen = (message: TrackedMessage, detail: string, at: number): Step =>
  endUnconfirmed(message, "retention", detail, at)
