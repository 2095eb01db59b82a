/**
 * Whom a carrier's own receipts are about. Pure: the import runs it inside a transaction.
 *
 * @module
 */
import * as ExternalId from "./ExternalId.ts"
import { digitsOf, isForgotten, type TrackedMessage } from "./Message.ts"
import type { ReadReceipt } from "./ReceiptProfile.ts"

/** What a receipt is about: one message, several that it could mean, or none of the journal. */
export type Match =
  | { readonly _tag: "One"; readonly by: "id" | "recipient"; readonly key: number }
  | { readonly _tag: "Ambiguous" }
  | { readonly _tag: "Unknown" }

const ambiguous: Match = { _tag: "Ambiguous" }
const unknown: Match = { _tag: "Unknown" }

/** A receipt may be this much earlier than its message: clocks differ, and some tell whole minutes. Milliseconds. */
export const clockDifference = 60_000

/** The id by which a receipt is matched; `undefined` where it has none. */
export const idOf = ({ receipt: { externalMessageId } }: ReadReceipt): string | undefined =>
  externalMessageId === undefined ? undefined : ExternalId.comparable(externalMessageId) || undefined

/** The digits of the number that a receipt's message went to. */
export const recipientOf = ({ recipient }: ReadReceipt): string | undefined =>
  recipient === undefined ? undefined : digitsOf(recipient) || undefined

const grouped = (messages: ReadonlyArray<TrackedMessage>, textOf: (message: TrackedMessage) => string | undefined) => {
  const groups = new Map<string, Array<TrackedMessage>>()
  for (const message of messages) {
    const text = textOf(message)
    if (text === undefined || isForgotten(message)) continue
    const group = groups.get(text)
    if (group === undefined) groups.set(text, [message])
    else group.push(message)
  }
  return groups
}

const comparableOf = (id: string | undefined) => (id === undefined ? undefined : ExternalId.comparable(id))

/**
 * Whom each of these receipts is about, given all messages with their ids and to their recipients. By its recipient, a
 * receipt means the only message that was sent before it happened, and that it is not too late for: it happened by the
 * message's deadline, or within `within` (milliseconds) after it was sent. A message whose external id is another one is
 * never meant. Where receipts with several ids mean one message, it is not known whose it is.
 */
export const matches = (
  messages: ReadonlyArray<TrackedMessage>,
  receipts: ReadonlyArray<ReadReceipt>,
  within: number
): ReadonlyArray<Match> => {
  const byId = grouped(messages, ({ externalMessageId }) => comparableOf(externalMessageId))
  const byRecipient = grouped(messages, ({ ref: { to } }) => (to === undefined ? undefined : digitsOf(to)))
  /** By which ids a message is meant that is found by its recipient. */
  const ids = new Map<number, Set<string>>()

  const found = receipts.map((read): Match => {
    const id = idOf(read)
    const known = id === undefined ? [] : (byId.get(id) ?? [])
    const [first] = known
    if (first !== undefined) return known.length === 1 ? { _tag: "One", by: "id", key: first.key } : ambiguous
    const sentTo = byRecipient.get(recipientOf(read) ?? "") ?? []
    const candidates = sentTo.filter(
      (message) =>
        (id === undefined || message.externalMessageId === undefined) && isInTime(message, read, within) !== false
    )
    const [candidate] = candidates
    if (candidate === undefined) return unknown
    if (candidates.length > 1 || timeOf(read) === undefined) return ambiguous
    const meant = ids.get(candidate.key) ?? new Set()
    ids.set(candidate.key, meant)
    const reported = comparableOf(candidate.report?.externalMessageId)
    for (const one of [id, reported]) if (one !== undefined) meant.add(one)
    return { _tag: "One", by: "recipient", key: candidate.key }
  })
  return found.map((match) =>
    match._tag === "One" && match.by === "recipient" && (ids.get(match.key)?.size ?? 0) > 1 ? ambiguous : match
  )
}

/** When what a receipt tells happened, or else when it says that its message was sent. */
const timeOf = ({ receipt: { occurredAt, sentAt } }: ReadReceipt): number | undefined => occurredAt ?? sentAt

/** Whether a receipt can be of a message by its time; `undefined` where it tells none. */
const isInTime = (
  { deadlineAt, registeredAt, sentAt = registeredAt }: TrackedMessage,
  read: ReadReceipt,
  within: number
): boolean | undefined => {
  const at = timeOf(read)
  return at === undefined ? undefined : at >= sentAt - clockDifference && at <= Math.max(deadlineAt, sentAt + within)
}
