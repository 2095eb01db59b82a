/**
 * What goes wrong on the platform's side, and how often.
 *
 * @module
 */
import * as Schema from "effect/Schema"
import type { Settings } from "./Options.ts"
import * as Seed from "./Seed.ts"

const Rate = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))

/** How often each fault happens, from 0 to 1. */
export const Rates = Schema.Struct({
  /** Requests that are answered 429, with a Retry-After during which all others are refused too. */
  throttled: Rate,
  /** Requests that are answered 500, 502, 503 or 504. */
  failing: Rate,
  /** Requests whose connection is reset without an answer. */
  reset: Rate,
  /** Answers whose JSON stops in the middle, though the HTTP message is whole. */
  truncated: Rate,
  /** Answers whose connection dies in the middle of the body. */
  cut: Rate,
  /** Answers that take `slowAnswers` longer. */
  slow: Rate,
  /** Pages in which some entities stand twice. */
  duplicated: Rate,
  /** Entities that show an older status after a newer one was served. */
  stale: Rate,
  /** Messages whose final receipt is followed by one that contradicts it. */
  contradicted: Rate,
  /** Messages that the analytics export reports with the wrong final status. */
  misreported: Rate,
  /** Token requests that are answered 503 or reset. */
  tokenFailing: Rate
})
/** See {@link Rates}. */
export type Rates = typeof Rates.Type

/** Rates by name, and what else belongs to a kind of trouble. */
export const Profile = Schema.Literals(["none", "chaos", "outage", "auth"])
/** See {@link Profile}. */
export type Profile = typeof Profile.Type

const none: Rates = {
  throttled: 0,
  failing: 0,
  reset: 0,
  truncated: 0,
  cut: 0,
  slow: 0,
  duplicated: 0,
  stale: 0,
  contradicted: 0,
  misreported: 0,
  tokenFailing: 0
}

/** The rates of each profile. The outages of `outage` and the revocations of `auth` are times, not rates. */
export const profiles: Readonly<Record<Profile, Rates>> = {
  none,
  chaos: {
    ...none,
    throttled: 0.005,
    failing: 0.02,
    reset: 0.01,
    truncated: 0.01,
    cut: 0.005,
    slow: 0.05,
    duplicated: 0.1,
    stale: 0.05,
    contradicted: 0.02
  },
  outage: none,
  auth: { ...none, tokenFailing: 0.1 }
}

/** A span of time, in milliseconds since the start. */
export interface Outage {
  readonly from: number
  readonly until: number
}

/** A fault that befalls a whole request. */
export type Fault = "throttled" | "failing" | "reset" | "truncated" | "cut"

const requestFaults = ["throttled", "failing", "reset", "truncated", "cut"] as const

/** What befalls one request. */
export interface Draw {
  readonly fault: Fault | undefined
  /** During an outage nothing else is looked at. */
  readonly outage: boolean
  /** Milliseconds that the answer takes longer. */
  readonly delay: number
}

/** Draws what befalls each request. */
export interface Faults {
  /** For a request to the API that arrives `since` milliseconds after the start. */
  readonly request: (since: number) => Draw
  /** For a token request: it can only fail or be reset. */
  readonly token: (since: number) => Draw
  /** For the entities of a page. */
  readonly page: Seed.Chance
}

/** Makes the faults of a simulation. */
export const make = (settings: Settings): Faults => {
  const { rates } = settings
  const requests = Seed.make(settings.seed, "requests")
  const tokens = Seed.make(settings.seed, "tokens")
  const sum = requestFaults.reduce((sum, name) => sum + rates[name], 0)
  const weights = [
    [undefined, Math.max(0, 1 - sum)] as const,
    ...requestFaults.map((name) => [name, rates[name]] as const)
  ] as const
  const isOut = (since: number) => settings.outages.some(({ from, until }) => since >= from && since < until)
  const broken = (chance: Seed.Chance): Fault => (chance.happens(0.5) ? "failing" : "reset")
  return {
    request: (since) => {
      const outageFault = broken(requests)
      const fault = requests.weighted(weights)
      const slow = requests.happens(rates.slow)
      const delay = requests.whole(settings.slowAnswers.min, settings.slowAnswers.max)
      return isOut(since)
        ? { fault: outageFault, outage: true, delay: 0 }
        : { fault, outage: false, delay: slow ? delay : 0 }
    },
    token: (since) => {
      const fault = broken(tokens)
      const fails = tokens.happens(rates.tokenFailing)
      const outage = isOut(since)
      return { fault: fails || outage ? fault : undefined, outage, delay: 0 }
    },
    page: Seed.make(settings.seed, "pages")
  }
}
