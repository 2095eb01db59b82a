/**
 * A process that can die: from then on, nothing that it still tries has any effect.
 *
 * @module
 */
import * as Data from "effect/Data"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"

/** What a dead process gets for an answer. */
class Dead extends Data.TaggedError("Dead") {}

/** A process. */
export interface Process {
  /** Does something of which a crash must lose nothing; here the process may be killed, before or after it. */
  readonly boundary: <A, E, R>(what: string, effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  /** Does anything else that a dead process does not do. */
  readonly live: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  /** When it died; infinity while it lives. */
  readonly diedAt: () => number
  /** Kills it. */
  readonly kill: (why: string) => void
  /** Resolves, with the reason, when it is killed. */
  readonly killed: Effect.Effect<string>
}

/** Starts a process, to be killed before or after the n-th boundary where that is said. */
export const start = (
  now: () => number,
  at?: { readonly boundary: number; readonly when: "before" | "after" }
): Process => {
  const death = Deferred.makeUnsafe<string>()
  let diedAt = Number.POSITIVE_INFINITY
  let passed = 0
  const kill = (why: string) => {
    diedAt = now()
    Deferred.doneUnsafe(death, Effect.succeed(why))
  }
  const live = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.suspend(() => (diedAt === Number.POSITIVE_INFINITY ? effect : Effect.die(new Dead())))
  return {
    live,
    boundary: (what, effect) =>
      Effect.suspend(() => {
        if (diedAt < Number.POSITIVE_INFINITY) return Effect.die(new Dead())
        passed += 1
        if (passed !== at?.boundary) return effect
        const why = `killed ${at.when} its ${passed}th boundary, ${what}`
        if (at.when === "after") {
          return Effect.flatMap(effect, () => {
            kill(why)
            return Effect.die(new Dead())
          })
        }
        kill(why)
        return Effect.die(new Dead())
      }),
    diedAt: () => diedAt,
    kill,
    killed: Deferred.await(death)
  }
}
