/**
 * Auth: the current access token of a set of credentials.
 *
 * Cached, renewed before it expires, and renewed once however many fibers wait. Replaced by providing another
 * {@link Auth} to a source, such as one that takes tokens from a broker.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import * as Semaphore from "effect/Semaphore"
import type { SourceError } from "./SourceError.ts"

/** A token, and until when it is good. */
export interface AccessToken {
  readonly value: Redacted.Redacted<string>
  /** Epoch milliseconds. */
  readonly expiresAt: number
}

/** The operations of auth. */
export interface AuthService {
  /** The current token. Fails with `Refused` where the credentials are wrong. */
  readonly token: Effect.Effect<Redacted.Redacted<string>, SourceError>
  /** Another token than this one, which the platform has refused. One request, however many ask. */
  readonly renew: (refused: Redacted.Redacted<string>) => Effect.Effect<Redacted.Redacted<string>, SourceError>
}

/** Who we are to the platform. */
export class Auth extends Context.Service<Auth, AuthService>()("@dlrkit/core/Auth") {}

/** A token is renewed this long before it expires, or at half of what is left of its life where that is later. Milliseconds. */
const renewBefore = 60_000

const monotonicMillis = Effect.map(Clock.monotonicTimeNanos, (nanos) => Number(nanos) / 1_000_000)

/** Makes auth from the request that fetches a token. */
export const make = (fetch: Effect.Effect<AccessToken, SourceError>): Effect.Effect<AuthService> =>
  Effect.map(Semaphore.make(1), (one) => {
    /** The clock may be set to another time while a token lives: its life is measured by one that cannot. */
    let current: { readonly value: Redacted.Redacted<string>; readonly renewAt: number } | undefined
    let failures = 0
    let failure: SourceError | undefined
    const get = (refused: Redacted.Redacted<string> | undefined) =>
      Effect.suspend(() => {
        const before = failures
        return Effect.gen(function* () {
          if (current?.value === refused) current = undefined
          if (current !== undefined && (yield* monotonicMillis) < current.renewAt) return current.value
          // Who waited for a request that failed shares its failure.
          if (failures > before && failure !== undefined) return yield* failure
          const { expiresAt, value } = yield* Effect.tapError(fetch, (error) =>
            Effect.sync(() => {
              failures += 1
              failure = error
            })
          )
          const left = expiresAt - (yield* Clock.currentTimeMillis)
          current = { value, renewAt: (yield* monotonicMillis) + left - Math.min(renewBefore, left / 2) }
          return value
        }).pipe(one.withPermits(1))
      })
    return { token: get(undefined), renew: get }
  })
