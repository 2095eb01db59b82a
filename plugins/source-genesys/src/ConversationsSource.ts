/**
 * Receipts over the public conversations API: look-ups by conversation or by message id, sweeps of the analytics, and the
 * reasons of failures from the conversations themselves.
 *
 * @module
 */
import { type Message, type ReceiptSource, SourceError } from "@dlrkit/core"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as AnalyticsApi from "./AnalyticsApi.ts"
import * as Connection from "./Connection.ts"
import * as Conversations from "./Conversations.ts"
import * as ConversationsApi from "./ConversationsApi.ts"
import * as Diagnosis from "./Diagnosis.ts"
import * as Lookup from "./Lookup.ts"
import * as Permission from "./Permission.ts"

/** What the source goes by. Times are milliseconds. */
export interface ConversationsOptions extends Conversations.ReadingOptions {
  readonly retention: number
  readonly analyticsLag: number
}

/** A source that says what it may do: what it has had to give up is absent. */
export interface ConversationsSource extends ReceiptSource.ReceiptSource {
  /** Whether look-ups are possible. Where they are not, {@link ReceiptSource.ReceiptSource.lookup} says nothing new of any message. */
  readonly looksUp: () => boolean
}

/** How much later than its messages a conversation may have started, by clocks that differ. Milliseconds. */
const startSlack = 3_600_000

const day = 86_400_000

/** Makes the source of a connection. */
export const make = (connection: Connection.Connection, options: ConversationsOptions): ConversationsSource => {
  const { client, name, policy } = connection
  const conversations = Conversations.make(connection, options)
  const permissions = Permission.make(name, {
    messages: "look-ups are given up, and sweeps alone go on",
    analytics: "sweeps are given up, and look-ups alone go on"
  })
  const lookup = Lookup.make(connection)

  const sweep: ReceiptSource.Sweep = {
    pageSize: AnalyticsApi.limits.pageSize,
    lag: options.analyticsLag,
    pages: ({ campaignId, from, to }) =>
      conversations.read({ selection: { campaignId }, purpose: "sweep", messages: 0 }, { from, to }).pipe(
        Stream.map(({ conversations: found, total }) => ({
          sightings: found.filter(isOfDays(from, to)).flatMap(AnalyticsApi.sightingsOf),
          total
        })),
        permissions.analytics.guard
      )
  }

  /** Of what only sweeps find, and where look-ups are given up, nothing new is said: it is not missing because of that. */
  const lookUp = (messages: ReadonlyArray<Message.TrackedMessage>) => {
    if (messages.every(isUnnamed)) return Stream.make({ receipts: messages.map(Lookup.nothingNew), last: true })
    return Stream.concat(
      permissions.messages.guard(lookup.pages(messages)),
      Stream.suspend(() =>
        permissions.messages.granted()
          ? Stream.empty
          : Stream.make({ receipts: messages.map(Lookup.nothingNew), last: true })
      )
    )
  }

  let explains = true
  const explain = (message: Message.TrackedMessage) =>
    Effect.suspend(() => (explains ? lookup.explain(message) : Effect.succeed([]))).pipe(
      Effect.catchIf(Permission.isForbidden, (error) => {
        const first = explains
        explains = false
        return Effect.as(
          first
            ? Effect.logWarning(`${name}: reasons of failures are not asked for any more: ${error.message}`)
            : Effect.void,
          []
        )
      })
    )

  return {
    name,
    describe: {
      ...Connection.describe(connection),
      retentionMs: options.retention,
      analyticsLagMs: options.analyticsLag,
      longestIntervalMs: options.longestInterval,
      sweepMost: options.sweepMost,
      historyAfterMs: options.historyAfter,
      historyTimeoutMs: options.historyTimeout
    },
    supports: { analytics: true },
    retention: options.retention,
    concurrency: policy.concurrency,
    batchSize: ConversationsApi.limits.bulkIds,
    analyticsBatchSize: AnalyticsApi.limits.conversationIds,
    complete: (ref) => ref,
    refuse: (ref) => {
      for (const field of ["messageId", "conversationId", "campaignId", "outboundContactId"] as const) {
        const id = ref[field]
        const reason = id === undefined ? undefined : ConversationsApi.refuseId(field, id)
        if (reason !== undefined) return reason
      }
      if (ref.messageId !== undefined || ref.conversationId !== undefined) {
        return permissions.messages.granted() || ref.conversationId !== undefined
          ? undefined
          : "it has no conversationId, and without look-ups (the client may not view messages) sweeps find it by that alone"
      }
      return permissions.analytics.granted()
        ? undefined
        : "it is known by its campaign's contact alone, which only sweeps find, and the client may not view the analytics"
    },
    groupOf: ({ conversationId, messageId }) => conversationId ?? messageId,
    lookup: lookUp,
    get sweep() {
      return permissions.analytics.granted() ? sweep : undefined
    },
    explain,
    ready: client.ready,
    rate: client.rate,
    looksUp: permissions.messages.granted,
    diagnose: Diagnosis.conversations(connection),
    analytics: (messages, since) => reconcile(conversations, messages, since)
  }
}

/** Whether a message is known by its campaign's contact alone. */
const isUnnamed = ({ conversationId, messageId }: Message.TrackedMessage) =>
  messageId === undefined && conversationId === undefined

/** Whether a conversation began on a day (UTC) that a window touches: what platforms serve beside is seen by others. */
const isOfDays =
  (from: number, to: number) =>
  ({ startedAt }: AnalyticsApi.Conversation): boolean =>
    startedAt === undefined || (startedAt >= from - (from % day) && startedAt < to - 1 - ((to - 1) % day) + day)

/** Asks the analytics for the conversations of messages. */
const reconcile = Effect.fnUntraced(function* (
  conversations: Conversations.Conversations,
  messages: ReadonlyArray<Message.TrackedMessage>,
  since: number
): Effect.fn.Return<ReceiptSource.AnalyticsAnswer, SourceError.SourceError> {
  const unclear: Array<number> = []
  const asked = new Map<string, ReadonlyArray<number>>()
  for (const { conversationId, key } of messages) {
    if (conversationId === undefined) unclear.push(key)
    else asked.set(conversationId, [...(asked.get(conversationId) ?? []), key])
  }
  if (asked.size > AnalyticsApi.limits.conversationIds) {
    return yield* SourceError.because(
      new SourceError.InvalidQuery({
        detail: `a query names at most ${AnalyticsApi.limits.conversationIds} conversations, not ${asked.size}`
      })
    )
  }
  if (asked.size === 0) return { records: [], unclear }
  const now = yield* Clock.currentTimeMillis
  // A conversation starts with its first message at the latest, so what comes after the last message need not be read.
  const latest = messages.reduce((time, { sentAt }) => Math.max(time, sentAt ?? now), 0)
  const window = { from: Math.min(since, now - 1000), to: Math.min(now, latest + startSlack) }
  const found = new Map<string, AnalyticsApi.Conversation>()
  yield* conversations
    .read(
      { selection: { conversationIds: Array.from(asked.keys()) }, purpose: "reconcile", messages: messages.length },
      window
    )
    .pipe(
      Stream.runForEach((page) =>
        Effect.sync(() => {
          for (const conversation of page.conversations) found.set(conversation.conversationId, conversation)
        })
      )
    )
  const records: Array<ReceiptSource.PlatformRecord> = []
  for (const [conversationId, keys] of asked) {
    const conversation = found.get(conversationId)
    if (conversation === undefined) continue
    const [key, ...otherKeys] = keys
    const [session, ...otherSessions] = conversation.sessions
    if (otherKeys.length > 0 || otherSessions.length > 0 || session?.told !== true) unclear.push(...keys)
    else
      records.push({
        key,
        name: conversationId,
        providerStatus: session.receipt.providerStatus,
        status: session.receipt.status
      })
  }
  return { records, unclear }
})
