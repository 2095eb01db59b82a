/** Messages and receipts to begin with. */
import type { Classification } from "../src/Classifier.ts"
import { classify } from "../src/Classifier.ts"
import type { DeliveryReceipt } from "../src/DeliveryReceipt.ts"
import type { TrackedMessage } from "../src/Message.ts"

/** A message that was just registered, at the moment 0. */
export const message = (changes: Partial<TrackedMessage> = {}): TrackedMessage => ({
  key: 1,
  ref: { messageId: "m-1" },
  messageId: "m-1",
  conversationId: changes.ref?.conversationId,
  sentAt: changes.ref?.sentAt,
  alone: false,
  source: "scripted",
  group: "g-1",
  run: 1,
  carrier: "unknown",
  carrierOrigin: "unknown",
  registeredAt: 0,
  deadlineAt: 100_000,
  status: "pending",
  resolution: undefined,
  providerStatus: undefined,
  profile: undefined,
  code: undefined,
  field: undefined,
  cause: undefined,
  category: undefined,
  retryable: undefined,
  actor: undefined,
  classifier: undefined,
  rule: undefined,
  externalMessageId: undefined,
  finalAt: undefined,
  seenAt: undefined,
  firstLookAt: undefined,
  lookedAt: undefined,
  dueAt: 0,
  looks: 0,
  unexplained: false,
  missing: false,
  late: false,
  conflicts: [],
  ...changes
})

const statuses: Readonly<Record<string, DeliveryReceipt["status"]>> = {
  pending: "pending",
  sent: "sent",
  delivered: "delivered",
  failed: "failed"
}

/** A receipt with the provider's word for the status; a word that is none of the four has no status. */
export const receipt = (word: string, changes: Partial<DeliveryReceipt> = {}): DeliveryReceipt => ({
  messageId: "m-1",
  profile: "scripted",
  providerStatus: word,
  status: statuses[word],
  ...changes
})

/** What a receipt means where no classifier speaks. */
export const meaning = (of: DeliveryReceipt, changes: Partial<Classification> = {}): Classification => ({
  ...classify([], of, () => {}),
  ...changes
})
