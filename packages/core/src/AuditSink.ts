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
import * as PlainFunction from "./PlainFunction.ts"
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
  /** The contract that it was made for; see {@link Plugin.contract}. */
  readonly contract?: number | undefined
  /** Where it writes, for people; no secrets. */
  readonly target: string
  /** What it can do beyond what every sink must; a conformance suite holds it to that. */
  readonly supports?: {
    /** It keeps an event once, however often it comes. */
    readonly idempotent?: boolean | undefined
  }
  /**
   * Writes events in order. Success means that they are safe. The same event can come again after a crash: its `id` is
   * the same then.
   */
  readonly write: (batch: ReadonlyArray<TrackingEvent>) => Effect.Effect<void, AuditError>
  /** Ends what it holds open, where no scope does. */
  readonly close?: Effect.Effect<void> | undefined
}

/** A sink of plain functions. */
export interface PlainAuditSink {
  /** Unique in a tracker and stable: the sink's cursor in the journal goes by it. */
  readonly name: string
  /** Where it writes, for people; no secrets. Its name, where it is left out. */
  readonly target?: string | undefined
  /** What it can do beyond what every sink must. */
  readonly supports?: NonNullable<AuditSink["supports"]> | undefined
  /**
   * Writes events in order. Success (of a promise, being fulfilled) means that they are safe; where it throws or rejects,
   * the batch comes again. Its `signal` is aborted where that took too long; nothing else is given to it before it ends.
   */
  readonly write: (batch: ReadonlyArray<TrackingEvent>, given: PlainFunction.Interruptible) => PlainFunction.Plain<void>
  /** Closes what it holds open, when the tracker ends. */
  readonly close?: (() => PlainFunction.Plain<void>) | undefined
}

/**
 * Makes a sink from plain functions: success is a promise kept, failure one that is broken.
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
export const defineAuditSink = ({ close, name, supports = {}, target = name, write }: PlainAuditSink): AuditSink => ({
  name,
  target,
  supports,
  contract: Plugin.contract,
  write: (batch) =>
    PlainFunction.run(
      (given) => write(batch, given),
      (thrown) =>
        thrown instanceof AuditError ? thrown : new AuditError({ sink: name, detail: PlainFunction.textOf(thrown) }),
      Number.POSITIVE_INFINITY
    ),
  close: PlainFunction.closing(`the audit sink ${name}`, close)
})

/** The tracker's audit sinks. */
export class AuditSinks extends Context.Service<AuditSinks, ReadonlyArray<AuditSink>>()("@dlrkit/core/AuditSinks") {}

/** Gathers sinks, given as records or as Effects that build them. Fails with `AuditError` where two have one name. */
export const layer = <const P extends Plugin.Plugin<AuditSink>>(
  sinks: ReadonlyArray<P>
): Layer.Layer<AuditSinks, Plugin.PluginError<P> | Plugin.Refusal | AuditError, Plugin.PluginServices<P>> =>
  Layer.effect(
    AuditSinks,
    (
      Plugin.buildAll<AuditSink, P>("audit sink", sinks, ["target", "write"]) as Effect.Effect<
        ReadonlyArray<AuditSink>,
        Plugin.PluginError<P> | Plugin.Refusal
      >
    ).pipe(
      Effect.tap((built) => {
        const twice = built.find(({ name }, index) => built.findIndex((one) => one.name === name) < index)
        return twice === undefined
          ? Effect.void
          : Effect.fail(new AuditError({ sink: twice.name, detail: "two sinks have this name; give one another" }))
      })
    )
  )
