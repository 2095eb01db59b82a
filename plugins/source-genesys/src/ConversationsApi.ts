/**
 * The conversations API of Genesys Cloud: the addresses of its messages, and what its answers hold.
 *
 * Source: `purecloud-platform-client-v2` 262.0.0 (`ConversationsApi`, `MessageData`, `MessageConversation`), with enums
 * and notes of Genesys's Python SDK 257.1.0. Answers in the shape of before SDK 262 (`textBody`, `media`) read the same:
 * what they have more is text, and no text is taken.
 *
 * @module
 */
import { type DeliveryReceipt, printable } from "@dlrkit/core"
import * as DeliveryWord from "./DeliveryWord.ts"
import { type Fields, fieldsOf, isRecord, listOf, textOf, timeOf } from "./Json.ts"
import * as RequestId from "./RequestId.ts"

/** Whose codes are on the receipts: the reasons of normalized receipts, and the codes of SMS receipts. */
export const profile = "genesys-cloud"

/** The most that a request may hold. */
export const limits = {
  /** Message ids of one conversation. */
  bulkIds: 1000,
  /** An id, as it stands in an address; bytes. A thousand of them stay within the 512,000 bytes of a request. */
  idBytes: 256
} as const

/** What reading messages needs. */
export const permission = "conversation:message:view"

/** Why an id cannot be asked for; `undefined` where it can. */
export const refuseId = (name: string, id: string): string | undefined => RequestId.refuse(name, id, limits.idBytes)

/** An id that can be asked for; one that cannot is as good as none. */
const idOf = (value: unknown): string | undefined => {
  const id = textOf(value)
  return id === undefined || refuseId("id", id) !== undefined ? undefined : id
}

const messages = "/api/v2/conversations/messages"

/** Asks for messages of one conversation by their ids, which are the body. */
export const bulkPath = (conversationId: string): string =>
  `${messages}/${RequestId.encode(conversationId)}/messages/bulk`

/** Asks for a message by its id alone. */
export const detailsPath = (messageId: string): string => `${messages}/${RequestId.encode(messageId)}/details`

/** Asks for a conversation with all its messages. */
export const conversationPath = (conversationId: string): string => `${messages}/${RequestId.encode(conversationId)}`

/** What an answer says of outbound SMS. */
export interface Listing {
  readonly receipts: ReadonlyArray<DeliveryReceipt.DeliveryReceipt>
  /** Entities without an id or a status: they say nothing of any message. */
  readonly unreadable: number
}

/** Reads the answer to a bulk request. An empty one may leave its list out. */
export const decodeListing = (body: unknown): Listing | undefined => {
  if (!isRecord(body)) return undefined
  const { entities } = body
  if (Array.isArray(entities)) return listing(entities)
  return Object.keys(body).length === 0 ? listing([]) : undefined
}

/** Reads the answer to a request for one message. */
export const decodeMessage = (body: unknown): Listing | undefined => (isRecord(body) ? listing([body]) : undefined)

const listing = (entities: ReadonlyArray<unknown>): Listing => {
  const receipts: Array<DeliveryReceipt.DeliveryReceipt> = []
  let unreadable = 0
  for (const entity of entities) {
    const fields = fieldsOf(entity)
    const receipt = receiptOf(fields)
    if (receipt === undefined) unreadable += 1
    else if (isOutboundSms(fields)) receipts.push(receipt)
  }
  return { receipts, unreadable }
}

/** A message counts unless it says that it is something else. */
const isOutboundSms = (entity: Fields): boolean => {
  const normalized = fieldsOf(entity.normalizedMessage)
  return (
    isOrSilent("outbound", entity.direction, normalized.direction) &&
    isOrSilent("sms", entity.messengerType, fieldsOf(normalized.channel).platform)
  )
}

const isOrSilent = (word: string, ...told: ReadonlyArray<unknown>): boolean => {
  const first = told.map(textOf).find((text) => text !== undefined)
  return first === undefined || first.toLowerCase() === word
}

/** A message's receipt. Only ids, statuses, codes and times are taken: text and numbers go no further. */
const receiptOf = (entity: Fields): DeliveryReceipt.DeliveryReceipt | undefined => {
  const messageId = idOf(entity.id)
  const own = textOf(entity.status)
  if (messageId === undefined || own === undefined) return undefined
  const reports = listOf(entity.normalizedReceipts).map(fieldsOf)
  const final = finalOf(own, reports)
  const word = final ?? own
  const status = DeliveryWord.statusOf(word)
  const last = reports.findLast(
    (report) => wordOf(report) !== undefined && DeliveryWord.statusOf(wordOf(report) ?? "") === status
  )
  return {
    messageId,
    conversationId: idOf(entity.conversationId),
    profile,
    providerStatus: printable(word),
    status,
    code: status === "failed" ? codeOf(reports) : undefined,
    externalMessageId: idOf(entity.providerMessageId),
    occurredAt: status === "delivered" || status === "failed" ? timeOf(fieldsOf(last?.channel).time) : undefined,
    sentAt: timeOf(entity.timestamp)
  }
}

const wordOf = (report: Fields): string | undefined => textOf(report.status)

/** The word of a final report of a message whose own status has not followed yet. */
const finalOf = (own: string, reports: ReadonlyArray<Fields>): string | undefined => {
  const status = DeliveryWord.statusOf(own)
  if (status !== "pending" && status !== "sent") return undefined
  return reports.map(wordOf).findLast((word) => {
    const told = word === undefined ? undefined : DeliveryWord.statusOf(word)
    return told === "delivered" || told === "failed"
  })
}

/** The last code that a report of the failure gives. */
const codeOf = (reports: ReadonlyArray<Fields>): string | undefined => {
  const codes = reports
    .filter((report) => DeliveryWord.statusOf(wordOf(report) ?? "") === "failed")
    .flatMap(({ reasons }) => listOf(reasons).flatMap((reason) => textOf(fieldsOf(reason).code) ?? []))
  const code = codes.at(-1)
  return code === undefined ? undefined : printable(code)
}

/** A message as its conversation shows it. */
export interface ConversationMessage {
  readonly messageId: string
  /** Nobody's but ours: an outbound SMS. */
  readonly outbound: boolean
  readonly receipt: DeliveryReceipt.DeliveryReceipt
}

/** Reads a conversation's messages, each once. */
export const decodeConversation = (body: unknown): ReadonlyArray<ConversationMessage> | undefined => {
  if (!isRecord(body) || (body.participants !== undefined && !Array.isArray(body.participants))) return undefined
  const conversationId = idOf(body.id)
  const found = new Map<string, ConversationMessage>()
  for (const participant of listOf(body.participants).map(fieldsOf)) {
    for (const message of listOf(participant.messages).map(fieldsOf)) {
      const messageId = idOf(message.messageId)
      const word = textOf(message.messageStatus)
      if (messageId === undefined || word === undefined) continue
      const status = DeliveryWord.statusOf(word)
      const outbound =
        isOrSilent("outbound", participant.direction) &&
        isOrSilent("sms", participant.type) &&
        word.toLowerCase() !== "received" &&
        (participant.direction !== undefined || !isRecipient(participant))
      if (found.get(messageId)?.outbound === true) continue
      found.set(messageId, {
        messageId,
        outbound,
        receipt: {
          messageId,
          conversationId,
          profile,
          providerStatus: printable(word),
          status,
          code: status === "failed" ? (errorOf(message.errorInfo) ?? errorOf(participant.errorInfo)) : undefined,
          sentAt: timeOf(message.messageTime)
        }
      })
    }
  }
  return Array.from(found.values())
}

const isRecipient = ({ purpose }: Fields): boolean => purpose === "customer" || purpose === "external"

/** The provider's own reason: its code, else its sentence. */
const errorOf = (value: unknown): string | undefined => {
  const error = fieldsOf(value)
  const reason = textOf(error.code) ?? textOf(error.message)
  return reason === undefined ? undefined : printable(reason)
}
