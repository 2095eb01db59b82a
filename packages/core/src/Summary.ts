/**
 * The summary of a run, or of a journal: how many messages ended how, by carrier, category and cause.
 *
 * @module
 */
import type { Total } from "./JournalStore.ts"

/** How the messages of one carrier stand. */
export interface CarrierSummary {
  readonly registered: number
  readonly delivered: number
  readonly failed: number
  readonly unconfirmed: number
  readonly pending: number
}

/** How messages stand. Every message is in exactly one of delivered, failed, unconfirmed and pending. */
export interface Summary extends CarrierSummary {
  /** Never returned by the platform, whether still pending or unconfirmed. */
  readonly missing: number
  /** Ended by a final receipt after they had been called unconfirmed. */
  readonly late: number
  /** Receipts came that contradict the first final one. */
  readonly contradicted: number
  /** Failures by category. */
  readonly byCategory: Readonly<Record<string, number>>
  /** Failures by cause. */
  readonly byCause: Readonly<Record<string, number>>
  readonly byCarrier: Readonly<Record<string, CarrierSummary>>
}

type Counts = { -readonly [K in keyof CarrierSummary]: CarrierSummary[K] }

/** Nothing counted yet. */
export const emptyCounts = (): Counts => ({ registered: 0, delivered: 0, failed: 0, unconfirmed: 0, pending: 0 })

/** Counts messages that are alike. */
export const countInto = (counts: Counts, { count, resolution }: Pick<Total, "count" | "resolution">): void => {
  counts.registered += count
  counts[resolution ?? "pending"] += count
}

/** The summary of counts from a journal. Carriers, categories and causes stand in the order of the alphabet. */
export const fromTotals = (totals: ReadonlyArray<Total>): Summary => {
  const all = emptyCounts()
  const byCarrier = new Map<string, Counts>()
  const byCategory = new Map<string, number>()
  const byCause = new Map<string, number>()
  let missing = 0
  let late = 0
  let contradicted = 0
  for (const total of totals) {
    const carrier = byCarrier.get(total.carrier) ?? emptyCounts()
    byCarrier.set(total.carrier, carrier)
    countInto(all, total)
    countInto(carrier, total)
    if (total.missing) missing += total.count
    if (total.late) late += total.count
    if (total.contradicted) contradicted += total.count
    if (total.category !== undefined) add(byCategory, total.category, total.count)
    if (total.cause !== undefined) add(byCause, total.cause, total.count)
  }
  return {
    ...all,
    missing,
    late,
    contradicted,
    byCategory: sorted(byCategory),
    byCause: sorted(byCause),
    byCarrier: sorted(byCarrier)
  }
}

const add = (counts: Map<string, number>, name: string, count: number) =>
  counts.set(name, (counts.get(name) ?? 0) + count)

const sorted = <A>(entries: ReadonlyMap<string, A>): Readonly<Record<string, A>> =>
  Object.fromEntries(Array.from(entries).sort(([a], [b]) => (a < b ? -1 : 1)))
