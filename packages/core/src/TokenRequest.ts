/**
 * The request that fetches an access token: outside the budget, with a breaker of its own, and with a record in the
 * journal like any other.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type { AccessToken } from "./Auth.ts"
import * as Breaker from "./Breaker.ts"
import * as HttpAnswer from "./HttpAnswer.ts"
import { Journal } from "./Journal.ts"
import * as RecordedExchange from "./RecordedExchange.ts"
import type { ResiliencePolicy } from "./ResiliencePolicy.ts"
import {
  because,
  idsOf,
  PauseTooLong,
  Refused,
  type SourceError,
  type SourceErrorReason,
  type Throttled
} from "./SourceError.ts"
import { isoTime } from "./TrackingEvent.ts"

const Answer = Schema.Struct({
  access_token: Schema.NonEmptyString,
  expires_in: Schema.Finite.check(Schema.isGreaterThan(0))
})
const decodeAnswer = Schema.decodeUnknownOption(Answer)
const decode = (body: unknown) => Option.getOrUndefined(decodeAnswer(body))

/** The pause after a refusal (429) that does not say how long to wait. Milliseconds. */
const throttledPause = 5000

/** A longer pause than this is told of. Milliseconds. */
const longPause = 120_000

/** Makes the effect that fetches a token with this request. It lives for the answer's `expires_in`, from when it was asked for. */
export const make = Effect.fnUntraced(function* (options: {
  readonly source: string
  readonly policy: ResiliencePolicy
  readonly request: HttpClientRequest.HttpClientRequest
}): Effect.fn.Return<Effect.Effect<AccessToken, SourceError>, never, HttpClient.HttpClient | Journal | Scope.Scope> {
  const http = yield* HttpClient.HttpClient
  const journal = yield* Journal
  const { policy, request, source } = options
  const host = HttpAnswer.hostOf(request)
  const breaker = yield* Breaker.make(`${source} token`, host, policy)
  const longestPauseMs = Duration.toMillis(Duration.fromInputUnsafe(policy.longestPause))

  /** Waits for as long as the platform says, and fails with the refusal then. */
  const waitOut = Effect.fnUntraced(function* (throttled: Throttled) {
    const wait = Math.ceil(throttled.retryAfterMs ?? throttledPause)
    const until = isoTime((yield* Clock.currentTimeMillis) + wait)
    if (wait > longestPauseMs) return yield* new PauseTooLong({ host, until, longestPauseMs, ...idsOf(throttled) })
    if (wait >= longPause) {
      yield* Effect.logWarning(
        `${source}: ${host} gives no token for ${Duration.format(Duration.millis(wait))}; waiting until ${until}`
      )
    }
    yield* Effect.sleep(wait)
    return yield* throttled
  })

  return Effect.suspend(() => {
    let attempts = 0
    const attempt = Effect.flatMap(Clock.currentTimeMillis, (sentAt) =>
      RecordedExchange.send(http, journal, {
        request,
        timeout: policy.timeout,
        source,
        purpose: "token",
        messages: 0,
        attempt: ++attempts,
        decode
      }).pipe(
        Effect.map((answer) => ({
          value: Redacted.make(answer.access_token),
          expiresAt: sentAt + answer.expires_in * 1000
        }))
      )
    )
    return breaker.guard(attempt).pipe(
      Effect.catchTag("Throttled", waitOut),
      Effect.retry({ while: (reason) => reason._tag === "Throttled" }),
      Effect.mapError((reason) => because(refusal(host, reason)))
    )
  })
})

/** The token endpoint answers wrong credentials with 400 or 401; where it is not there, the address is wrong. */
const refusal = (host: string, reason: SourceErrorReason): SourceErrorReason => {
  switch (reason._tag) {
    case "BadRequest":
      return new Refused({ host, status: reason.status, detail: reason.detail, ...idsOf(reason) })
    case "NotFound":
      return new Refused({ host, status: 404, detail: "no tokens are given at this address", ...idsOf(reason) })
    default:
      return reason
  }
}
