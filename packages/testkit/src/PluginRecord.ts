/**
 * What the records of all kinds of plugin have in common.
 *
 * @module
 */
import type { Plugin } from "@dlrkit/core"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"

/** Builds a plugin as a tracker does, which refuses one that was made for another contract. */
export const built = <Record, Self>(
  plugins: Context.Key<Self, ReadonlyArray<Record>>,
  layer: Layer.Layer<Self, unknown>
): Effect.Effect<Record, unknown, Scope.Scope> =>
  Effect.map(Layer.build(layer), (context) => Context.get(context, plugins)[0]!)

/** A record, a function that gives it, or an Effect that builds it and needs nothing but a scope. */
export type Given<A> = A | (() => A | PromiseLike<A>) | Effect.Effect<A, unknown, Scope.Scope>

/** The name of a plugin that is given as a record. */
export const nameOf = (kind: string, plugin: Plugin.Plugin<{ readonly name: string }>): string =>
  Effect.isEffect(plugin) ? kind : `${kind} ${plugin.name}`
