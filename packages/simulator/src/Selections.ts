/**
 * The conversations that match some filters, kept up to date as time passes: so a page of a query costs what is on it,
 * however many conversations there are.
 *
 * @module
 */
import { type Conversation, type Conversations, firstSince } from "./Conversations.ts"
import type { DetailsQuery } from "./DetailsQuery.ts"
import * as Session from "./Session.ts"
import type { Settings } from "./Settings.ts"

/** A part of what a query found. */
export interface Found {
  readonly total: number
  readonly sessions: ReadonlyArray<Session.Session>
}

/** Finds conversations as of moments (epoch milliseconds) that must come in their order. */
export interface Selections {
  /**
   * Those that a query means and that started at `oldest` or later, as of `at`: how many, and some of them.
   */
  readonly find: (query: DetailsQuery, oldest: number, at: number, skip: number, take: number) => Found
}

/** So many different filters are kept in mind. */
const mostFilters = 8

/** Makes the selections. */
export const make = (conversations: Conversations, settings: Settings): Selections => {
  const { ordered } = conversations
  const kept = new Map<string, Selection>()
  let timeline: Timeline | undefined
  let additions = 0

  const selection = (query: DetailsQuery): Selection => {
    if (timeline === undefined || additions !== conversations.additions()) {
      additions = conversations.additions()
      timeline = changesOf(ordered)
      kept.clear()
    }
    const known = kept.get(query.key)
    if (known !== undefined) return known
    const oldest = kept.size < mostFilters ? undefined : kept.keys().next().value
    if (oldest !== undefined) kept.delete(oldest)
    const made = select(ordered, timeline, query, settings)
    kept.set(query.key, made)
    return made
  }

  const named = (ids: ReadonlyArray<string>, query: DetailsQuery, from: number, at: number) =>
    ids
      .flatMap((id) => conversations.byId.get(id) ?? [])
      .filter(({ startedAt }) => startedAt >= from && startedAt < query.until)
      .flatMap((conversation) => Session.at(conversation, at, settings) ?? [])
      .filter(query.matches)
      .sort((a, b) => a.conversation.startedAt - b.conversation.startedAt)

  return {
    find: (query, oldest, at, skip, take) => {
      const from = Math.max(query.from, oldest)
      if (query.ids !== undefined) {
        const all = named(query.ids, query, from, at)
        return { total: all.length, sessions: (query.descending ? all.reverse() : all).slice(skip, skip + take) }
      }
      const matching = selection(query)
      matching.advance(at)
      const before = matching.countBefore(firstSince(ordered, from))
      const total = Math.max(0, matching.countBefore(firstSince(ordered, query.until)) - before)
      const places = Array.from({ length: Math.max(0, Math.min(take, total - skip)) }, (_, index) =>
        query.descending ? before + total - 1 - skip - index : before + skip + index
      )
      return {
        total,
        sessions: places.flatMap((place) => {
          const conversation = ordered[matching.find(place)]
          return (conversation && Session.at(conversation, at, settings)) ?? []
        })
      }
    }
  }
}

/** When what analytics says of a conversation changes, by time; `index` is its place among all. */
interface Timeline {
  readonly times: Float64Array
  readonly indexes: Int32Array
}

const changesOf = (ordered: ReadonlyArray<Conversation>): Timeline => {
  const times: Array<number> = []
  const indexes: Array<number> = []
  const add = (at: number, index: number) => {
    times.push(at)
    indexes.push(index)
  }
  for (const [index, { entries }] of ordered.entries()) {
    for (const { message } of entries) {
      if (message.fate === "missing") continue
      add(message.sentAt, index)
      add(message.pendingUntil, index)
      if (message.finalAt !== Number.POSITIVE_INFINITY) add(message.finalAt, index)
    }
  }
  const order = Uint32Array.from(times.keys()).sort((a, b) => (times[a] as number) - (times[b] as number))
  return {
    times: Float64Array.from(order, (place) => times[place] as number),
    indexes: Int32Array.from(order, (place) => indexes[place] as number)
  }
}

interface Selection {
  /** Brings it to a moment. */
  readonly advance: (at: number) => void
  /** How many of the first `end` conversations match. */
  readonly countBefore: (end: number) => number
  /** The place of the match that has `rank` matches before it. */
  readonly find: (rank: number) => number
}

/** Counts matches in a binary indexed tree (Fenwick): every question and every change takes the logarithm of all. */
const select = (
  ordered: ReadonlyArray<Conversation>,
  { indexes, times }: Timeline,
  { matches }: DetailsQuery,
  settings: Settings
): Selection => {
  const size = ordered.length
  const top = 2 ** Math.floor(Math.log2(Math.max(1, size)))
  const matching = new Uint8Array(size)
  const sums = new Int32Array(size + 1)
  let next = 0

  const look = (index: number, at: number) => {
    const session = Session.at(ordered[index] as Conversation, at, settings)
    const now = session !== undefined && matches(session) ? 1 : 0
    const change = now - (matching[index] as number)
    if (change === 0) return
    matching[index] = now
    for (let node = index + 1; node <= size; node += node & -node) sums[node] = (sums[node] as number) + change
  }

  return {
    advance: (at) => {
      for (; next < times.length && (times[next] as number) <= at; next++) look(indexes[next] as number, at)
    },
    countBefore: (end) => {
      let count = 0
      for (let node = end; node > 0; node -= node & -node) count += sums[node] as number
      return count
    },
    find: (rank) => {
      let place = 0
      let left = rank
      for (let step = top; step > 0; step >>= 1) {
        const sum = sums[place + step]
        if (sum !== undefined && sum <= left) {
          place += step
          left -= sum
        }
      }
      return place
    }
  }
}
