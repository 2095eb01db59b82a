/**
 * The statements of a journal, each prepared once.
 *
 * @module
 */

import type { DatabaseSync, StatementSync } from "node:sqlite"
import type { Message } from "@dlrkit/core"
import * as Schema from "./Schema.ts"
import type * as SqliteFile from "./SqliteFile.ts"

/** An open journal and its statements, each prepared once. */
export type Opened = ReturnType<typeof prepare>

const ofRun = "(? IS NULL OR run = ?)"
const selectOpen =
  'SELECT key, "group", carrier, sent_at, registered_at, alone, seen_at IS NOT NULL, looked_at, due_at, deadline_at'

/** Open messages in the order of a column, from after a place in it; found in the index. */
const openBy = (column: string, index: string) =>
  `${selectOpen} FROM message INDEXED BY ${index}
   WHERE source = ? AND run = ? AND due_at IS NOT NULL AND (${column}, key) > (?, ?) ORDER BY ${column}, key LIMIT ?`

/** Prepares the statements of an open journal. */
export const prepare = ({ db, meta }: SqliteFile.OpenFile) => {
  const arrays = (sql: string): StatementSync => {
    const statement = db.prepare(sql)
    statement.setReturnArrays(true)
    return statement
  }
  const maxKey = db.prepare("SELECT max(key) AS key FROM message")
  let lastKey = 0
  return {
    db,
    /** The first of so many new keys in a row. None is given twice, also where the newest message is gone by now. */
    newKey: (count: number): number => {
      const first = Math.max(lastKey, Number(maxKey.get()?.key ?? 0)) + 1
      lastKey = first + count - 1
      return first
    },
    id: meta.id as string,
    hashKey: meta.hash_key as string,
    byKeys: arrays(`${Schema.selectMessage} WHERE key IN (SELECT value FROM json_each(?)) ORDER BY key`),
    sought: arrays(
      `${Schema.selectMessage} WHERE key IN (
         SELECT value FROM json_each(?)
         UNION SELECT key FROM message WHERE message_id IN (SELECT value FROM json_each(?))
         UNION SELECT key FROM message WHERE conversation_id IN (SELECT value FROM json_each(?))
         UNION SELECT key FROM message WHERE contact IN (SELECT value FROM json_each(?))
         UNION SELECT key FROM message WHERE recipient IN (SELECT value FROM json_each(?))
       ) ORDER BY key`
    ),
    keysByExternalId: db.prepare(Schema.keysByExternalId),
    insert: db.prepare(Schema.insertMessage),
    update: db.prepare(Schema.updateMessage),
    rename: db.prepare(Schema.renameMessage),
    remove: db.prepare("DELETE FROM message WHERE key = ?"),
    insertEvent: db.prepare("INSERT INTO event (seq, at, run, actor, body) VALUES (?, ?, ?, ?, ?)"),
    lastSeq: db.prepare("SELECT max(seq) AS seq FROM event"),
    firstSeq: db.prepare("SELECT min(seq) AS seq FROM event"),
    mentions: arrays(
      `SELECT seq, at, run, actor, body FROM event
       WHERE seq > ? AND EXISTS (SELECT 1 FROM json_each(?) WHERE instr(body, value) > 0) ORDER BY seq LIMIT ?`
    ),
    eventBodies: db.prepare("SELECT seq, body FROM event WHERE seq > ? ORDER BY seq LIMIT ?"),
    updateEvent: db.prepare("UPDATE event SET body = ? WHERE seq = ?"),
    pruneMessages: db.prepare(
      `DELETE FROM message WHERE key IN (
         SELECT key FROM message
         WHERE due_at IS NULL AND max(coalesce(final_at, 0), registered_at, coalesce(seen_at, 0), coalesce(looked_at, 0)) < ?
         ORDER BY key LIMIT ?)`
    ),
    pruneEvents: db.prepare(
      "DELETE FROM event WHERE seq IN (SELECT seq FROM event WHERE seq <= ? ORDER BY seq LIMIT ?)"
    ),
    events: arrays("SELECT seq, at, run, actor, body FROM event WHERE seq > ? ORDER BY seq LIMIT ?"),
    openByDue: arrays(openBy("due_at", "message_due")),
    openByDeadline: arrays(openBy("deadline_at", "message_deadline")),
    openOf: arrays(
      `${Schema.selectMessage} INDEXED BY message_group
       WHERE source = ? AND "group" = ? AND due_at IS NOT NULL AND run = ? AND coalesce(looked_at, -1) < ?
         AND key NOT IN (SELECT value FROM json_each(?))
       ORDER BY due_at, key LIMIT ?`
    ),
    unexplained: arrays(
      `${Schema.selectMessage} INDEXED BY message_unexplained
       WHERE source = ? AND run = ? AND unexplained = 1 ORDER BY key LIMIT ?`
    ),
    schedule: db.prepare("UPDATE message SET due_at = ? WHERE key = ? AND due_at IS NOT NULL"),
    memo: db.prepare("SELECT value FROM meta WHERE name = ?"),
    setMemo: db.prepare(
      "INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
    ),
    cursor: db.prepare("SELECT seq FROM cursor WHERE consumer = ?"),
    moveCursor: db.prepare(
      `INSERT INTO cursor (consumer, seq) VALUES (?, ?) ON CONFLICT (consumer) DO UPDATE
       SET seq = excluded.seq, failing_since = NULL, failed_at = NULL, failure = NULL`
    ),
    noteFailure: db.prepare(
      `INSERT INTO cursor (consumer, seq, failing_since, failed_at, failure) VALUES (?, 0, ?, ?, ?)
       ON CONFLICT (consumer) DO UPDATE
       SET failing_since = excluded.failing_since, failed_at = excluded.failed_at, failure = excluded.failure`
    ),
    consumers: db.prepare("SELECT consumer, seq, failing_since, failed_at, failure FROM cursor ORDER BY consumer"),
    messages: arrays(`${Schema.selectMessage} WHERE key > ? AND ${ofRun} ORDER BY key LIMIT ?`),
    totals: db.prepare(
      `SELECT carrier, status, resolution, category, cause, missing, late, conflicts IS NOT NULL AS contradicted,
         count(*) AS count
       FROM message WHERE ${ofRun}
       GROUP BY carrier, status, resolution, category, cause, missing, late, contradicted`
    )
  }
}

/** The number of the newest event; 0 where there is none. */
export const lastSeq = ({ lastSeq: statement }: Opened): number => Number(statement.get()?.seq ?? 0)

/** Messages of rows. */
export const toMessages = (rows: ReadonlyArray<unknown>): ReadonlyArray<Message.TrackedMessage> =>
  (rows as ReadonlyArray<Parameters<typeof Schema.toMessage>[0]>).map(Schema.toMessage)

/** Runs what reads and writes in one transaction; where it throws, nothing is written. */
export const inTransaction = <A>(db: DatabaseSync, run: () => A): A => {
  db.exec("BEGIN IMMEDIATE")
  try {
    const result = run()
    db.exec("COMMIT")
    return result
  } catch (error) {
    if (db.isTransaction) db.exec("ROLLBACK")
    throw error
  }
}
