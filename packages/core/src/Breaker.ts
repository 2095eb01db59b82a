/**
 * The circuit breaker of a source's requests to one endpoint: opens after failures in a row, stays open, then lets one
 * request through. Effect's breaker, with our reasons.
 *
 * @module
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as CircuitBreaker from "effect/persistence/CircuitBreaker"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as HttpAnswer from "./HttpAnswer.ts"
import type { ResiliencePolicy } from "./ResiliencePolicy.ts"
import { CircuitOpen, type SourceErrorReason } from "./SourceError.ts"

/** A circuit breaker. */
export interface Breaker {
  /**
   * Runs an attempt, or fails with `CircuitOpen`. Where nobody has ever answered there is nothing to wait for: then it
   * fails with what the last attempt failed with.
   */
  readonly guard: <A>(attempt: Effect.Effect<A, SourceErrorReason>) => Effect.Effect<A, SourceErrorReason>
  /** How long it will let nothing through. Milliseconds. */
  readonly closesIn: Effect.Effect<number>
}

/** How long the others wait while a half-open circuit's one request is under way. Milliseconds. */
const halfOpenWait = 1000

/** Makes a breaker for the requests that a name stands for. */
export const make = Effect.fnUntraced(function* (
  name: string,
  host: string,
  { breaker: { failures, open } }: ResiliencePolicy
): Effect.fn.Return<Breaker, never, Scope.Scope> {
  const breaker = yield* CircuitBreaker.make({
    tripPolicy: CircuitBreaker.consecutive(failures),
    openDuration: open
  }).pipe(Effect.provide(CircuitBreaker.layerStoreMemory()))
  let answered = false
  let lastFailure: SourceErrorReason | undefined

  let said = false
  yield* breaker.transitions.pipe(
    Stream.runForEach(({ to }) => {
      // A platform that has never answered ends the run, and that is said then.
      if (!answered || to === "HalfOpen" || said === (to === "Open")) return Effect.void
      said = to === "Open"
      return to === "Open"
        ? Effect.logWarning(
            `${name}: ${failures} failures in a row, the last: ${lastFailure?.message}; no requests for ${Duration.format(Duration.fromInputUnsafe(open))}, then one at a time`
          )
        : Effect.logInfo(`${name}: answers again`)
    }),
    Effect.forkScoped
  )

  const rejected = (reason: CircuitBreaker.CircuitBreakerErrorReason) =>
    answered || lastFailure === undefined
      ? new CircuitOpen({
          host,
          retryAfterMs: reason._tag === "CircuitOpen" ? Math.ceil(Duration.toMillis(reason.retryAfter)) : halfOpenWait
        })
      : lastFailure

  return {
    closesIn: breaker.state(name).pipe(
      Effect.map((state) => {
        if (state._tag === "Open") return Math.ceil(Duration.toMillis(state.retryAfter))
        return state._tag === "HalfOpen" && state.probing ? halfOpenWait : 0
      }),
      // The state is in memory: it can be read.
      Effect.orElseSucceed(() => 0)
    ),
    guard: (attempt) => {
      const watched = Effect.onExit(attempt, (exit) =>
        Effect.sync(() => {
          const reason = Exit.isFailure(exit) ? HttpAnswer.reasonOf(exit.cause) : undefined
          lastFailure = reason
          if (Exit.isSuccess(exit) || (reason !== undefined && reason._tag !== "Unreachable")) answered = true
        })
      )
      return breaker
        .execute(watched, { key: name, classify: weigh })
        .pipe(Effect.mapError((error) => (error._tag === "CircuitBreakerError" ? rejected(error.reason) : error)))
    }
  }
})

const weigh = (exit: Exit.Exit<unknown, SourceErrorReason>): CircuitBreaker.Outcome => {
  if (Exit.isSuccess(exit)) return CircuitBreaker.success
  const reason = HttpAnswer.reasonOf(exit.cause)
  if (reason === undefined || reason._tag === "Throttled") return CircuitBreaker.ignored
  return reason._tag === "Unavailable" || reason._tag === "Unreachable"
    ? CircuitBreaker.failure()
    : CircuitBreaker.success
}
