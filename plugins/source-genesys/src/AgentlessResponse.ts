/**
 * From the platform's answer to an agentless send to the message that was sent, so that a program can follow what it
 * sends.
 *
 * The answer is that of `POST /api/v2/conversations/messages/agentless` (`SendAgentlessOutboundMessageResponse` of
 * Genesys's JavaScript SDK, `purecloud-platform-client-v2` 262.0.0).
 *
 * @module
 */
import { Message } from "@dlrkit/core"
import * as Schema from "effect/Schema"

/** The value is no answer to an agentless send of an SMS. `message` says in a line what it is instead. */
export class AgentlessResponseError extends Schema.TaggedError<AgentlessResponseError>()("AgentlessResponseError", {
  detail: Schema.String
}) {
  override get message() {
    return `this is no answer to an agentless send of an SMS: ${this.detail}`
  }
}

/** What the platform does not know of a message. */
export interface AgentlessOptions {
  /** Whom you measure. */
  readonly carrier?: string | undefined
  /** They come back in every export. Never the text of the message. */
  readonly labels?: Readonly<Record<string, string>> | undefined
  /** A deadline of its own. Epoch milliseconds. */
  readonly deadlineAt?: number | undefined
}

/**
 * Reads the answer to an agentless send: the parsed body, or what the SDK gives with `setReturnExtendedResponses(true)`.
 * Takes ids, numbers and the time alone; the text of the message is not looked at. Where `id` and `message.id` differ, the
 * message's own is its id. Without a readable time, the deadline counts from when the message is registered.
 *
 * Throws an {@link AgentlessResponseError} where the value is something else, such as the body of a refusal or the answer to
 * a WhatsApp message.
 *
 * @example
 * ```ts
 * const answer = await conversations.postConversationsMessagesAgentless({
 *   fromAddress: "+13175550100",
 *   toAddress: "+13175550155",
 *   toAddressMessengerType: "sms",
 *   textBody: "Your parcel is out for delivery"
 * })
 * await track(tracker, { messages: [fromAgentlessResponse(answer, { labels: { parcel: "4711" } })] })
 * ```
 */
export const fromAgentlessResponse = (response: unknown, options: AgentlessOptions = {}): Message.MessageRef => {
  const body = bodyOf(response)
  const message = isRecord(body.message) ? body.message : {}
  const either = (name: string) => textOf(body[name]) ?? textOf(message[name])

  const messageId = textOf(message.id) ?? textOf(body.id)
  if (messageId === undefined) throw new AgentlessResponseError({ detail: whatItIs(body) })
  const type = either("messengerType")
  if (type !== undefined && type.toLowerCase() !== "sms") {
    throw new AgentlessResponseError({
      detail: `it is about a message by ${JSON.stringify(type)}, and receipts of SMS alone are followed`
    })
  }

  const sentAt = [body.timestamp, message.timestamp].map(timeOf).find(Message.isTime)
  const known = {
    conversationId: either("conversationId"),
    externalContactId: either("externalContactId"),
    from: either("fromAddress"),
    to: either("toAddress"),
    sentAt,
    carrier: textOf(options.carrier),
    labels: options.labels,
    deadlineAt: options.deadlineAt
  }
  return { messageId, ...present(known) }
}

/** The parsed body: as it is, or within an extended response. */
const bodyOf = (response: unknown): Readonly<Record<string, unknown>> => {
  if (!isRecord(response))
    throw new AgentlessResponseError({ detail: `it is ${kindOf(response)}, not the parsed JSON body` })
  return response.id === undefined && isRecord(response.body) ? response.body : response
}

/** What a body without a message's id is: an error of the platform (its text may hold a number), or something else. */
const whatItIs = (body: Readonly<Record<string, unknown>>): string => {
  const { code, contextId, status } = body
  if (typeof status !== "number" && textOf(code) === undefined) return "it holds no id of a message"
  const what = [status, code].filter((part) => typeof part === "number" || textOf(part) !== undefined).join(" ")
  const context = textOf(contextId) === undefined ? "" : ` [contextId ${contextId}]`
  return `the platform did not send the message (${what})${context}`
}

const kindOf = (value: unknown): string =>
  value === null || value === undefined ? "nothing" : Array.isArray(value) ? "a list" : `a ${typeof value}`

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const textOf = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined)

const timeOf = (value: unknown): number | undefined => {
  if (value instanceof Date) return value.getTime()
  return typeof value === "string" ? Date.parse(value) : undefined
}

/** An object without what is undefined. */
const present = <A extends object>(object: A): { [K in keyof A]?: Exclude<A[K], undefined> } =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as {
    [K in keyof A]?: Exclude<A[K], undefined>
  }
