/**
 * The conversations that messages belong to: found by id, and in the order in which they started.
 *
 * @module
 */
import type { Entry, Ledger } from "./Ledger.ts"
import type { Message } from "./Message.ts"

/** A conversation. */
export interface Conversation {
  readonly id: string
  /** When its first message was sent (epoch milliseconds). */
  readonly startedAt: number
  /** By the moment at which they are sent; also those that are still to be. */
  readonly entries: Array<Entry>
  /** What analytics said of it last, as JSON, and of which state that was. */
  shown: { readonly state: string; readonly json: string } | undefined
}

/** All conversations. */
export interface Conversations {
  readonly byId: ReadonlyMap<string, Conversation>
  /** By their start. */
  readonly ordered: ReadonlyArray<Conversation>
  /** How many messages have been added: what was worked out before the last one no longer holds. */
  readonly additions: () => number
  /** Adds a message to its conversation, or opens one for it. */
  readonly add: (entry: Entry) => void
  /** The conversation of two numbers that was the last one to get a message. */
  readonly latest: (from: string, to: string) => Conversation | undefined
}

/** Gathers the messages of a ledger. */
export const make = (ledger: Ledger): Conversations => {
  const byId = new Map<string, Conversation>()
  const latest = new Map<string, Conversation>()
  let additions = 0

  const put = (entry: Entry) => {
    const { message } = entry
    const known = byId.get(message.conversationId)
    const conversation = known ?? {
      id: message.conversationId,
      startedAt: message.sentAt,
      entries: [],
      shown: undefined
    }
    conversation.entries.push(entry)
    byId.set(conversation.id, conversation)
    latest.set(pair(message), conversation)
    return known === undefined ? conversation : undefined
  }

  for (const entry of ledger.entries.toSorted((a, b) => a.message.sentAt - b.message.sentAt)) put(entry)
  const ordered = Array.from(byId.values())
  return {
    byId,
    ordered,
    additions: () => additions,
    add: (entry) => {
      additions++
      const opened = put(entry)
      if (opened !== undefined) ordered.splice(firstSince(ordered, opened.startedAt + 1), 0, opened)
    },
    latest: (from, to) => latest.get(pair({ from, to }))
  }
}

const pair = ({ from, to }: Pick<Message, "from" | "to">) => `${from} ${to}`

/** Where the first conversation stands that started at a moment (epoch milliseconds) or later. */
export const firstSince = (ordered: ReadonlyArray<Conversation>, at: number): number => {
  let low = 0
  let high = ordered.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((ordered[middle] as Conversation).startedAt < at) low = middle + 1
    else high = middle
  }
  return low
}
