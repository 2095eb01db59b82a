/**
 * The newest events of a journal, kept in memory: a consumer that keeps up needs nothing from the store.
 *
 * @module
 */
import type { TrackingEvent } from "./TrackingEvent.ts"

/** The newest events, without gaps. */
export interface EventTail {
  /** Takes the events that a transaction has just written. */
  readonly push: (events: ReadonlyArray<TrackingEvent>) => void
  /** The events after a sequence number, in order; `undefined` where they are not here. */
  readonly after: (seq: number, limit: number) => ReadonlyArray<TrackingEvent> | undefined
}

/** Makes a tail of at most so many events. */
export const make = (length: number): EventTail => {
  let tail: Array<TrackingEvent> = []
  return {
    push: (events) => {
      const [first] = events
      if (first === undefined) return
      // Another process may have written in between: then what was before is of no use.
      if (tail.at(-1)?.seq !== first.seq - 1) tail = []
      for (const event of events) tail.push(event)
      if (tail.length > 2 * length) tail = tail.slice(-length)
    },
    after: (seq, limit) => {
      const [first] = tail
      const last = tail.at(-1)
      if (first === undefined || last === undefined || seq < first.seq - 1 || seq >= last.seq) return undefined
      const from = seq - first.seq + 1
      return tail.slice(from, from + limit)
    }
  }
}
