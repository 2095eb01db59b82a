/**
 * Explanation: everything that happened to a message, in order, from the journal alone.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as EventNames from "./EventNames.ts"
import { Journal } from "./Journal.ts"
import type { JournalError } from "./JournalStore.ts"
import { digitsIn, nameText, type TrackedMessage } from "./Message.ts"
import { causes } from "./Taxonomy.ts"
import { isoTime, type TrackingEvent } from "./TrackingEvent.ts"

/** Something that happened to a message. */
export interface Moment {
  /** When it was recorded, or when the look began; ISO 8601. */
  readonly at: string
  /** What it was, in a word or two. */
  readonly what: string
  /** The rest of it, in a line. */
  readonly detail: string
  /** The event that says so; `undefined` of a look. */
  readonly event: TrackingEvent | undefined
}

/** What happened to a message, and where it stands. */
export interface Explanation {
  readonly message: TrackedMessage
  /** Where it stands, in a line. */
  readonly standing: string
  readonly timeline: ReadonlyArray<Moment>
}

type MessageEvent = Extract<TrackingEvent, EventNames.MessageEvent>

/** Parts of a sentence, those that there are. */
const joined = (separator: string, parts: ReadonlyArray<string | undefined | false>) =>
  parts.filter((part) => part !== undefined && part !== false && part !== "").join(separator)

type Explained = "message.failed" | "message.explained" | "message.reclassified"

const reasonOf = (event: Extract<MessageEvent, { readonly kind: Explained }>) =>
  joined(", ", [
    `${event.cause} (${event.category})`,
    event.rule === undefined
      ? event.classifier !== undefined && `by ${event.classifier}`
      : joined(" ", [`by the rule ${event.rule}`, event.classifier !== undefined && `of ${event.classifier}`]),
    event.code !== undefined && `code ${event.code}`,
    `retry: ${event.retryable}`,
    `${event.mustAct} must act`
  ])

const wordOf = (event: { readonly providerStatus: string; readonly occurredAt?: string | undefined }) =>
  joined(" ", [`the platform says ${event.providerStatus}`, event.occurredAt !== undefined && `at ${event.occurredAt}`])

const lateText = "after it had been called unconfirmed"

/** What an event says, in a word and a line. */
const told = (event: MessageEvent): readonly [what: string, detail: string] => {
  switch (event.kind) {
    case "message.registered":
      return [
        "registered",
        joined(", ", [
          `by ${event.actor} in run ${event.run}`,
          event.sentAt !== undefined && `sent at ${event.sentAt}`,
          `followed until ${event.deadlineAt}`
        ])
      ]
    case "message.sent":
      return ["sent", joined(", ", [wordOf(event), event.late && lateText])]
    case "message.delivered":
      return ["delivered", joined(", ", [wordOf(event), event.late && `late: ${lateText}`])]
    case "message.failed":
      return ["failed", joined("; ", [wordOf(event), reasonOf(event), event.late && `late: ${lateText}`])]
    case "message.unconfirmed":
      return ["unconfirmed", `${event.reason}: ${event.detail}`]
    case "message.conflict":
      return [
        "conflict",
        joined(", ", [
          `the platform says ${event.providerStatus}, which is ${event.status}`,
          event.code !== undefined && `code ${event.code}`,
          `${event.resolution} stays`
        ])
      ]
    case "message.missing":
      return ["missing", "the platform did not return it"]
    case "message.identified":
      return ["identified", `it is the message ${event.messageId}`]
    case "message.joined":
      return ["joined", `what was registered as ${nameText({ ref: event.absorbed })} is the same message`]
    case "message.explained":
      return ["explained", reasonOf(event)]
    case "message.unrecognized":
      return ["unrecognized", `the platform says ${event.providerStatus}, which nobody knows`]
    case "message.reported":
      return [
        "carrier",
        joined(", ", [
          `${event.profile} says ${event.providerStatus}, which is ${event.state}`,
          event.occurredAt !== undefined && `at ${event.occurredAt}`,
          event.cause !== undefined && `${event.cause} (${event.category})`,
          event.code !== undefined && `code ${event.code}`,
          event.contradicts && "it had told another end before"
        ])
      ]
    case "message.reclassified":
      return ["reclassified", joined("; ", [`it was ${event.was.cause ?? "unexplained"}`, reasonOf(event)])]
  }
}

const looksOf = ({ firstLookAt, lookedAt, looks }: TrackedMessage): ReadonlyArray<Moment> => {
  const look = (at: number | undefined, what: string, detail: string): ReadonlyArray<Moment> =>
    at === undefined ? [] : [{ at: isoTime(at), what, detail, event: undefined }]
  if (looks === 0) return look(lookedAt, "last look", "nobody answered it")
  if (looks === 1) return look(firstLookAt ?? lookedAt, "look", "the only one")
  return [...look(firstLookAt, "first look", `of ${looks}`), ...look(lookedAt, "last look", `of ${looks}`)]
}

/** Where a message stands, in a line. */
const standingOf = (message: TrackedMessage): string => {
  const { category, cause, code, conflicts, deadlineAt, finalAt, late, missing, resolution, status } = message
  const at = finalAt === undefined ? "" : ` at ${isoTime(finalAt)}`
  const contradicted =
    conflicts.length > 0 &&
    `contradicted by ${conflicts.map(({ code, status }) => joined(" ", [status, code])).join(", ")}`
  const unseen = missing && "never returned by the platform"
  switch (resolution) {
    case undefined:
      return joined(", ", [status, unseen, `no final receipt yet, followed until ${isoTime(deadlineAt)}`])
    case "delivered":
      return joined(", ", [`delivered${at}`, late && lateText, contradicted])
    case "failed":
      return joined(", ", [
        `failed${at}`,
        late && lateText,
        `${cause} (${category})`,
        code !== undefined && `code ${code}`,
        cause !== undefined && `what to do: ${causes[cause].action}`,
        contradicted
      ])
    case "unconfirmed":
      return joined(", ", [`unconfirmed${at}`, unseen, `last known as ${status}; it may have arrived`])
  }
}

/** Explains a message from events in order, of which it takes those that are about it. Pure. */
export const ofMessage = (message: TrackedMessage, events: ReadonlyArray<TrackingEvent>): Explanation => {
  const timeline = EventNames.about(message, events).map((event): Moment => {
    const [what, detail] = told(event)
    return { at: event.at, what, detail, event }
  })
  for (const look of looksOf(message)) {
    // A look began before what it brought was recorded; events keep their own order, whatever a clock did.
    const place = timeline.findIndex(({ at, event }) => event?.kind !== "message.registered" && at >= look.at)
    timeline.splice(place === -1 ? timeline.length : place, 0, look)
  }
  return { message, standing: standingOf(message), timeline }
}

/**
 * Explains the messages that have this id, that belong to this conversation, or that went to this phone number, however
 * it is written: in the order of registration, none where none is known.
 */
export const explain = Effect.fnUntraced(function* (
  text: string
): Effect.fn.Return<ReadonlyArray<Explanation>, JournalError, Journal> {
  const { store } = yield* Journal
  const name = text.trim()
  const digits = digitsIn(name)
  const messages = yield* store.find({
    names: [{ messageId: name }, { conversationId: name }],
    ...(digits === undefined ? {} : { recipients: [digits] })
  })
  if (messages.length === 0) return []
  const texts = messages.flatMap(({ conversationId, messageId, ref }) =>
    EventNames.textsOf({ ...ref, messageId, conversationId })
  )
  const names = new Set(messages.map(EventNames.of).flatMap(({ id, others }) => [id, ...others]))
  const events: Array<TrackingEvent> = []
  yield* EventNames.mentioning(store, Array.from(new Set(texts)), (event) => {
    if (EventNames.isOfMessage(event) && names.has(EventNames.best(event) ?? "")) events.push(event)
  })
  return messages.map((message) => ofMessage(message, events))
})
