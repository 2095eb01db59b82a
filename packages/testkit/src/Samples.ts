/**
 * What journals are filled with in tests, and what is read from them.
 *
 * @module
 */
import type { JournalStore, Message, TrackingEvent } from "@dlrkit/core"
import type * as Effect from "effect/Effect"

/** A message to be inserted; it is named by `messageId` unless the changes say otherwise. */
export const message = (changes: Partial<Message.TrackedMessage> = {}): Message.TrackedMessage => {
  const messageId = "messageId" in changes ? changes.messageId : "m-1"
  return {
    key: 0,
    ref: messageId === undefined ? {} : { messageId },
    messageId,
    conversationId: undefined,
    sentAt: undefined,
    alone: false,
    source: "source",
    group: "g-1",
    run: 1,
    carrier: "acme",
    carrierOrigin: "config",
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
  }
}

/** An event to be written. */
export const draft = (messageId: string): JournalStore.EventDraft => ({
  at: 1500,
  run: 1,
  actor: "tester",
  body: { kind: "message.missing", messageId, carrier: "acme" }
})

/** Puts messages into a store, each with an event. */
export const insert = (store: JournalStore.JournalStoreService, messages: ReadonlyArray<Message.TrackedMessage>) =>
  store.transact({}, () => ({
    insert: messages,
    events: messages.map(({ messageId }) => draft(messageId ?? "")),
    result: undefined
  }))

/** Says that a consumer has acknowledged everything up to a number. */
export const acknowledge = (store: JournalStore.JournalStoreService, consumer: string, seq: number) =>
  store.transact({}, () => ({ cursors: [{ consumer, seq }], result: undefined }))

/** More than any test puts into a journal. */
export const most = 1_000_000

/** All messages of a store. */
export const messages = (
  store: JournalStore.JournalStoreService
): Effect.Effect<ReadonlyArray<Message.TrackedMessage>, JournalStore.JournalError> =>
  store.messages({ after: 0, limit: most })

/** All events of a store. */
export const events = (
  store: JournalStore.JournalStoreService
): Effect.Effect<ReadonlyArray<TrackingEvent.TrackingEvent>, JournalStore.JournalError> => store.events(0, most)

/** Texts that a careless store reads as something else: quotes, wildcards, a NUL, marks that look alike. */
export const hostile: ReadonlyArray<string> = [
  "a'b",
  'a"b',
  "a\\b",
  "a%b",
  "a_b",
  "a\u0000b",
  "\u0000",
  "a\nb",
  "Äé✓\u{1f600}",
  "e\u0301",
  "\u00e9",
  "A",
  "a",
  " a ",
  "'; DROP TABLE message; --",
  "null",
  "1",
  "1.0"
]
