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
import type { MessageRef, Status, TrackedMessage } from "./Message.ts"
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
  readonly messageId: string
  readonly providerStatus: string
  readonly status?: Status | undefined
}

/** The answer to one analytics query. */
export interface AnalyticsAnswer {
  readonly records: ReadonlyArray<PlatformRecord>
}

/** What a source can do. */
export interface ReceiptSource {
  readonly name: string
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
  /** Messages with the same group can be looked up together. */
  readonly groupOf: (ref: MessageRef) => string
  /**
   * Looks up messages of one group, at most `batchSize`. The pages together are the whole answer: a message that is in
   * none of them is one that the platform does not return.
   */
  readonly lookup: (messages: ReadonlyArray<TrackedMessage>) => Stream.Stream<ReceiptPage, SourceError>
  /** Splits messages into queries that {@link ReceiptSource.analytics} takes. */
  readonly analyticsBatchSize: number
  /** Asks the platform's analytics for messages that were sent since a moment (epoch milliseconds), or as far back as it keeps them. */
  readonly analytics: (messageIds: ReadonlyArray<string>, since: number) => Effect.Effect<AnalyticsAnswer, SourceError>
}

/** The tracker's sources, in the order of the configuration: a message goes to the first that does not refuse it. */
export class ReceiptSources extends Context.Service<ReceiptSources, ReadonlyArray<ReceiptSource>>()(
  "@dlrkit/core/ReceiptSources"
) {}

/** Gathers sources, given as records or as Effects that build them. */
export const layer = <const P extends Plugin.Plugin<ReceiptSource>>(
  sources: ReadonlyArray<P>
): Layer.Layer<ReceiptSources, Plugin.PluginError<P>, Plugin.PluginServices<P>> =>
  Layer.effect(
    ReceiptSources,
    Plugin.buildAll<ReceiptSource, P>(sources) as Effect.Effect<ReadonlyArray<ReceiptSource>, Plugin.PluginError<P>>
  )
