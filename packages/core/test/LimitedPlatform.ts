/**
 * A platform with a limit, and clients that send to it as a quota lets them: in virtual time, without fibers, so that
 * hours take a moment.
 */
import * as Quota from "../src/Quota.ts"
import type { RateHeaders } from "../src/RateHeaders.ts"

export const minute = 60_000

/** The most moments that any window of this length holds. */
export const mostInWindow = (moments: ReadonlyArray<number>, window: number) => {
  const sorted = [...moments].sort((a, b) => a - b)
  let most = 0
  let from = 0
  for (const [index, at] of sorted.entries()) {
    while ((sorted[from] as number) <= at - window) from += 1
    most = Math.max(most, index - from + 1)
  }
  return most
}

/** Numbers between 0 and 1, the same ones for the same seed. */
export const dice = (seed: number) => {
  let state = (Math.abs(seed) % 1_000_003) * 2111 + 1
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}

/** What the platform says to a request that arrives now: nothing, or how long to wait. Milliseconds. */
export type Rule = (now: number, endpoint: string | undefined) => number | undefined

export const wholeSeconds = (millis: number) => Math.ceil(millis / 1000) * 1000

/** Allows so many requests in any minute. */
export const sliding = (limit: (now: number) => number): Rule => {
  const accepted: Array<number> = []
  return (now) => {
    while (accepted.length > 0 && (accepted[0] as number) <= now - minute) accepted.shift()
    const oldest = accepted[accepted.length - limit(now)]
    if (oldest !== undefined) return wholeSeconds(oldest + minute - now)
    accepted.push(now)
    return undefined
  }
}

/** Allows so many requests in each minute of its own clock. */
export const fixed = (limit: (now: number) => number, phase: number): Rule => {
  let begun = 0
  let used = 0
  return (now) => {
    const start = now - ((now + phase) % minute)
    if (start !== begun) used = 0
    begun = start
    if (used >= limit(now)) return wholeSeconds(start + minute - now)
    used += 1
    return undefined
  }
}

/** Who sends, and to what. */
export interface Play {
  readonly seed: number
  readonly rule: Rule
  readonly minutes: number
  /** What the client is told of the limit. Default 300. */
  readonly limit?: number
  readonly explicit?: boolean
  /** Senders, each with the class of endpoints that it asks. Default 4 without one. */
  readonly senders?: ReadonlyArray<string | undefined>
  /** How long a request, and its answer, take: from and to. Milliseconds. Default 20 to 120. */
  readonly latency?: readonly [number, number]
  /** How long a sender pauses after an answer. Milliseconds. */
  readonly idle?: (now: number) => number
  /** The headers of each answer. */
  readonly headers?: (now: number, endpoint: string | undefined) => RateHeaders
  /** What the client's clock shows, by the true time. */
  readonly clock?: (now: number) => number
}

/** Plays, and tells what came of it, in true time. */
export const play = (given: Play) => {
  const { clock = (now) => now, headers, idle, latency = [20, 120], rule, seed } = given
  const chance = dice(seed)
  const travel = () => Math.round(latency[0] + chance() * (latency[1] - latency[0]))
  const quota = Quota.make({
    limit: given.limit ?? 300,
    explicit: given.explicit ?? true,
    window: minute,
    now: clock(0)
  })
  const sent: Array<number> = []
  const accepted: Array<number> = []
  const refused: Array<number> = []
  const acceptedOf: Array<readonly [endpoint: string, at: number]> = []
  let tooEarly = 0
  let closedUntil = 0

  const agenda: Array<{ readonly at: number; readonly act: (now: number) => void }> = []
  const later = (at: number, act: (now: number) => void) => {
    const entry = { at, act }
    let index = agenda.length
    while (index > 0 && (agenda[index - 1] as typeof entry).at > at) index -= 1
    agenda.splice(index, 0, entry)
  }

  const ask = (endpoint: string | undefined) => (now: number) => {
    const at = quota.slot(endpoint, clock(now))
    if (at > clock(now)) return later(now + at - clock(now), ask(endpoint))
    const sentAt = clock(now)
    quota.pay(endpoint, sentAt)
    sent.push(now)
    if (now < closedUntil) tooEarly += 1
    later(now + travel(), (arrived) => {
      const wait = rule(arrived, endpoint)
      const told = headers?.(arrived, endpoint) ?? {}
      if (wait === undefined) {
        accepted.push(arrived)
        if (endpoint !== undefined) acceptedOf.push([endpoint, arrived])
      } else {
        refused.push(arrived)
      }
      later(arrived + travel(), (heard) => {
        quota.told(endpoint, clock(heard), told)
        if (wait === undefined) {
          quota.accepted(endpoint, sentAt, clock(heard))
        } else {
          quota.refused(endpoint, sentAt, clock(heard), { retryAfter: wait, limit: told.allowed, jitter: 1 })
          if (told.allowed === undefined) closedUntil = Math.max(closedUntil, heard + wait)
        }
        later(heard + (idle?.(heard) ?? 0), ask(endpoint))
      })
    })
  }

  for (const endpoint of given.senders ?? [undefined, undefined, undefined, undefined]) ask(endpoint)(0)
  for (let next = agenda.shift(); next !== undefined && next.at <= given.minutes * minute; next = agenda.shift()) {
    next.act(next.at)
  }
  const between = (moments: ReadonlyArray<number>, from: number, to: number) =>
    moments.filter((at) => at > from * minute && at <= to * minute).length
  return {
    sent,
    accepted,
    refused,
    tooEarly,
    /** Accepted requests a minute, from one minute to another. */
    rate: (from: number, to: number) => between(accepted, from, to) / (to - from),
    rateOf: (endpoint: string, from: number, to: number) =>
      between(
        acceptedOf.filter(([of]) => of === endpoint).map(([, at]) => at),
        from,
        to
      ) /
      (to - from),
    refusals: (from: number, to: number) => between(refused, from, to),
    limit: quota.limit()
  }
}
