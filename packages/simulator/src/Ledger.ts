/**
 * The truth: what the platform has served of each message.
 *
 * The first final status that was served is a message's end; final statuses that were served later and differ are its
 * conflicts. Served means: by the messages of a contact, in an answer 200 that was sent whole. What an answer lost on
 * its way held was not served, and the analytics export serves nothing: it reports.
 *
 * @module
 */
import type { Message, Outcome, Status } from "./Message.ts"

/** A message and what has happened between it and the clients. */
export interface Entry {
  readonly message: Message
  /** How many requests have asked for it, by its id or as one of its contact's. */
  asked: number
  /** A status after `pending` has been served. */
  advanced: boolean
  /** The first final status that was served. */
  first: Outcome | undefined
  /** When that was (epoch milliseconds). */
  firstAt: number
  readonly conflicts: Array<Outcome>
  /** Its entity as JSON, by status, made when first needed. */
  readonly json: Partial<Record<Status, string>>
}

/** All messages, found by id and by contact. */
export interface Ledger {
  readonly entries: ReadonlyArray<Entry>
  readonly byId: ReadonlyMap<string, Entry>
  readonly byContact: ReadonlyMap<string, ReadonlyArray<Entry>>
}

/** Opens a ledger. */
export const make = (messages: ReadonlyArray<Message>): Ledger => {
  const entries = messages.map(
    (message): Entry => ({
      message,
      asked: 0,
      advanced: false,
      first: undefined,
      firstAt: Number.POSITIVE_INFINITY,
      conflicts: [],
      json: {}
    })
  )
  return {
    entries,
    byId: new Map(entries.map((entry) => [entry.message.id, entry])),
    byContact: Map.groupBy(entries, (entry) => entry.message.externalContactId)
  }
}

/** Whether the platform returns a message at all: it knows it, and remembers as far back as `oldest`. */
export const isVisible = (entry: Entry, oldest: number): boolean =>
  entry.message.fate !== "missing" && entry.message.sentAt >= oldest

/** Records that a final status was served. */
export const serve = (entry: Entry, outcome: Outcome, now: number): void => {
  if (entry.first === undefined) {
    entry.first = outcome
    entry.firstAt = now
  } else if (
    outcome.status !== entry.first.status &&
    !entry.conflicts.some(({ status }) => status === outcome.status)
  ) {
    entry.conflicts.push(outcome)
  }
}

/** An entity of a page, as JSON. */
export const entity = (entry: Entry, status: Status): string =>
  (entry.json[status] ??= encode(
    entry.message,
    entry.message.outcome?.status === status ? entry.message.outcome : { status }
  ))

/** An entity with a receipt that is not the message's own. */
export const encode = (
  message: Message,
  receipt: { readonly status: Status; readonly statusDetails?: string }
): string =>
  JSON.stringify({
    id: message.id,
    status: receipt.status,
    statusDetails: receipt.statusDetails,
    routingStatus: receipt.status === "pending" ? "queued" : "routed",
    externalMessageId: message.externalMessageId,
    createdDate: new Date(message.sentAt).toISOString()
  })
