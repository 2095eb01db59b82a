/**
 * Plain functions where an Effect is expected: what those give to dlrkit who do not use Effect.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import { printable } from "./Redaction.ts"

/** What a plain function may give: a value, a promise of one, or an Effect of one. */
export type Plain<A> = A | PromiseLike<A> | Effect.Effect<A, unknown>

/** What a function that may take long is handed. */
export interface Interruptible {
  /** Aborted when nobody waits for the function any more. */
  readonly signal: AbortSignal
}

/** What was thrown, in a line that is safe to print. */
export const textOf = (thrown: unknown): string =>
  printable(thrown instanceof Error ? thrown.message || thrown.name : String(thrown))

const isPromise = <A>(given: Plain<A>): given is PromiseLike<A> =>
  typeof given === "object" && given !== null && "then" in given && typeof given.then === "function"

/**
 * Runs a plain function. What it throws, what its promise rejects with and what its Effect fails with becomes an error.
 * A function that gives a value gives it at once, without a turn of the event loop.
 *
 * @param patience a promise cannot be stopped, but for its signal: so many milliseconds, after that, it is waited for until
 *   it is settled, so that nothing overtakes it.
 */
export const run = <A, E>(
  body: (given: Interruptible) => Plain<A>,
  onError: (thrown: unknown) => E,
  patience = 0
): Effect.Effect<A, E> =>
  Effect.callback<A, E>((resume, signal) => {
    const failed = (thrown: unknown) => resume(Effect.fail(onError(thrown)))
    let given: Plain<A>
    try {
      given = body({ signal })
    } catch (thrown) {
      return failed(thrown)
    }
    if (Effect.isEffect(given)) return resume(Effect.mapError(given, onError))
    if (!isPromise(given)) return resume(Effect.succeed(given))
    const settled = Promise.resolve(given).then((value) => resume(Effect.succeed(value)), failed)
    return patience === 0
      ? undefined
      : Effect.timeoutOption(
          Effect.promise(() => settled),
          patience
        )
  })

/** Runs what closes a plugin, where there is something. A failure is a warning: nothing is left to be done about it. */
export const closing = (whose: string, close: (() => Plain<void>) | undefined): Effect.Effect<void> | undefined =>
  close === undefined
    ? undefined
    : run(() => close(), textOf).pipe(Effect.catch((detail) => Effect.logWarning(`${whose} does not close: ${detail}`)))
