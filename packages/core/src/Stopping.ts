/**
 * The end of a run that is stopped: what was sent is still read and recorded, what only waits to be sent is given up.
 *
 * @module
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"

/** Open when the run that a request belongs to is being stopped. Of a request that belongs to none, it never is. */
export const Stopping = Context.Reference<Latch.Latch>("@dlrkit/core/Stopping", {
  defaultValue: () => Latch.makeUnsafe(false)
})

/** Runs what waits before something is sent, and gives up, as if interrupted, once the run is being stopped. */
export const whileRunning = <A, E, R>(wait: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.flatMap(Stopping, (stopping) =>
    Latch.isOpen(stopping) ? Effect.interrupt : Effect.raceFirst(wait, Effect.andThen(stopping.await, Effect.interrupt))
  )
