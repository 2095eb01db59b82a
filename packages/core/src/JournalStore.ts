/**
 * The store beneath the journal: it keeps messages, events and cursors, and decides nothing.
 *
 * A journal plugin provides this service. What a receipt does to a message is core's; a store reads the rows of a page,
 * calls the pure `decide`, and writes states and events in one transaction.
 *
 * @module
 */
import { randomBytes } from "node:crypto"
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type { MessageName, Resolution, Status, TrackedMessage } from "./Message.ts"
import type { Category, Cause } from "./Taxonomy.ts"
import { type EventBody, isoTime, type TrackingEvent } from "./TrackingEvent.ts"

/** Another process tracks with this journal. */
export class JournalInUse extends Schema.TaggedError<JournalInUse>()("JournalInUse", { journal: Schema.String }) {
  readonly retryable = true
  override get message() {
    return `the journal ${this.journal} is in use by another tracker: wait for it, stop it, or name another journal`
  }
}

/** It cannot be opened as a journal. */
export class JournalUnusable extends Schema.TaggedError<JournalUnusable>()("JournalUnusable", {
  journal: Schema.String,
  detail: Schema.String
}) {
  readonly retryable = false
  override get message() {
    return `the journal ${this.journal} cannot be used: ${this.detail}`
  }
}

/** A read or a write failed. */
export class JournalBroken extends Schema.TaggedError<JournalBroken>()("JournalBroken", {
  journal: Schema.String,
  operation: Schema.String,
  cause: Schema.Defect()
}) {
  readonly retryable = false
  override get message() {
    const detail = this.cause instanceof Error ? this.cause.message : String(this.cause)
    return `the journal ${this.journal} failed in ${this.operation}: ${detail}`
  }
}

/** What a journal fails with. */
export class JournalError extends Schema.TaggedError<JournalError>()("JournalError", {
  reason: Schema.Union([JournalInUse, JournalUnusable, JournalBroken])
}) {
  override get message(): string {
    return this.reason.message
  }
}

/** An event to be written: `seq` and `id` are the store's to give. */
export interface EventDraft {
  /** Epoch milliseconds. */
  readonly at: number
  readonly run: number
  readonly actor: string
  readonly body: EventBody
}

/** What a transaction writes, and what it answers. */
export interface Decision<A> {
  /**
   * New messages; their `key` is the store's to give, in this order, and none twice while it is open. A `messageId` is
   * one message's: where another one has it, nothing is written.
   */
  readonly insert?: ReadonlyArray<TrackedMessage>
  /** Messages as they now are, by `key`. */
  readonly update?: ReadonlyArray<TrackedMessage>
  /** Those of `update` that have got another name, group or time of sending than they had, or company. */
  readonly renamed?: ReadonlyArray<TrackedMessage>
  /** Keys of messages that have become part of another one. Written before anything else. */
  readonly remove?: ReadonlyArray<number>
  readonly events?: ReadonlyArray<EventDraft>
  /** How far consumers have come: what each of them failed with is forgotten. */
  readonly cursors?: ReadonlyArray<Cursor>
  readonly result: A
}

/** How far a consumer of events has come. */
export interface Cursor {
  readonly consumer: string
  /** The number of the last event that it has acknowledged; 0 where it has none. */
  readonly seq: number
}

/** That a consumer cannot take its events, since when, and why. Times are epoch milliseconds. */
export interface ConsumerFailure {
  readonly since: number
  readonly at: number
  readonly detail: string
}

/** A consumer of events, as the journal knows it. */
export interface Consumer extends Cursor {
  /** `undefined` where its last batch was acknowledged. */
  readonly failure: ConsumerFailure | undefined
}

/** What is to be taken out of a journal. */
export interface Prunable {
  /** Messages that have an end, and of which nothing was seen since this moment (epoch milliseconds). */
  readonly endedBefore: number
  /** Events up to this number. */
  readonly eventsUpTo: number
  /** The most messages, and the most events, that one transaction takes out. */
  readonly limit: number
}

/** How much was taken out of a journal. */
export interface Pruned {
  readonly messages: number
  readonly events: number
}

/** Which messages a transaction is about: those with these keys, and those that any of these names could mean. */
export interface Sought {
  readonly keys?: ReadonlyArray<number> | undefined
  /**
   * For each name all messages that have its `messageId`, all that have its `conversationId`, and all that were
   * registered with its `campaignId` and `outboundContactId`.
   */
  readonly names?: ReadonlyArray<MessageName> | undefined
  /** All messages to these numbers, each given by its digits alone (see {@link Message.digitsOf}). */
  readonly recipients?: ReadonlyArray<string> | undefined
  /** All messages with these `externalMessageId`s, each given as {@link ExternalId.comparable} gives it. */
  readonly externalIds?: ReadonlyArray<string> | undefined
}

/** What a transaction is decided from. */
export interface Snapshot {
  /** The messages sought, each once, in the store's order. */
  readonly messages: ReadonlyArray<TrackedMessage>
  /** The `seq` that the first event of this transaction will get. */
  readonly nextSeq: number
}

/** A message without an end, as planning needs it. Times are epoch milliseconds. */
export interface OpenMessage {
  readonly key: number
  readonly group: string
  readonly carrier: string
  /** When it was sent; `undefined` where that is not known. */
  readonly sentAt: number | undefined
  readonly registeredAt: number
  /** It is the only message of its conversation. */
  readonly alone: boolean
  /** The platform has shown it. */
  readonly seen: boolean
  /** When the last look at it began. */
  readonly lookedAt: number | undefined
  readonly dueAt: number
  readonly deadlineAt: number
}

/** Which open messages of a source and a run, in which order. */
export interface OpenQuery {
  readonly source: string
  readonly run: number
  /** The soonest first; those with the same moment in the order of registration. */
  readonly by: "dueAt" | "deadlineAt"
  /** Only those that come after this one in that order. */
  readonly after?: OpenMessage | undefined
  readonly limit: number
}

/** How many messages are alike. */
export interface Total {
  readonly carrier: string
  readonly status: Status
  readonly resolution: Resolution | undefined
  readonly category: Category | undefined
  readonly cause: Cause | undefined
  readonly missing: boolean
  readonly late: boolean
  /** Receipts that contradict the first final one were seen. */
  readonly contradicted: boolean
  readonly count: number
}

/** The operations of a store. Each that writes is durable when it succeeds. */
export interface JournalStoreService {
  /** Random, made with the journal, and the same for ever. */
  readonly id: string
  /** Where it is, for people. */
  readonly location: string
  /** The key of the hashes that stand for phone numbers outside the journal. */
  readonly hashKey: string
  /** Takes the right to track, for as long as the scope lasts. A second one fails with `JournalInUse`. */
  readonly claim: Effect.Effect<void, JournalError, Scope.Scope>
  /**
   * Reads the messages that are sought, calls `decide`, and writes all that it answers in one transaction.
   * `decide` is pure and may throw nothing; where it does, nothing is written.
   */
  readonly transact: <A>(sought: Sought, decide: (snapshot: Snapshot) => Decision<A>) => Effect.Effect<A, JournalError>
  /** Open messages in order, found without reading others. */
  readonly open: (query: OpenQuery) => Effect.Effect<ReadonlyArray<OpenMessage>, JournalError>
  /**
   * Open messages of a group, those soonest due first, but for some keys; with `unseenSince`, only those not looked at
   * since that moment.
   */
  readonly openOf: (query: {
    readonly source: string
    readonly run: number
    readonly group: string
    readonly except: ReadonlySet<number>
    readonly unseenSince?: number | undefined
    readonly limit: number
  }) => Effect.Effect<ReadonlyArray<TrackedMessage>, JournalError>
  /** Failed messages whose reason may be told elsewhere, in the order of registration. */
  readonly unexplained: (query: {
    readonly source: string
    readonly run: number
    readonly limit: number
  }) => Effect.Effect<ReadonlyArray<TrackedMessage>, JournalError>
  /** Moves the due moments of messages that are open, and nothing else. */
  readonly schedule: (
    moments: ReadonlyArray<{ readonly key: number; readonly dueAt: number }>
  ) => Effect.Effect<void, JournalError>
  /** A text that was kept under a name; `undefined` where none is. */
  readonly memo: (name: string) => Effect.Effect<string | undefined, JournalError>
  /** Keeps a text under a name, in place of an earlier one: what was learned, not what happened. */
  readonly setMemo: (name: string, text: string) => Effect.Effect<void, JournalError>
  /** Events after a sequence number, in order. */
  readonly events: (after: number, limit: number) => Effect.Effect<ReadonlyArray<TrackingEvent>, JournalError>
  /** The sequence number of the newest event; 0 in a new journal. */
  readonly lastSeq: Effect.Effect<number, JournalError>
  /** The sequence number of the oldest event that was not pruned; 0 in a new journal. */
  readonly firstSeq: Effect.Effect<number, JournalError>
  /**
   * Events after a sequence number whose JSON holds any of these texts, in order. A text is looked for as it is, so it
   * must be written as JSON writes it: `JSON.stringify(id)` finds an id and not what it is a part of.
   */
  readonly mentions: (
    texts: ReadonlyArray<string>,
    after: number,
    limit: number
  ) => Effect.Effect<ReadonlyArray<TrackingEvent>, JournalError>
  /** How far a consumer of events has come; 0 where it has not begun. */
  readonly cursor: (consumer: string) => Effect.Effect<number, JournalError>
  /** A consumer did not take its events. Its cursor stays where it is, or begins at 0. */
  readonly noteFailure: (consumer: string, failure: ConsumerFailure) => Effect.Effect<void, JournalError>
  /** The consumers that have a cursor, in the order of their names. */
  readonly consumers: Effect.Effect<ReadonlyArray<Consumer>, JournalError>
  /** Messages in the order of registration, after a key. */
  readonly messages: (query: {
    readonly run?: number | undefined
    readonly after: number
    readonly limit: number
  }) => Effect.Effect<ReadonlyArray<TrackedMessage>, JournalError>
  /** The messages that are sought, each once, in the order of registration. */
  readonly find: (sought: Sought) => Effect.Effect<ReadonlyArray<TrackedMessage>, JournalError>
  /** Counts of messages, all or those of one run. */
  readonly totals: (run?: number) => Effect.Effect<ReadonlyArray<Total>, JournalError>
  /** What opening it with `migrate` did: from which version to which, and where the copy of what it was is. */
  readonly migrated?: { readonly from: number; readonly to: number; readonly copy: string } | undefined
  /** How long messages and events are kept at least, where whoever opened the journal said so. Milliseconds. */
  readonly keep?: number | undefined
  /**
   * Takes out what is prunable, the oldest first, and writes the event that says so, in one transaction. Where there is
   * nothing to take out, nothing is written. Numbers are never given twice, also where all events are pruned.
   */
  readonly prune: (prunable: Prunable, record: (pruned: Pruned) => EventDraft) => Effect.Effect<Pruned, JournalError>
  /** Writes events again, those for which this gives another body, and says how many: for what must not be kept. */
  readonly redact: (rewrite: (body: EventBody) => EventBody | undefined) => Effect.Effect<number, JournalError>
  /**
   * Gives unused space back, and leaves nothing of what was taken out or overwritten. Says how large the journal was and
   * is, in bytes.
   */
  readonly compact: Effect.Effect<{ readonly before: number; readonly after: number }, JournalError>
  /** Looks at how it is stored, and gives each damage in a sentence; none where it is whole. */
  readonly check: Effect.Effect<ReadonlyArray<string>, JournalError>
}

/** The store of the journal. Provided by a journal plugin. */
export class JournalStore extends Context.Service<JournalStore, JournalStoreService>()("@dlrkit/core/JournalStore") {}

/**
 * How a store is opened: `create` makes it where there is none. The others fail with `JournalUnusable` where there is
 * none: `read` never writes, as `status` and `export` do; `beside` writes beside a tracker, as `reconcile` does; `migrate`
 * brings a journal of an older version to this one, and fails with `JournalInUse` beside a tracker.
 */
export const Access = Context.Reference<"create" | "read" | "beside" | "migrate">("@dlrkit/core/JournalStore/Access", {
  defaultValue: () => "create"
})

/**
 * Where a new journal takes its id and its key from: so many bytes as hexadecimal digits. The operating system's source
 * of secrets, unless a test wants the same journal twice.
 */
export const Entropy = Context.Reference<(bytes: number) => string>("@dlrkit/core/JournalStore/Entropy", {
  defaultValue: () => (bytes) => randomBytes(bytes).toString("hex")
})

/** An event as consumers read it. */
export const toTrackingEvent = (journal: string, seq: number, draft: EventDraft): TrackingEvent => ({
  v: 1,
  id: `${journal}-${seq}`,
  seq,
  at: isoTime(draft.at),
  run: draft.run,
  actor: draft.actor,
  ...draft.body
})
