/**
 * A quota: the budget of one set of credentials, and one for each class of endpoint that has a lower limit of its own.
 *
 * Whose limit was hit is told by what names it: a header or an error with another limit than the credentials' belongs to
 * the endpoint, and holds up that alone. Where nothing is named, nothing is sent until `Retry-After` has passed; and where
 * others shared the window, the endpoint is taken for the reason first, and the credentials when another one is refused
 * soon after.
 *
 * @module
 */
import * as Budget from "./Budget.ts"
import type { RateHeaders } from "./RateHeaders.ts"

/** A quota's settings. */
export interface QuotaOptions extends Budget.BudgetOptions {
  /** Whether the limit is an operator's choice: then the platform's word may lower it, and not raise it. */
  readonly explicit: boolean
}

/** What a refusal said. */
export interface Refusal {
  /** How long it said to wait. Milliseconds. */
  readonly retryAfter?: number | undefined
  /** The limit that it named. */
  readonly limit?: number | undefined
  /** How much longer than asked is waited where it did not say how long: 1 to 1.1, so that clients do not march in step. */
  readonly jitter: number
}

/** A quota. Moments in epoch milliseconds; an endpoint is named by a word, or not. */
export interface Quota {
  /** The moment at which the next request to an endpoint may be sent. */
  readonly slot: (endpoint: string | undefined, now: number) => number
  readonly pay: (endpoint: string | undefined, now: number) => void
  readonly accepted: (endpoint: string | undefined, sentAt: number, now: number) => void
  readonly lost: (endpoint: string | undefined, sentAt: number) => void
  readonly refused: (endpoint: string | undefined, sentAt: number, now: number, refusal: Refusal) => void
  /** What an answer's headers say. */
  readonly told: (endpoint: string | undefined, now: number, rate: RateHeaders) => void
  /** What the platform states of the limit of an endpoint, or of the credentials. */
  readonly learn: (endpoint: string | undefined, limit: number) => void
  /** Nothing is sent before this moment. */
  readonly closedUntil: () => number
  /** The limit of the credentials that we believe in. */
  readonly limit: () => number
}

/** The longest wait of our own where the platform refuses and does not say for how long. Milliseconds. */
const longestBackoff = 60_000

/** What headers said of an endpoint is forgotten after so many windows, and who was refused after so many. */
const saidWindows = 5
const blamedWindows = 3

/** Where all but this share of the traffic is an endpoint's, its limit and the credentials' are the same for now. */
const alone = 0.1

/** Makes a quota. */
export const make = (options: QuotaOptions): Quota => {
  const { explicit, limit, window } = options
  const whole = Budget.make(options)
  /** The most that the credentials may have. */
  let ceiling = limit
  /** Each with the limit that was stated for it, and the one that headers tell. */
  const endpoints = new Map<string, { budget: Budget.Budget; stated: number; told: number }>()
  /** What headers last said, by endpoint. */
  const said = new Map<string | undefined, { readonly allowed: number; readonly at: number }>()
  let blamed: { readonly endpoint: string; readonly at: number } | undefined
  let refusals = 0

  const of = (endpoint: string | undefined, now: number) => {
    if (endpoint === undefined) return undefined
    const found = endpoints.get(endpoint)
    if (found !== undefined) return found
    const none = Number.POSITIVE_INFINITY
    const made = { budget: Budget.make({ limit: ceiling, window, now }), stated: none, told: none }
    endpoints.set(endpoint, made)
    return made
  }

  /** An endpoint's limit is the lower one of its own and the credentials'. */
  const bound = (next: number) => {
    ceiling = explicit ? Math.min(limit, next) : next
    whole.bound(ceiling)
    for (const { budget, stated, told } of endpoints.values()) budget.bound(Math.min(ceiling, stated, told))
  }

  const learn = (endpoint: string | undefined, stated: number, now: number) => {
    const own = of(endpoint, now)
    if (own !== undefined) own.stated = stated
    bound(own === undefined ? stated : ceiling)
  }

  /** Each answer tells one limit. The highest one of late is the credentials'; who tells less has a limit of its own. */
  const told = (endpoint: string | undefined, now: number, rate: RateHeaders) => {
    const own = of(endpoint, now)
    const { allowed } = rate
    if (allowed === undefined) return whole.shared(now, rate)
    said.set(endpoint, { allowed, at: now })
    for (const [key, { at }] of said) if (now - at > saidWindows * window) said.delete(key)
    if (own !== undefined) own.told = allowed
    const highest = Math.max(...Array.from(said.values(), (each) => each.allowed))
    bound(highest)
    const shared = allowed < highest && own !== undefined ? own.budget : whole
    shared.shared(now, rate)
  }

  /** Whom a refusal that names no limit tells of: the credentials, or the endpoint. */
  const blame = (endpoint: string | undefined, now: number): Budget.Budget => {
    const own = of(endpoint, now)
    if (endpoint === undefined || own === undefined) return whole
    if (blamed !== undefined && blamed.endpoint !== endpoint && now - blamed.at < blamedWindows * window) {
      // Two endpoints, one after the other: it is not the endpoints.
      const wrongly = endpoints.get(blamed.endpoint)
      if (wrongly !== undefined) {
        wrongly.budget = Budget.make({ limit: Math.min(ceiling, wrongly.stated, wrongly.told), window, now })
      }
      blamed = undefined
      return whole
    }
    const all = whole.acceptedSince(now - window)
    if (all - own.budget.acceptedSince(now - window) < alone * all) return whole
    blamed = { endpoint, at: now }
    return own.budget
  }

  return {
    slot: (endpoint, now) => Math.max(whole.slot(now), of(endpoint, now)?.budget.slot(now) ?? 0),
    pay: (endpoint, now) => {
      whole.pay(now)
      of(endpoint, now)?.budget.pay(now)
    },
    accepted: (endpoint, sentAt, now) => {
      refusals = 0
      whole.accepted(sentAt, now)
      of(endpoint, now)?.budget.accepted(sentAt, now)
    },
    lost: (endpoint, sentAt) => {
      whole.lost(sentAt)
      if (endpoint !== undefined) endpoints.get(endpoint)?.budget.lost(sentAt)
    },
    refused: (endpoint, sentAt, now, refusal) => {
      const own = of(endpoint, now)
      whole.lost(sentAt)
      own?.budget.lost(sentAt)
      refusals += 1
      const { jitter, retryAfter } = refusal
      const wait = retryAfter ?? Math.min(longestBackoff, 1000 * 2 ** (refusals - 1)) * jitter
      const until = Math.ceil(now + wait)
      const named = refusal.limit
      if (own !== undefined && named !== undefined && named < ceiling) {
        learn(endpoint, named, now)
        return own.budget.close(until)
      }
      // Only the first refusal of an episode teaches: the others were under way when it came.
      if (retryAfter !== undefined && sentAt >= whole.closedUntil()) {
        blame(endpoint, now).refused(sentAt, now, retryAfter)
      }
      whole.close(until)
    },
    told,
    learn: (endpoint, stated) => learn(endpoint, stated, options.now),
    closedUntil: whole.closedUntil,
    limit: whole.limit
  }
}
