/**
 * Audit sinks: where the journal's events go for governance.
 *
 * A sink writes batches of events, in order, and acknowledges a batch by succeeding. Delivery is core's: at least once,
 * from a durable cursor of the sink's own, with repeats after a failure; a slow or failing sink delays only itself.
 *
 * @module
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Plugin from "./Plugin.ts"
import type { TrackingEvent } from "./TrackingEvent.ts"

/** A batch was not written, or not surely. It will be given to the sink again. */
export class AuditError extends Schema.TaggedError<AuditError>()("AuditError", {
  sink: Schema.String,
  detail: Schema.String
}) {
  override get message() {
    return `the audit sink ${this.sink} failed: ${this.detail}`
  }
}

/** A sink for events. */
export interface AuditSink {
  /** Unique in a tracker and stable: the sink's cursor in the journal goes by it. */
  readonly name: string
  /** Where it writes, for people; no secrets. */
  readonly target: string
  /**
   * Writes events in order. Success means that they are safe. The same event can come again after a crash: its `id` is
   * the same then.
   */
  readonly write: (batch: ReadonlyArray<TrackingEvent>) => Effect.Effect<void, AuditError>
}

/**
 * Makes a sink from a plain function: success is a promise kept, failure one that is broken.
 *
 * @example
 * ```ts
 * const sink = defineAuditSink({
 *   name: "warehouse",
 *   target: "the events table",
 *   write: async (batch) => { await insertInto("events", batch) }
 * })
 * ```
 */
export const defineAuditSink = (sink: {
  readonly name: string
  readonly target?: string
  readonly write: (batch: ReadonlyArray<TrackingEvent>) => Promise<void> | void
}): AuditSink => ({
  name: sink.name,
  target: sink.target ?? sink.name,
  write: (batch) =>
    Effect.tryPromise({
      try: async () => sink.write(batch),
      catch: (error) =>
        new AuditError({ sink: sink.name, detail: error instanceof Error ? error.message : String(error) })
    })
})

/** The tracker's audit sinks. */
export class AuditSinks extends Context.Service<AuditSinks, ReadonlyArray<AuditSink>>()("@dlrkit/core/AuditSinks") {}

/** Gathers sinks, given as records or as Effects that build them. */
export const layer = <const P extends Plugin.Plugin<AuditSink>>(
  sinks: ReadonlyArray<P>
): Layer.Layer<AuditSinks, Plugin.PluginError<P>, Plugin.PluginServices<P>> =>
  Layer.effect(
    AuditSinks,
    Plugin.buildAll<AuditSink, P>(sinks) as Effect.Effect<ReadonlyArray<AuditSink>, Plugin.PluginError<P>>
  )
