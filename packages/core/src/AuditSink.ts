/**
 * Audit sinks: where the journal's events go for governance.
 *
 * A sink writes batches of events, in order, and acknowledges a batch by succeeding. Delivery is core's: at least once,
 * from a durable cursor of the sink's own, with repeats after a failure; a slow or failing sink delays only itself.
 *
 * @module
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Plugin from "./Plugin.ts"
import { isoTime, type TrackingEvent } from "./TrackingEvent.ts"

/** A batch was not written, or not surely. It will be given to the sink again. */
export class AuditError extends Schema.TaggedError<AuditError>()("AuditError", {
  sink: Schema.String,
  detail: Schema.String
}) {
  override get message() {
    return `the audit sink ${this.sink} failed: ${this.detail}`
  }
}

/** A sink stayed down, and the operator wished that tracking stops then. */
export class AuditDown extends Schema.TaggedError<AuditDown>()("AuditDown", {
  sink: Schema.String,
  target: Schema.String,
  /** Events that wait for it. */
  backlog: Schema.Int,
  /** Since when it fails. Epoch milliseconds. */
  since: Schema.Finite,
  detail: Schema.String
}) {
  override get message() {
    return `the audit sink ${this.sink} (${this.target}) is down since ${isoTime(this.since)}, and ${this.backlog} events wait for it: ${this.detail}; repair it and run the same command again, which delivers them, or let auditOutage in the configuration say otherwise`
  }
}

/** What is done where a sink stays down. Plain data; each field has a default. */
export interface AuditOutage {
  /**
   * - `wait`, the default: its events wait in the journal, however many.
   * - `stop`: the run stops, in order, and fails with {@link AuditDown}.
   * - `continue`: the run goes on without it. What waits for it is skipped, and an `audit.gap` event says what that was: the
   *   first that it gets when it is back.
   */
  readonly action?: "wait" | "stop" | "continue" | undefined
  /** How long a sink must have failed, without taking a batch in between, before that is done; 1 minute. */
  readonly after?: Duration.Input | undefined
  /** How many events may wait for it before that is done; 0. */
  readonly maxBacklog?: number | undefined
}

/** An {@link AuditOutage} with its defaults. */
export const outageOf = ({ action = "wait", after = "1 minute", maxBacklog = 0 }: AuditOutage = {}) => ({
  action,
  afterMs: Duration.toMillis(Duration.fromInputUnsafe(after)),
  maxBacklog
})

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

/** Gathers sinks, given as records or as Effects that build them. Fails with `AuditError` where two have one name. */
export const layer = <const P extends Plugin.Plugin<AuditSink>>(
  sinks: ReadonlyArray<P>
): Layer.Layer<AuditSinks, Plugin.PluginError<P> | AuditError, Plugin.PluginServices<P>> =>
  Layer.effect(
    AuditSinks,
    (Plugin.buildAll<AuditSink, P>(sinks) as Effect.Effect<ReadonlyArray<AuditSink>, Plugin.PluginError<P>>).pipe(
      Effect.tap((built) => {
        const twice = built.find(({ name }, index) => built.findIndex((one) => one.name === name) < index)
        return twice === undefined
          ? Effect.void
          : Effect.fail(new AuditError({ sink: twice.name, detail: "two sinks have this name; give one another" }))
      })
    )
  )
