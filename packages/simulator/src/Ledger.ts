/**
 * The truth: what the platform has served of each message.
 *
 * The first final status that was served is a message's end; final statuses that were served later and differ are its
 * conflicts. Served means: in an answer 200 that was sent whole and said it of this message. What an answer lost on its
 * way held was not served. Which answers speak of a message, each API says for itself.
 *
 * @module
 */
import type { Message } from "./Message.ts"
import type { Outcome, Status } from "./Story.ts"

/** A message and what has happened between it and the clients. */
export interface Entry {
  readonly message: Message
  /** How many requests have looked it up. */
  asked: number
  /** A status after `pending` has been served. */
  advanced: boolean
  /** The first final status that was served, with the first reason that was served for it. */
  first: Outcome | undefined
  /** Other reasons that were served for it later. */
  readonly otherReasons: Set<string>
  /** When the status was (epoch milliseconds). */
  firstAt: number
  /** When nothing was left to be told: its delivery has been served, or its failure with a reason. */
  explainedAt: number
  readonly conflicts: Array<Outcome>
  /** What an API says of it as JSON, by status, where that is kept once it has been made. */
  readonly json: Partial<Record<Status, string>>
}

/** All messages, found by id. */
export interface Ledger {
  readonly entries: ReadonlyArray<Entry>
  readonly byId: ReadonlyMap<string, Entry>
  /** Adds a message that a client has sent. */
  readonly add: (message: Message) => Entry
}

/** Opens a ledger. */
export const make = (messages: ReadonlyArray<Message>): Ledger => {
  const entries = messages.map(open)
  const byId = new Map(entries.map((entry) => [entry.message.id, entry]))
  return {
    entries,
    byId,
    add: (message) => {
      const entry = open(message)
      entries.push(entry)
      byId.set(message.id, entry)
      return entry
    }
  }
}

const open = (message: Message): Entry => ({
  message,
  asked: 0,
  advanced: false,
  first: undefined,
  otherReasons: new Set(),
  firstAt: Number.POSITIVE_INFINITY,
  explainedAt: Number.POSITIVE_INFINITY,
  conflicts: [],
  json: {}
})

/**
 * Whether the platform returns a message at all: it knows it, remembers as far back as `oldest`, and has sent it by
 * `newest` (both epoch milliseconds).
 */
export const isVisible = ({ message }: Entry, oldest: number, newest: number): boolean =>
  message.fate !== "missing" && message.sentAt >= oldest && message.sentAt <= newest

/** Records that a final status was served. */
export const serve = (entry: Entry, outcome: Outcome, now: number): void => {
  const { first } = entry
  if (first === undefined) {
    entry.first = outcome
    entry.firstAt = now
  } else if (outcome.status !== first.status) {
    if (!entry.conflicts.some(({ status }) => status === outcome.status)) entry.conflicts.push(outcome)
    return
  } else if (first.statusDetails === undefined) {
    entry.first = outcome
  } else if (outcome.statusDetails !== undefined && outcome.statusDetails !== first.statusDetails) {
    entry.otherReasons.add(outcome.statusDetails)
  }
  if (outcome.status === "delivered" || outcome.statusDetails !== undefined) {
    entry.explainedAt = Math.min(entry.explainedAt, now)
  }
}
