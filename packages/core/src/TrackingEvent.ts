/**
 * Events: what the journal records, and what audit sinks receive. Each says one thing that happened, once, with a
 * sequence number that has no gaps. No event holds a secret, a message's text or a phone number in clear.
 *
 * @module
 */
import * as Schema from "effect/Schema"
import { Resolution, Status } from "./Message.ts"
import { Actor, Category, Cause, Retryable } from "./Taxonomy.ts"

const text = Schema.optionalKey(Schema.String)
const count = Schema.Natural

/** The best name that was known when it happened: the message's id, else its conversation, else its campaign's contact. */
const nameFields = { messageId: text, conversationId: text, campaignId: text, outboundContactId: text }

const messageFields = { ...nameFields, carrier: Schema.String }

const statusFields = {
  ...messageFields,
  providerStatus: Schema.String,
  /** The status before. */
  from: Status,
  code: text,
  externalMessageId: text,
  /** When the platform says that it happened; ISO 8601. */
  occurredAt: text,
  /** True where it came after the message had been called unconfirmed. */
  late: Schema.optionalKey(Schema.Boolean)
}

const meaningFields = {
  cause: Cause,
  category: Category,
  retryable: Retryable,
  /** Who must act before sending again can succeed; `actor` is who runs dlrkit. */
  mustAct: Actor,
  classifier: text,
  rule: text
}

/** A run began: which program, for what. */
export const RunStarted = Schema.Struct({
  kind: Schema.Literal("run.started"),
  command: Schema.String,
  version: Schema.String
})
/** The configuration that a run works with; secrets are left out. */
export const RunConfigured = Schema.Struct({
  kind: Schema.Literal("run.configured"),
  config: Schema.Record(Schema.String, Schema.Unknown)
})
/** A run ended, and how. */
export const RunStopped = Schema.Struct({
  kind: Schema.Literal("run.stopped"),
  outcome: Schema.Literals(["completed", "pending", "interrupted", "failed"]),
  detail: text
})
/** One request to the platform, repeats and tokens included. */
export const RequestMade = Schema.Struct({
  kind: Schema.Literal("request"),
  source: Schema.String,
  /** `lookup`, `reconcile`, `token`. */
  purpose: Schema.String,
  /** How many messages it asked about. */
  messages: count,
  /** `ok`, or what went wrong in a word: `throttled`, `server-error`, `timed-out`, `bad-body`, … */
  outcome: Schema.String,
  httpStatus: Schema.optionalKey(Schema.Int),
  /** When it was sent; ISO 8601. */
  startedAt: Schema.String,
  durationMs: Schema.Finite,
  /** 1 for the first try. */
  attempt: Schema.Int,
  /** How long the platform said to wait, from the end of this request. */
  retryAfterMs: Schema.optionalKey(Schema.Finite),
  /** The platform's ids of the request and of its error, for its support. */
  correlationId: text,
  contextId: text,
  /** Which of several credentials it was sent with: a name, no secret. */
  credential: text
})
/** A message is followed from now on. `to` is a keyed hash of the recipient's number. */
export const MessageRegistered = Schema.Struct({
  kind: Schema.Literal("message.registered"),
  ...messageFields,
  carrierOrigin: Schema.Literals(["message", "config", "receipt", "unknown"]),
  externalContactId: text,
  to: text,
  sentAt: text,
  deadlineAt: Schema.String
})
/** The platform reports it as sent to the carrier. */
export const MessageSent = Schema.Struct({ kind: Schema.Literal("message.sent"), ...statusFields })
/** It arrived. */
export const MessageDelivered = Schema.Struct({ kind: Schema.Literal("message.delivered"), ...statusFields })
/** It failed, and why. */
export const MessageFailed = Schema.Struct({
  kind: Schema.Literal("message.failed"),
  ...statusFields,
  ...meaningFields
})
/** Tracking ended without a final receipt; the message may still have arrived. It says what was last known. */
export const MessageUnconfirmed = Schema.Struct({
  kind: Schema.Literal("message.unconfirmed"),
  ...messageFields,
  status: Status,
  providerStatus: text,
  reason: Schema.Literals(["deadline", "retention", "platform", "forgotten"]),
  detail: Schema.String
})
/** A final status that contradicts the one recorded first, which stays. */
export const MessageConflict = Schema.Struct({
  kind: Schema.Literal("message.conflict"),
  ...messageFields,
  resolution: Resolution,
  status: Status,
  providerStatus: Schema.String,
  code: text,
  /** Why it failed, where that is explained. */
  cause: Schema.optionalKey(Cause),
  category: Schema.optionalKey(Category)
})
/** The platform did not return the message, for the first time. It is neither delivered nor failed. */
export const MessageMissing = Schema.Struct({ kind: Schema.Literal("message.missing"), ...messageFields })
/** A message that was named by its conversation or contact turns out to be the one with this id. */
export const MessageIdentified = Schema.Struct({
  kind: Schema.Literal("message.identified"),
  ...messageFields,
  messageId: Schema.String
})
/** Two registrations prove to be one message, which goes on under this name; `absorbed` is the other's. */
export const MessageJoined = Schema.Struct({
  kind: Schema.Literal("message.joined"),
  ...messageFields,
  absorbed: Schema.Struct(nameFields)
})
/** The reason of a failure, be it the end or a conflict, that was recorded without one, or with a code that nobody knew. */
export const MessageExplained = Schema.Struct({
  kind: Schema.Literal("message.explained"),
  ...messageFields,
  providerStatus: Schema.String,
  code: text,
  ...meaningFields
})
/** The platform used a word that nobody knows. The message's status stays as it was. */
export const MessageUnrecognized = Schema.Struct({
  kind: Schema.Literal("message.unrecognized"),
  ...messageFields,
  providerStatus: Schema.String,
  code: text
})
/** What the carrier or aggregator itself reports of a message; the platform's word stands beside it, untouched. */
export const MessageReported = Schema.Struct({
  kind: Schema.Literal("message.reported"),
  ...messageFields,
  profile: Schema.String,
  state: Schema.Literals(["in_progress", "delivered", "failed", "unconfirmed"]),
  providerStatus: Schema.String,
  code: text,
  field: text,
  externalMessageId: text,
  occurredAt: text,
  /** Why it failed, where it did. */
  cause: Schema.optionalKey(Cause),
  category: Schema.optionalKey(Category),
  /** True where the carrier had told another end before, which stays its report. */
  contradicts: Schema.optionalKey(Schema.Boolean)
})
/** New rules read a recorded failure in another way. What was recorded before stands in the events before. */
export const MessageReclassified = Schema.Struct({
  kind: Schema.Literal("message.reclassified"),
  ...messageFields,
  providerStatus: text,
  profile: text,
  code: text,
  field: text,
  /** How it was read until now. */
  was: Schema.Struct({ cause: Schema.optionalKey(Cause), classifier: text, rule: text }),
  ...meaningFields
})
/** Something that somebody must look at now. */
export const AlertRaised = Schema.Struct({
  kind: Schema.Literal("alert.raised"),
  /** The first failure of this cause, or that none of the carrier's last messages was delivered. */
  alert: Schema.Literals(["account_problem", "sender_unregistered", "none_delivered"]),
  carrier: Schema.String,
  detail: Schema.String,
  /** What to do. */
  action: Schema.String,
  code: text
})
/** Receipts that a carrier or aggregator itself reported were read from a file. */
export const ReceiptsImported = Schema.Struct({
  kind: Schema.Literal("receipts.imported"),
  file: Schema.String,
  profile: Schema.String,
  receipts: count,
  matched: count,
  /** They are about no message of the journal, about several, or cannot be read. */
  unmatched: count,
  ambiguous: count,
  unreadable: count
})
/** Somebody took a list of what to do out of the journal. */
export const ListExported = Schema.Struct({
  kind: Schema.Literal("list.exported"),
  list: Schema.Literals(["resend", "suppress", "fix"]),
  /** Where it went; `-` is standard output. */
  file: Schema.String,
  rows: count,
  /** It holds phone numbers in clear. */
  numbers: Schema.Boolean
})
/** Events that a sink never gets: it was down and the operator chose to go on, or they had been pruned before it began. */
export const AuditGap = Schema.Struct({
  kind: Schema.Literal("audit.gap"),
  sink: Schema.String,
  /** The `seq` of the first and of the last event that it lacks. */
  first: Schema.Int,
  last: Schema.Int,
  detail: Schema.String
})
/** Old messages and events were taken out of the journal, as its operator wished. */
export const JournalPruned = Schema.Struct({
  kind: Schema.Literal("journal.pruned"),
  /** What ended, or was recorded, before this moment was to go; ISO 8601. */
  before: Schema.String,
  messages: count,
  events: count
})
/** A person's data were taken out of the journal: so many messages are nobody's now. It does not say whose. */
export const PersonForgotten = Schema.Struct({ kind: Schema.Literal("person.forgotten"), messages: count })

/** What an event says, without what every event has. */
export const EventBody = Schema.Union([
  RunStarted,
  RunConfigured,
  RunStopped,
  RequestMade,
  MessageRegistered,
  MessageSent,
  MessageDelivered,
  MessageFailed,
  MessageUnconfirmed,
  MessageConflict,
  MessageMissing,
  MessageIdentified,
  MessageJoined,
  MessageExplained,
  MessageUnrecognized,
  MessageReported,
  MessageReclassified,
  AlertRaised,
  ReceiptsImported,
  ListExported,
  AuditGap,
  JournalPruned,
  PersonForgotten
])
/** See {@link EventBody}. */
export type EventBody = typeof EventBody.Type

/** A kind of event. */
export type EventKind = EventBody["kind"]

/** What every event has. */
export const Envelope = Schema.Struct({
  /** The version of this format. */
  v: Schema.Literal(1),
  /** Unique over all journals, and stable: a sink that sees an id twice has seen the same event twice. */
  id: Schema.String,
  /** Counts up by one in a journal, without gaps. */
  seq: Schema.Int,
  /** When it was recorded; ISO 8601 in UTC. */
  at: Schema.String,
  /** The run that recorded it: the `seq` of its `run.started`. */
  run: Schema.Int,
  /** Who ran it. */
  actor: Schema.String
})

/** An event as sinks receive it: the envelope and the body in one flat object. */
export type TrackingEvent = typeof Envelope.Type & EventBody

/** The schema of {@link TrackingEvent}, for those who read an audit trail. */
export const TrackingEvent: Schema.Codec<TrackingEvent> = Schema.Union(
  EventBody.members.map((member) => Schema.Struct({ ...Envelope.fields, ...member.fields } as Schema.Struct.Fields))
) as never

/** The last moment that was written out: the events of a page share theirs. */
let last = { millis: 0, text: new Date(0).toISOString() }

/** Milliseconds since the epoch as events and exports write them. */
export const isoTime = (millis: number): string => {
  if (millis !== last.millis) last = { millis, text: new Date(millis).toISOString() }
  return last.text
}
