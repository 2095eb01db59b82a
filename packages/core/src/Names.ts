/**
 * Names: which of the journal's messages a registration or a receipt means.
 *
 * A message's id means one message. A conversation means a message only where it has a single one; where it has several,
 * nothing is guessed. A campaign's contact means the message that the campaign sent to it.
 *
 * @module
 */
import type { DeliveryReceipt } from "./DeliveryReceipt.ts"
import type { MessageName, TrackedMessage } from "./Message.ts"

/** Whom a receipt means. */
export type Match =
  | { readonly _tag: "One"; readonly message: TrackedMessage }
  /** Any of these, or another message of their conversation that nobody registered. */
  | { readonly _tag: "Ambiguous"; readonly messages: ReadonlyArray<TrackedMessage> }
  | { readonly _tag: "Unknown" }

const unknown: Match = { _tag: "Unknown" }

/** Messages, found by their names. */
export interface Names {
  /** The message with a key; of one that has become part of another, that other one. */
  readonly get: (key: number) => TrackedMessage | undefined
  readonly all: () => ReadonlyArray<TrackedMessage>
  readonly add: (message: TrackedMessage) => void
  /** Puts a message as it now is in the place of what it was; it may have got names. */
  readonly set: (message: TrackedMessage) => void
  /** The same for one that another one has become part of. */
  readonly join: (message: TrackedMessage, absorbed: number) => void
  /** The messages that a registration names: those with its id; without one, those of its conversation or contact. */
  readonly registered: (name: MessageName) => ReadonlyArray<TrackedMessage>
  readonly match: (receipt: DeliveryReceipt, name: MessageName, ambiguous: boolean) => Match
  /** Another message with the same id. */
  readonly twin: (message: TrackedMessage) => TrackedMessage | undefined
}

/**
 * How much earlier than a message its conversation may have started and still have been started by it: the time between
 * a caller's clock and the platform's, with room. Milliseconds.
 */
const startSlack = 60_000

/** Whether two states of a message have the same names, group, time of sending and company. */
export const same = (a: TrackedMessage, b: TrackedMessage): boolean =>
  a.ref === b.ref &&
  a.messageId === b.messageId &&
  a.conversationId === b.conversationId &&
  a.sentAt === b.sentAt &&
  a.group === b.group &&
  a.alone === b.alone

const contactOf = ({ campaignId, outboundContactId }: MessageName): string | undefined =>
  campaignId === undefined || outboundContactId === undefined ? undefined : `${campaignId}\n${outboundContactId}`

/** Says of each of these messages, which are all of their conversations, whether it is known to be alone in its own. */
export const company = (messages: ReadonlyArray<TrackedMessage>): ((message: TrackedMessage) => boolean) => {
  const sizes = new Map<string, number>()
  for (const { conversationId } of messages) {
    if (conversationId !== undefined) sizes.set(conversationId, (sizes.get(conversationId) ?? 0) + 1)
  }
  return ({ conversationId, ref }) =>
    conversationId === undefined ? contactOf(ref) !== undefined : sizes.get(conversationId) === 1
}

/** A message as it is now, wherever it is found. */
interface Place {
  message: TrackedMessage
}

/** Finds messages by their names. */
export const of = (messages: ReadonlyArray<TrackedMessage>): Names => {
  const all = new Set<Place>()
  const byKey = new Map<number, Place>()
  const byId = new Map<string, Place>()
  const byConversation = new Map<string, Array<Place>>()
  const byContact = new Map<string, Array<Place>>()

  const put = (index: Map<string, Array<Place>>, name: string | undefined, place: Place) => {
    if (name === undefined) return
    const others = index.get(name)
    if (others === undefined) index.set(name, [place])
    else if (!others.includes(place)) others.push(place)
  }
  const index = (place: Place) => {
    const { conversationId, messageId, ref } = place.message
    if (messageId !== undefined) byId.set(messageId, place)
    put(byConversation, conversationId, place)
    put(byContact, contactOf(ref), place)
  }
  const add = (message: TrackedMessage) => {
    const place = { message }
    all.add(place)
    byKey.set(message.key, place)
    index(place)
  }
  const set = (message: TrackedMessage) => {
    const place = byKey.get(message.key) as Place
    const before = place.message
    place.message = message
    if (!same(before, message)) index(place)
  }
  for (const message of messages) add(message)

  const at = (places: Iterable<Place> | undefined) => Array.from(places ?? [], ({ message }) => message)
  const ofConversation = ({ conversationId }: MessageName) =>
    conversationId === undefined ? [] : at(byConversation.get(conversationId))
  const ofContact = (name: MessageName) => {
    const contact = contactOf(name)
    return contact === undefined ? [] : at(byContact.get(contact))
  }

  const match: Names["match"] = (receipt, name, ambiguous) => {
    const exact =
      (receipt.key === undefined ? undefined : byKey.get(receipt.key)) ??
      (name.messageId === undefined ? undefined : byId.get(name.messageId))
    if (exact !== undefined) return { _tag: "One", message: exact.message }
    if (name.messageId !== undefined) return unknown
    const mates = ofConversation(name)
    const candidates = mates.length > 0 ? mates : ofContact(name)
    const [only] = candidates
    if (only === undefined) return unknown
    const older = only.sentAt !== undefined && receipt.sentAt !== undefined && receipt.sentAt < only.sentAt - startSlack
    return candidates.length > 1 || ambiguous || older
      ? { _tag: "Ambiguous", messages: candidates }
      : { _tag: "One", message: only }
  }

  return {
    get: (key) => byKey.get(key)?.message,
    all: () => at(all),
    add,
    set,
    join: (message, absorbed) => {
      const gone = byKey.get(absorbed) as Place
      all.delete(gone)
      for (const index of [byConversation, byContact]) {
        for (const [name, places] of index) {
          if (places.includes(gone))
            index.set(
              name,
              places.filter((place) => place !== gone)
            )
        }
      }
      set(message)
      const place = byKey.get(message.key) as Place
      for (const [key, other] of byKey) if (other === gone) byKey.set(key, place)
      index(place)
    },
    registered: (name) => {
      if (name.messageId !== undefined) {
        const place = byId.get(name.messageId)
        return place === undefined ? [] : [place.message]
      }
      const mates = ofConversation(name)
      return mates.length > 0 ? mates : ofContact(name)
    },
    match,
    twin: ({ key, messageId }) => {
      const other = messageId === undefined ? undefined : byId.get(messageId)?.message
      return other === undefined || other.key === key ? undefined : other
    }
  }
}
