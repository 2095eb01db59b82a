/**
 * A message as the conversations API shows it (`MessageData`), and in its conversation (`MessageDetails`).
 *
 * @module
 */
import type { Message } from "./Message.ts"
import type { Settings } from "./Settings.ts"
import type { Outcome } from "./Story.ts"
import * as Wording from "./Wording.ts"

const iso = (at: number) => new Date(at).toISOString()

/** The path of a message. */
const uri = ({ conversationId, id }: Message) => `/api/v2/conversations/messages/${conversationId}/messages/${id}`

/** An invented text: no client has a reason to keep it. All texts begin with the same words. */
const textOf = ({ id }: Message) => `Simulated text for you alone, reference ${id.slice(0, 8)}`

/** What a receipt tells where a message is read: the code of a failure is put as a reason, or left out. */
export const told = (message: Message, receipt: Wording.Receipt): Wording.Receipt =>
  receipt.statusDetails !== undefined && message.reasonTold
    ? { status: receipt.status, statusDetails: Wording.reasonOf(receipt.statusDetails) }
    : { status: receipt.status }

const receipts = (message: Message, receipt: Wording.Receipt) => {
  if (receipt.status === "pending") return []
  const reason = told(message, receipt).statusDetails
  return [
    {
      id: message.id,
      type: "Receipt",
      status: Wording.ofReceipt(receipt),
      isFinalReceipt: receipt.status !== "sent",
      channel: { platform: "Sms", type: "Private", time: iso(Wording.since(message, receipt)) },
      ...(reason !== undefined && { reasons: [{ code: reason, message: "The message could not be delivered" }] })
    }
  ]
}

/** A message with a receipt: an object for `JSON.stringify`. */
export const describe = (message: Message, receipt: Wording.Receipt, settings: Settings) => {
  const text = textOf(message)
  const provider = receipt.status === "pending" ? undefined : message.externalMessageId
  return {
    id: message.id,
    providerMessageId: provider,
    timestamp: iso(message.sentAt),
    fromAddress: message.from,
    toAddress: message.to,
    direction: "outbound",
    messengerType: "sms",
    status: Wording.ofMessage(message, receipt),
    ...(settings.legacyShape && { textBody: text, media: [] }),
    normalizedMessage: {
      id: message.id,
      type: "Text",
      text,
      direction: "Outbound",
      channel: { platform: "Sms", type: "Private", messageId: provider, time: iso(message.sentAt) }
    },
    normalizedReceipts: receipts(message, receipt),
    conversationId: message.conversationId,
    selfUri: uri(message)
  }
}

/** A message within its conversation: failures have their code here. */
export const describeInConversation = (message: Message, receipt: Wording.Receipt) => ({
  messageId: message.id,
  messageURI: uri(message),
  messageStatus: Wording.ofMessage(message, receipt),
  messageSegmentCount: 1,
  messageTime: iso(message.sentAt),
  ...(receipt.statusDetails !== undefined && { errorInfo: errorInfo(message.id, receipt.statusDetails) })
})

const errorInfo = (id: string, code: string) => ({
  status: 400,
  code,
  message: `The message was not delivered: ${code}`,
  messageParams: {},
  contextId: id,
  details: [],
  errors: []
})

/** Whether a receipt is a final one. */
export const isFinal = (receipt: Wording.Receipt): receipt is Outcome =>
  receipt.status === "delivered" || receipt.status === "failed"
