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

/** How long the log is waited for until nobody reads in it. Milliseconds. */
const patience = 1000

/**
 * Writes the file anew without what is not used, and empties the log beside it. Throws where somebody reads on in what
 * was: the new file is then still in the log, and what it replaces beneath it.
 */
export const compact = (db: DatabaseSync): { readonly before: number; readonly after: number } => {
  const before = sizeOf(db)
  db.exec("VACUUM")
  const timeout = Number(db.prepare("PRAGMA busy_timeout").get()?.timeout)
  db.exec(`PRAGMA busy_timeout = ${patience}`)
  const settled = db.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get()?.busy === 0
  db.exec(`PRAGMA busy_timeout = ${timeout}`)
  if (!settled) throw new Error("another program is reading it: end that, and run the same command again")
  return { before, after: sizeOf(db) }
}

/** The most damages of a kind that are told. */
const most = 20

const range = (first: number, last: number) => (first === last ? `event ${first} is` : `events ${first} to ${last} are`)

/** The damages that SQLite finds, and those that it does not know: events that are missing, texts that are no JSON. */
export const check = (db: DatabaseSync): ReadonlyArray<string> => {
  const stored = db
    .prepare(`PRAGMA integrity_check(${most})`)
    .all()
    .flatMap(({ integrity_check: found }) => String(found).split("\n"))
    .filter((found) => found !== "ok" && !found.startsWith("***"))
  // What cannot be read cannot be looked at any closer.
  if (stored.length > 0) return stored
  const gaps = db
    .prepare(
      `SELECT before, seq FROM (SELECT seq, lag(seq) OVER (ORDER BY seq) AS before FROM event)
       WHERE seq <> before + 1 LIMIT ${most}`
    )
    .all()
    .map(({ before, seq }) => `${range(Number(before) + 1, Number(seq) - 1)} missing`)
  const texts = db
    .prepare(
      `SELECT 'message ' || key AS place FROM message
       WHERE NOT json_valid(ref) OR (conflicts IS NOT NULL AND NOT json_valid(conflicts))
       UNION ALL SELECT 'event ' || seq FROM event WHERE NOT json_valid(body) LIMIT ${most}`
    )
    .all()
    .map(({ place }) => `what is written of ${place} cannot be read`)
  return [...gaps, ...texts]
}
