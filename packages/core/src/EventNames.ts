/**
 * By which names events speak of messages, and which events are about whom.
 *
 * An event has the best name that was known when it happened. So a message has events under its id, and, where it was
 * registered without one, under its conversation or its campaign's contact.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import type { JournalError, JournalStoreService } from "./JournalStore.ts"
import type { MessageName, TrackedMessage } from "./Message.ts"
import type { EventBody, TrackingEvent } from "./TrackingEvent.ts"

/** An event about a message. */
export type MessageEvent = Extract<EventBody, { readonly kind: `message.${string}` }>

/** Whether an event is about a message. */
export const isOfMessage = <E extends EventBody>(event: E): event is Extract<E, MessageEvent> =>
  event.kind.startsWith("message.")

const idName = (messageId: string) => `message\n${messageId}`
const conversationName = (conversationId: string) => `conversation\n${conversationId}`
const contactName = ({ campaignId, outboundContactId }: MessageName) =>
  campaignId === undefined || outboundContactId === undefined
    ? undefined
    : `contact\n${campaignId}\n${outboundContactId}`

/** The best of these names as one text; `undefined` where there is none. */
export const best = (name: MessageName): string | undefined => {
  if (name.messageId !== undefined) return idName(name.messageId)
  return name.conversationId === undefined ? contactName(name) : conversationName(name.conversationId)
}

/** The names under which a message may have events, as {@link best} gives them. */
export interface Known {
  /** Its id. */
  readonly id: string | undefined
  /** Its conversation, and its campaign's contact. */
  readonly others: ReadonlyArray<string>
  /** It was registered without an id, so that its events are under the others too. */
  readonly unnamed: boolean
}

/** The names of a message. */
export const of = ({ conversationId, messageId, ref }: TrackedMessage): Known => {
  const contact = contactName(ref)
  return {
    id: messageId === undefined ? undefined : idName(messageId),
    others: [
      ...(conversationId === undefined ? [] : [conversationName(conversationId)]),
      ...(contact === undefined ? [] : [contact])
    ],
    unnamed: ref.messageId === undefined
  }
}

/** Whether an event says that a message had another name before: then it has events under that one too. */
export const tellsAnother = ({ kind }: EventBody): boolean => kind === "message.identified" || kind === "message.joined"

/** Of events in order, those that are about a message. */
export const about = (
  message: TrackedMessage,
  events: ReadonlyArray<TrackingEvent>
): ReadonlyArray<Extract<TrackingEvent, MessageEvent>> => {
  const { id, others, unnamed } = of(message)
  const named = events.filter(isOfMessage).map((event) => ({ event, name: best(event) }))
  const had = unnamed || named.some(({ event, name }) => name === id && id !== undefined && tellsAnother(event))
  const names = new Set([id, ...(had ? others : [])])
  return named.flatMap(({ event, name }) => (name !== undefined && names.has(name) ? event : []))
}

/** The texts by which a store finds the events that have a name, as they stand in JSON. */
export const textsOf = ({ conversationId, messageId, outboundContactId }: MessageName): ReadonlyArray<string> =>
  [messageId, conversationId, outboundContactId].flatMap((id) => (id === undefined ? [] : JSON.stringify(id)))

/** With more texts than this, it is faster to read all events than to have the store look for each text in each. */
const fewTexts = 16
const pageSize = 1000

/** Reads the events that may hold any of these texts, in order, page by page. */
export const mentioning = Effect.fnUntraced(function* (
  store: JournalStoreService,
  texts: ReadonlyArray<string>,
  each: (event: TrackingEvent) => void
): Effect.fn.Return<void, JournalError> {
  let after = 0
  while (true) {
    const page = yield* texts.length > fewTexts ? store.events(after, pageSize) : store.mentions(texts, after, pageSize)
    for (const event of page) each(event)
    const last = page.at(-1)
    if (last === undefined || page.length < pageSize) return
    after = last.seq
  }
})
