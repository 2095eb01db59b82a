/** Journals to test, in folders of their own, and what is put into them. */
import { createHash } from "node:crypto"
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { JournalStore, JournalStoreMemory, type Message, type TrackingEvent } from "@dlrkit/core"
import { assert } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Sqlite from "../src/index.ts"

type Store = JournalStore.JournalStoreService

/** A folder that is gone at the end of the test. */
export const folder: Effect.Effect<string, never, Scope.Scope> = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "journal-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true }))
)

/** The SQLite journal in a file, until the scope ends. */
export const open = (
  file: string,
  access: "create" | "read" | "beside" = "create",
  options: Sqlite.JournalOptions = {}
): Effect.Effect<Store, JournalStore.JournalError, Scope.Scope> =>
  Layer.build(Sqlite.journal({ file, ...options })).pipe(
    Effect.map(Context.get(JournalStore.JournalStore)),
    Effect.provideService(JournalStore.Access, access)
  )

/** The two stores, by name; the SQLite one in a new file. */
export const stores: Readonly<Record<"memory" | "SQLite", Effect.Effect<Store, unknown, Scope.Scope>>> = {
  memory: JournalStoreMemory.make,
  SQLite: Effect.flatMap(folder, (path) => open(join(path, "dlrkit.db")))
}

/** Both stores, new, with the same id and key. */
export const both = Effect.all([stores.memory, stores.SQLite]).pipe(
  Effect.provideService(JournalStore.Entropy, (bytes) => "ab".repeat(bytes))
)

/** Why something failed: the tag of the reason. */
export const refusal = <A, R>(effect: Effect.Effect<A, JournalStore.JournalError, R>) =>
  Effect.map(Effect.flip(effect), ({ reason }) => reason)

/** A value without what `undefined` says: a store may leave a field out or hold nothing in it. */
export const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? null))

/** Compares two answers, whichever way they say nothing. */
export const alike = (one: unknown, other: unknown, what?: string) =>
  assert.deepStrictEqual(plain(one), plain(other), what)

/** In an order of their own, for answers that promise none. */
export const sorted = (values: ReadonlyArray<unknown>): ReadonlyArray<string> =>
  values.map((value) => JSON.stringify(value)).sort()

/** A message to be inserted; a store knows it by `messageId`. */
export const message = (changes: Partial<Message.TrackedMessage> = {}): Message.TrackedMessage => {
  const messageId = changes.messageId ?? "m-1"
  return {
    key: 0,
    ref: { messageId },
    messageId,
    conversationId: undefined,
    sentAt: undefined,
    alone: false,
    source: "genesys",
    group: "g-1",
    run: 1,
    carrier: "acme",
    carrierOrigin: "config",
    registeredAt: 0,
    deadlineAt: 100_000,
    status: "pending",
    resolution: undefined,
    providerStatus: undefined,
    code: undefined,
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
export const insert = (store: Store, messages: ReadonlyArray<Message.TrackedMessage>) =>
  store.transact({}, () => ({
    insert: messages,
    events: messages.map(({ messageId }) => draft(messageId ?? "")),
    result: undefined
  }))

/** All messages of a store. */
export const messages = (store: Store) => store.messages({ after: 0, limit: 1_000_000 })

/** All events of a store. */
export const events = (store: Store): Effect.Effect<ReadonlyArray<TrackingEvent.TrackingEvent>, unknown> =>
  store.events(0, 1_000_000)

/** What is in a folder: a digest of each file. */
export const contents = (path: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    readdirSync(path, { withFileTypes: true })
      .sort((a, b) => a.name.localeCompare(b.name))
      .map((entry) => [
        entry.name,
        entry.isFile()
          ? createHash("sha256")
              .update(readFileSync(join(path, entry.name)))
              .digest("hex")
          : "a folder"
      ])
  )
