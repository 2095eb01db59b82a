/**
 * Requests that nobody needs any more: because the run is being stopped, or because what they ask for is known already.
 * What was sent is still read and recorded; what only waits to be sent, or to be sent again, is given up.
 *
 * @module
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"

/** Open when a request is not needed any more. Of a request that belongs to no run, it never is. */
export const GivenUp = Context.Reference<Latch.Latch>("@dlrkit/core/GivenUp", {
  defaultValue: () => Latch.makeUnsafe(false)
})

/** Runs what waits before something is sent, and ends, as if interrupted, once the request is not needed any more. */
export const unlessGivenUp = <A, E, R>(wait: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.flatMap(GivenUp, (givenUp) =>
    Latch.isOpen(givenUp) ? Effect.interrupt : Effect.raceFirst(wait, Effect.andThen(givenUp.await, Effect.interrupt))
  )
