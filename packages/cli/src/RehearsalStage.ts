/**
 * What a rehearsal takes of a config: its source over a platform that is simulated, its classifiers as they are, and
 * stand-ins for its audit sinks. Nothing of it touches the network or a file that others read, and no credentials are
 * needed.
 *
 * @module
 */
import {
  type AuditSink,
  Auth,
  type Classifier,
  Journal,
  JournalStoreMemory,
  Plugin,
  type ReceiptSource,
  type TrackerDefinition
} from "@dlrkit/core"
import * as Cause from "effect/Cause"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FileSystem from "effect/FileSystem"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientError from "effect/http/HttpClientError"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { UsageError } from "./ExitCode.ts"
import type { Api } from "./RehearsalCarriers.ts"

/** A plugin that is built over what is left to be given. */
type Built<A> = Effect.Effect<A, unknown, HttpClient.HttpClient | Journal.Journal | Scope.Scope>

/** A config's parts, as a rehearsal plays them. */
export interface RehearsalStage {
  /** Carriers, deadline, floor and whatever else a tracker goes by; no plugins. */
  readonly settings: TrackerDefinition.AnyConfig
  /** Builds the source over whatever HTTP client and journal there are. */
  readonly source: Built<ReceiptSource.ReceiptSource>
  readonly sourceName: string
  readonly api: Api
  /** What the platform is told to announce to each client. */
  readonly perMinute: number
  /** How old the state is that sweeps show. Milliseconds; 0 where there are none. */
  readonly sweepLag: number
  readonly retentionDays: number
  readonly classifiers: ReadonlyArray<Classifier.Classifier>
  /** The sinks as they are called, and whatever else they say of themselves; they are not to be written to. */
  readonly sinks: ReadonlyArray<AuditSink.AuditSink>
  /** How many sources the config has besides: their messages are not played. */
  readonly otherSources: number
}

/** The sources that the simulator can stand behind, and the API that each reads. */
const apis: Readonly<Record<string, Api>> = {
  "genesys-conversations": "conversations",
  "genesys-messaging": "messaging"
}

/** What the environment is taken to say where neither it nor the config does: who we are, and, if needed, where. */
const anybody = { GENESYS_CLIENT_ID: "rehearsal", GENESYS_CLIENT_SECRET: "rehearsal" }
const somewhere = { ...anybody, GENESYS_REGION: "us_east_1" }

/** There are no files but those that a source reads secrets and authorities from, whatever they are called. */
const noFiles = FileSystem.makeNoop({ readFileString: () => Effect.succeed("rehearsal") })

/** There is no network. */
const noNetwork = HttpClient.make((request) =>
  Effect.fail(
    new HttpClientError.HttpClientError({
      reason: new HttpClientError.TransportError({ request, cause: new Error("a rehearsal sends nothing") })
    })
  )
)

const Described = Schema.Struct({
  policy: Schema.Struct({ requests: Schema.Finite, windowMs: Schema.Finite })
})

const decodeDescribed = Schema.decodeUnknownOption(Described)

/**
 * Takes a config apart. Fails with `UsageError` where it has no source, where its source is none that can be simulated,
 * or where a part cannot be built.
 */
export const make = Effect.fnUntraced(function* (
  definition: TrackerDefinition.TrackerDefinition,
  environment: Layer.Layer<never>
): Effect.fn.Return<RehearsalStage, UsageError, Scope.Scope> {
  const { audit = [], classifiers = [], provide, sources = [] } = definition.config
  const { audit: _a, classifiers: _c, exports: _e, journal: _j, metrics: _m, provide: _p, ...rest } = definition.config
  const { sources: _s, ...settings } = rest
  const said = yield* Effect.provide(
    Effect.gen(function* () {
      return yield* ConfigProvider.ConfigProvider
    }),
    environment
  )
  /** What the config provides to its plugins. Who we are to the platform is no part of it: that may ask somebody real. */
  const provided = yield* Effect.cached(
    Layer.build((provide ?? Layer.empty) as Layer.Layer<never, unknown>).pipe(
      Effect.provideService(ConfigProvider.ConfigProvider, said),
      Effect.map(Context.omit(Auth.Auth))
    )
  )
  const offline = yield* Layer.build(Layer.provide(Journal.layer, JournalStoreMemory.layer)).pipe(
    Effect.map(Context.add(HttpClient.HttpClient, noNetwork))
  )
  /**
   * The first record that a plugin can be built to over one of these, and the way there; where none is enough, with what
   * the config provides.
   */
  const build = <A extends object>(given: Plugin.Plugin<A>, services: ReadonlyArray<Context.Context<never>>) => {
    const plugin = typeof given === "function" ? Plugin.toEffect<A>("plugin", given) : given
    if (!Effect.isEffect(plugin)) return Effect.succeed({ found: plugin, way: Effect.succeed(plugin) as Built<A> })
    const ways = services.map((context) => Effect.provideContext(plugin, context) as Built<A>)
    const withProvided = ways.map(
      (way): Built<A> =>
        Effect.flatMap(provided, (context) => Effect.provideContext(way, context as Context.Context<never>))
    )
    return firstOf(provide === undefined ? ways : [...ways, ...withProvided], (way) =>
      Effect.scoped(Effect.provideContext(way, offline))
    )
  }
  const saying = (provider: ConfigProvider.ConfigProvider) =>
    Context.make(ConfigProvider.ConfigProvider, provider) as Context.Context<never>
  const withoutFiles = Context.add(FileSystem.FileSystem, noFiles)

  if (sources.length === 0) return yield* new UsageError({ detail: "the configuration names no source to rehearse" })
  const sourceServices = [anybody, somewhere].map(
    (env) =>
      withoutFiles(saying(ConfigProvider.orElse(said, ConfigProvider.fromEnvRecord(env)))) as Context.Context<never>
  )
  const [first] = yield* Effect.forEach(sources, (plugin) => {
    // A record has its network already.
    if (!Effect.isEffect(plugin)) return notSimulated(plugin.name)
    return Effect.tap(build<ReceiptSource.ReceiptSource>(plugin, sourceServices), ({ found: { name } }) =>
      apis[name] === undefined ? notSimulated(name) : Effect.void
    )
  })
  const { found, way } = first as NonNullable<typeof first>
  const described = Option.getOrUndefined(decodeDescribed(found.describe))
  const { requests, windowMs } = described?.policy ?? { requests: 300, windowMs: 60_000 }

  const readers = yield* Effect.forEach(classifiers, (plugin) => build<Classifier.Classifier>(plugin, [saying(said)]))
  const sinks = yield* Effect.forEach(audit, (plugin, index) =>
    // What a function opens would be opened.
    typeof plugin === "function"
      ? Effect.succeed(nameless(index))
      : build<AuditSink.AuditSink>(plugin, [withoutFiles(saying(said)) as Context.Context<never>]).pipe(
          Effect.map(({ found }) => found),
          // What it needs is not here; it is played all the same.
          Effect.orElseSucceed(() => nameless(index))
        )
  )
  return {
    settings,
    source: way,
    sourceName: found.name,
    api: apis[found.name] as Api,
    perMinute: Math.max(1, Math.round((requests * 60_000) / windowMs)),
    sweepLag: found.sweep?.lag ?? 0,
    retentionDays: Math.max(1, Math.ceil(found.retention / 86_400_000)),
    classifiers: readers.map(({ found }) => found),
    sinks,
    otherSources: sources.length - 1
  }
})

/** The first way that leads to a record, and the record. Fails with what kept the last one from it. */
const firstOf = Effect.fnUntraced(function* <A>(
  ways: ReadonlyArray<Built<A>>,
  run: (way: Built<A>) => Effect.Effect<A, unknown>
): Effect.fn.Return<{ readonly found: A; readonly way: Built<A> }, UsageError> {
  let problem = ""
  for (const way of ways) {
    const exit = yield* Effect.exit(run(way))
    if (Exit.isSuccess(exit)) return { found: exit.value, way }
    if (Cause.hasInterrupts(exit.cause)) return yield* Effect.interrupt
    const error = Cause.squash(exit.cause)
    problem = (error instanceof Error ? error.message : String(error)).split("\n")[0] as string
  }
  return yield* new UsageError({ detail: `the configuration cannot be rehearsed: ${problem}` })
})

const notSimulated = (name: string) =>
  new UsageError({
    detail: `the source ${name} cannot be rehearsed: there is a simulator of Genesys Cloud alone (${Object.keys(apis).join(", ")})`
  })

const nameless = (index: number): AuditSink.AuditSink => ({
  name: `audit sink ${index + 1}`,
  target: "unknown",
  write: () => Effect.void
})
