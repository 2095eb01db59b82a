/**
 * Brings the tables of an older journal to this version: one step a version, all in one transaction.
 *
 * @module
 */
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from "node:fs"
import { DatabaseSync } from "node:sqlite"
import { JournalStore, Message } from "@dlrkit/core"
import * as Failures from "./Failures.ts"
import * as Schema from "./Schema.ts"
import * as SqliteFile from "./SqliteFile.ts"
import { inTransaction } from "./Statements.ts"

/** From which version of the tables to which, and where a copy of the journal as it was stands. */
type Migrated = NonNullable<JournalStore.JournalStoreService["migrated"]>

/** A message is known by any of its ids, and has a time of sending of its own. */
const toVersion2 = (db: DatabaseSync): void => {
  db.function("contact_of", { deterministic: true }, (ref) => Schema.contactOf(JSON.parse(String(ref))))
  const kept = `key, ref, source, registered_at, message_id, "group", run, carrier, carrier_origin, deadline_at, status,
    resolution, provider_status, code, cause, category, retryable, actor, classifier, rule, external_message_id, final_at,
    seen_at, looked_at, due_at, looks, missing, conflicts`
  db.exec(`
    DROP INDEX message_due;
    DROP INDEX message_unseen;
    DROP INDEX message_group;
    ALTER TABLE message RENAME TO message_1;
    CREATE TABLE message (
      key INTEGER PRIMARY KEY,
      ref TEXT NOT NULL,
      source TEXT NOT NULL,
      contact TEXT,
      registered_at INTEGER NOT NULL,
      message_id TEXT,
      conversation_id TEXT,
      "group" TEXT NOT NULL,
      sent_at INTEGER,
      alone INTEGER NOT NULL,
      run INTEGER NOT NULL,
      carrier TEXT NOT NULL,
      carrier_origin TEXT NOT NULL,
      deadline_at INTEGER NOT NULL,
      status TEXT NOT NULL,
      resolution TEXT,
      provider_status TEXT,
      code TEXT,
      cause TEXT,
      category TEXT,
      retryable TEXT,
      actor TEXT,
      classifier TEXT,
      rule TEXT,
      external_message_id TEXT,
      final_at INTEGER,
      seen_at INTEGER,
      looked_at INTEGER,
      due_at INTEGER,
      looks INTEGER NOT NULL,
      unexplained INTEGER NOT NULL,
      missing INTEGER NOT NULL,
      conflicts TEXT
    ) STRICT;
    INSERT INTO message (${kept}, contact, conversation_id, sent_at, alone, unexplained)
    SELECT ${kept}, contact_of(ref), ref ->> '$.conversationId', CAST(ref ->> '$.sentAt' AS INTEGER), 0, 0
    FROM message_1;
    DROP TABLE message_1;
    CREATE UNIQUE INDEX message_by_id ON message (message_id) WHERE message_id IS NOT NULL;
    CREATE INDEX message_by_conversation ON message (conversation_id) WHERE conversation_id IS NOT NULL;
    CREATE INDEX message_by_contact ON message (contact) WHERE contact IS NOT NULL;
    CREATE INDEX message_due ON message (source, run, due_at) WHERE due_at IS NOT NULL;
    CREATE INDEX message_deadline ON message (source, run, deadline_at) WHERE due_at IS NOT NULL;
    CREATE INDEX message_group ON message (source, "group", due_at) WHERE due_at IS NOT NULL;
    CREATE INDEX message_unexplained ON message (source, run) WHERE unexplained = 1;
  `)
}

/**
 * Recipients are found by their digits; the first look, late receipts and what consumers fail with are kept. Of the looks
 * of an older journal only the last is known. What came late is told by its event.
 */
const toVersion3 = (db: DatabaseSync): void => {
  db.function("digits_of", { deterministic: true }, (to) => Message.digitsOf(String(to)))
  db.exec(`
    ALTER TABLE message ADD COLUMN recipient TEXT;
    ALTER TABLE message ADD COLUMN first_look_at INTEGER;
    ALTER TABLE message ADD COLUMN late INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE message ADD COLUMN unrecognized TEXT;
    UPDATE message SET first_look_at = looked_at,
      recipient = iif(ref ->> '$.to' IS NULL, NULL, digits_of(ref ->> '$.to'));
    UPDATE message SET late = 1 WHERE message_id IN (
      SELECT body ->> '$.messageId' FROM event
      WHERE instr(body, '"late":true') > 0 AND body ->> '$.late' = 1
        AND body ->> '$.kind' IN ('message.delivered', 'message.failed'));
    CREATE INDEX message_by_recipient ON message (recipient) WHERE recipient IS NOT NULL;
    ALTER TABLE cursor ADD COLUMN failing_since INTEGER;
    ALTER TABLE cursor ADD COLUMN failed_at INTEGER;
    ALTER TABLE cursor ADD COLUMN failure TEXT;
  `)
}

/** A code is kept with whose it is, and a carrier's own report beside it. Older codes are those of nobody in particular. */
const toVersion4 = (db: DatabaseSync): void => {
  db.exec(`
    ALTER TABLE message ADD COLUMN profile TEXT;
    ALTER TABLE message ADD COLUMN field TEXT;
    ALTER TABLE message ADD COLUMN report TEXT;
  `)
}

/** The step to each version, the first one to version 2. */
const steps = [toVersion2, toVersion3, toVersion4]

/** The journal of which a file is a copy; `undefined` where it is none. */
const copied = (path: string): unknown => {
  try {
    return SqliteFile.closing(
      SqliteFile.asItIs(path),
      (db) => db.prepare("SELECT value FROM meta WHERE name = 'id'").get()?.value
    )
  } catch {
    return undefined
  }
}

/**
 * Keeps a copy of a journal for its owner alone, whole from the moment it has its name. An earlier one of the same
 * journal gives way: it is of a migration that did not come to its end.
 */
const keepCopy = (file: string, id: unknown, copy: string): void => {
  if (existsSync(copy) && copied(copy) !== id) {
    throw Failures.unusable(file, `${copy} is in the way of the copy that is kept of it: move that elsewhere`)
  }
  const unfinished = `${copy}.new`
  rmSync(unfinished, { force: true })
  try {
    closeSync(openSync(unfinished, "wx", 0o600))
    SqliteFile.closing(new DatabaseSync(SqliteFile.pathOf(file), { readOnly: true }), (db) =>
      db.prepare("VACUUM INTO ?").run(unfinished)
    )
    const written = openSync(unfinished, "r+")
    fsyncSync(written)
    closeSync(written)
    renameSync(unfinished, copy)
  } finally {
    rmSync(unfinished, { force: true })
  }
}

const bring = (file: string): Migrated | undefined => {
  const mayBeOlder = (file: string, version: number) =>
    SqliteFile.mustBeCurrent(file, Math.max(version, Schema.version))
  const { db, meta } = SqliteFile.open(file, { readOnly: false, synchronous: "full" }, mayBeOlder)
  return SqliteFile.closing(db, () => {
    const migrated = inTransaction(db, () => {
      const from = SqliteFile.pragma(db, "user_version")
      if (from === Schema.version) return undefined
      // Nobody writes from here on, so the copy is what is migrated.
      const copy = `${SqliteFile.pathOf(file)}.v${from}`
      keepCopy(file, meta.id, copy)
      for (const step of steps.slice(from - 1)) step(db)
      db.exec(`PRAGMA user_version = ${Schema.version}`)
      return { from, to: Schema.version, copy }
    })
    db.exec("PRAGMA wal_checkpoint(TRUNCATE)")
    return migrated
  })
}

/**
 * Brings a journal to this version of the tables, and says what was done; `undefined` where it had it. A copy of it as it
 * was stands beside it before anything is changed. Throws `JournalInUse` beside a tracker.
 */
export const migrate = (file: string): Migrated | undefined => {
  const release = SqliteFile.lock(file)
  if (release === undefined) {
    throw new JournalStore.JournalError({ reason: new JournalStore.JournalInUse({ journal: file }) })
  }
  try {
    return SqliteFile.opening(file, () => bring(file))
  } finally {
    release()
  }
}
