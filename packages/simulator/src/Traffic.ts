/**
 * The platform's limits on requests, and whether clients keep to what they were told of them.
 *
 * @module
 */
import * as RateWindow from "./RateWindow.ts"
import type { Endpoint } from "./Report.ts"
import type { Settings } from "./Settings.ts"

const minute = 60_000

/** Timers may fire a little early: so much of a Retry-After may be missing. Milliseconds. */
const timerSlack = 10

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
  /** The endpoint whose own limit refuses; where there is none, nothing at all may be sent. */
  readonly endpoint: Endpoint | undefined
}

/** How much of a limit is used. */
export interface Usage {
  readonly count: number
  readonly allowed: number
  /** Seconds until some of it is free again. */
  readonly reset: number
}

/** The limits, and the judge. All times are epoch milliseconds. */
export interface Traffic {
  /**
   * Judges the arrival of a request, whatever will be answered.
   *
   * A client can only choose when it sends. Two requests that it sent a minute apart arrive a little less than a
   * minute apart where the second one travelled faster, so the announced limit is judged over a minute that is shorter
   * by `networkJitter`. And what arrives within `inFlight` of a refusal was sent without knowing of it.
   */
  readonly arrive: (now: number, endpoint: Endpoint) => Arrival
  /** Takes a place in the minute, or says how long to wait for one. */
  readonly admit: (now: number, endpoint: Endpoint) => Refusal | undefined
  /** Refuses this request and all others for some seconds. */
  readonly throttle: (now: number, seconds: number) => Refusal
  /** A refusal has reached its client. */
  readonly refused: (now: number, refusal: Refusal) => void
  /** Of the limit that an endpoint is nearest to. */
  readonly usage: (now: number, endpoint: Endpoint) => Usage
}

/** The limit of all requests at a time since the start. */
export const limitAt = (settings: Settings, since: number): number =>
  settings.limits.findLast(({ from }) => from <= since)?.perMinute ?? settings.requestsPerMinute

/** Makes the limits of a simulation that starts at `startedAt`. */
export const make = (settings: Settings, startedAt: number): Traffic => {
  const window = () =>
    settings.limitWindow === "sliding" ? RateWindow.sliding(minute) : RateWindow.fixed(minute, startedAt)
  const arrivals = RateWindow.sliding(minute - settings.networkJitter)
  const admitted = window()
  const own = new Map(
    Object.entries(settings.endpointLimits).flatMap(([endpoint, limit]) =>
      limit === undefined ? [] : [[endpoint as Endpoint, { limit, admitted: window() }] as const]
    )
  )
  let throttledUntil = Number.NEGATIVE_INFINITY
  let refusals = 0
  // The announced pauses, by whose limit it was: refusals overlap, so there is never more than one that matters.
  const pauses = new Map<Endpoint | undefined, { readonly from: number; readonly until: number }>()

  const refuse = (now: number, wait: number, endpoint?: Endpoint): Refusal => {
    const seconds = Math.max(1, Math.ceil(wait / 1000))
    refusals++
    // The public API says it in seconds; what stands before another one may use a date.
    if (refusals % 2 === 1 || settings.api === "conversations") {
      return { retryAfter: String(seconds), seconds, until: now + seconds * 1000, endpoint }
    }
    const date = Math.ceil((now + settings.clockSkew + Math.max(1000, wait)) / 1000) * 1000
    return { retryAfter: new Date(date).toUTCString(), seconds, until: date - settings.clockSkew, endpoint }
  }

  const isPaused = (now: number, endpoint: Endpoint | undefined) => {
    const pause = pauses.get(endpoint)
    return pause !== undefined && now >= pause.from && now < pause.until - timerSlack
  }

  const limit = (now: number) => limitAt(settings, now - startedAt)

  return {
    arrive: (now, endpoint) => {
      const overBudget = arrivals.count(now) >= settings.announcedPerMinute
      arrivals.add(now)
      return { overBudget, duringRetryAfter: isPaused(now, undefined) || isPaused(now, endpoint) }
    },
    admit: (now, endpoint) => {
      if (now < throttledUntil) return refuse(now, throttledUntil - now)
      const wait = admitted.wait(now, limit(now))
      if (wait > 0) return refuse(now, wait)
      const special = own.get(endpoint)
      const ownWait = special === undefined ? 0 : special.admitted.wait(now, special.limit)
      if (ownWait > 0) return refuse(now, ownWait, endpoint)
      admitted.add(now)
      special?.admitted.add(now)
      return undefined
    },
    throttle: (now, seconds) => {
      throttledUntil = now + seconds * 1000
      return refuse(now, seconds * 1000)
    },
    refused: (now, { endpoint, until }) => {
      const from = now + settings.inFlight
      const pause = pauses.get(endpoint)
      pauses.set(
        endpoint,
        pause !== undefined && from < pause.until
          ? { from: pause.from, until: Math.max(pause.until, until) }
          : { from, until }
      )
    },
    usage: (now, endpoint) => {
      const all = { window: admitted, allowed: limit(now) }
      const special = own.get(endpoint)
      const one = special === undefined ? all : { window: special.admitted, allowed: special.limit }
      const free = ({ window, allowed }: typeof all) => allowed - window.count(now)
      const nearest = free(one) < free(all) ? one : all
      return {
        count: nearest.window.count(now),
        allowed: nearest.allowed,
        reset: Math.ceil(nearest.window.left(now) / 1000)
      }
    }
  }
}
