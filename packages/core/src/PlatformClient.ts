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
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Breaker from "./Breaker.ts"
import * as Credentials from "./Credentials.ts"
import { unlessGivenUp } from "./GivenUp.ts"
import { Journal } from "./Journal.ts"
import type { JournalError } from "./JournalStore.ts"
import * as RecordedExchange from "./RecordedExchange.ts"
import type { ResiliencePolicy } from "./ResiliencePolicy.ts"
import { because, Refused, type SourceError, type SourceErrorReason } from "./SourceError.ts"

/** What is asked, and what for. */
export interface PlatformRequest<A> {
  readonly request: HttpClientRequest.HttpClientRequest
  /** A word for the record of the request: `lookup`, `reconcile`. */
  readonly purpose: string
  /** How many messages it asks about. */
  readonly messages: number
  /** The permission that it needs, named where the platform refuses. */
  readonly permission: string
  /** The class of endpoints that it goes to, where the platform may limit that by itself: `analytics`, `messages`. */
  readonly endpoint?: string | undefined
  /** Reads the parsed body; `undefined` where it is not what it should be, which is a failure like a truncated one. */
  readonly decode: (body: unknown) => A | undefined
}

/** Sends requests through the policy. */
export interface PlatformClient {
  /** Sends one request, repeats it as the policy says, and gives what its answer holds. */
  readonly send: <A>(request: PlatformRequest<A>) => Effect.Effect<A, SourceError>
  /**
   * Waits until one more request could be sent, without taking its place: so that what to ask is chosen at the last
   * moment. A pause that is longer than the policy grants is not waited for; the next request fails with it.
   */
  readonly ready: Effect.Effect<void>
  /** How many requests a minute are allowed now, all credentials together. */
  readonly rate: Effect.Effect<number>
  /** The platform states a limit, in requests a window: of a class of endpoints, or of each of the credentials. */
  readonly learn: (stated: { readonly endpoint?: string | undefined; readonly limit: number }) => Effect.Effect<void>
}

/** What a client is made from. */
export interface PlatformClientOptions {
  /** The source's name, for its requests' records. */
  readonly source: string
  /** The platform's host, for people. */
  readonly host: string
  readonly policy: ResiliencePolicy
  /** At least one. */
  readonly credentials: ReadonlyArray<Credentials.Credential>
}

/** Makes a client. What the last window's requests cost is read from the journal. */
export const make = Effect.fnUntraced(function* (
  options: PlatformClientOptions
): Effect.fn.Return<PlatformClient, JournalError, HttpClient.HttpClient | Journal | Scope.Scope> {
  const { policy, source } = options
  const http = yield* HttpClient.HttpClient
  const journal = yield* Journal
  const credentials = yield* Credentials.make(options)
  const breaker = yield* Breaker.make(source, options.host, policy)
  const longestPause = Duration.toMillis(Duration.fromInputUnsafe(policy.longestPause))

  /** One attempt: paid from the budget, admitted by the breaker, sent with this token, read and recorded. */
  const attempt = <A>(asked: PlatformRequest<A>, grant: Credentials.Grant, count: () => number) =>
    breaker
      .guard(
        Effect.suspend(() =>
          RecordedExchange.send(http, journal, {
            ...asked,
            request: HttpClientRequest.bearerToken(asked.request, grant.token),
            timeout: policy.timeout,
            source,
            attempt: count(),
            credential: grant.recordedAs,
            told: grant.ended
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
      const need = { endpoint: asked.endpoint, permission: asked.permission }
      /** With one that was refused once, and has a new token; or with any. */
      const once = (renewed?: Credentials.Credential): Effect.Effect<A, SourceErrorReason> =>
        Effect.gen(function* () {
          const grant = yield* unlessGivenUp(credentials.take(need, renewed))
          const { credential } = grant
          return yield* attempt(asked, grant, count).pipe(
            Effect.catchTag("Refused", (refused) => {
              if (refused.status === 401 && renewed === undefined) {
                return credential.auth.renew(grant.token).pipe(
                  Effect.matchEffect({
                    onSuccess: () => once(credential),
                    onFailure: ({ reason }) =>
                      reason._tag === "Refused" ? elsewhere(credential, reason) : Effect.fail(reason)
                  })
                )
              }
              return elsewhere(credential, refused, refused.status === 401 ? undefined : asked.permission)
            })
          )
        })
      /** The request is sent with other credentials, where there are some. */
      const elsewhere = (refused: Credentials.Credential, reason: Refused, permission?: string) =>
        Effect.flatMap(
          credentials.dismiss(refused, reason, permission),
          (others): Effect.Effect<A, SourceErrorReason> => (others ? once() : Effect.fail(reason))
        )
      return persist(policy, once()).pipe(Effect.mapError(because))
    })

  const ready: Effect.Effect<void> = Effect.gen(function* () {
    while (true) {
      const now = yield* Clock.currentTimeMillis
      const at = Math.max(yield* credentials.next, now + (yield* breaker.closesIn))
      if (at <= now || at - now > longestPause) return
      yield* Effect.sleep(at - now)
    }
  })

  return { send, ready, rate: credentials.rate, learn: credentials.learn }
})

/** Repeats what fails in passing: as often as the policy says, what only has to wait not counted. */
export const persist = <A>(policy: ResiliencePolicy, once: Effect.Effect<A, SourceErrorReason>) =>
  once.pipe(
    Effect.tapErrorTag("CircuitOpen", ({ retryAfterMs }) => unlessGivenUp(Effect.sleep(retryAfterMs + 1))),
    // What a 503 asks for is waited out before it is repeated.
    Effect.tapErrorTag("Unavailable", ({ retryAfterMs = 0 }) =>
      unlessGivenUp(
        Effect.sleep(Math.min(retryAfterMs, Duration.toMillis(Duration.fromInputUnsafe(policy.longestPause))))
      )
    ),
    Effect.retry({ while: ({ _tag }) => _tag === "Throttled" || _tag === "CircuitOpen" }),
    Effect.retry({ schedule: backoff(policy), while: passes })
  )

const passes = (reason: SourceErrorReason) =>
  reason._tag === "Unavailable" || (reason._tag === "Unreachable" && reason.retryable)

/** The pauses between tries: doubling, with jitter, in whole milliseconds; slept here, where a stop cuts them short. */
const backoff = (policy: ResiliencePolicy) =>
  Schedule.exponential(policy.retry.base).pipe(
    Schedule.jittered,
    Schedule.modifyDelay(({ duration }) =>
      Effect.as(unlessGivenUp(Effect.sleep(Math.ceil(Duration.toMillis(duration)))), Duration.zero)
    ),
    Schedule.upTo({ times: policy.retry.tries - 1 })
  )
