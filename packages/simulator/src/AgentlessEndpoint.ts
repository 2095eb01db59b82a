/**
 * Sending an SMS without an agent. What is sent lives on like the messages that a simulation began with.
 *
 * A message joins the latest conversation of its two numbers where it may (`useExistingActiveConversation`) and that one
 * got its last message within 72 hours; else it opens one.
 *
 * @module
 */
import * as Api from "./Api.ts"
import type { Conversations } from "./Conversations.ts"
import type { Message } from "./Message.ts"
import * as MessageData from "./MessageData.ts"
import { InvalidQuery, isRecord, readJson } from "./Query.ts"

const activeFor = 72 * 3_600_000

interface Sending {
  readonly from: string
  readonly to: string
  readonly joins: boolean
}

/** Takes a message to be sent. */
export const send = (world: Api.World, conversations: Conversations, body: Uint8Array, now: number): Api.Call => {
  const sending = parse(readJson(body))
  return {
    endpoint: "agentless",
    permissions: ["conversation:message:create"],
    draft:
      sending instanceof InvalidQuery
        ? Api.refuse(world, sending)
        : () => {
            const message = create(world, conversations, sending, now)
            conversations.add(world.ledger.add(message))
            return { status: 202, body: JSON.stringify(accepted(message, sending, world)) }
          }
  }
}

const create = (
  { maker, settings }: Api.World,
  conversations: Conversations,
  sending: Sending,
  now: number
): Message => {
  const { from, to } = sending
  const carrier = settings.carriers.find((carrier) => carrier.from === from)
  const latest = conversations.latest(from, to)
  const last = latest?.entries.at(-1)?.message
  const isActive = last !== undefined && last.sentAt <= now && last.sentAt > now - activeFor
  const joined = sending.joins && isActive ? { conversationId: last.conversationId } : {}
  const none = { campaign: "", outboundCampaignId: "", outboundContactId: "" }
  const sent = { to, sentAt: now, isExpired: false, ...none, ...(carrier && { carrier }) }
  return { ...maker.alone({ ...sent, ...joined }), from }
}

const accepted = (message: Message, { joins }: Sending, { settings }: Api.World) => {
  const { fromAddress, messengerType, timestamp, toAddress, ...rest } = MessageData.describe(
    message,
    { status: "pending" },
    settings
  )
  return {
    id: message.id,
    conversationId: message.conversationId,
    fromAddress,
    toAddress,
    messengerType,
    useExistingActiveConversation: joins,
    message: { ...rest, messengerType, timestamp },
    timestamp,
    selfUri: `/api/v2/conversations/messages/${message.id}/details`
  }
}

const bad = (message: string) => new InvalidQuery("badQuery", message)

const longest = 765

const parse = (body: unknown): Sending | InvalidQuery => {
  if (!isRecord(body)) return bad("the body is not a JSON object")
  const { fromAddress, textBody, toAddress, toAddressMessengerType, useExistingActiveConversation = false } = body
  if (typeof fromAddress !== "string" || fromAddress === "") return bad("fromAddress is missing")
  if (typeof toAddress !== "string" || !/^\+\d{7,15}$/.test(toAddress)) return bad("toAddress is not a number in E.164")
  if (toAddressMessengerType !== "sms") return bad("the simulator sends by toAddressMessengerType 'sms' alone")
  if (typeof textBody !== "string" || textBody === "") return bad("textBody is missing")
  if (textBody.length > longest) return bad(`textBody has more than ${longest} characters`)
  return { from: fromAddress, to: toAddress, joins: useExistingActiveConversation === true }
}
