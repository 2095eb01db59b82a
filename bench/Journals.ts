/**
 * Journals with every message registered: one is made, and each run gets a copy. So registering costs nobody anything,
 * and both sides write to the same tables and indexes with the same rows in them.
 */
import { DatabaseSync } from "node:sqlite"
import { defineTracker, Journal, TrackerDefinition } from "@dlrkit/core"
import * as NodePlatform from "@dlrkit/core/node"
import * as Sqlite from "@dlrkit/journal-sqlite"
import * as Effect from "effect/Effect"
import type { Ref } from "./Workload.ts"

/** The audit sinks' names, by which the journal knows how far each has come. */
export const sinkNames = ["audit-file", "audit-file-2", "audit-file-3"] as const

/** What a message waits for at the most. Milliseconds. */
const deadline = 72 * 3_600_000

/** Makes a journal of messages whose registration the audit sinks have seen. */
export const make = (file: string, refs: ReadonlyArray<Ref>): Promise<void> =>
  Effect.gen(function* () {
    const journal = yield* Journal.Journal
    yield* journal.start({ actor: "benchmark", command: "register", version: "0.0.0", config: {} })
    yield* journal.register(
      refs.map((ref) => ({
        ref,
        source: "genesys-messaging",
        group: ref.externalContactId,
        carrier: ref.carrier,
        carrierOrigin: "message",
        deadline,
        expired: undefined
      }))
    )
    const seq = yield* journal.store.lastSeq
    for (const consumer of sinkNames) yield* journal.acknowledge({ consumer, seq })
    yield* journal.settle
  }).pipe(
    Effect.scoped,
    Effect.provide(TrackerDefinition.journalLayer(defineTracker({ journal: Sqlite.journal({ file }) }))),
    Effect.provide(NodePlatform.layer),
    Effect.runPromise
  )

/** What both sides must have written alike: all but moments, runs and keys. */
export const contents = (file: string): string => {
  const db = new DatabaseSync(file, { readOnly: true })
  try {
    const rows = db
      .prepare(
        `SELECT message_id, ref, source, "group", carrier, carrier_origin, deadline_at, status, resolution,
           provider_status, code, cause, category, retryable, actor, classifier, rule, external_message_id,
           sent_at, conversation_id, alone, due_at, looks, unexplained, missing, late, conflicts
         FROM message ORDER BY key`
      )
      .all()
    const events = db.prepare('SELECT body FROM event WHERE body GLOB \'{"kind":"message.*\' ORDER BY seq').all()
    const requests = db.prepare('SELECT count(*) AS n FROM event WHERE body LIKE \'%"purpose":"lookup"%\'').get()
    return JSON.stringify({ rows, events, requests })
  } finally {
    db.close()
  }
}
