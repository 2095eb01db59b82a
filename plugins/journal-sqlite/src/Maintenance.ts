/**
 * What keeps a journal's file in order: pruning, redacting, giving space back, looking for damage.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite"
import type { JournalStore, TrackingEvent } from "@dlrkit/core"
import { lastSeq, type Opened } from "./Statements.ts"

/** Takes out what is prunable, and writes the event that says so. Within a transaction. */
export const prune = (
  journal: Opened,
  { endedBefore, eventsUpTo, limit }: JournalStore.Prunable,
  record: (pruned: JournalStore.Pruned) => JournalStore.EventDraft
): JournalStore.Pruned => {
  const seq = lastSeq(journal) + 1
  const pruned = {
    messages: Number(journal.pruneMessages.run(Math.trunc(endedBefore), limit).changes),
    events: Number(journal.pruneEvents.run(eventsUpTo, limit).changes)
  }
  if (pruned.messages === 0 && pruned.events === 0) return pruned
  const { actor, at, body, run } = record(pruned)
  journal.insertEvent.run(seq, at, run, actor, JSON.stringify(body))
  return pruned
}

/** How many events are read at once. */
const pageSize = 1000

/** Writes the events again for which there is another body. Within a transaction. */
export const redact = (
  { eventBodies, updateEvent }: Opened,
  rewrite: (body: TrackingEvent.EventBody) => TrackingEvent.EventBody | undefined
): number => {
  let count = 0
  let after = 0
  while (true) {
    const rows = eventBodies.all(after, pageSize)
    for (const { body, seq } of rows) {
      after = Number(seq)
      const rewritten = rewrite(JSON.parse(String(body)))
      if (rewritten === undefined) continue
      updateEvent.run(JSON.stringify(rewritten), after)
      count += 1
    }
    if (rows.length < pageSize) return count
  }
}

const sizeOf = (db: DatabaseSync): number =>
  Number(db.prepare("SELECT page_count * page_size AS size FROM pragma_page_count, pragma_page_size").get()?.size)

/** Writes the file anew without what is not used, and empties the log beside it. */
export const compact = (db: DatabaseSync): { readonly before: number; readonly after: number } => {
  const before = sizeOf(db)
  db.exec("VACUUM")
  db.exec("PRAGMA wal_checkpoint(TRUNCATE)")
  return { before, after: sizeOf(db) }
}

/** The damages that SQLite finds, each in a sentence. */
export const check = (db: DatabaseSync): ReadonlyArray<string> =>
  db
    .prepare("PRAGMA integrity_check(20)")
    .all()
    .map(({ integrity_check: found }) => String(found))
    .filter((found) => found !== "ok")
