/**
 * Open messages in memory, in the orders in which planning reads them: what indexes are to a database.
 *
 * @module
 */
import type { OpenMessage } from "./JournalStore.ts"
import type { TrackedMessage } from "./Message.ts"

/** The open messages of a journal. */
export interface OpenIndex {
  /** Puts a message in place of what was known of it; one with an end is taken out. */
  readonly set: (before: TrackedMessage | undefined, after: TrackedMessage | undefined) => void
  /** The open messages of a source and a run, in order. */
  readonly all: (source: string, run: number, by: "dueAt" | "deadlineAt") => ReadonlyArray<OpenMessage>
  /** Those of one group, the soonest due first. */
  readonly group: (source: string, run: number, group: string) => ReadonlyArray<OpenMessage>
}

/** Where in an order a message stands, or would: the number of those before it. */
export const placeOf = (
  messages: ReadonlyArray<OpenMessage>,
  by: "dueAt" | "deadlineAt",
  { [by]: at, key }: OpenMessage
): number => {
  let low = 0
  let high = messages.length
  while (low < high) {
    const middle = (low + high) >> 1
    const other = messages[middle] as OpenMessage
    if (other[by] < at || (other[by] === at && other.key < key)) low = middle + 1
    else high = middle
  }
  return low
}

/** Makes an index of nothing yet. */
export const make = (): OpenIndex => {
  const orders = new Map<string, Array<OpenMessage>>()
  const order = (...names: ReadonlyArray<string | number>) => {
    const name = names.join("\n")
    const known = orders.get(name)
    if (known !== undefined) return known
    const made: Array<OpenMessage> = []
    orders.set(name, made)
    return made
  }

  const each = (
    message: TrackedMessage,
    change: (order: Array<OpenMessage>, place: number, open: OpenMessage) => void
  ) => {
    const { alone, carrier, deadlineAt, dueAt, group, key, lookedAt, registeredAt, run, seenAt, sentAt, source } =
      message
    if (dueAt === undefined) return
    const seen = seenAt !== undefined
    const open: OpenMessage = { key, group, carrier, sentAt, registeredAt, alone, seen, lookedAt, dueAt, deadlineAt }
    const byDue = order("dueAt", source, run)
    const byDeadline = order("deadlineAt", source, run)
    const ofGroup = order("group", source, run, group)
    change(byDue, placeOf(byDue, "dueAt", open), open)
    change(byDeadline, placeOf(byDeadline, "deadlineAt", open), open)
    change(ofGroup, placeOf(ofGroup, "dueAt", open), open)
  }

  return {
    set: (before, after) => {
      if (before !== undefined) each(before, (order, place) => order.splice(place, 1))
      if (after !== undefined) each(after, (order, place, open) => order.splice(place, 0, open))
    },
    all: (source, run, by) => order(by, source, run),
    group: (source, run, group) => order("group", source, run, group)
  }
}
