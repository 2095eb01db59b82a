/**
 * The platform's limit on requests, and whether clients keep to what they were told of it.
 *
 * @module
 */
import type { Settings } from "./Options.ts"

const minute = 60_000

/** Timers may fire a little early: so much of a Retry-After may be missing. Milliseconds. */
const timerSlack = 10

/** Moments of the recent past, oldest first. Old ones are dropped as they leave the window. */
interface SlidingWindow {
  readonly add: (now: number) => void
  /** How many moments lie in the window that ends now. */
  readonly count: (now: number) => number
  /** The oldest moment in the window, after `count`. */
  readonly oldest: () => number
}

const slidingWindow = (length: number): SlidingWindow => {
  let moments: Array<number> = []
  let first = 0
  return {
    add: (now) => {
      moments.push(now)
    },
    count: (now) => {
      while (first < moments.length && (moments[first] as number) <= now - length) first++
      if (first > 4096 && first * 2 > moments.length) {
        moments = moments.slice(first)
        first = 0
      }
      return moments.length - first
    },
    oldest: () => moments[first] ?? Number.NEGATIVE_INFINITY
  }
}

/** What a request did wrong by arriving when it did. */
export interface Arrival {
  readonly overBudget: boolean
  readonly duringRetryAfter: boolean
}

/** A refusal: the header that says how long, and the moment until which nothing may be sent (epoch milliseconds). */
export interface Refusal {
  readonly retryAfter: string
  readonly seconds: number
  readonly until: number
}

/** The limit, and the judge. All times are epoch milliseconds. */
export interface Traffic {
  /**
   * Judges the arrival of a request, whatever will be answered.
   *
   * A client can only choose when it sends. Two requests that it sent a minute apart arrive a little less than a
   * minute apart where the second one travelled faster, so the announced limit is judged over a minute that is shorter
   * by `networkJitter`. And what arrives within `inFlight` of a refusal was sent without knowing of it.
   */
  readonly arrive: (now: number) => Arrival
  /** Takes a place in the sliding minute, or says how long to wait for one. */
  readonly admit: (now: number) => Refusal | undefined
  /** Refuses this request and all others for some seconds. */
  readonly throttle: (now: number, seconds: number) => Refusal
  /** A refusal has reached its client. */
  readonly refused: (now: number, refusal: Refusal) => void
}

/** Makes the limit of a simulation. */
export const make = (settings: Settings): Traffic => {
  const arrivals = slidingWindow(minute - settings.networkJitter)
  const admitted = slidingWindow(minute)
  let throttledUntil = Number.NEGATIVE_INFINITY
  let refusals = 0
  // The announced pause: refusals overlap, so there is never more than one that matters.
  let pause = { from: Number.NEGATIVE_INFINITY, until: Number.NEGATIVE_INFINITY }

  const refuse = (now: number, wait: number): Refusal => {
    const seconds = Math.max(1, Math.ceil(wait / 1000))
    refusals++
    if (refusals % 2 === 1) return { retryAfter: String(seconds), seconds, until: now + seconds * 1000 }
    const date = Math.ceil((now + settings.clockSkew + Math.max(1000, wait)) / 1000) * 1000
    return { retryAfter: new Date(date).toUTCString(), seconds, until: date - settings.clockSkew }
  }

  return {
    arrive: (now) => {
      const overBudget = arrivals.count(now) >= settings.announcedPerMinute
      arrivals.add(now)
      return { overBudget, duringRetryAfter: now >= pause.from && now < pause.until - timerSlack }
    },
    admit: (now) => {
      if (now < throttledUntil) return refuse(now, throttledUntil - now)
      if (admitted.count(now) >= settings.requestsPerMinute) return refuse(now, admitted.oldest() + minute - now)
      admitted.add(now)
      return undefined
    },
    throttle: (now, seconds) => {
      throttledUntil = now + seconds * 1000
      return refuse(now, seconds * 1000)
    },
    refused: (now, refusal) => {
      const from = now + settings.inFlight
      pause =
        from < pause.until
          ? { from: pause.from, until: Math.max(pause.until, refusal.until) }
          : { from, until: refusal.until }
    }
  }
}
