/**
 * What a rehearsal comes to in figures, held against the platform's truth. All times in milliseconds.
 *
 * @module
 */
import type { Message, TrackingEvent } from "@dlrkit/core"
import type { Played } from "./Rehearsal.ts"
import type { Scenario } from "./Scenario.ts"

/** The time from a final receipt at the platform to its being recorded. */
export interface Lag {
  readonly meanMs: number
  readonly p95Ms: number
  readonly maxMs: number
}

/** A message whose end is not what the platform served. */
export interface Lost {
  readonly messageId: string
  readonly play: "calm" | "troubled"
  /** As the journal has it: `pending` where it has no end, `absent` where it is not there. */
  readonly tracked: Message.Resolution | "pending" | "absent"
  /** The final status that the platform served; `null` where it served none. */
  readonly served: Message.FinalStatus | null
}

/** How many messages of a carrier ended without a receipt, and how many of those reached their recipients. */
export interface Unconfirmed {
  readonly messages: number
  readonly arrived: number
}

/** One play in figures. */
export interface Figures {
  readonly delivered: number
  readonly failed: number
  readonly unconfirmed: number
  /** Those that had not even been registered when the run ended are among them. */
  readonly pending: number
  /** Computed against the platform's truth. */
  readonly lost: number
  /** `null` where no final receipt became known. */
  readonly lag: Lag | null
  /** Requests to the platform, repeats included, tokens aside. */
  readonly requests: number
  /** Of those, how many were refused with 429. */
  readonly refusals: number
  /** The longest time in which requests were sent and none got what it asked for. */
  readonly longestUnansweredMs: number
  /** By carrier; those that have none are left out. */
  readonly unconfirmedByCarrier: Readonly<Record<string, Unconfirmed>>
  readonly sinks: Played["sinks"]
  /** Why the run ended before every message had its end; `null` where it did not. */
  readonly endedBy: string | null
}

/** A play with trouble beside the calm one. */
export interface Comparison {
  readonly calm: Figures
  readonly troubled: Figures
  /** Receipts that became known more than `thresholdMs` later than in the calm play, and by how much at most. */
  readonly late: { readonly receipts: number; readonly maxMs: number; readonly thresholdMs: number }
  /** Messages whose deadline passed during the trouble, and that were looked at once more after it. */
  readonly lookedAtAgain: number
  /** Of both plays; empty. */
  readonly lost: ReadonlyArray<Lost>
}

/** Receipts that are known so much later are late: less is the planner's choice of whom to ask first. */
const lateAfter = 60_000

/** Compares two plays of the same messages. */
export const compare = (calm: Played, troubled: Played, { from, until }: Scenario): Comparison => {
  const before = new Map(calm.messages.map((message) => [message.messageId, message]))
  const delays = troubled.messages.flatMap((message) => {
    const other = before.get(message.messageId)
    const known = knownAt(message)
    const knownBefore = other === undefined ? undefined : knownAt(other)
    return known === undefined || knownBefore === undefined ? [] : [known - knownBefore]
  })
  const late = delays.filter((delay) => delay > lateAfter)
  const begin = troubled.startedAt + from
  const end = troubled.startedAt + (until ?? Number.POSITIVE_INFINITY)
  return {
    calm: figuresOf(calm),
    troubled: figuresOf(troubled),
    late: { receipts: late.length, maxMs: maxOf(late), thresholdMs: lateAfter },
    lookedAtAgain: troubled.messages.filter(
      ({ deadlineAt, lookedAt = 0, seenAt = 0, status }) =>
        deadlineAt >= begin && deadlineAt < end && lookedAt >= end && !(isFinal(status) && seenAt < end)
    ).length,
    lost: [
      ...lostOf(calm).map((lost): Lost => ({ play: "calm", ...lost })),
      ...lostOf(troubled).map((lost): Lost => ({ play: "troubled", ...lost }))
    ]
  }
}

const isFinal = (status: Message.Status) => status === "delivered" || status === "failed"

/** When a message's final receipt was recorded. */
const knownAt = ({ seenAt, status }: Message.TrackedMessage) => (isFinal(status) ? seenAt : undefined)

const figuresOf = (played: Played): Figures => {
  const { endedBy, events, messages, report, sinks } = played
  const ended = (resolution: Message.Resolution) =>
    messages.filter((message) => message.resolution === resolution).length
  const [delivered, failed, unconfirmed] = [ended("delivered"), ended("failed"), ended("unconfirmed")]
  const requests = events.filter((event) => event.kind === "request")
  const asked = requests.filter(({ purpose }) => purpose !== "token")
  return {
    ...{ delivered, failed, unconfirmed },
    pending: report.messages.length - delivered - failed - unconfirmed,
    lost: lostOf(played).length,
    lag: lagOf(played),
    requests: asked.length,
    refusals: asked.filter(({ outcome }) => outcome === "throttled").length,
    longestUnansweredMs: longestUnanswered(requests),
    unconfirmedByCarrier: unconfirmedByCarrier(played),
    sinks,
    endedBy: endedBy ?? null
  }
}

/**
 * Messages that ended otherwise than the platform served, in the order of their ids. Whose end a classifier decided is
 * none of them, nor is what a run that ended early had still to look at.
 */
const lostOf = ({ endedBy, messages, overruled, report }: Played): ReadonlyArray<Omit<Lost, "play">> => {
  const tracked = new Map(messages.map((message) => [message.messageId, message]))
  return report.messages
    .flatMap(({ conversationId, id, status: served = null }): ReadonlyArray<Omit<Lost, "play">> => {
      const message = tracked.get(id)
      if (message === undefined) return endedBy === undefined ? [{ messageId: id, tracked: "absent", served }] : []
      const { resolution } = message
      if (resolution === undefined) return endedBy === undefined ? [{ messageId: id, tracked: "pending", served }] : []
      if ((resolution === "unconfirmed" ? null : resolution) === served) return []
      return overruled.has(id) || overruled.has(conversationId) ? [] : [{ messageId: id, tracked: resolution, served }]
    })
    .sort((a, b) => (a.messageId < b.messageId ? -1 : 1))
}

const lagOf = ({ messages, report }: Played): Lag | null => {
  const finalAt = new Map(
    report.messages.flatMap(({ finalAt, id }) => (finalAt === undefined ? [] : [[id, Date.parse(finalAt)] as const]))
  )
  const lags = messages
    .flatMap((message) => {
      const known = knownAt(message)
      const there = finalAt.get(message.messageId ?? "")
      return known === undefined || there === undefined ? [] : [known - there]
    })
    .sort((a, b) => a - b)
  if (lags.length === 0) return null
  return {
    meanMs: Math.round(lags.reduce((sum, lag) => sum + lag, 0) / lags.length),
    p95Ms: lags[Math.floor(lags.length * 0.95)] as number,
    maxMs: maxOf(lags)
  }
}

/** From the sending of a request that was not answered to the next answer, the longest time of all. */
const longestUnanswered = (
  requests: ReadonlyArray<Extract<TrackingEvent.TrackingEvent, { readonly kind: "request" }>>
): number => {
  const ends = requests
    .map(({ durationMs, outcome, startedAt }) => {
      const from = Date.parse(startedAt)
      return { from, to: from + durationMs, isAnswered: outcome === "ok" }
    })
    .sort((a, b) => a.to - b.to || a.from - b.from)
  let since: number | undefined
  let longest = 0
  for (const { from, isAnswered, to } of ends) {
    if (since !== undefined) longest = Math.max(longest, to - since)
    since = isAnswered ? undefined : Math.min(since ?? from, from)
  }
  return longest
}

const unconfirmedByCarrier = ({ messages, report }: Played): Figures["unconfirmedByCarrier"] => {
  const arrived = new Set(report.messages.flatMap((truth) => (truth.arrived ? [truth.id] : [])))
  const counts = new Map<string, { messages: number; arrived: number }>()
  for (const { carrier, messageId, resolution } of messages) {
    if (resolution !== "unconfirmed") continue
    const count = counts.get(carrier) ?? { messages: 0, arrived: 0 }
    counts.set(carrier, count)
    count.messages += 1
    if (arrived.has(messageId ?? "")) count.arrived += 1
  }
  return Object.fromEntries(Array.from(counts).sort(([a], [b]) => (a < b ? -1 : 1)))
}

const maxOf = (values: ReadonlyArray<number>) => values.reduce((most, value) => Math.max(most, value), 0)
