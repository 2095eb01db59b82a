/**
 * What a page of an answer does to the messages that it could be about. Pure: the journal runs it inside a transaction.
 *
 * @module
 */
import type { Classification } from "./Classifier.ts"
import * as Deadlines from "./Deadlines.ts"
import type { DeliveryReceipt } from "./DeliveryReceipt.ts"
import { join } from "./Join.ts"
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
  /** How long those of a carrier are waited for, which a receipt may tell; their deadlines stay as they are without it. */
  readonly deadlineOf?: Deadlines.DeadlineOf | undefined
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
      for (const message of match.messages) {
        names.set(StateMachine.hint(message.alone ? { ...message, alone: false } : message, receipt, at))
      }
    }
    if (match._tag !== "One") continue
    const { message } = match
    const known = withCarrier(receipt, message)
    const step = StateMachine.applyReceipt(message, known, page.classify(known), at)
    bodies.push(...step.events)
    let now = redated(message, step.message, page.deadlineOf)
    const twin = names.twin(now)
    if (twin === undefined) {
      names.set(now)
    } else {
      const joined = join(now, twin)
      now = joined.message
      names.join(now, joined.absorbed)
      remove.push(joined.absorbed)
      if (looked.has(joined.absorbed)) looked.add(now.key)
      bodies.push(...joined.events)
    }
    returned.add(now.key)
    if (receipt.occurredAt !== undefined) dated.add(now.key)
    if (page.looksAt?.(message) === true) looked.add(now.key)
  }
  for (const before of messages) {
    const after = names.get(before.key)
    if (!looked.has(before.key) || after?.key !== before.key) continue
    const look = { before, after, returned: returned.has(after.key), startedAt: page.startedAt }
    const step = StateMachine.applyLook(look, page.nextLook, at)
    names.set(step.message)
    bodies.push(...step.events)
  }
  let company: ((message: TrackedMessage) => boolean) | undefined
  const isAlone = (message: TrackedMessage) => {
    company ??= Names.company(names.all())
    return company(message)
  }
  const update: Array<TrackedMessage> = []
  const renamed: Array<TrackedMessage> = []
  const shown: Array<Shown> = []
  for (const before of messages) {
    const { key } = before
    const changed = names.get(key)
    let now = changed?.key === key ? changed : undefined
    if (now !== undefined && now !== before) {
      now = Names.same(before, now) ? now : regrouped(before, now, isAlone, page.groupOf)
      update.push(now)
      if (!Names.same(before, now)) renamed.push(now)
    }
    if (returned.has(key) || looked.has(key) || now !== before) {
      shown.push({ before, after: now, returned: returned.has(key), dated: dated.has(key) })
    }
  }
  return { update, renamed, remove, bodies, result: { shown, unmatched } }
}

/** A message that is open and whose carrier has just been told is waited for as long as those of its carrier. */
const redated = (before: TrackedMessage, message: TrackedMessage, deadlineOf: Page["deadlineOf"]): TrackedMessage =>
  deadlineOf === undefined || message.dueAt === undefined || message.carrier === before.carrier
    ? message
    : { ...message, deadlineAt: Deadlines.deadlineAt(message, deadlineOf(message.carrier)) }

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
