/**
 * What a page of an answer does to the messages that it could be about. Pure: the journal runs it inside a transaction.
 *
 * @module
 */
import type { Classification } from "./Classifier.ts"
import type { DeliveryReceipt } from "./DeliveryReceipt.ts"
import type { MessageName, MessageRef, TrackedMessage } from "./Message.ts"
import * as Names from "./Names.ts"
import * as StateMachine from "./StateMachine.ts"
import type { EventBody } from "./TrackingEvent.ts"

/** A message before and after something happened to it: before, where it is new to the run; after, where it is no more. */
export interface Change {
  readonly before: TrackedMessage | undefined
  readonly after: TrackedMessage | undefined
}

/** A receipt that was read, and what says whom it is about. */
export interface Reading {
  readonly receipt: DeliveryReceipt
  /** What else the platform tells of who it is; to be given where the receipt has no `key`, or tells a new id. */
  readonly name?: MessageName | undefined
  /** It may be about any message of its conversation. */
  readonly ambiguous?: boolean | undefined
}

/** One page of an answer. */
export interface Page {
  readonly receipts: ReadonlyArray<Reading>
  /** What a receipt means, once its message's carrier is in it. */
  readonly classify: (receipt: DeliveryReceipt) => Classification
  /** Keys of the messages that this page answers for: those that it returned and, on the last page, all others asked about. */
  readonly looked: ReadonlyArray<number>
  /** Which of the messages that it shows, besides, it is a look at. */
  readonly looksAt?: ((message: TrackedMessage) => boolean) | undefined
  /** When the look began; of a reading that shows how things were some time ago, that time. Epoch milliseconds. */
  readonly startedAt: number
  /** When a message that is still open becomes worth another look. */
  readonly nextLook: StateMachine.NextLook
  /** The group of a message of which more ids are known now. */
  readonly groupOf?: ((ref: MessageRef) => string | undefined) | undefined
}

/** A message that a page showed, or that it was a look at. */
export interface Shown extends Change {
  readonly before: TrackedMessage
  /** The platform returned it, */
  readonly returned: boolean
  /** and said when what it says of it happened. */
  readonly dated: boolean
}

/** What a page did. */
export interface Committed {
  /** All messages that it showed, or that it was a look at. */
  readonly shown: ReadonlyArray<Shown>
  /** Receipts of messages that nobody registered. */
  readonly unmatched: number
}

/** A receipt as a classifier reads it: of the carrier whom the user measures, where that is known. */
export const withCarrier = (receipt: DeliveryReceipt, { carrier, carrierOrigin }: TrackedMessage): DeliveryReceipt =>
  carrierOrigin === "unknown" ? receipt : { ...receipt, carrier }

/** Applies a page to the messages that it could be about. */
export const applyPage = (messages: ReadonlyArray<TrackedMessage>, page: Page, at: number) => {
  const names = Names.of(messages)
  const after = new Map(messages.map((message) => [message.key, message]))
  const returned = new Set<number>()
  const dated = new Set<number>()
  const looked = new Set(page.looked)
  const bodies: Array<EventBody> = []
  const remove: Array<number> = []
  let unmatched = 0
  for (const { ambiguous = false, name, receipt } of page.receipts) {
    const match = names.match(receipt, name ?? receipt, ambiguous)
    if (match._tag === "Unknown") unmatched += 1
    if (match._tag === "Ambiguous") {
      for (const { key } of match.messages) {
        const message = after.get(key)
        if (message !== undefined) after.set(key, StateMachine.hint({ ...message, alone: false }, receipt, at))
      }
    }
    if (match._tag !== "One") continue
    const message = after.get(match.message.key)
    if (message === undefined) continue
    returned.add(message.key)
    if (receipt.occurredAt !== undefined) dated.add(message.key)
    if (page.looksAt?.(message) === true) looked.add(message.key)
    const known = withCarrier(receipt, message)
    const step = StateMachine.applyReceipt(message, known, page.classify(known), at)
    bodies.push(...step.events)
    const twin = names.twin(step.message)
    const other = twin === undefined ? undefined : after.get(twin.key)
    if (other === undefined) {
      after.set(message.key, step.message)
      continue
    }
    const joined = StateMachine.join(step.message, other)
    after.set(joined.message.key, joined.message)
    after.delete(joined.absorbed)
    remove.push(joined.absorbed)
    bodies.push(...joined.events)
  }
  for (const key of looked) {
    const before = names.get(key)
    const now = after.get(key)
    if (before === undefined || now === undefined) continue
    const look = { before, after: now, returned: returned.has(key), startedAt: page.startedAt }
    const step = StateMachine.applyLook(look, page.nextLook, at)
    after.set(key, step.message)
    bodies.push(...step.events)
  }
  let company: ((message: TrackedMessage) => boolean) | undefined
  const isAlone = (message: TrackedMessage) => {
    company ??= Names.company(Array.from(after.values()))
    return company(message)
  }
  const update: Array<TrackedMessage> = []
  const renamed: Array<TrackedMessage> = []
  const shown: Array<Shown> = []
  for (const before of messages) {
    const { key } = before
    const changed = after.get(key)
    let now = changed
    if (changed !== undefined && changed !== before) {
      now = Names.same(before, changed) ? changed : regrouped(before, changed, isAlone, page.groupOf)
      update.push(now)
      if (!Names.same(before, now)) renamed.push(now)
    }
    if (returned.has(key) || looked.has(key) || now !== before) {
      shown.push({ before, after: now, returned: returned.has(key), dated: dated.has(key) })
    }
  }
  return { update, renamed, remove, bodies, result: { shown, unmatched } }
}

/** A message of which other names are known now: with the group of these, and its company. */
const regrouped = (
  before: TrackedMessage,
  message: TrackedMessage,
  isAlone: (message: TrackedMessage) => boolean,
  groupOf: Page["groupOf"]
): TrackedMessage => {
  const { conversationId, messageId, ref } = message
  const known = {
    ...ref,
    ...(messageId === undefined ? {} : { messageId }),
    ...(conversationId === undefined ? {} : { conversationId })
  }
  const joins = before.conversationId === undefined && conversationId !== undefined
  return {
    ...message,
    group: groupOf?.(known) ?? message.group,
    alone: joins ? isAlone(message) : message.alone
  }
}
