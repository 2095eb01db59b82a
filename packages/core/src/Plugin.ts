/**
 * What is common to the kinds of plugin of which a tracker has any number: sources, classifiers, audit sinks and
 * exporters. A plugin is a plain record, or an Effect that builds one in a scope; the scope ends what it began.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/** A record, or an Effect that builds it. */
export type Plugin<A> = A | Effect.Effect<A, any, any>

/** What can go wrong while a plugin (or any of a union of plugins) is built. */
export type PluginError<P> = P extends Effect.Effect<any, infer E, any> ? E : never

/** What a plugin (or any of a union of plugins) needs, its scope aside. */
export type PluginServices<P> = P extends Effect.Effect<any, any, infer R> ? Exclude<R, Scope.Scope> : never

/** Builds each plugin of a list, in the list's order. */
export const buildAll = <A, P extends Plugin<A>>(
  plugins: ReadonlyArray<P>
): Effect.Effect<ReadonlyArray<A>, PluginError<P>, PluginServices<P> | Scope.Scope> =>
  Effect.forEach(plugins as ReadonlyArray<Plugin<A>>, (plugin) =>
    Effect.isEffect(plugin) ? plugin : Effect.succeed(plugin)
  ) as Effect.Effect<ReadonlyArray<A>, PluginError<P>, PluginServices<P> | Scope.Scope>
