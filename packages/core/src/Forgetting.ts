/**
 * Forgetting: a person's data leave the journal; the counts remain, and an event that does not say whose they were.
 *
 * What is to be forgotten is noted in the journal first, so that a second call finishes what a crash cut short: once the
 * messages are nobody's, their number no longer finds them. The note goes with the rest. A tracker may run beside it.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as EventNames from "./EventNames.ts"
import { Journal } from "./Journal.ts"
import type { EventDraft, JournalError, JournalStoreService } from "./JournalStore.ts"
import { type CarrierReport, digitsOf, type MessageName, onlySwept, type TrackedMessage } from "./Message.ts"
import * as StateMachine from "./StateMachine.ts"
import type { EventBody } from "./TrackingEvent.ts"

/** What was forgotten. */
export interface Forgotten {
  /** Messages that are nobody's now. */
  readonly messages: number
  /** Of these, those that had no end: they are `unconfirmed`, and not asked for any more. */
  readonly ended: number
  /** Events that were written again without names. */
  readonly events: number
}

interface Anonymized extends Omit<Forgotten, "events"> {
  /** Messages whose names are to be noted before anything is done. */
  readonly unnoted: ReadonlyArray<TrackedMessage>
}

/** Under which name the journal keeps what is being forgotten. */
const memo = "forgetting"

const Note = Schema.fromJsonString(
  Schema.Struct({
    names: Schema.Array(Schema.Record(Schema.String, Schema.String)),
    hashes: Schema.Array(Schema.String)
  })
)
const decodeNote = Schema.decodeUnknownOption(Note)

/** By what a person's events are found: the names of their messages, and the hashes of their number. */
interface Traces {
  readonly names: Map<string, MessageName>
  readonly hashes: Set<string>
}

/** Each name that is given, by itself. */
const namesIn = (name: MessageName): ReadonlyArray<MessageName> => {
  const { campaignId, conversationId, messageId, outboundContactId } = name
  const single = [{ messageId }, { conversationId }, { campaignId, outboundContactId }]
  return single.filter((name) => EventNames.best(name) !== undefined)
}

/** Adds the names that are new; says whether any was. */
const add = ({ names }: Traces, name: MessageName): boolean => {
  const before = names.size
  for (const one of namesIn(name)) names.set(EventNames.best(one) ?? "", one)
  return names.size > before
}

const nameOf = ({ conversationId, messageId, ref }: TrackedMessage): MessageName => ({
  ...ref,
  messageId: messageId ?? ref.messageId,
  conversationId: conversationId ?? ref.conversationId
})

/** The other names that an event tells of its message. */
const namesOf = (event: EventNames.MessageEvent): ReadonlyArray<MessageName> =>
  event.kind === "message.joined" ? [event, event.absorbed] : [event]

const isAbout = ({ hashes, names }: Traces, event: EventBody): event is EventNames.MessageEvent => {
  if (!EventNames.isOfMessage(event)) return false
  const isRegistered = event.kind === "message.registered"
  if (isRegistered && event.to !== undefined && hashes.has(event.to)) return true
  // What had another name before is known by that one too; what names no number belongs to its conversation's.
  const hasMore = EventNames.tellsAnother(event) || (isRegistered && event.to === undefined)
  const told = hasMore ? namesOf(event).flatMap(namesIn) : [event]
  return told.some((name) => names.has(EventNames.best(name) ?? ""))
}

/** An event without anything that says whose message it is about. */
const redacted = (event: EventNames.MessageEvent): EventBody => {
  const {
    campaignId: _campaign,
    conversationId: _conversation,
    externalContactId: _contact,
    externalMessageId: _external,
    messageId: _message,
    outboundContactId: _outbound,
    to: _to,
    ...rest
  } = event as Readonly<Record<string, unknown>>
  return {
    ...rest,
    ...(event.kind === "message.identified" ? { messageId: "" } : {}),
    ...(event.kind === "message.joined" ? { absorbed: {} } : {})
  } as unknown as EventBody
}

/** A message of which nothing says whose it is. */
const anonymous = (message: TrackedMessage, digits: string): TrackedMessage => {
  const { carrier, deadlineAt, from, sentAt } = message.ref
  const { externalMessageId: _, ...report } = message.report ?? {}
  return {
    ...message,
    ...(message.report === undefined ? {} : { report: report as CarrierReport }),
    ref: {
      ...(carrier === undefined ? {} : { carrier }),
      ...(from === undefined || digitsOf(from) === digits ? {} : { from }),
      ...(sentAt === undefined ? {} : { sentAt }),
      ...(deadlineAt === undefined ? {} : { deadlineAt })
    },
    messageId: undefined,
    conversationId: undefined,
    externalMessageId: undefined,
    group: onlySwept,
    alone: false,
    unexplained: false
  }
}

/** Adds what the journal's events tell of the names in question, until they tell no more. */
const widen = Effect.fnUntraced(function* (
  store: JournalStoreService,
  traces: Traces
): Effect.fn.Return<void, JournalError> {
  let grown = true
  while (grown) {
    grown = false
    const texts = Array.from(traces.names.values()).flatMap(EventNames.textsOf)
    yield* EventNames.mentioning(store, [...texts, ...traces.hashes], (event) => {
      if (!isAbout(traces, event)) return
      for (const name of namesOf(event)) grown = add(traces, name) || grown
    })
  }
})

/**
 * Forgets the person with this number, given by its digits with the country's: all messages to it, and what their
 * conversations hold besides without naming another number; also events of messages that were pruned, where these were
 * registered with the number in E.164. Their status, carrier, cause and times stay. Where nothing of
 * the number is in the journal, nothing is written.
 */
export const forget = Effect.fnUntraced(function* (
  digits: string,
  options: { readonly actor: string; readonly version: string }
): Effect.fn.Return<Forgotten, JournalError, Journal | Scope.Scope> {
  const journal = yield* Journal
  const { store } = journal
  const unfinished = Option.getOrUndefined(decodeNote(yield* store.memo(memo)))
  const traces: Traces = {
    names: new Map(),
    hashes: new Set([...(unfinished?.hashes ?? []), journal.hash(`+${digits}`), journal.hash(digits)])
  }
  for (const name of unfinished?.names ?? []) add(traces, name)
  const addMessage = (message: TrackedMessage) => {
    if (message.ref.to !== undefined) traces.hashes.add(journal.hash(message.ref.to))
    add(traces, nameOf(message))
  }
  const isNoted = (message: TrackedMessage) =>
    namesIn(nameOf(message)).every((name) => traces.names.has(EventNames.best(name) ?? "")) &&
    (message.ref.to === undefined || traces.hashes.has(journal.hash(message.ref.to)))
  for (const message of yield* store.find({ recipients: [digits] })) addMessage(message)
  yield* widen(store, traces)
  if (traces.names.size === 0 && unfinished === undefined) return { messages: 0, ended: 0, events: 0 }

  const isTheirs = ({ ref: { to } }: TrackedMessage) => to === undefined || digitsOf(to) === digits
  const run = yield* journal.startBeside({
    ...options,
    command: "forget",
    config: { journal: store.location }
  })

  /** Makes the messages nobody's, unless they have got names that are not noted yet: a tracker may have learned some. */
  const anonymize = Effect.fnUntraced(function* () {
    const at = yield* Clock.currentTimeMillis
    const draft = (body: EventBody): EventDraft => ({ at, run: run.id, actor: run.actor, body })
    const sought = { recipients: [digits], names: Array.from(traces.names.values()) }
    return yield* store.transact<Anonymized>(sought, ({ messages }) => {
      const theirs = messages.filter(isTheirs)
      const unnoted = theirs.filter((message) => !isNoted(message))
      if (unnoted.length > 0) return { result: { unnoted, messages: 0, ended: 0 } }
      const steps = theirs.map((message) => StateMachine.endForgotten(anonymous(message, digits), at))
      const update = steps.map(({ message }) => message)
      const events = steps.flatMap(({ events }) => events)
      const counted: EventBody = { kind: "person.forgotten", messages: theirs.length }
      return {
        update,
        renamed: update,
        // What is finished now has its event already.
        events: [...events, ...(theirs.length === 0 && unfinished !== undefined ? [] : [counted])].map(draft),
        result: { unnoted: [], messages: theirs.length, ended: events.length }
      }
    })
  })

  const note = () =>
    store.setMemo(memo, JSON.stringify({ names: Array.from(traces.names.values()), hashes: Array.from(traces.hashes) }))
  yield* note()
  let done = yield* anonymize()
  while (done.unnoted.length > 0) {
    for (const message of done.unnoted) addMessage(message)
    yield* widen(store, traces)
    yield* note()
    done = yield* anonymize()
  }
  const events = yield* store.redact((body) => (isAbout(traces, body) ? redacted(body) : undefined))
  yield* store.setMemo(memo, JSON.stringify({ names: [], hashes: [] }))
  yield* store.compact
  yield* store.setMemo(memo, "")
  return { messages: done.messages, ended: done.ended, events }
}, Effect.scoped)
