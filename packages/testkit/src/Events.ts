/**
 * Events for sinks, and what is wrong with what a sink has kept of them.
 *
 * @module
 */
import { deepStrictEqual } from "node:assert/strict"
import type { TrackingEvent } from "@dlrkit/core"
import { hostile } from "./Samples.ts"

type Event = TrackingEvent.TrackingEvent

const event = (seq: number, messageId: string, carrier = "acme"): Event => ({
  v: 1,
  id: `journal-${seq}`,
  seq,
  at: new Date(1_700_000_000_000 + seq).toISOString(),
  run: 1,
  actor: "tester@host",
  messageId,
  carrier,
  ...(seq % 3 === 1
    ? { kind: "message.missing" }
    : { kind: seq % 3 === 2 ? "message.sent" : "message.delivered", providerStatus: "ok", from: "pending" })
})

/** The events of a journal from one number to another, both included: of several kinds, and many of one message. */
export const events = (first: number, last: number): ReadonlyArray<Event> =>
  Array.from({ length: last - first + 1 }, (_, index) => event(first + index, `m-${(first + index) % 7}`))

/** Events that hold texts which a careless sink reads as something else. */
export const hostileEvents: ReadonlyArray<Event> = hostile.map((text, index) => event(index + 1, text, `${text},"`))

/** Long events, so many as core gives to a sink at once. */
export const longEvents: ReadonlyArray<Event> = Array.from({ length: 1000 }, (_, index) =>
  event(index + 1, `m-${index + 1}`, "x".repeat(2000))
)

/** What a sink has kept: events, or their ids alone. */
export type Kept = ReadonlyArray<Event | string>

const idOf = (kept: Event | string) => (typeof kept === "string" ? kept : kept.id)

/**
 * Throws where what was kept is not these events, whole and in order. After a repeat an event may be there as often as it
 * was given; what counts then is where each stands first.
 */
export const check = (kept: Kept, given: ReadonlyArray<Event>, atMost: number): void => {
  const byId = new Map(given.map((event) => [event.id, event]))
  const counts = new Map<string, number>()
  for (const one of kept) {
    const id = idOf(one)
    const event = byId.get(id)
    if (event === undefined) throw new Error(`it has kept ${JSON.stringify(one)}, which it was not given`)
    const { seq: _, ...rest } = event
    if (typeof one !== "string")
      deepStrictEqual({ ...one }, { seq: event.seq, ...rest }, `the event ${id} is not whole`)
    counts.set(id, (counts.get(id) ?? 0) + 1)
  }
  const missing = given.filter(({ id }) => !counts.has(id))
  if (missing.length > 0) throw new Error(`it has lost ${missing.length} events, the first of them ${missing[0]?.id}`)
  const order = Array.from(counts.keys(), (id) => byId.get(id)?.seq ?? 0)
  const back = order.find((seq, index) => index > 0 && seq < order[index - 1]!)
  if (back !== undefined) throw new Error(`it has kept the event ${back} after one that is later`)
  for (const [id, count] of counts) {
    if (count > atMost) throw new Error(`it has kept the event ${id} ${count} times, and may ${atMost} times`)
  }
}

/** Throws where what was kept is not the first of these events, whole and in order, up to any of them. */
export const checkBeginning = (kept: Kept, given: ReadonlyArray<Event>, atMost: number): void =>
  check(kept, given.slice(0, new Set(kept.map(idOf)).size), atMost)
