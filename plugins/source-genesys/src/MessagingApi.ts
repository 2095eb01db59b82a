/**
 * The messaging API: its queries, checked before they are sent, and what its answers hold.
 *
 * It is not part of Genesys Cloud's public SDK; some organizations reach it through a gateway.
 *
 * @module
 */
import { type DeliveryReceipt, type Message, printable, SourceError } from "@dlrkit/core"
import * as Result from "effect/Result"
import { type Fields, fieldsOf, isRecord, textOf } from "./Json.ts"
import * as RequestId from "./RequestId.ts"

/** Whose words `statusDetails` are. */
export const profile = "genesys-messaging"

/** The most that a request may hold. */
export const limits = {
  /** Path and query as sent; bytes. */
  urlBytes: 8192,
  pageSize: 100,
  analyticsIds: 500,
  /** Kept free in the first URL of a query for the page token of those that follow; bytes. */
  pageTokenBytes: 2048,
  /** A message id or contact id, as it stands in an address; bytes. */
  idBytes: 2048
} as const

/** The permissions that the endpoints need. */
export const permissions = {
  messages: "messaging:messages:read (with messaging:externalcontacts:read)",
  analytics: "analytics:reports:read"
} as const

/** One page of the messages of a contact, as the API gives it. */
export interface MessagesPage {
  readonly receipts: ReadonlyArray<DeliveryReceipt.DeliveryReceipt>
  /** Entities without an id or a status: they say nothing of any message. */
  readonly unreadable: number
  readonly nextPageToken: string | undefined
}

/** Why an id cannot be asked for; `undefined` where it can. */
export const refuseId = (name: string, id: string): string | undefined => RequestId.refuse(name, id, limits.idBytes)

/** The path and query that ask for messages of a contact. */
export const messagesPath = (
  contactId: string,
  messageIds: ReadonlyArray<string>,
  pageToken: string | undefined
): Result.Result<string, SourceError.SourceError> => {
  if (messageIds.length === 0 || messageIds.length > limits.pageSize) {
    return invalid(`a page holds 1 to ${limits.pageSize} messages, not ${messageIds.length}`)
  }
  const ids = messageIds.map(RequestId.encode).join(",")
  const token = pageToken === undefined ? "" : `&pageToken=${RequestId.encode(pageToken)}`
  const path = `/api/v2/messaging/externalcontacts/${RequestId.encode(contactId)}/messages?messageId=${ids}&pageSize=${limits.pageSize}${token}`
  return path.length > limits.urlBytes
    ? invalid(`its address would be ${path.length} bytes long, and ${limits.urlBytes} are allowed`)
    : Result.succeed(path)
}

/** Splits messages so that no query's address is too long, a page token included. */
export const split = (contactId: string, messageIds: ReadonlyArray<string>): ReadonlyArray<ReadonlyArray<string>> => {
  const fixed = `/api/v2/messaging/externalcontacts/${RequestId.encode(contactId)}/messages?messageId=&pageSize=100`
  const room = limits.urlBytes - limits.pageTokenBytes - fixed.length
  const queries: Array<Array<string>> = []
  let current: Array<string> = []
  let used = 0
  for (const id of messageIds) {
    const bytes = RequestId.encode(id).length + 1
    if (current.length > 0 && (used + bytes > room || current.length === limits.pageSize)) {
      queries.push(current)
      current = []
      used = 0
    }
    current.push(id)
    used += bytes
  }
  if (current.length > 0) queries.push(current)
  return queries
}

const words: ReadonlySet<string> = new Set<Message.Status>(["pending", "sent", "delivered", "failed"])

const statusOf = (text: string): Message.Status | undefined => {
  const word = text.toLowerCase()
  return words.has(word) ? (word as Message.Status) : undefined
}

const entitiesOf = (body: unknown): ReadonlyArray<Fields> | undefined => {
  const entities = isRecord(body) ? body.entities : undefined
  return Array.isArray(entities) ? entities.map(fieldsOf) : undefined
}

/** Reads a page. Only ids, statuses and codes are taken: a payload's text and numbers go no further. */
export const decodeMessages = (body: unknown): MessagesPage | undefined => {
  const entities = entitiesOf(body)
  if (entities === undefined) return undefined
  const receipts: Array<DeliveryReceipt.DeliveryReceipt> = []
  for (const entity of entities) {
    const messageId = textOf(entity.id)
    const word = textOf(entity.status)
    if (messageId === undefined || word === undefined) continue
    const code = textOf(entity.statusDetails)
    receipts.push({
      messageId,
      profile,
      providerStatus: printable(word),
      status: statusOf(word),
      code: code === undefined ? undefined : printable(code),
      externalMessageId: textOf(entity.externalMessageId)
    })
  }
  return {
    receipts,
    unreadable: entities.length - receipts.length,
    nextPageToken: textOf(fieldsOf(body).nextPageToken)?.toWellFormed()
  }
}

/** Where analytics queries go. */
export const analyticsPath = "/api/v2/analytics/message/details/query"

/** The body of an analytics query for messages of an interval. Times are epoch milliseconds. */
export const analyticsQuery = (
  messageIds: ReadonlyArray<string>,
  interval: { readonly from: number; readonly to: number },
  retention: number
): Result.Result<unknown, SourceError.SourceError> => {
  if (messageIds.length === 0 || messageIds.length > limits.analyticsIds) {
    return invalid(`an analytics query holds 1 to ${limits.analyticsIds} messages, not ${messageIds.length}`)
  }
  if (!(interval.from < interval.to)) return invalid("its interval ends before it begins")
  if (interval.to - interval.from > retention)
    return invalid("its interval begins before the platform's retention window")
  return Result.succeed({
    interval: `${new Date(interval.from).toISOString()}/${new Date(interval.to).toISOString()}`,
    groupBy: ["messageId", "status", "routingStatus"],
    filter: { type: "and", clauses: [{ type: "in", field: "messageId", values: messageIds }] },
    size: limits.analyticsIds
  })
}

/** A message in an answer of the analytics. */
export interface AnalyticsEntity {
  readonly messageId: string
  readonly providerStatus: string
  readonly status: Message.Status | undefined
}

/** Reads an answer of the analytics. */
export const decodeAnalytics = (body: unknown): ReadonlyArray<AnalyticsEntity> | undefined =>
  entitiesOf(body)?.flatMap((entity) => {
    const messageId = textOf(entity.messageId) ?? textOf(entity.id)
    const word = textOf(entity.status)
    if (messageId === undefined || word === undefined) return []
    return [{ messageId, providerStatus: printable(word), status: statusOf(word) }]
  })

const invalid = (detail: string) => Result.fail(SourceError.because(new SourceError.InvalidQuery({ detail })))
