/**
 * Sources: where receipts come from.
 *
 * A source looks messages up by their ids, page by page. Time-outs, retries, the circuit breaker, the budget and the
 * records of its requests are in the {@link PlatformClient.PlatformClient} that it sends through; what it reads is
 * classified and committed by the tracker.
 *
 * @module
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Stream from "effect/Stream"
import type { DeliveryReceipt } from "./DeliveryReceipt.ts"
import type { MessageRef, TrackedMessage } from "./Message.ts"
import * as Plugin from "./Plugin.ts"
import type { SourceError } from "./SourceError.ts"

/** One page of an answer. */
export interface ReceiptPage {
  readonly receipts: ReadonlyArray<DeliveryReceipt>
  /** No page comes after it. */
  readonly last: boolean
}

/** A message as the platform's own analytics report it. */
export interface PlatformRecord {
  /** The journal's key, where the record is of a message that was asked about. */
  readonly key?: number | undefined
  /** The platform's name of the message, for people. */
  readonly name: string
  readonly providerStatus: string
  readonly status?: DeliveryReceipt["status"]
}

/** The answer to one analytics query. */
export interface AnalyticsAnswer {
  readonly records: ReadonlyArray<PlatformRecord>
  /** Keys of messages of which the analytics cannot tell: they show one status for several messages. */
  readonly unclear?: ReadonlyArray<number> | undefined
}

/** Which conversations a sweep reads: those that started from `from` until before `to`. Epoch milliseconds. */
export interface SweepWindow {
  readonly from: number
  readonly to: number
  /** Only those of this campaign. */
  readonly campaignId?: string | undefined
}

/** An outbound message as a sweep shows it. */
export interface Sighting {
  /** All that the platform tells of who it is: conversation, campaign, contact, numbers, `sentAt`. */
  readonly ref: MessageRef
  /** Where it is; its ids are those of `ref`. */
  readonly receipt: DeliveryReceipt
  /** The platform shows one status for several messages here: only a look-up can tell them apart. */
  readonly ambiguous: boolean
}

/** One page of a sweep. */
export interface SweepPage {
  readonly sightings: ReadonlyArray<Sighting>
  /** How many conversations the window holds, where the platform says so. */
  readonly total: number | undefined
}

/** What a source that can read whole windows of time can do. */
export interface Sweep {
  /** How many conversations one request reads. */
  readonly pageSize: number
  /** How old the state is that a sweep shows. Milliseconds. */
  readonly lag: number
  /** Reads a window, whole: each page is one request. Splits what the platform does not serve in one piece. */
  readonly pages: (window: SweepWindow) => Stream.Stream<SweepPage, SourceError>
}

/** What was found wrong, or right, with how a source is set up. */
export interface Finding {
  /** What was looked at, such as `token` or `conversation:message:view`. */
  readonly check: string
  readonly outcome: "ok" | "warning" | "problem"
  /** What was found, in a line. */
  readonly detail: string
  /** What to do about it. */
  readonly advice?: string | undefined
}

/** What a source can do. */
export interface ReceiptSource {
  readonly name: string
  /** The contract that it was made for; see {@link Plugin.contract}. */
  readonly contract?: number | undefined
  /** What the audit trail says of how it is configured; no secrets. */
  readonly describe: Readonly<Record<string, unknown>>
  readonly supports: {
    /** It has an analytics export to compare the journal with. */
    readonly analytics: boolean
  }
  /** How far back the platform keeps receipts. Milliseconds. */
  readonly retention: number
  /** How many lookups may be under way at once. */
  readonly concurrency: number
  /** The most messages that one lookup may ask for. */
  readonly batchSize: number
  /** Fills in what the configuration knows of a message, such as its default contact. */
  readonly complete: (ref: MessageRef) => MessageRef
  /** Why it cannot look a message up, in a sentence that says what is missing; `undefined` where it can. */
  readonly refuse: (ref: MessageRef) => string | undefined
  /** Messages with the same group can be looked up together; those without one cannot be, and only sweeps find them. */
  readonly groupOf: (ref: MessageRef) => string | undefined
  /**
   * Looks up messages of one group, at most `batchSize`. The pages together are the whole answer: a message that is in
   * none of them is one that the platform does not return.
   */
  readonly lookup: (messages: ReadonlyArray<TrackedMessage>) => Stream.Stream<ReceiptPage, SourceError>
  /** Whether look-ups are permitted; they are where it is left out. */
  readonly looksUp?: (() => boolean) | undefined
  /** Reads whole windows of time; absent where the platform has no such reading, or (from then on) does not permit it. */
  readonly sweep?: Sweep | undefined
  /** Looks for the reason of a failure that its receipt did not tell; at most one request. */
  readonly explain?:
    | ((message: TrackedMessage) => Effect.Effect<ReadonlyArray<DeliveryReceipt>, SourceError>)
    | undefined
  /** Waits until a request could be sent at once, without sending any, so that what to ask is chosen at the last moment. */
  readonly ready?: Effect.Effect<void> | undefined
  /** How many requests a minute it may send now. */
  readonly rate?: Effect.Effect<number> | undefined
  /** Checks the set-up against the platform, a finding at a time; for people. */
  readonly diagnose?: Stream.Stream<Finding> | undefined
  /** Splits messages into queries that {@link ReceiptSource.analytics} takes. */
  readonly analyticsBatchSize: number
  /** Asks the platform's analytics for messages that were sent since a moment (epoch milliseconds), or as far back as it keeps them. */
  readonly analytics: (
    messages: ReadonlyArray<TrackedMessage>,
    since: number
  ) => Effect.Effect<AnalyticsAnswer, SourceError>
  /** Ends what it holds open, where no scope does. */
  readonly close?: Effect.Effect<void> | undefined
}

/** The tracker's sources, in the order of the configuration: a message goes to the first that does not refuse it. */
export class ReceiptSources extends Context.Service<ReceiptSources, ReadonlyArray<ReceiptSource>>()(
  "@dlrkit/core/ReceiptSources"
) {}

/** Gathers sources, given as records or as Effects that build them. */
export const layer = <const P extends Plugin.Plugin<ReceiptSource>>(
  sources: ReadonlyArray<P>
): Layer.Layer<ReceiptSources, Plugin.PluginError<P> | Plugin.Refusal, Plugin.PluginServices<P>> =>
  Layer.effect(
    ReceiptSources,
    Plugin.buildAll<ReceiptSource, P>("source", sources, ["complete", "refuse", "lookup"]) as Effect.Effect<
      ReadonlyArray<ReceiptSource>,
      Plugin.PluginError<P> | Plugin.Refusal
    >
  )
