/**
 * What is common to the kinds of plugin of which a tracker has any number: sources, classifiers, audit sinks and
 * exporters. A plugin is a plain record, an Effect that builds one in a scope, or a function that gives one, which may be
 * async. The scope ends what it began.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as PlainFunction from "./PlainFunction.ts"

/**
 * The contract between core and its plugins: this number goes up when a plugin that was right before may be wrong after.
 * A record says in its `contract` which one it was made for; the `define…` functions write it.
 */
export const contract = 1

/** A plugin was made for another contract than this core has. */
export class ContractMismatch extends Schema.TaggedError<ContractMismatch>()("ContractMismatch", {
  /** `classifier`, `audit sink`, … */
  kind: Schema.String,
  plugin: Schema.String,
  madeFor: Schema.Unknown,
  core: Schema.Int
}) {
  override get message() {
    const advice =
      typeof this.madeFor === "number" && this.madeFor > this.core
        ? "update @dlrkit/core"
        : "update the plugin, or ask its author for a version that is made for this contract"
    return `the ${this.kind} ${this.plugin} is made for contract ${shown(this.madeFor)} of @dlrkit/core, and this one has contract ${this.core}: ${advice}`
  }
}

/** A value that stands where a plugin's part is expected, for people. */
const shown = (value: unknown): string => {
  if (typeof value === "string") return JSON.stringify(value)
  if (typeof value === "object" && value !== null) return "then" in value ? "a promise" : "an object"
  return typeof value === "function" ? "a function" : String(value)
}

/** What a configuration has in the place of a plugin is none. */
export class NotAPlugin extends Schema.TaggedError<NotAPlugin>()("NotAPlugin", {
  /** `classifier`, `audit sink`, … */
  kind: Schema.String,
  detail: Schema.String
}) {
  override get message() {
    return `what the configuration gives is no ${this.kind}: ${this.detail}; give what the plugin's package makes, or what a define… function of @dlrkit/core does`
  }
}

/** Why a plugin is not taken. */
export type Refusal = ContractMismatch | NotAPlugin

/** A function that was to give a plugin has failed. */
export class PluginFailed extends Schema.TaggedError<PluginFailed>()("PluginFailed", {
  /** `classifier`, `audit sink`, … */
  kind: Schema.String,
  detail: Schema.String
}) {
  override get message() {
    return `a function of the configuration that is to make the ${this.kind} fails: ${this.detail}`
  }
}

/** What every record of a plugin has. */
interface Record {
  readonly name: string
  readonly contract?: number | undefined
  /** Ends what the record holds open, where no scope does: run at the end of the scope in which it is gathered. */
  readonly close?: Effect.Effect<void> | undefined
}

/** Fails with {@link ContractMismatch} where a record was made for another contract. One that names none is taken at its word. */
export const accepted = <A extends Pick<Record, "name" | "contract">>(
  kind: string,
  record: A
): Effect.Effect<A, ContractMismatch> =>
  record.contract === undefined || record.contract === contract
    ? Effect.succeed(record)
    : Effect.fail(new ContractMismatch({ kind, plugin: String(record.name), madeFor: record.contract, core: contract }))

/** Fails with {@link NotAPlugin} where a value is no record that has these members. */
const complete = <A extends Record>(
  kind: string,
  record: A,
  members: ReadonlyArray<string>
): Effect.Effect<A, Refusal> => {
  const none = (detail: string) => Effect.fail(new NotAPlugin({ kind, detail }))
  if (typeof record !== "object" || record === null || "then" in record) return none(`it is ${shown(record)}`)
  return Effect.flatMap(accepted(kind, record), () => {
    const lacking = ["name", ...members].find((member) => !(member in record))
    if (lacking === undefined) return Effect.succeed(record)
    return none(`${typeof record.name === "string" ? shown(record.name) : "it"} has no \`${lacking}\``)
  })
}

/**
 * Says of a plugin that is a layer, a journal or metrics, what it is called and which contract it was made for: a copy that
 * is refused where the contract is another one.
 *
 * @example
 * ```ts
 * export const journal = () => Plugin.stamp("acme", Layer.effect(JournalStore.JournalStore, make))
 * ```
 */
export const stamp = <L extends object>(name: string, layer: L, madeFor = contract): L =>
  Object.create(layer, { name: { value: name }, contract: { value: madeFor } })

/** What {@link stamp} has said of a layer; fails where it was made for another contract, or is no layer. */
export const acceptedLayer = (kind: string, layer: object): Effect.Effect<void, Refusal> => {
  if (!Layer.isLayer(layer)) {
    return Effect.fail(new NotAPlugin({ kind, detail: `it is ${shown(layer)}, and no layer` }))
  }
  return "contract" in layer && "name" in layer
    ? Effect.asVoid(accepted(kind, { name: String(layer.name), contract: layer.contract as number }))
    : Effect.void
}

/** A record, an Effect that builds it, or a function that gives it. */
export type Plugin<A> = A | Effect.Effect<A, any, any> | (() => A | PromiseLike<A>)

/** What can go wrong while a plugin (or any of a union of plugins) is built. */
export type PluginError<P> =
  P extends Effect.Effect<any, infer E, any> ? E : P extends () => unknown ? PluginFailed : never

/** What a plugin (or any of a union of plugins) needs, its scope aside. */
export type PluginServices<P> = P extends Effect.Effect<any, any, infer R> ? Exclude<R, Scope.Scope> : never

/** A plugin's record, as an Effect, whichever of the three it is. */
export const toEffect = <A extends object>(kind: string, plugin: Plugin<A>): Effect.Effect<A, unknown, unknown> => {
  if (Effect.isEffect(plugin)) return plugin
  return typeof plugin === "function"
    ? PlainFunction.run(plugin as () => A | PromiseLike<A>, (thrown) => {
        return new PluginFailed({ kind, detail: PlainFunction.textOf(thrown) })
      })
    : Effect.succeed(plugin)
}

/** Builds each plugin of a list, in the list's order, and refuses those of another contract, and what lacks a member. */
export const buildAll = <A extends Record, P extends Plugin<A>>(
  kind: string,
  plugins: ReadonlyArray<P>,
  members: ReadonlyArray<string & keyof A> = []
): Effect.Effect<ReadonlyArray<A>, PluginError<P> | Refusal, PluginServices<P> | Scope.Scope> => {
  const built = Array.isArray(plugins)
    ? Effect.forEach(plugins as ReadonlyArray<Plugin<A>>, (plugin) =>
        toEffect(kind, plugin).pipe(
          Effect.tap((record) =>
            record?.close === undefined ? Effect.void : Effect.addFinalizer(() => record.close!)
          ),
          Effect.flatMap((record) => complete(kind, record, members))
        )
      )
    : Effect.fail(new NotAPlugin({ kind, detail: "it stands in no list" }))
  return built as Effect.Effect<ReadonlyArray<A>, PluginError<P> | Refusal, PluginServices<P> | Scope.Scope>
}
