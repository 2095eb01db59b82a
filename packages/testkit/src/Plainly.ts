/**
 * What authors give to a suite, as an Effect or as a plain function.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/** An Effect, or a function that gives a value or a promise of one. */
export type Doing<A> = Effect.Effect<A, unknown, Scope.Scope> | (() => A | Promise<A>)

/** The Effect of either. */
export const doing = <A>(either: Doing<A>): Effect.Effect<A, unknown, Scope.Scope> =>
  Effect.isEffect(either) ? either : Effect.tryPromise({ try: async () => either(), catch: (error) => error })

/** What can be made to go wrong at the far end of a plugin, and right again. What an author cannot do is left out. */
export interface Faults<Kind extends string> {
  /** From now on this goes wrong. */
  readonly begin: { readonly [K in Kind]?: Doing<void> }
  /** From now on nothing does. */
  readonly end: Doing<void>
}
