/**
 * Delivery receipts from Genesys Cloud.
 *
 * `Genesys.source(options)` reads the public conversations API, or the messaging API that some organizations have. What
 * the options leave out comes from the environment; a secret may come from a file.
 *
 * @module
 */
import type { Journal, JournalStore, ReceiptSource } from "@dlrkit/core"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import type * as HttpClient from "effect/http/HttpClient"
import type * as Scope from "effect/Scope"
import * as Connection from "./Connection.ts"
import * as ConversationsSource from "./ConversationsSource.ts"
import * as MessagingSource from "./MessagingSource.ts"
import * as Settings from "./Settings.ts"

export { type AgentlessOptions, AgentlessResponseError, fromAgentlessResponse } from "./AgentlessResponse.ts"
export * as AnalyticsApi from "./AnalyticsApi.ts"
export * as ConversationsApi from "./ConversationsApi.ts"
export * as DeliveryWord from "./DeliveryWord.ts"
export * as MessagingApi from "./MessagingApi.ts"
export * as Region from "./Region.ts"
export { type Api, type ClientOptions, GenesysConfigError, type SourceOptions } from "./Settings.ts"

/**
 * Makes the source. Fails with `GenesysConfigError`, which names everything that is missing or wrong. Who we are to the
 * platform can be replaced by providing `Auth`.
 *
 * @example
 * ```ts
 * defineTracker({ sources: [Genesys.source({ region: "eu_central_1" })] })
 * ```
 */
export const source = Effect.fnUntraced(function* (
  options: Settings.SourceOptions = {}
): Effect.fn.Return<
  ReceiptSource.ReceiptSource,
  Settings.GenesysConfigError | JournalStore.JournalError,
  FileSystem.FileSystem | HttpClient.HttpClient | Journal.Journal | Scope.Scope
> {
  const settings = yield* Settings.read(options)
  const connection = yield* Connection.make(`genesys-${settings.api}`, settings, options)
  const retention = millis(options.retention ?? "90 days")
  return settings.api === "messaging"
    ? MessagingSource.make(connection, retention)
    : ConversationsSource.make(connection, {
        retention,
        analyticsLag: settings.analyticsLag,
        longestInterval: millis(options.longestInterval ?? "7 days"),
        sweepMost: options.sweepMost ?? 10_000,
        historyAfter: millis(options.historyAfter ?? "31 days"),
        historyTimeout: millis(options.historyTimeout ?? "30 minutes")
      })
})

const millis = (duration: Duration.Input) => Duration.toMillis(Duration.fromInputUnsafe(duration))
