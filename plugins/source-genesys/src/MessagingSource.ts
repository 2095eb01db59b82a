/**
 * Receipts over the messaging API.
 *
 * @module
 */
import { type Message, type ReceiptSource, SourceError } from "@dlrkit/core"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Connection from "./Connection.ts"
import * as Diagnosis from "./Diagnosis.ts"
import * as MessagingApi from "./MessagingApi.ts"

/** More pages than this for one query are a platform that counts wrong. */
const mostPages = 1000

/** Makes the source of a connection. `retention` is how far back the platform keeps receipts, in milliseconds. */
export const make = (connection: Connection.Connection, retention: number): ReceiptSource.ReceiptSource => {
  const { client, host, name, policy, settings } = connection

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
          request: Connection.get(settings, path),
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
      ...Connection.describe(connection),
      retentionMs: retention
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
        messages.flatMap(({ messageId }) => messageId ?? [])
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
    analytics: (messages, since) =>
      Effect.gen(function* () {
        const keys = new Map(messages.map(({ key, messageId }) => [messageId, key]))
        const messageIds = messages.flatMap(({ messageId }) => messageId ?? [])
        const now = yield* Clock.currentTimeMillis
        const interval = { from: Math.max(Math.min(since, now - 1), now - retention), to: now }
        const query = yield* Effect.fromResult(MessagingApi.analyticsQuery(messageIds, interval, retention))
        const records = yield* client.send({
          request: Connection.post(settings, MessagingApi.analyticsPath, query),
          purpose: "reconcile",
          messages: messageIds.length,
          permission: MessagingApi.permissions.analytics,
          decode: MessagingApi.decodeAnalytics
        })
        return {
          records: records.map(({ messageId, ...record }) => ({ ...record, name: messageId, key: keys.get(messageId) }))
        }
      }),
    ready: client.ready,
    rate: client.rate,
    diagnose: Diagnosis.messaging(connection)
  }
}
