/**
 * The resilience policy: how requests to a platform behave when the platform does not. A value; the
 * {@link PlatformClient.PlatformClient} applies it in one place and one order.
 *
 * @module
 */
import * as Duration from "effect/Duration"

/** The settings of the policy. */
export interface ResiliencePolicy {
  /**
   * Requests that the platform allows in a window. A number that was set is the most that is ever sent; where none was,
   * the platform's own word replaces the default. `per` says what the platform counts by: each token, each client
   * (several credentials of one client share its limit), or the organization (all credentials share one).
   */
  readonly budget: {
    readonly requests: number
    readonly window: Duration.Input
    readonly per: "token" | "client" | "organization"
    /** Whether `requests` was set, not left to the default. */
    readonly explicit: boolean
  }
  /** How long one request may take, its whole body read. */
  readonly timeout: Duration.Input
  /** Tries of a request that fails in passing (5xx, no connection, time-out, bad body): the first included. */
  readonly retry: { readonly tries: number; readonly base: Duration.Input }
  /** Opens after so many failed requests in a row, stays open, then lets one request through. */
  readonly breaker: { readonly failures: number; readonly open: Duration.Input }
  /** How many requests may be under way at once. */
  readonly concurrency: number
  /** The longest pause that the platform may ask for; a longer one ends the run. */
  readonly longestPause: Duration.Input
}

/**
 * The defaults: 300 requests a minute (what the platform allows), 30 s a request, 5 tries from 1 s doubling with
 * jitter, the breaker open for 60 s after 3 failures, 4 requests at once, pauses of up to an hour.
 */
export const defaults: ResiliencePolicy = {
  budget: { requests: 300, window: "1 minute", per: "client", explicit: false },
  timeout: "30 seconds",
  retry: { tries: 5, base: "1 second" },
  breaker: { failures: 3, open: "60 seconds" },
  concurrency: 4,
  longestPause: "1 hour"
}

/** Settings that replace some of the defaults. */
export type Overrides = {
  readonly [K in keyof ResiliencePolicy]?: ResiliencePolicy[K] extends object
    ? Partial<ResiliencePolicy[K]> | undefined
    : ResiliencePolicy[K] | undefined
}

/** The defaults with some settings replaced. */
export const make = (overrides: Overrides = {}): ResiliencePolicy => ({
  budget: { ...defaults.budget, explicit: overrides.budget?.requests !== undefined, ...overrides.budget },
  timeout: overrides.timeout ?? defaults.timeout,
  retry: { ...defaults.retry, ...overrides.retry },
  breaker: { ...defaults.breaker, ...overrides.breaker },
  concurrency: overrides.concurrency ?? defaults.concurrency,
  longestPause: overrides.longestPause ?? defaults.longestPause
})

/** The policy as the audit trail shows it. */
export const describe = (policy: ResiliencePolicy): Readonly<Record<string, unknown>> => ({
  requests: policy.budget.requests,
  per: policy.budget.per,
  windowMs: Duration.toMillis(Duration.fromInputUnsafe(policy.budget.window)),
  timeoutMs: Duration.toMillis(Duration.fromInputUnsafe(policy.timeout)),
  tries: policy.retry.tries,
  retryBaseMs: Duration.toMillis(Duration.fromInputUnsafe(policy.retry.base)),
  breakerFailures: policy.breaker.failures,
  breakerOpenMs: Duration.toMillis(Duration.fromInputUnsafe(policy.breaker.open)),
  concurrency: policy.concurrency,
  longestPauseMs: Duration.toMillis(Duration.fromInputUnsafe(policy.longestPause))
})
