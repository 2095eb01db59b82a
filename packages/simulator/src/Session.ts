/**
 * What analytics says of a conversation: the state of the last message that was sent in it, and no message's id.
 *
 * @module
 */
import type { Conversation } from "./Conversations.ts"
import type { Entry } from "./Ledger.ts"
import type { Item } from "./Page.ts"
import * as Seed from "./Seed.ts"
import type { Settings } from "./Settings.ts"
import { statusAt } from "./Story.ts"
import * as Wording from "./Wording.ts"

/** A conversation at a moment. */
export interface Session {
  readonly conversation: Conversation
  /** The last message that had been sent. */
  readonly entry: Entry
  readonly receipt: Wording.Receipt
}

/** What analytics says of a conversation as of `at` (epoch milliseconds); nothing where it did not exist yet. */
export const at = (conversation: Conversation, at: number, settings: Settings): Session | undefined => {
  const entry = lastOf(conversation.entries, at)
  if (entry === undefined) return undefined
  const receipt = Wording.receiptOf(entry.message, statusAt(entry.message, at))
  return { conversation, entry, receipt: misreport(entry, receipt, settings) }
}

// A loop, for it is asked of every conversation on every page.
const lastOf = (entries: ReadonlyArray<Entry>, at: number): Entry | undefined => {
  for (let index = entries.length - 1; index >= 0; index--) {
    const entry = entries[index] as Entry
    if (entry.message.sentAt <= at && entry.message.fate !== "missing") return entry
  }
  return undefined
}

const misreport = ({ message }: Entry, receipt: Wording.Receipt, settings: Settings): Wording.Receipt => {
  const { misreported } = settings.rates
  if (misreported === 0 || message.outcome?.status !== receipt.status) return receipt
  // Drawn from the message itself, so that the same question gets the same answer.
  if (!Seed.make(settings.seed, `analytics ${message.id}`).happens(misreported)) return receipt
  return receipt.status === "delivered" ? { status: "failed", statusDetails: "DEFAULT" } : { status: "delivered" }
}

/** A conversation on a page. Where it holds one message, its state is the message's. */
export const item = ({ conversation, entry, receipt }: Session): Item => ({
  entry,
  receipt,
  speaks: conversation.entries.length === 1,
  goesBack: false,
  json: (told) => (told === receipt ? remembered(conversation, entry, told) : describe(conversation, entry, told)),
  told: (told) => told
})

/** Of most conversations the same is asked again and again. */
const remembered = (conversation: Conversation, entry: Entry, receipt: Wording.Receipt): string => {
  const state = `${entry.message.id} ${receipt.status}`
  if (conversation.shown?.state !== state) {
    conversation.shown = { state, json: describe(conversation, entry, receipt) }
  }
  return conversation.shown.json
}

const iso = (at: number) => new Date(at).toISOString()

const describe = (conversation: Conversation, { message }: Entry, receipt: Wording.Receipt): string => {
  const start = iso(conversation.startedAt)
  const end = iso(endOf(message.sentAt))
  const code = codeOf(receipt)
  const session = {
    sessionId: `s-${conversation.id}`,
    mediaType: "message",
    messageType: "sms",
    direction: "outbound",
    provider: "PureCloud Messaging",
    addressFrom: message.from,
    addressTo: message.to,
    remote: message.to,
    ...(message.outboundCampaignId !== "" && {
      outboundCampaignId: message.outboundCampaignId,
      outboundContactId: message.outboundContactId
    }),
    deliveryStatus: Wording.ofSession(message, receipt),
    deliveryStatusChangeDate: iso(Wording.since(message, receipt)),
    ...(code !== undefined && { extendedDeliveryStatus: code }),
    ...(receipt.status === "failed" && { errorCodeDescription: `The message was not delivered: ${code}` }),
    segments: [{ segmentType: "interact", segmentStart: start, segmentEnd: end, disconnectType: "peer" }]
  }
  return JSON.stringify({
    conversationId: conversation.id,
    conversationStart: start,
    conversationEnd: end,
    conversationInitiator: initiatorOf(message),
    originatingDirection: "outbound",
    divisionIds: [division],
    participants: [{ participantId: `p-${conversation.id}`, purpose: "api", sessions: [session] }]
  })
}

/** The one division of the simulated organization. */
const division = "d1d1d1d1-0000-4000-8000-000000000001"

/** When a conversation ends the last message of which was sent at a moment. */
export const endOf = (sentAt: number): number => sentAt + 1000

/** The code in `extendedDeliveryStatus`: receipts of a delivery have one too. */
const codeOf = (receipt: Wording.Receipt) => (receipt.status === "delivered" ? "DELIVERED" : receipt.statusDetails)

const initiatorOf = ({ outboundCampaignId }: Entry["message"]) => (outboundCampaignId === "" ? "api" : "campaign")

/** The dimensions of conversations that a query can filter by. */
export const conversationDimensions: Readonly<Record<string, (session: Session) => string | undefined>> = {
  conversationId: ({ conversation }) => conversation.id,
  conversationInitiator: ({ entry }) => initiatorOf(entry.message),
  divisionId: () => division,
  originatingDirection: () => "outbound"
}

const presence = (text: string) => (text === "" ? undefined : text)

/** The dimensions of segments that a query can filter by. */
export const segmentDimensions: Readonly<Record<string, (session: Session) => string | undefined>> = {
  addressFrom: ({ entry }) => entry.message.from,
  addressTo: ({ entry }) => entry.message.to,
  deliveryStatus: ({ entry, receipt }) => Wording.ofSession(entry.message, receipt),
  direction: () => "outbound",
  extendedDeliveryStatus: ({ receipt }) => codeOf(receipt),
  mediaType: () => "message",
  messageType: () => "sms",
  outboundCampaignId: ({ entry }) => presence(entry.message.outboundCampaignId),
  outboundContactId: ({ entry }) => presence(entry.message.outboundContactId),
  provider: () => "PureCloud Messaging",
  purpose: () => "api",
  remote: ({ entry }) => entry.message.to
}
