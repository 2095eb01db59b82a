/**
 * Messages: how a user names one, and what is known of it.
 *
 * @module
 */
import * as Schema from "effect/Schema"
import type { Actor, Category, Cause, Retryable } from "./Taxonomy.ts"

/** Where a message is. `delivered` and `failed` are final; a status only moves forward. */
export const Status = Schema.Literals(["pending", "sent", "delivered", "failed"])
/** See {@link Status}. */
export type Status = typeof Status.Type

/**
 * What one receipt says of where its message is, in five words. `unconfirmed`: no final receipt will come, and the message
 * may have arrived. `ignore`: it is no receipt of an outbound message.
 */
export type State = "in_progress" | "delivered" | "failed" | "unconfirmed" | "ignore"

/** A status that ends tracking. */
export type FinalStatus = "delivered" | "failed"

/** Whether a status ends tracking. */
export const isFinal = (status: Status): status is FinalStatus => status === "delivered" || status === "failed"

/**
 * How tracking ended. `unconfirmed`: no final receipt by the deadline, or none will come; the message may still have
 * arrived, and a receipt that comes later resolves it.
 */
export const Resolution = Schema.Literals(["delivered", "failed", "unconfirmed"])
/** See {@link Resolution}. */
export type Resolution = typeof Resolution.Type

/** The digits of a phone number, by which it is found however it is written. */
export const digitsOf = (number: string): string => number.replace(/^\s*00/, "").replace(/\D/g, "")

/** What people write phone numbers with, letters aside. */
const numberPattern = /^\+?[\d\s()./\u2010-\u2015-]+$/

/**
 * The digits of a phone number as somebody wrote it down: `+49 (0)171 …`, `0049 171-…`. `undefined` where the text is no
 * number.
 */
export const digitsIn = (text: string): string | undefined =>
  numberPattern.test(text.trim()) ? digitsOf(text.replace("(0)", "")) || undefined : undefined

/** The last moment that a date can tell, in epoch milliseconds. */
export const lastMoment = 8_640_000_000_000_000

/** Whether a number is a moment in epoch milliseconds. */
export const isTime = (millis: number | undefined): millis is number =>
  millis !== undefined && Math.abs(millis) <= lastMoment

const optionalText = Schema.optionalKey(Schema.NonEmptyString)

/**
 * How a user names one outbound SMS, and what they know of it.
 *
 * Times are epoch milliseconds. `carrier` is whom the user measures; where it is absent, the configuration's
 * `carriers` resolve it. `labels` come back in every export. Never put the text of a message into a label.
 */
export const MessageRef = Schema.Struct({
  /** The platform's id of the message. */
  messageId: optionalText,
  /** The platform's conversation that the message belongs to. */
  conversationId: optionalText,
  /** The platform's external contact (the recipient's record). */
  externalContactId: optionalText,
  /** The id that the carrier or aggregator gave the message. */
  externalMessageId: optionalText,
  /** With `outboundContactId`: all that campaigns and analytics give. */
  campaignId: optionalText,
  outboundContactId: optionalText,
  carrier: optionalText,
  /** The recipient's number, E.164. Kept in the journal alone. */
  to: optionalText,
  /** The sender's number, short code or name. */
  from: optionalText,
  /** When it was sent. The deadline and the retention window count from here. */
  sentAt: Schema.optionalKey(Schema.Finite),
  /** A deadline of its own, as a moment, */
  deadlineAt: Schema.optionalKey(Schema.Finite),
  /** or as how long after it was sent, or else after being registered, a final receipt is waited for. Milliseconds. */
  deadline: Schema.optionalKey(Schema.Finite),
  labels: Schema.optionalKey(Schema.Record(Schema.String, Schema.String))
})
/** See {@link MessageRef}. */
export type MessageRef = typeof MessageRef.Type

/** The group of messages that no request can ask for: only sweeps find them. */
export const onlySwept = "\u0000"

/** The ids by which a message is known outside the journal. */
export interface MessageName {
  readonly messageId?: string | undefined
  readonly conversationId?: string | undefined
  readonly campaignId?: string | undefined
  readonly outboundContactId?: string | undefined
}

/** The best name of a message: its id where it is known, else its conversation, else its campaign's contact. */
export const nameOf = (message: {
  readonly ref: MessageName
  readonly messageId?: string | undefined
  readonly conversationId?: string | undefined
}): { readonly [K in keyof MessageName]?: string } => {
  const { messageId = message.ref.messageId, conversationId = message.ref.conversationId } = message
  if (messageId !== undefined) return { messageId }
  if (conversationId !== undefined) return { conversationId }
  const { campaignId, outboundContactId } = message.ref
  return {
    ...(campaignId === undefined ? {} : { campaignId }),
    ...(outboundContactId === undefined ? {} : { outboundContactId })
  }
}

/** A name as one text, for lists and logs. */
export const nameText = (message: Parameters<typeof nameOf>[0]): string => Object.values(nameOf(message)).join("/")

/** What a name must hold, in words for errors. */
export const neededNames = "messageId, or conversationId, or campaignId with outboundContactId"

/** Whether a name says which message is meant. */
export const isNamed = ({ campaignId, conversationId, messageId, outboundContactId }: MessageName): boolean =>
  messageId !== undefined ||
  conversationId !== undefined ||
  (campaignId !== undefined && outboundContactId !== undefined)

/** Whether a message is nobody's any more: it keeps no name, and nothing that is said of it is applied to it. */
export const isForgotten = ({
  conversationId,
  messageId,
  ref
}: {
  readonly ref: MessageName
  readonly messageId?: string | undefined
  readonly conversationId?: string | undefined
}): boolean => messageId === undefined && conversationId === undefined && !isNamed(ref)

/** How a message's carrier was found. */
export type CarrierOrigin = "message" | "config" | "receipt" | "unknown"

/** Why a message ended as it did. */
export interface Reason {
  /** Whose code list `code` belongs to, and in which field it stood: with them, it can be read again by other rules. */
  readonly profile?: string | undefined
  readonly code?: string | undefined
  readonly field?: string | undefined
  readonly cause?: Cause | undefined
  readonly category?: Category | undefined
  readonly retryable?: Retryable | undefined
  readonly actor?: Actor | undefined
  readonly classifier?: string | undefined
  readonly rule?: string | undefined
}

/** A final status that contradicts the one recorded first; of its reason, the code and whatever explains it. */
export interface Conflict extends Reason {
  readonly status: FinalStatus
}

/**
 * What the carrier or aggregator itself reports of a message, beside what the platform does: neither overrules the other.
 * Its first final receipt stands. Times are epoch milliseconds.
 */
export interface CarrierReport extends Reason {
  readonly state: Exclude<State, "ignore">
  /** Whose receipts these are. */
  readonly profile: string
  /** The carrier's own word. */
  readonly providerStatus: string
  /** The carrier's id of the message, as its receipt tells it. */
  readonly externalMessageId?: string | undefined
  /** When it happened, where the carrier says so. */
  readonly occurredAt?: number | undefined
  readonly recordedAt: number
  /** The carrier has told another end, too. */
  readonly contradicted?: boolean | undefined
}

/** What the journal holds of one message. Times are epoch milliseconds. */
export interface TrackedMessage {
  /** The journal's own key; 0 before the message is stored. */
  readonly key: number
  /** As registered. */
  readonly ref: MessageRef
  /** The platform's id of the message: as registered, or as learned; `undefined` while nobody has told it. */
  readonly messageId: string | undefined
  /** The platform's conversation: as registered, or as learned. */
  readonly conversationId: string | undefined
  /** When it was sent: as registered, or as learned. */
  readonly sentAt: number | undefined
  /** It is known to be the only message of its conversation: what is said of the conversation is said of it. */
  readonly alone: boolean
  /** The source that is asked for it. */
  readonly source: string
  /** Messages of one group can be asked for in one request; of {@link onlySwept}, in none. */
  readonly group: string
  /** The run that last claimed it. */
  readonly run: number
  readonly carrier: string
  readonly carrierOrigin: CarrierOrigin
  readonly registeredAt: number
  readonly deadlineAt: number
  readonly status: Status
  readonly resolution: Resolution | undefined
  /** The provider's own word for the status; without a final receipt, the word that was told last. */
  readonly providerStatus: string | undefined
  readonly profile: string | undefined
  readonly code: string | undefined
  readonly field: string | undefined
  readonly cause: Cause | undefined
  readonly category: Category | undefined
  readonly retryable: Retryable | undefined
  readonly actor: Actor | undefined
  readonly classifier: string | undefined
  readonly rule: string | undefined
  readonly externalMessageId: string | undefined
  /**
   * When tracking ended: the platform's own time of the outcome where it tells one, else when it was recorded. Of a
   * message without a final receipt, when it was called unconfirmed, also where another registration of it goes on.
   */
  readonly finalAt: number | undefined
  /** When the recorded status was first seen. */
  readonly seenAt: number | undefined
  /** When the first look and the last one began. */
  readonly firstLookAt: number | undefined
  readonly lookedAt: number | undefined
  /** When it becomes worth a request at the price of its last planning; `undefined` once it has an end. */
  readonly dueAt: number | undefined
  readonly looks: number
  /** It failed, and the reading that said so gave no reason: the platform may tell one elsewhere. */
  readonly unexplained: boolean
  /** The platform has never returned it. */
  readonly missing: boolean
  /** Its final receipt came after it had been called unconfirmed. */
  readonly late: boolean
  readonly conflicts: ReadonlyArray<Conflict>
  /** What its carrier reports; absent where nobody imported that. */
  readonly report?: CarrierReport | undefined
  /** The words for its status that nobody knew, as they came, each once; absent where all were known. */
  readonly unrecognized?: ReadonlyArray<string> | undefined
}

/** Whether a message without a final receipt has been called unconfirmed: one that it gets now is late. */
export const wasUnconfirmed = ({ finalAt, status }: TrackedMessage): boolean =>
  !isFinal(status) && finalAt !== undefined
