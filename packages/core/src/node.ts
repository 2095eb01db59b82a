/**
 * dlrkit on Node.js: what the runtime gives every plugin (an HTTP client that works in a company's network, files,
 * standard streams), and tracking by promises for programs that do not use Effect.
 *
 * @module
 */
import { hostname, userInfo } from "node:os"
import { getCACertificates } from "node:tls"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Stream from "effect/Stream"
import * as Tracer from "effect/Tracer"
import { Agent, Dispatcher, EnvHttpProxyAgent } from "undici"
import type { AuditSink } from "./AuditSink.ts"
import type { Classifier } from "./Classifier.ts"
import type { Exporter } from "./Exporter.ts"
import type { JournalStore } from "./JournalStore.ts"
import type { MessageRef } from "./Message.ts"
import * as PlainTracker from "./PlainTracker.ts"
import type { Plugin } from "./Plugin.ts"
import type { ReceiptSource } from "./ReceiptSource.ts"
import * as Tracker from "./Tracker.ts"
import * as TrackerDefinition from "./TrackerDefinition.ts"

/** No answer of a platform is larger than this. Bytes. */
const maxResponseSize = 64 * 1024 * 1024

/**
 * Sends through the proxies that `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` name, but never to this machine's own
 * addresses, and trusts the authority that a request names besides the well-known ones.
 */
class CompanyNetwork extends Dispatcher {
  readonly #agents = new Map<string, Dispatcher>()

  #agent(loopback: boolean, authority: string | undefined): Dispatcher {
    const key = `${loopback}${authority ?? ""}`
    const known = this.#agents.get(key)
    if (known !== undefined) return known
    const tls = authority === undefined ? {} : { ca: [...getCACertificates(), authority] }
    const made = loopback
      ? new Agent({ maxResponseSize, connect: tls })
      : new EnvHttpProxyAgent({ maxResponseSize, connect: tls, requestTls: tls })
    this.#agents.set(key, made)
    return made
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const { authority, ...rest } = options as Dispatcher.DispatchOptions & { readonly authority?: string }
    const loopback = isLoopback(new URL(String(options.origin)).hostname)
    return this.#agent(loopback, authority).dispatch(rest, handler)
  }

  override async destroy(): Promise<void> {
    await Promise.all(Array.from(this.#agents.values(), (agent) => agent.destroy()))
  }
}

const isLoopback = (host: string) => host === "localhost" || host === "[::1]" || /^127(\.\d+){3}$/.test(host)

const dispatcher = Layer.effect(
  NodeHttpClient.Dispatcher,
  Effect.acquireRelease(
    Effect.sync(() => new CompanyNetwork()),
    (network) => Effect.promise(() => network.destroy())
  )
)

/**
 * An HTTP client that honours `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`; this machine's own addresses are never asked
 * for through a proxy. `NODE_EXTRA_CA_CERTS` is Node's own.
 */
export const layerHttp: Layer.Layer<HttpClient.HttpClient> = Layer.effect(
  HttpClient.HttpClient,
  Effect.map(
    NodeHttpClient.makeUndici,
    HttpClient.transformResponse(Effect.provideService(Tracer.DisablePropagation, true))
  )
).pipe(Layer.provide(dispatcher))

/** Trusts one more certificate authority (PEM) in the requests of a client. Clients of other kinds are left as they are. */
export const trusting =
  (authority: string) =>
  (client: HttpClient.HttpClient): HttpClient.HttpClient =>
    HttpClient.transformResponse(
      client,
      Effect.provideService(NodeHttpClient.UndiciOptions, { authority } as Partial<Dispatcher.RequestOptions>)
    )

/** Everything that the runtime gives to plugins. */
export const layer = Layer.merge(NodeServices.layer, layerHttp)

/** Who runs this process: `user@host`. */
export const currentActor = (): string => {
  const user = (() => {
    try {
      return userInfo().username
    } catch {
      return "unknown"
    }
  })()
  return `${user}@${hostname()}`
}

export type { PlainTracker, Registered, RunOptions, TrackerStatus } from "./PlainTracker.ts"
export { RunUnderWay, TrackerClosed } from "./PlainTracker.ts"

/** What {@link createTracker} takes: a configuration as `defineTracker` does, or what that gives. */
export interface CreateTracker {
  (definition: TrackerDefinition.TrackerDefinition): PlainTracker.PlainTracker
  <
    Source extends Plugin<ReceiptSource>,
    Store extends Layer.Layer<JournalStore, any, any>,
    Classify extends Plugin<Classifier>,
    Sink extends Plugin<AuditSink>,
    Metrics extends Layer.Layer<never, any, any>,
    Export extends Plugin<Exporter>,
    L extends Layer.Layer<never, any, any> = Layer.Layer<never>
  >(
    config: TrackerDefinition.CompleteConfig<Source, Store, Classify, Sink, Metrics, Export, L>
  ): PlainTracker.PlainTracker
}

/**
 * A tracker of promises, and an async iterable of events. Its plugins are made with the first call of one of its methods,
 * which reject where that fails. Logs go to standard error; no `.env` is read.
 *
 * @example
 * ```ts
 * await using tracker = createTracker({ sources: [Genesys.source()], journal: Sqlite.journal() })
 * await tracker.register([{ messageId: "msg-1", externalContactId: "contact-1" }])
 * const { summary } = await tracker.run()
 * ```
 */
export const createTracker: CreateTracker = (given: TrackerDefinition.TrackerDefinition | object) => {
  const definition = TrackerDefinition.isTrackerDefinition(given) ? given : TrackerDefinition.make(given)
  return PlainTracker.make(
    TrackerDefinition.layer(definition).pipe(
      Layer.provide(layer),
      Layer.provideMerge(Layer.succeed(Logger.LogToStderr, true))
    ),
    currentActor
  )
}

/** What {@link track} takes. */
export interface PlainTrackOptions {
  readonly messages: Iterable<MessageRef> | AsyncIterable<MessageRef>
  /** Who runs it, for the audit trail; else `user@host`. */
  readonly actor?: string
  /** One look at each message, instead of following them. */
  readonly once?: boolean
  /** Ends the run after so many milliseconds, with messages still pending. */
  readonly for?: number
  /** Ends the run early, cleanly. */
  readonly signal?: AbortSignal
}

/**
 * Tracks messages with an assembled tracker, and gives the result as a promise. Logs go to standard error. Rejects with
 * what the run failed with.
 *
 * @example
 * ```ts
 * const { summary } = await track(tracker, { messages: [{ messageId: "msg-1", externalContactId: "contact-1" }] })
 * ```
 */
export const track = (
  definition: TrackerDefinition.TrackerDefinition,
  options: PlainTrackOptions
): Promise<Tracker.TrackResult> => {
  const { actor, messages, signal, ...rest } = options
  const rows =
    Symbol.asyncIterator in messages
      ? Stream.fromAsyncIterable(messages, (error) => error)
      : Stream.fromIterable(messages)
  const program = Tracker.Tracker.use((tracker) =>
    tracker.track({ ...rest, messages: Stream.grouped(rows, 500), actor: actor ?? currentActor() })
  ).pipe(
    Effect.provide(TrackerDefinition.layer(definition)),
    Effect.provide(layer),
    Effect.provideService(Logger.LogToStderr, true)
  )
  return Effect.runPromise(program, signal === undefined ? {} : { signal })
}
