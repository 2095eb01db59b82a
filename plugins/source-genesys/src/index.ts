/**
 * Delivery receipts from Genesys Cloud.
 *
 * `Genesys.source(options)` looks messages up over the messaging API. What the options leave out comes from the
 * environment; a secret may come from a file.
 *
 * @module
 */
import {
  Auth,
  type Message,
  PlatformClient,
  type ReceiptSource,
  ResiliencePolicy,
  SourceError,
  TokenRequest
} from "@dlrkit/core"
import { trusting } from "@dlrkit/core/node"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as MessagingApi from "./MessagingApi.ts"
import * as Settings from "./Settings.ts"

export * as MessagingApi from "./MessagingApi.ts"
export * as Region from "./Region.ts"
export { GenesysConfigError, type SourceOptions } from "./Settings.ts"

/** More pages than this for one query are a platform that counts wrong. */
const mostPages = 1000

/**
 * Makes the source. Fails with `GenesysConfigError`, which names everything that is missing or wrong. Who we are to the
 * platform can be replaced by providing `Auth`.
 *
 * @example
 * ```ts
 * defineTracker({ sources: [Genesys.source({ region: "eu_central_1" })] })
 * ```
 */
export const source = Effect.fnUntraced(function* (options: Settings.SourceOptions = {}) {
  const settings = yield* Settings.read(options)
  const policy = ResiliencePolicy.make({
    ...options.resilience,
    budget: {
      ...(settings.requestsPerMinute === undefined ? {} : { requests: settings.requestsPerMinute }),
      ...options.resilience?.budget
    }
  })
  const retention = Duration.toMillis(Duration.fromInputUnsafe(options.retention ?? "90 days"))
  const name = "genesys-messaging"
  const host = new URL(settings.apiUrl).host
  const http = yield* HttpClient.HttpClient
  const trusted = settings.authority === undefined ? http : trusting(settings.authority)(http)
  const auth =
    Option.getOrUndefined(yield* Effect.serviceOption(Auth.Auth)) ??
    (yield* Auth.make(
      yield* TokenRequest.make({
        source: name,
        policy,
        request: tokenRequest(settings, options.credentialsIn ?? "body")
      }).pipe(Effect.provideService(HttpClient.HttpClient, trusted))
    ))
  const client = yield* PlatformClient.make({
    source: name,
    host,
    policy,
    credentials: [{ name: "default", auth }]
  }).pipe(Effect.provideService(HttpClient.HttpClient, trusted))

  /** The pages of one query, one after the other. */
  const pagesOf = (contactId: string, ids: ReadonlyArray<string>) => {
    const seen = new Set<string>()
    return Stream.paginate(undefined as string | undefined, (pageToken) =>
      Effect.gen(function* () {
        if (pageToken !== undefined) {
          if (seen.has(pageToken) || seen.size === mostPages) {
            return yield* SourceError.because(new SourceError.Unavailable({ host, detail: "its pages do not end" }))
          }
          seen.add(pageToken)
        }
        const path = yield* Effect.fromResult(MessagingApi.messagesPath(contactId, ids, pageToken))
        const page = yield* client.send({
          request: HttpClientRequest.acceptJson(HttpClientRequest.get(`${settings.apiUrl}${path}`)),
          purpose: "lookup",
          messages: ids.length,
          permission: MessagingApi.permissions.messages,
          decode: MessagingApi.decodeMessages
        })
        if (page.unreadable > 0) {
          yield* Effect.logWarning(
            `${name}: ${page.unreadable} entities of a page have no id or no status; passed over`
          )
        }
        return [[page], Option.fromUndefinedOr(page.nextPageToken)] as const
      })
    )
  }

  const complete = (ref: Message.MessageRef): Message.MessageRef =>
    ref.externalContactId === undefined && settings.externalContactId !== undefined
      ? { ...ref, externalContactId: settings.externalContactId }
      : ref

  return {
    name,
    describe: {
      api: "messaging",
      apiUrl: settings.apiUrl,
      loginUrl: settings.loginUrl,
      clientId: settings.clientId,
      retentionMs: retention,
      policy: ResiliencePolicy.describe(policy)
    },
    supports: { analytics: true },
    retention,
    concurrency: policy.concurrency,
    batchSize: MessagingApi.limits.pageSize,
    analyticsBatchSize: MessagingApi.limits.analyticsIds,
    complete,
    refuse: (ref) => {
      if (ref.messageId === undefined) return "it has no messageId, and the messaging API finds messages by it alone"
      if (ref.externalContactId === undefined) {
        return "it has no externalContactId, and GENESYS_EXTERNAL_CONTACT_ID is not set"
      }
      return (
        MessagingApi.refuseId("messageId", ref.messageId) ??
        MessagingApi.refuseId("externalContactId", ref.externalContactId)
      )
    },
    groupOf: (ref) => ref.externalContactId ?? "",
    lookup: (messages) => {
      const contactId = messages[0]?.ref.externalContactId ?? ""
      const queries = MessagingApi.split(
        contactId,
        messages.map(({ messageId }) => messageId)
      )
      return Stream.fromIterable(queries.entries()).pipe(
        Stream.flatMap(([index, ids]) =>
          Stream.map(pagesOf(contactId, ids), ({ nextPageToken, receipts }) => ({
            receipts,
            last: nextPageToken === undefined && index === queries.length - 1
          }))
        )
      )
    },
    analytics: (messageIds, since) =>
      Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        const interval = { from: Math.max(Math.min(since, now - 1), now - retention), to: now }
        const query = yield* Effect.fromResult(MessagingApi.analyticsQuery(messageIds, interval, retention))
        const records = yield* client.send({
          request: HttpClientRequest.bodyJsonUnsafe(
            HttpClientRequest.acceptJson(
              HttpClientRequest.post(`${settings.apiUrl}/api/v2/analytics/message/details/query`)
            ),
            query
          ),
          purpose: "reconcile",
          messages: messageIds.length,
          permission: MessagingApi.permissions.analytics,
          decode: MessagingApi.decodeAnalytics
        })
        return { records }
      })
  } satisfies ReceiptSource.ReceiptSource as ReceiptSource.ReceiptSource
})

const tokenRequest = (settings: Settings.Settings, credentialsIn: "body" | "basic") => {
  const request = HttpClientRequest.acceptJson(HttpClientRequest.post(`${settings.loginUrl}/oauth/token`))
  const grant = { grant_type: "client_credentials" }
  return credentialsIn === "basic"
    ? HttpClientRequest.basicAuth(request, settings.clientId, settings.clientSecret).pipe(
        HttpClientRequest.bodyUrlParams(grant)
      )
    : HttpClientRequest.bodyUrlParams(request, {
        ...grant,
        client_id: settings.clientId,
        client_secret: Redacted.value(settings.clientSecret)
      })
}
