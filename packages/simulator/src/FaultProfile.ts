/**
 * What can go wrong on the platform's side: the rates of each fault, and the profiles that name sets of them.
 *
 * @module
 */
import * as Schema from "effect/Schema"

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
