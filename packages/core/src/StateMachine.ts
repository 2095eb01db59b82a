/**
 * What a receipt, or the lack of one, does to a message. Pure: the journal runs it inside a transaction.
 *
 * A status only moves forward. The first final receipt wins; a later one that contradicts it is a conflict. The same
 * receipt twice changes nothing. `unconfirmed` is not final: a receipt that still comes resolves it, and is late.
 *
 * Receipts that do not contradict each other lead to the same end in whatever order, pages or number they come. The same
 * end is the same status and resolution, the same reason (code, cause and what follows from them), the same conflicts, ids,
 * time of sending and carrier. Not part of it, because the order is what they tell:
 *
 * - when things were seen, `finalAt` (the first final receipt's), and `late`;
 * - the provider's word: the first final receipt's, and before there is one the word that was told last;
 * - which of several codes of one category stands, or of several codes that nobody explains: the first ({@link FinalWord});
 * - what a classifier makes of a receipt for want of the carrier, which another receipt tells later: nothing is read again;
 * - ids that contradict each other: the first stands.
 *
 * Where two final receipts contradict each other, the ends that are told are the same in any order, the conflicts and the
 * resolution taken together; which of them is the resolution says the first.
 *
 * @module
 */
import type { Classification } from "./Classifier.ts"
import type { DeliveryReceipt } from "./DeliveryReceipt.ts"
import * as FinalWord from "./FinalWord.ts"
import {
  type FinalStatus,
  isFinal,
  isForgotten,
  isTime,
  nameOf,
  type Status,
  type TrackedMessage,
  wasUnconfirmed
} from "./Message.ts"
import { type Step, silent } from "./Step.ts"
import { type EventBody, isoTime } from "./TrackingEvent.ts"

const order: Readonly<Record<Status, number>> = { pending: 0, sent: 1, delivered: 2, failed: 2 }

/** Applies one receipt that was recorded at `at`. */
export const applyReceipt = (
  before: TrackedMessage,
  told: DeliveryReceipt,
  meaning: Classification,
  at: number
): Step => {
  if (meaning.state === "ignore" || isForgotten(before)) return silent(before)
  const receipt = dated(told)
  const message = learn(before, receipt)
  const step = conclude(message, receipt, meaning, at)
  if (before.messageId !== undefined || message.messageId === undefined) return step
  return { message: step.message, events: [identified(message, message.messageId), ...step.events] }
}

/** A receipt whose times are times. */
const dated = (receipt: DeliveryReceipt): DeliveryReceipt => {
  const { occurredAt, sentAt } = receipt
  if ((occurredAt === undefined || isTime(occurredAt)) && (sentAt === undefined || isTime(sentAt))) return receipt
  return {
    ...receipt,
    occurredAt: isTime(occurredAt) ? occurredAt : undefined,
    sentAt: isTime(sentAt) ? sentAt : undefined
  }
}

const conclude = (message: TrackedMessage, receipt: DeliveryReceipt, meaning: Classification, at: number): Step => {
  switch (meaning.state) {
    case "unconfirmed":
      return isFinal(message.status) || message.resolution === "unconfirmed"
        ? silent(message)
        : endUnconfirmed(message, "platform", `the platform reports ${receipt.providerStatus}`, at)
    case "in_progress":
      return progress(message, receipt, at)
    case "delivered":
    case "failed":
      return isFinal(message.status)
        ? FinalWord.hear(message, FinalWord.of(receipt, meaning, meaning.state))
        : end(message, receipt, meaning, meaning.state, at)
    default:
      return unrecognized(message, receipt)
  }
}

/** Any name that the message had before, with the id that it turns out to have. */
const identified = (message: TrackedMessage, messageId: string): EventBody => ({
  kind: "message.identified",
  ...nameOf({ ref: message.ref, conversationId: message.conversationId }),
  messageId,
  carrier: message.carrier
})

/** A word that nobody knows is told once of each message. */
const unrecognized = (message: TrackedMessage, receipt: DeliveryReceipt): Step => {
  if (isFinal(message.status)) return silent(message)
  const { providerStatus } = receipt
  const { unrecognized: told = [] } = message
  if (told.includes(providerStatus)) {
    return silent(message.providerStatus === providerStatus ? message : { ...message, providerStatus })
  }
  return {
    message: { ...message, providerStatus, unrecognized: [...told, providerStatus] },
    events: [
      {
        kind: "message.unrecognized",
        ...nameOf(message),
        carrier: message.carrier,
        providerStatus,
        ...(receipt.code === undefined ? {} : { code: receipt.code })
      }
    ]
  }
}

const progress = (message: TrackedMessage, receipt: DeliveryReceipt, at: number): Step => {
  const status: Status = receipt.status === "pending" ? "pending" : "sent"
  if (order[status] < order[message.status]) return silent(message)
  if (status === message.status) {
    return message.seenAt !== undefined && message.providerStatus === receipt.providerStatus
      ? silent(message)
      : silent({ ...message, providerStatus: receipt.providerStatus, seenAt: message.seenAt ?? at })
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
    ...FinalWord.reasonOf({ ...meaning, ...FinalWord.codeOf(receipt) }),
    unexplained: status === "failed" && receipt.code === undefined,
    finalAt: receipt.occurredAt ?? at,
    late: wasUnconfirmed(message),
    seenAt: at,
    dueAt: undefined
  }
  const common = statusEvent(message, receipt)
  if (status === "delivered") return { message: next, events: [{ kind: "message.delivered", ...common }] }
  return { message: next, events: [{ kind: "message.failed", ...common, ...FinalWord.meaningEvent(meaning) }] }
}

/**
 * Any receipt of a message can tell an id, a time or a carrier that was not known, whatever else it says; and the platform
 * has returned it.
 */
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
    carrier === undefined &&
    !message.missing
  if (known) return message
  return {
    ...message,
    externalMessageId,
    messageId,
    conversationId,
    sentAt,
    missing: false,
    ...(carrier === undefined ? {} : { carrier, carrierOrigin: "receipt" })
  }
}

/** A sign that something changed in a message's conversation since the last look at it: it is to be asked for at once. */
export const hint = (message: TrackedMessage, receipt: DeliveryReceipt, at: number): TrackedMessage => {
  const changed = receipt.occurredAt !== undefined && receipt.occurredAt > (message.lookedAt ?? 0)
  return message.dueAt === undefined || message.dueAt <= at || !changed ? message : { ...message, dueAt: at }
}

const statusEvent = (message: TrackedMessage, receipt: DeliveryReceipt) => ({
  ...nameOf(message),
  carrier: message.carrier,
  providerStatus: receipt.providerStatus,
  from: message.status,
  ...(receipt.code === undefined ? {} : { code: receipt.code }),
  ...(receipt.externalMessageId === undefined ? {} : { externalMessageId: receipt.externalMessageId }),
  ...(receipt.occurredAt === undefined ? {} : { occurredAt: isoTime(receipt.occurredAt) }),
  ...(wasUnconfirmed(message) ? { late: true } : {})
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
  message.missing || (message.seenAt === undefined && (message.looks === 0 || isJustSent(message, message.lookedAt)))

/** When a message that is still open becomes worth another look. Epoch milliseconds. */
export type NextLook = (message: TrackedMessage) => number

/**
 * Closes a look that the platform answered: when to ask again, or, if the look began at or after the deadline, that
 * nothing more is to be expected.
 */
export const applyLook = (look: Look, nextLook: NextLook, at: number): Step => {
  const { after, before, returned, startedAt } = look
  if (isForgotten(before)) return silent(after)
  const missing = !returned && neverReturned(before) && !isJustSent(before, startedAt)
  const looked: TrackedMessage = {
    ...after,
    firstLookAt: after.firstLookAt ?? startedAt,
    lookedAt: startedAt,
    looks: after.looks + 1,
    missing
  }
  const events: Array<EventBody> =
    missing && !before.missing ? [{ kind: "message.missing", ...nameOf(before), carrier: before.carrier }] : []
  if (after.dueAt === undefined) return { message: looked, events }
  if (startedAt >= after.deadlineAt) {
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
    ? silent(message)
    : endUnconfirmed(message, "forgotten", "the person's data were taken out of the journal", at)
