/**
 * The words in which Genesys Cloud says where an outbound SMS is.
 *
 * The same state has three spellings: `delivery-failed` on a message, `DeliveryFailed` in the analytics, `Failed` on a
 * receipt. Here they are one word.
 *
 * Source: enums of `MessageData.status`, `AnalyticsSession.deliveryStatus` and `ConversationNormalizedMessage.status` in
 * Genesys's Python SDK 257.1.0; their order, from the developer centre's blog of 27 September 2024 on agentless SMS.
 *
 * @module
 */
import type { Message } from "@dlrkit/core"

/**
 * Absent on purpose: `received` is what an inbound message is, `published` is of public channels, and `removed` says that
 * the platform no longer shows a message, not whether it had arrived. None of them tells the end of an outbound SMS.
 */
const words: ReadonlyMap<string, Message.Status> = new Map<string, Message.Status>([
  ["queued", "pending"],
  ["sent", "sent"],
  // Handed on to the provider, which is what `sent` is.
  ["deliverypushed", "sent"],
  ["deliverysuccess", "delivered"],
  ["delivered", "delivered"],
  // Whoever read it got it.
  ["read", "delivered"],
  ["deliveryfailed", "failed"],
  ["failed", "failed"]
])

/** What a word means, in any of its spellings; `undefined` where it is unknown, or says nothing of an outbound SMS. */
export const statusOf = (word: string): Message.Status | undefined =>
  words.get(word.toLowerCase().replace(/[-_ ]/g, ""))
