/**
 * Looking messages up: some of a conversation in one request, one by its id, or all that a conversation holds.
 *
 * A request is wrong (`afterEnd`) where nothing can be learned by it: all messages that it asks for have been served with
 * their end; and, where it asks for the conversation, which alone has the code of some failures, with that too.
 *
 * @module
 */
import * as Answer from "./Answer.ts"
import * as Api from "./Api.ts"
import type { Conversation, Conversations } from "./Conversations.ts"
import * as Ledger from "./Ledger.ts"
import * as MessageData from "./MessageData.ts"
import * as Page from "./Page.ts"
import { InvalidQuery, isTexts, readJson } from "./Query.ts"
import { statusAt } from "./Story.ts"
import { receiptOf } from "./Wording.ts"

const messageView = { permissions: ["conversation:message:view"], alternative: "conversation:webmessaging:view" }

const mostIds = 1000

const day = 86_400_000

const notFound = (what: string, id: string) => () => Answer.error(404, "not.found", `There is no ${what} '${id}'`)

/** The endpoints. */
export interface Lookups {
  readonly bulk: (conversationId: string, body: Uint8Array, now: number) => Api.Call
  readonly details: (messageId: string, now: number) => Api.Call
  readonly message: (conversationId: string, messageId: string, now: number) => Api.Call
  readonly conversation: (conversationId: string, now: number) => Api.Call
}

/** Makes the endpoints. */
export const make = (world: Api.World, conversations: Conversations): Lookups => {
  const { counts, faults, ledger, settings } = world

  const isVisible = (entry: Ledger.Entry, now: number) =>
    Ledger.isVisible(entry, now - settings.retentionDays * day, now - settings.visibleAfter)

  /** Notes that messages were asked for. What a client cannot know to be without an end is not counted. */
  const ask = (entries: ReadonlyArray<Ledger.Entry>, isDone: (entry: Ledger.Entry) => boolean) => {
    for (const entry of entries) entry.asked++
    if (entries.length > 0 && entries.every(isDone)) counts.wrong.afterEnd++
  }
  const hasEnded = (now: number) => (entry: Ledger.Entry) => now > entry.firstAt + settings.inFlight
  const isExplained = (now: number) => (entry: Ledger.Entry) => now > entry.explainedAt + settings.inFlight

  const item = (entry: Ledger.Entry, now: number): Page.Item => {
    const { message } = entry
    return {
      entry,
      receipt: receiptOf(message, statusAt(message, now)),
      speaks: true,
      goesBack: true,
      json: (receipt) => JSON.stringify(MessageData.describe(message, receipt, settings)),
      told: (receipt) => MessageData.told(message, receipt)
    }
  }

  const listing = (entries: ReadonlyArray<Ledger.Entry>, now: number): Answer.Draft => {
    const items = entries.filter((entry) => isVisible(entry, now)).map((entry) => item(entry, now))
    const page = Page.make(items, settings, faults.page)
    Api.inflict(world, page.spoiled)
    return { status: 200, body: `{"entities":[${page.body}]}`, sent: page.serve }
  }

  /** One message: whatever contradicts it has no place there. */
  const single = (entry: Ledger.Entry | undefined, id: string, now: number): Api.Call["draft"] => {
    if (entry === undefined) return notFound("message", id)
    ask([entry], hasEnded(now))
    return () => {
      if (!isVisible(entry, now)) return notFound("message", id)()
      const { json, receipt, told } = item(entry, now)
      return { status: 200, body: json(receipt), sent: (at) => serve(entry, told(receipt), at) }
    }
  }

  const serve = (entry: Ledger.Entry, receipt: Page.Item["receipt"], now: number) => {
    if (MessageData.isFinal(receipt)) Ledger.serve(entry, receipt, now)
    else if (receipt.status === "sent") entry.advanced = true
  }

  const bulk = (conversation: Conversation, ids: ReadonlyArray<string> | undefined, now: number) => {
    const entries =
      ids === undefined ? conversation.entries : conversation.entries.filter(({ message }) => ids.includes(message.id))
    ask(entries.length === (ids ?? entries).length ? entries : [], hasEnded(now))
    return () => listing(entries, now)
  }

  const view = (conversation: Conversation, now: number): Api.Call["draft"] => {
    ask(conversation.entries, isExplained(now))
    return () => {
      const entries = conversation.entries.filter((entry) => isVisible(entry, now))
      if (entries.length === 0) return notFound("conversation", conversation.id)()
      const receipts = entries.map((entry) => [entry, receiptOf(entry.message, statusAt(entry.message, now))] as const)
      const participant = {
        id: `p-${conversation.id}`,
        purpose: "api",
        direction: "outbound",
        type: "sms",
        state: "disconnected",
        messages: receipts.map(([entry, receipt]) => MessageData.describeInConversation(entry.message, receipt))
      }
      return {
        status: 200,
        body: JSON.stringify({ id: conversation.id, participants: [participant] }),
        sent: (at) => {
          for (const [entry, receipt] of receipts) serve(entry, receipt, at)
        }
      }
    }
  }

  return {
    bulk: (conversationId, body, now) => {
      const ids = readIds(body)
      const conversation = conversations.byId.get(conversationId)
      return {
        endpoint: "messages",
        ...messageView,
        draft:
          ids instanceof InvalidQuery
            ? Api.refuse(world, ids)
            : conversation === undefined
              ? notFound("conversation", conversationId)
              : bulk(conversation, ids, now)
      }
    },
    details: (messageId, now) => ({
      endpoint: "messages",
      ...messageView,
      draft: single(ledger.byId.get(messageId), messageId, now)
    }),
    message: (conversationId, messageId, now) => {
      const entry = ledger.byId.get(messageId)
      const own = entry?.message.conversationId === conversationId ? entry : undefined
      return { endpoint: "messages", ...messageView, draft: single(own, messageId, now) }
    },
    conversation: (conversationId, now) => {
      const conversation = conversations.byId.get(conversationId)
      return {
        endpoint: "conversations",
        permissions: [],
        draft: conversation === undefined ? notFound("conversation", conversationId) : view(conversation, now)
      }
    }
  }
}

/** The ids of a body, each once; nothing where there is no body: then all of the conversation are meant. */
const readIds = (body: Uint8Array): ReadonlyArray<string> | undefined | InvalidQuery => {
  if (body.length === 0) return undefined
  const ids = readJson(body)
  if (!isTexts(ids)) return new InvalidQuery("badQuery", "the body is not a list of message ids")
  if (ids.length > mostIds) return new InvalidQuery("pageTooLarge", `${ids.length} ids are more than ${mostIds}`)
  return [...new Set(ids)]
}
