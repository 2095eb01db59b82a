/**
 * Genesys Cloud's analytics of conversations: its queries, and what their answers hold.
 *
 * They show sessions, not messages: a session has one status, that of its last message, and nowhere is a message's id.
 *
 * Source: `purecloud-platform-client-v2` 262.0.0 (`ConversationQuery`, `AsyncConversationQuery`, `AnalyticsSession`), with
 * the predicates and enums of Genesys's Python SDK 257.1.0. That a page has at most 100 conversations:
 * MakingChatbots/genesys-cloud-mcp-server.
 *
 * @module
 */
import { type DeliveryReceipt, printable, type ReceiptSource } from "@dlrkit/core"
import { profile, refuseId } from "./ConversationsApi.ts"
import * as DeliveryWord from "./DeliveryWord.ts"
import { type Fields, fieldsOf, isRecord, listOf, numberOf, textOf, timeOf } from "./Json.ts"
import * as RequestId from "./RequestId.ts"

/** The most that a request may hold. */
export const limits = {
  /** Conversations on a page of the query. */
  pageSize: 100,
  /** Conversations on a page of a job's results. */
  jobPageSize: 1000,
  /** Conversations that one query may name. */
  conversationIds: 100
} as const

/** What reading the analytics needs. */
export const permission = "analytics:conversationDetail:view"

/** Where the query goes. */
export const queryPath = "/api/v2/analytics/conversations/details/query"

/** Where jobs are submitted. */
export const jobsPath = "/api/v2/analytics/conversations/details/jobs"

/** Until when jobs have data. */
export const availabilityPath = `${jobsPath}/availability`

/** A job: its state is read there, and deleting it cancels it. */
export const jobPath = (jobId: string): string => `${jobsPath}/${RequestId.encode(jobId)}`

/** A page of a job's results. Without a size, the pages have the platform's own. */
export const resultsPath = (jobId: string, size: number | undefined, cursor: string | undefined): string => {
  const query = [
    ...(size === undefined ? [] : [`pageSize=${size}`]),
    ...(cursor === undefined ? [] : [`cursor=${RequestId.encode(cursor)}`])
  ]
  return `${jobPath(jobId)}/results${query.length === 0 ? "" : `?${query.join("&")}`}`
}

/** A stretch of time: from `from` until before `to`. Epoch milliseconds. */
export interface Interval {
  readonly from: number
  readonly to: number
}

/** Which conversations with outbound SMS are meant. */
export interface Selection {
  readonly campaignId?: string | undefined
  /** Only these. */
  readonly conversationIds?: ReadonlyArray<string> | undefined
}

/** What is read, and what for. */
export interface Reading {
  readonly selection: Selection
  /** A word for the records of the requests. */
  readonly purpose: string
  /** How many messages it asks about. */
  readonly messages: number
}

const matches = (dimension: string, value: string) => ({ type: "dimension", dimension, operator: "matches", value })

/**
 * The direction is that of the session, not that with which the conversation began: an agentless send and a campaign's
 * both open an outbound session, but a send that the platform adds to a conversation that the customer had begun (within
 * 72 hours) does not make that one outbound.
 */
const filters = ({ campaignId, conversationIds }: Selection) => ({
  segmentFilters: [
    {
      type: "and",
      predicates: [
        matches("mediaType", "message"),
        matches("messageType", "sms"),
        matches("direction", "outbound"),
        ...(campaignId === undefined ? [] : [matches("outboundCampaignId", campaignId)])
      ]
    }
  ],
  ...(conversationIds === undefined
    ? {}
    : {
        conversationFilters: [{ type: "or", predicates: conversationIds.map((id) => matches("conversationId", id)) }]
      })
})

const isoInterval = ({ from, to }: Interval) => `${new Date(from).toISOString()}/${new Date(to).toISOString()}`

/** The body of a query for one page, the oldest conversations first. */
export const query = (
  selection: Selection,
  interval: Interval,
  pageNumber: number,
  pageSize: number = limits.pageSize
) => ({
  interval: isoInterval(interval),
  order: "asc",
  orderBy: "conversationStart",
  paging: { pageSize, pageNumber },
  ...filters(selection)
})

/** The body that submits a job. */
export const job = (selection: Selection, interval: Interval) => ({
  interval: isoInterval(interval),
  order: "unordered",
  ...filters(selection)
})

/** An outbound SMS session of a conversation. */
export interface Session {
  readonly campaignId: string | undefined
  readonly outboundContactId: string | undefined
  readonly to: string | undefined
  readonly from: string | undefined
  /** The platform tells how it stands. */
  readonly told: boolean
  readonly receipt: DeliveryReceipt.DeliveryReceipt
}

/** A conversation with its outbound SMS sessions. */
export interface Conversation {
  readonly conversationId: string
  readonly startedAt: number | undefined
  readonly sessions: ReadonlyArray<Session>
}

/** A page of conversations. */
export interface Page {
  readonly conversations: ReadonlyArray<Conversation>
  /** How many conversations the page has, those included that are none of ours. */
  readonly size: number
  /** How many the whole query has. */
  readonly total: number | undefined
  /** Where the next page of a job begins. */
  readonly cursor: string | undefined
}

/** Reads a page. An empty one may leave its list out. */
export const decodePage = (body: unknown): Page | undefined => {
  if (!isRecord(body)) return undefined
  const { conversations } = body
  const known = ["conversations", "totalHits", "aggregations", "cursor", "dataAvailabilityDate"]
  if (
    conversations === undefined ? Object.keys(body).some((key) => !known.includes(key)) : !Array.isArray(conversations)
  )
    return undefined
  const all = listOf(conversations)
  return {
    conversations: all.flatMap((conversation) => conversationOf(fieldsOf(conversation)) ?? []),
    size: all.length,
    total: numberOf(body.totalHits),
    cursor: textOf(body.cursor)?.toWellFormed()
  }
}

const conversationOf = (fields: Fields): Conversation | undefined => {
  const conversationId = textOf(fields.conversationId)
  if (conversationId === undefined || refuseId("conversationId", conversationId) !== undefined) return undefined
  const startedAt = timeOf(fields.conversationStart)
  const sessions = listOf(fields.participants)
    .flatMap((participant) => listOf(fieldsOf(participant).sessions))
    .map(fieldsOf)
    .filter(isOutboundSms)
    .map((session) => sessionOf(session, conversationId, startedAt))
  return { conversationId, startedAt, sessions: distinct(sessions) }
}

const isOutboundSms = ({ direction, mediaType, messageType }: Fields): boolean =>
  isWord(direction, "outbound") &&
  isWord(messageType, "sms") &&
  (mediaType === undefined || isWord(mediaType, "message"))

const isWord = (value: unknown, word: string) => typeof value === "string" && value.toLowerCase() === word

const sessionOf = (session: Fields, conversationId: string, startedAt: number | undefined): Session => {
  const word = textOf(session.deliveryStatus)
  const status = word === undefined ? "pending" : DeliveryWord.statusOf(word)
  const code = textOf(session.extendedDeliveryStatus) ?? textOf(session.errorCodeDescription)
  return {
    campaignId: shortText(session.outboundCampaignId),
    outboundContactId: shortText(session.outboundContactId),
    to: numberIn(session.addressTo) ?? numberIn(session.remote),
    from: numberIn(session.addressFrom),
    told: word !== undefined,
    receipt: {
      conversationId,
      profile,
      providerStatus: word === undefined ? "no delivery status" : printable(word),
      status,
      code: status === "failed" && code !== undefined ? printable(code) : undefined,
      occurredAt: timeOf(session.deliveryStatusChangeDate),
      sentAt: startedAt
    }
  }
}

const shortText = (value: unknown) => {
  const text = textOf(value)
  return text === undefined || text.length > 256 ? undefined : text
}

/** A number without the scheme that addresses have in places. */
const numberIn = (value: unknown) => shortText(value)?.replace(/^(tel|sms):/i, "")

/**
 * The sessions that stand for sends. A send is seen from both of its ends, the sender's and the recipient's: sessions
 * that say nothing beside one that does, and those that say the same at the same moment, are one.
 */
const distinct = (sessions: ReadonlyArray<Session>): ReadonlyArray<Session> => {
  const telling = sessions.filter(({ told }) => told)
  if (telling.length === 0) return sessions.slice(0, 1)
  const seen = new Map<string, Session>()
  for (const session of telling) {
    const { code, occurredAt, providerStatus } = session.receipt
    const name = [providerStatus, code, occurredAt, session.campaignId, session.outboundContactId].join("\n")
    if (!seen.has(name)) seen.set(name, session)
  }
  return Array.from(seen.values())
}

/** What a conversation shows of messages. */
export const sightingsOf = ({
  conversationId,
  sessions,
  startedAt
}: Conversation): ReadonlyArray<ReceiptSource.Sighting> =>
  sessions.map(({ campaignId, from, outboundContactId, receipt, to }) => ({
    ref: {
      conversationId,
      ...(campaignId === undefined ? {} : { campaignId }),
      ...(outboundContactId === undefined ? {} : { outboundContactId }),
      ...(to === undefined ? {} : { to }),
      ...(from === undefined ? {} : { from }),
      ...(startedAt === undefined ? {} : { sentAt: startedAt })
    },
    receipt,
    ambiguous: sessions.length > 1
  }))

/** Where a job is. */
export interface JobState {
  readonly state: string
  readonly detail: string | undefined
}

/** Reads where a job is. */
export const decodeJobState = (body: unknown): JobState | undefined => {
  const state = textOf(fieldsOf(body).state)
  const detail = textOf(fieldsOf(body).errorMessage)
  return state === undefined
    ? undefined
    : { state: printable(state).toUpperCase(), detail: detail === undefined ? undefined : printable(detail) }
}

/** Reads the id of a job that was submitted. */
export const decodeJobId = (body: unknown): string | undefined => {
  const id = textOf(fieldsOf(body).jobId)
  return id === undefined || refuseId("jobId", id) !== undefined ? undefined : id
}

/** Reads until when jobs have data. Epoch milliseconds. */
export const decodeAvailability = (body: unknown): number | undefined => timeOf(fieldsOf(body).dataAvailabilityDate)
