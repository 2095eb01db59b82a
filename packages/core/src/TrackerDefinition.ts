/**
 * A tracker assembled from plugins: what `dlrkit.config.ts` exports, and the runtime layer that it becomes.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import type * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import type * as Path from "effect/Path"
import type * as Scope from "effect/Scope"
import type * as Stdio from "effect/Stdio"
import * as AuditSink from "./AuditSink.ts"
import * as Classifier from "./Classifier.ts"
import type { DurationError } from "./Deadlines.ts"
import * as Exporter from "./Exporter.ts"
import * as Journal from "./Journal.ts"
import { JournalError, JournalStore, JournalUnusable } from "./JournalStore.ts"
import { acceptedLayer, type Plugin, type PluginFailed, type Refusal } from "./Plugin.ts"
import * as ReceiptSource from "./ReceiptSource.ts"
import * as Tracker from "./Tracker.ts"

/** What the runtime gives every plugin; a plugin may need it without anybody providing it. */
export type Platform =
  | HttpClient.HttpClient
  | FileSystem.FileSystem
  | Path.Path
  | Stdio.Stdio
  | Scope.Scope
  | Journal.Journal

type NotAny<T> = 0 extends 1 & T ? never : T
type ErrorOf<P> =
  P extends Effect.Effect<any, infer E, any>
    ? NotAny<E>
    : P extends Layer.Layer<never, infer E, any>
      ? NotAny<E>
      : never
type ServicesOf<P> =
  P extends Effect.Effect<any, any, infer R>
    ? NotAny<R>
    : P extends Layer.Layer<never, any, infer R>
      ? NotAny<R>
      : never
type Missing<P, L> = Exclude<ServicesOf<P>, Platform | (L extends Layer.Layer<infer A, any, any> ? A : never)>

/** Where a plugin needs a service that the runtime does not give, `provide` is no longer optional. */
type Provide<M, L> = [M] extends [never] ? { readonly provide?: L } : { readonly provide: Layer.Layer<M> }

/** A tracker's plugins and settings. What is left out has the command line's defaults. */
export interface TrackerConfig<
  Source extends Plugin<ReceiptSource.ReceiptSource>,
  Store extends Layer.Layer<JournalStore, any, any>,
  Classify extends Plugin<Classifier.Classifier>,
  Sink extends Plugin<AuditSink.AuditSink>,
  Metrics extends Layer.Layer<never, any, any>,
  Export extends Plugin<Exporter.Exporter>
> extends Tracker.TrackerSettings {
  /** Where receipts come from; a message goes to the first source that can look it up. */
  readonly sources?: ReadonlyArray<Source>
  /** Where everything is recorded. */
  readonly journal?: Store
  /** What receipts mean; the first answer wins. */
  readonly classifiers?: ReadonlyArray<Classify>
  /** Where events go for governance. */
  readonly audit?: ReadonlyArray<Sink>
  /** Where metrics are published. */
  readonly metrics?: ReadonlyArray<Metrics>
  /** What is written at the end of each run. */
  readonly exports?: ReadonlyArray<Export>
}

/** A configuration that has all that its plugins need: what {@link defineTracker} takes. */
export type CompleteConfig<
  Source extends Plugin<ReceiptSource.ReceiptSource>,
  Store extends Layer.Layer<JournalStore, any, any>,
  Classify extends Plugin<Classifier.Classifier>,
  Sink extends Plugin<AuditSink.AuditSink>,
  Metrics extends Layer.Layer<never, any, any>,
  Export extends Plugin<Exporter.Exporter>,
  L extends Layer.Layer<never, any, any>
> = TrackerConfig<Source, Store, Classify, Sink, Metrics, Export> &
  Provide<Missing<Source | Store | Classify | Sink | Metrics | Export, L>, L>

/** Any configuration, its plugins' types forgotten. */
export interface AnyConfig
  extends TrackerConfig<
    Plugin<ReceiptSource.ReceiptSource>,
    Layer.Layer<JournalStore, any, any>,
    Plugin<Classifier.Classifier>,
    Plugin<AuditSink.AuditSink>,
    Layer.Layer<never, any, any>,
    Plugin<Exporter.Exporter>
  > {
  readonly provide?: Layer.Layer<never, any, any> | Layer.Layer<any, any, any>
}

const TypeId = "~dlrkit/TrackerDefinition"

/** An assembled tracker. `E` is what can go wrong while its plugins are built. */
export interface TrackerDefinition<in out E = any> {
  readonly [TypeId]: (error: E) => E
  readonly config: AnyConfig
}

/**
 * Assembles a tracker from plugins.
 *
 * @example
 * ```ts
 * export default defineTracker({
 *   sources: [Genesys.source({ region: "eu_central_1" })],
 *   journal: Sqlite.journal({ file: "dlrkit.db" }),
 *   classifiers: [GenesysCodes.classifier()],
 *   audit: [AuditFile.sink({ directory: "audit" })],
 *   deadline: "72 hours"
 * })
 * ```
 */
export const defineTracker = <
  Source extends Plugin<ReceiptSource.ReceiptSource>,
  Store extends Layer.Layer<JournalStore, any, any>,
  Classify extends Plugin<Classifier.Classifier>,
  Sink extends Plugin<AuditSink.AuditSink>,
  Metrics extends Layer.Layer<never, any, any>,
  Export extends Plugin<Exporter.Exporter>,
  L extends Layer.Layer<never, any, any> = Layer.Layer<never>
>(
  config: CompleteConfig<Source, Store, Classify, Sink, Metrics, Export, L>
): TrackerDefinition<ErrorOf<Source | Store | Classify | Sink | Metrics | Export | L>> =>
  make(config as unknown as AnyConfig)

/** A definition of a configuration whose plugins' types are not known, such as one that was loaded. */
export const make = (config: AnyConfig): TrackerDefinition => ({ [TypeId]: (error) => error, config })

/** Whether a value is what {@link defineTracker} gives. */
export const isTrackerDefinition = (value: unknown): value is TrackerDefinition =>
  typeof value === "object" && value !== null && TypeId in value

/** What of a tracker a command needs. */
type Parts =
  | Tracker.Tracker
  | Journal.Journal
  | ReceiptSource.ReceiptSources
  | Classifier.Classifiers
  | Exporter.Exporters
  | AuditSink.AuditSinks

/** The journal of a definition alone: no source is built, so no credentials are needed. */
export const journalLayer = <E>(
  definition: TrackerDefinition<E>
): Layer.Layer<Journal.Journal, E | Refusal, Exclude<Platform, Scope.Scope | Journal.Journal>> => {
  const { journal, provide } = definition.config
  const store = journal === undefined ? Layer.effect(JournalStore, noJournal) : unlessRefused("journal", journal)
  const built = Journal.layer.pipe(Layer.provide(store))
  return (provide === undefined ? built : Layer.provide(built, provide)) as never
}

/** A plugin's layer, which is not built where it is made for another contract, or is none. */
const unlessRefused = <A>(kind: string, layer: Layer.Layer<A, any, any>): Layer.Layer<A, any, any> =>
  Layer.unwrap(Effect.as(acceptedLayer(kind, layer), layer))

const noJournal = new JournalError({
  reason: new JournalUnusable({
    journal: "(none)",
    detail: 'the configuration names none; add one, such as journal: Sqlite.journal({ file: "dlrkit.db" })'
  })
})

/** The classifiers of a definition alone, those that are built by an Effect included. */
export const classifierLayer = <E>(
  definition: TrackerDefinition<E>
): Layer.Layer<Classifier.Classifiers, E | Refusal, Exclude<Platform, Scope.Scope | Journal.Journal>> => {
  const { classifiers, provide } = definition.config
  const built = Classifier.layer(classifiers ?? [])
  return (provide === undefined ? built : Layer.provide(built, provide)) as never
}

/** The journal of a definition, and the audit sinks that its events go to: for what writes without asking the platform. */
export const auditedJournalLayer = <E>(
  definition: TrackerDefinition<E>
): Layer.Layer<
  Journal.Journal | AuditSink.AuditSinks,
  E | Refusal,
  Exclude<Platform, Scope.Scope | Journal.Journal>
> => {
  const { audit, provide } = definition.config
  const built = AuditSink.layer(audit ?? []).pipe(Layer.provideMerge(journalLayer(definition)))
  return (provide === undefined ? built : Layer.provide(built, provide)) as never
}

/** The runtime layer: every plugin of a definition, and the tracker over them. Fails, too, where a setting is no duration. */
export const layer = <E>(
  definition: TrackerDefinition<E>
): Layer.Layer<Parts, E | DurationError | Refusal | PluginFailed, Exclude<Platform, Scope.Scope | Journal.Journal>> => {
  const { audit, classifiers, exports, metrics, provide, sources, ...settings } = definition.config
  const plugins = Layer.mergeAll(
    ReceiptSource.layer(sources ?? []),
    Classifier.layer(classifiers ?? []),
    AuditSink.layer(audit ?? []),
    Exporter.layer(exports ?? []),
    ...(metrics ?? []).map((layer) => unlessRefused("metric exporter", layer))
  )
  const built = Tracker.layer(settings).pipe(Layer.provideMerge(plugins), Layer.provideMerge(journalLayer(definition)))
  return (provide === undefined ? built : Layer.provide(built, provide)) as never
}
