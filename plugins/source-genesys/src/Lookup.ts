/**
 * Look-ups: messages of one conversation by their ids, a message by its id alone, a message by its conversation alone.
 *
 * @module
 */
import type { DeliveryReceipt, Message, PlatformClient, ReceiptSource, SourceError } from "@dlrkit/core"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Connection from "./Connection.ts"
import * as ConversationsApi from "./ConversationsApi.ts"

/** Looks messages up. */
export interface Lookup {
  /** The pages of an answer, for messages of one group. What the platform does not know is on none. */
  readonly pages: (
    messages: ReadonlyArray<Message.TrackedMessage>
  ) => Stream.Stream<ReceiptSource.ReceiptPage, SourceError.SourceError>
  /** The reason of a failure, as the conversation tells it. */
  readonly explain: (
    message: Message.TrackedMessage
  ) => Effect.Effect<ReadonlyArray<DeliveryReceipt.DeliveryReceipt>, SourceError.SourceError>
}

/** How much earlier than a caller says that it was sent a message may stand in its conversation, by clocks that differ. Milliseconds. */
const sentSlack = 60_000

/** A receipt that says nothing new: the message is where it was. */
export const nothingNew = (message: Message.TrackedMessage): DeliveryReceipt.DeliveryReceipt => ({
  key: message.key,
  profile: ConversationsApi.profile,
  providerStatus: message.providerStatus ?? "not told",
  // A status never moves back, so that this changes none.
  status: "pending"
})

/** Makes the look-ups of a connection. */
export const make = (connection: Connection.Connection): Lookup => {
  const { client, name, settings } = connection
  let toldAmbiguous = false

  const send = <A>(asked: Omit<PlatformClient.PlatformRequest<A>, "permission">) =>
    client.send({ ...asked, permission: ConversationsApi.permission })

  /** What the platform does not know (404) is none of an answer. */
  const orNone = <A>(none: A, effect: Effect.Effect<A, SourceError.SourceError>) =>
    Effect.catchIf(
      effect,
      ({ reason }) => reason._tag === "NotFound",
      () => Effect.succeed(none)
    )

  const nothing: ConversationsApi.Listing = { receipts: [], unreadable: 0 }

  const conversation = (conversationId: string, purpose: string, messages: number) =>
    orNone(
      [],
      send({
        request: Connection.get(settings, ConversationsApi.conversationPath(conversationId)),
        purpose,
        messages,
        endpoint: "conversations",
        decode: ConversationsApi.decodeConversation
      })
    )

  /** Receipts of a listing, for the messages that were asked for. */
  const answered = Effect.fnUntraced(function* (
    { receipts, unreadable }: ConversationsApi.Listing,
    asked: ReadonlyArray<Message.TrackedMessage>
  ) {
    if (unreadable > 0) {
      yield* Effect.logWarning(`${name}: ${unreadable} messages of an answer have no id or no status; passed over`)
    }
    const keys = new Map(asked.map(({ key, messageId }) => [messageId, key]))
    return receipts.flatMap((receipt) => {
      const key = keys.get(receipt.messageId)
      return key === undefined ? [] : [{ ...receipt, key }]
    })
  })

  const bulk = (conversationId: string, asked: ReadonlyArray<Message.TrackedMessage>) =>
    orNone(
      nothing,
      send({
        request: Connection.post(
          settings,
          ConversationsApi.bulkPath(conversationId),
          asked.map(({ messageId }) => messageId)
        ),
        purpose: "lookup",
        messages: asked.length,
        endpoint: "messages",
        decode: ConversationsApi.decodeListing
      })
    ).pipe(Effect.flatMap((listing) => answered(listing, asked)))

  const details = (messageId: string, asked: ReadonlyArray<Message.TrackedMessage>) =>
    orNone(
      nothing,
      send({
        request: Connection.get(settings, ConversationsApi.detailsPath(messageId)),
        purpose: "lookup",
        messages: asked.length,
        endpoint: "messages",
        decode: ConversationsApi.decodeMessage
      })
    ).pipe(Effect.flatMap((listing) => answered(listing, asked)))

  /** A message that is known by its conversation alone is the only one there that no other can be. */
  const resolve = Effect.fnUntraced(function* (
    conversationId: string,
    nameless: ReadonlyArray<Message.TrackedMessage>,
    named: ReadonlyArray<Message.TrackedMessage>
  ) {
    const taken = new Set(named.map(({ messageId }) => messageId))
    const all = yield* conversation(conversationId, "lookup", nameless.length)
    const free = all.filter(({ messageId, outbound }) => outbound && !taken.has(messageId))
    return yield* Effect.forEach(nameless, (message) => {
      const { sentAt } = message
      const possible = free.filter(
        ({ receipt }) => sentAt === undefined || receipt.sentAt === undefined || receipt.sentAt >= sentAt - sentSlack
      )
      const [only] = possible
      if (only === undefined) return Effect.succeed([])
      if (possible.length === 1 && nameless.length === 1) return Effect.succeed([{ ...only.receipt, key: message.key }])
      const tell = toldAmbiguous
        ? Effect.logDebug
        : (text: string) => Effect.logWarning(`${text}; more of these are not told`)
      toldAmbiguous = true
      return Effect.as(
        tell(
          `${name}: the conversation ${conversationId} has ${possible.length} outbound SMS, and a message is known by it alone: it stays pending; register it with its messageId`
        ),
        [nothingNew(message)]
      )
    }).pipe(Effect.map((receipts) => receipts.flat()))
  })

  const requestsFor = (messages: ReadonlyArray<Message.TrackedMessage>) => {
    const conversationId = messages.find((message) => message.conversationId !== undefined)?.conversationId
    const named = messages.filter(({ messageId }) => messageId !== undefined)
    const nameless = messages.filter(({ messageId }) => messageId === undefined)
    if (conversationId === undefined) {
      const byId = Map.groupBy(named, ({ messageId }) => messageId ?? "")
      return Array.from(byId, ([messageId, asked]) => details(messageId, asked))
    }
    return [
      ...(named.length === 0 ? [] : [bulk(conversationId, named)]),
      ...(nameless.length === 0 ? [] : [resolve(conversationId, nameless, named)])
    ]
  }

  return {
    pages: (messages) => {
      const requests = requestsFor(messages)
      return Stream.fromIterable(requests.entries()).pipe(
        Stream.mapEffect(([index, request]) =>
          Effect.map(request, (receipts) => ({ receipts, last: index === requests.length - 1 }))
        )
      )
    },
    explain: (message) => {
      const { conversationId, key, messageId } = message
      if (conversationId === undefined) return Effect.succeed([])
      return Effect.map(conversation(conversationId, "explain", 1), (all) => {
        const ours =
          messageId === undefined
            ? all.filter(({ outbound }) => outbound)
            : all.filter((of) => of.messageId === messageId)
        const [only] = ours
        return ours.length === 1 && only?.receipt.status === "failed" && only.receipt.code !== undefined
          ? [{ ...only.receipt, key }]
          : []
      })
    }
  }
}
