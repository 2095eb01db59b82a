/**
 * The platform client: the one way in which a source talks to its platform, with the whole
 * {@link ResiliencePolicy.ResiliencePolicy} applied, and with a record of each request in the journal.
 *
 * From the inside out: (1) the whole body is read and parsed within the time-out, so that a truncated body is a failure
 * like any other; (2) the circuit breaker sees each attempt; (3) the budget is paid for each attempt; (4) a 401 renews
 * the token and repeats once; (5) what fails in passing is repeated. A 429 waits for as long as the platform says, and a
 * circuit that is open for as long as it is open: neither counts as a try.
 *
 * @module
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import type * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import type { AuthService } from "./Auth.ts"
import * as Breaker from "./Breaker.ts"
import * as Budget from "./Budget.ts"
import { Journal } from "./Journal.ts"
import type { JournalError } from "./JournalStore.ts"
import * as RecordedExchange from "./RecordedExchange.ts"
import type { ResiliencePolicy } from "./ResiliencePolicy.ts"
import { because, Refused, type SourceError, type SourceErrorReason } from "./SourceError.ts"
import * as TrackerMetrics from "./TrackerMetrics.ts"

/** What is asked, and what for. */
export interface PlatformRequest<A> {
  readonly request: HttpClientRequest.HttpClientRequest
  /** A word for the record of the request: `lookup`, `reconcile`. */
  readonly purpose: string
  /** How many messages it asks about. */
  readonly messages: number
  /** The permission that it needs, named where the platform refuses. */
  readonly permission: string
  /** Reads the parsed body; `undefined` where it is not what it should be, which is a failure like a truncated one. */
  readonly decode: (body: unknown) => A | undefined
}

/** Sends requests through the policy. */
export interface PlatformClient {
  /** Sends one request, repeats it as the policy says, and gives what its answer holds. */
  readonly send: <A>(request: PlatformRequest<A>) => Effect.Effect<A, SourceError>
}

/** What a client is made from. */
export interface PlatformClientOptions {
  /** The source's name, for its requests' records. */
  readonly source: string
  /** The platform's host, for people. */
  readonly host: string
  readonly policy: ResiliencePolicy
  readonly auth: AuthService
}

/** How long after a refusal for a learned limit the platform is tried with more again. */
const probeAfter = Duration.toMillis("10 minutes")

/** Makes a client. What the last window's requests cost is read from the journal. */
export const make = Effect.fnUntraced(function* (
  options: PlatformClientOptions
): Effect.fn.Return<PlatformClient, JournalError, HttpClient.HttpClient | Journal | Scope.Scope> {
  const { auth, policy, source } = options
  const http = yield* HttpClient.HttpClient
  const journal = yield* Journal
  const window = Duration.toMillis(Duration.fromInputUnsafe(policy.budget.window))
  const budget = yield* Budget.make({
    limit: policy.budget.requests,
    window,
    ...(yield* journal.traffic(source, window)),
    probeAfter,
    onLimit: (limit) =>
      Effect.andThen(
        TrackerMetrics.budgetLimit(source, limit),
        Effect.logWarning(`${source}: the platform seems to allow ${limit} requests a window; pacing by that`)
      )
  })
  yield* TrackerMetrics.budgetLimit(source, policy.budget.requests)
  const breaker = yield* Breaker.make(source, options.host, policy)

  /** What the budget learns from an answer to the request that was sent at a moment. */
  const tell = (sentAt: number) => (reason: SourceErrorReason | undefined) => {
    switch (reason?._tag) {
      case "Unreachable":
        return Effect.void
      case "Throttled":
        return budget.refused(sentAt, reason.retryAfterMs)
      default:
        return budget.accepted(sentAt)
    }
  }

  /** One attempt: paid from the budget, admitted by the breaker, sent with this token, read and recorded. */
  const attempt = <A>(
    asked: PlatformRequest<A>,
    token: Redacted.Redacted<string>,
    sentAt: number,
    count: () => number
  ) =>
    breaker
      .guard(
        Effect.suspend(() =>
          RecordedExchange.send(http, journal, {
            ...asked,
            request: HttpClientRequest.bearerToken(asked.request, token),
            timeout: policy.timeout,
            source,
            attempt: count(),
            told: tell(sentAt)
          })
        )
      )
      .pipe(
        Effect.mapError((reason) =>
          reason._tag === "Refused" ? new Refused({ ...reason, permission: asked.permission }) : reason
        )
      )

  const send = <A>(asked: PlatformRequest<A>) =>
    Effect.suspend(() => {
      let attempts = 0
      const count = () => ++attempts
      const token = Effect.mapError(auth.token, (error) => error.reason)
      /** The token is taken again when the slot has come, so that a request that waited long does not carry an old one. */
      const once = (renewed: boolean): Effect.Effect<A, SourceErrorReason> =>
        Effect.gen(function* () {
          yield* token
          const [sentAt, current] = yield* budget.take(token)
          return yield* attempt(asked, current, sentAt, count).pipe(
            Effect.catchTag("Refused", (refused) =>
              refused.status === 401 && !renewed
                ? Effect.andThen(
                    Effect.mapError(auth.renew(current), (error) => error.reason),
                    once(true)
                  )
                : Effect.fail(refused)
            )
          )
        })
      return persist(policy, once(false)).pipe(Effect.mapError(because))
    })

  return { send }
})

/** Repeats what fails in passing: as often as the policy says, what only has to wait not counted. */
const persist = <A>(policy: ResiliencePolicy, once: Effect.Effect<A, SourceErrorReason>) =>
  once.pipe(
    Effect.tapErrorTag("CircuitOpen", ({ retryAfterMs }) => Effect.sleep(retryAfterMs + 1)),
    Effect.retry({ while: ({ _tag }) => _tag === "Throttled" || _tag === "CircuitOpen" }),
    Effect.retry({ schedule: backoff(policy), while: passes })
  )

const passes = (reason: SourceErrorReason) =>
  reason._tag === "Unavailable" || (reason._tag === "Unreachable" && reason.retryable)

/** The pauses between tries: doubling, with jitter, in whole milliseconds. */
const backoff = (policy: ResiliencePolicy) =>
  Schedule.exponential(policy.retry.base).pipe(
    Schedule.jittered,
    Schedule.modifyDelay(({ duration }) => Effect.succeed(Duration.millis(Math.ceil(Duration.toMillis(duration))))),
    Schedule.upTo({ times: policy.retry.tries - 1 })
  )
