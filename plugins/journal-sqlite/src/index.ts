/**
 * The durable journal of dlrkit in one SQLite file, by Node's own SQLite.
 *
 * One transaction a page holds states and events. A commit survives a power cut by default. One tracker writes; others
 * read beside it.
 *
 * @module
 */

import type { DatabaseSync, StatementSync } from "node:sqlite"
import { JournalStore, type TrackingEvent } from "@dlrkit/core"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "./Schema.ts"
import * as SqliteFile from "./SqliteFile.ts"

/** The options of the journal. */
export interface JournalOptions {
  /** The file; made where there is none. `dlrkit.db` by default. */
  readonly file?: string | undefined
  /** How durable a commit is: `full` (the default) survives a power cut, `normal` the end of the process alone. */
  readonly synchronous?: SqliteFile.Synchronous | undefined
}

/**
 * The journal in a SQLite file. Fails with `JournalUnusable` where the file is something else, or cannot be made or
 * opened; nothing is written then. A new file is made when the first run begins, not before.
 *
 * @example
 * ```ts
 * defineTracker({ journal: Sqlite.journal({ file: "dlrkit.db" }) })
 * ```
 */
export const journal = (
  options: JournalOptions = {}
): Layer.Layer<JournalStore.JournalStore, JournalStore.JournalError> =>
  Layer.effect(JournalStore.JournalStore, make(options))

const make = Effect.fnUntraced(function* (options: JournalOptions) {
  const file = options.file ?? "dlrkit.db"
  const synchronous = options.synchronous ?? "full"
  const access = yield* JournalStore.Access
  const entropy = yield* JournalStore.Entropy

  const attempt = <A>(operation: string, run: () => A): Effect.Effect<A, JournalStore.JournalError> =>
    Effect.try({
      try: run,
      catch: (cause) =>
        cause instanceof JournalStore.JournalError
          ? cause
          : new JournalStore.JournalError({
              reason: new JournalStore.JournalBroken({ journal: file, operation, cause })
            })
    })

  const there = yield* attempt("open", () => SqliteFile.exists(file))
  if (!there && access !== "create") {
    return yield* new JournalStore.JournalError({
      reason: new JournalStore.JournalUnusable({
        journal: file,
        detail: "there is none yet; dlrkit track makes it, and --journal names another"
      })
    })
  }

  let opened: Opened | undefined = there
    ? yield* attempt("open", () => prepare(SqliteFile.open(file, { readOnly: access === "read", synchronous })))
    : undefined
  yield* Effect.addFinalizer(() => Effect.sync(() => opened?.db.close()))

  const identity = { id: entropy(8), hash_key: entropy(32) }
  /** The journal as it must be for a write: made where there is none yet, also none of another process. */
  const made = () => {
    if (opened !== undefined) return opened
    if (!SqliteFile.exists(file)) SqliteFile.create(file, identity)
    opened = prepare(SqliteFile.open(file, { readOnly: false, synchronous }))
    return opened
  }
  /** Reads; a journal that is not made yet is an empty one. */
  const read = <A>(operation: string, empty: A, run: (journal: Opened) => A) =>
    attempt(operation, () => (opened === undefined ? empty : run(opened)))

  return JournalStore.JournalStore.of({
    get id() {
      return opened?.id ?? identity.id
    },
    location: file,
    get hashKey() {
      return opened?.hashKey ?? identity.hash_key
    },
    claim: Effect.acquireRelease(
      attempt("lock", () => SqliteFile.lock(file)).pipe(
        Effect.flatMap((release) =>
          release === undefined
            ? Effect.fail(new JournalStore.JournalError({ reason: new JournalStore.JournalInUse({ journal: file }) }))
            : Effect.succeed(release)
        )
      ),
      (release) => Effect.sync(release)
    ).pipe(Effect.asVoid),
    transact: (sought, decide) => attempt("transact", () => transact(made(), sought, decide)),
    open: ({ after, by, limit, run, source }) =>
      read("open", [], (journal) => {
        const statement = by === "dueAt" ? journal.openByDue : journal.openByDeadline
        return statement.all(source, run, after?.[by] ?? -1, after?.key ?? -1, limit).map(toOpenMessage)
      }),
    openOf: ({ except, group, limit, run, source, unseenSince = Number.MAX_SAFE_INTEGER }) =>
      read("openOf", [], ({ openOf }) =>
        toMessages(openOf.all(source, group, run, unseenSince, JSON.stringify(Array.from(except)), limit))
      ),
    unexplained: ({ limit, run, source }) =>
      read("unexplained", [], ({ unexplained }) => toMessages(unexplained.all(source, run, limit))),
    schedule: (moments) => attempt("schedule", () => schedule(made(), moments)),
    memo: (name) =>
      read("memo", undefined, ({ memo }) => {
        const text = memo.get(`memo ${name}`)?.value
        return typeof text === "string" ? text : undefined
      }),
    setMemo: (name, text) => attempt("setMemo", () => void made().setMemo.run(`memo ${name}`, text)),
    events: (after, limit) =>
      read("events", [], ({ events, id }) =>
        events.all(after, limit).map((row) => toEvent(id, row as unknown as ReadonlyArray<string | number>))
      ),
    lastSeq: read("lastSeq", 0, lastSeq),
    cursor: (consumer) => read("cursor", 0, ({ cursor }) => Number(cursor.get(consumer)?.seq ?? 0)),
    moveCursor: (consumer, seq) => attempt("moveCursor", () => void made().moveCursor.run(consumer, seq)),
    cursors: read("cursors", [], ({ cursors }) =>
      cursors.all().map((row) => ({ consumer: String(row.consumer), seq: Number(row.seq) }))
    ),
    messages: ({ after, limit, run }) =>
      read("messages", [], ({ messages }) => toMessages(messages.all(after, run ?? null, run ?? null, limit))),
    totals: (run) =>
      read("totals", [], ({ totals }) =>
        totals.all(run ?? null, run ?? null).map(
          (row) =>
            ({
              carrier: row.carrier,
              status: row.status,
              resolution: row.resolution ?? undefined,
              category: row.category ?? undefined,
              cause: row.cause ?? undefined,
              missing: row.missing === 1,
              count: row.count
            }) as JournalStore.Total
        )
      )
  })
})

type Store = JournalStore.JournalStoreService

/** An open journal and its statements, each prepared once. */
type Opened = ReturnType<typeof prepare>

const ofRun = "(? IS NULL OR run = ?)"
const selectOpen =
  'SELECT key, "group", carrier, sent_at, registered_at, alone, seen_at IS NOT NULL, looked_at, due_at, deadline_at'

/** Open messages in the order of a column, from after a place in it; found in the index. */
const openBy = (column: string, index: string) =>
  `${selectOpen} FROM message INDEXED BY ${index}
   WHERE source = ? AND run = ? AND due_at IS NOT NULL AND (${column}, key) > (?, ?) ORDER BY ${column}, key LIMIT ?`

const prepare = ({ db, meta }: SqliteFile.OpenFile) => {
  const arrays = (sql: string): StatementSync => {
    const statement = db.prepare(sql)
    statement.setReturnArrays(true)
    return statement
  }
  return {
    db,
    id: meta.id as string,
    hashKey: meta.hash_key as string,
    byKeys: arrays(`${Schema.selectMessage} WHERE key IN (SELECT value FROM json_each(?)) ORDER BY key`),
    sought: arrays(
      `${Schema.selectMessage} WHERE key IN (
         SELECT value FROM json_each(?)
         UNION SELECT key FROM message WHERE message_id IN (SELECT value FROM json_each(?))
         UNION SELECT key FROM message WHERE conversation_id IN (SELECT value FROM json_each(?))
         UNION SELECT key FROM message WHERE contact IN (SELECT value FROM json_each(?))
       ) ORDER BY key`
    ),
    insert: db.prepare(Schema.insertMessage),
    update: db.prepare(Schema.updateMessage),
    rename: db.prepare(Schema.renameMessage),
    remove: db.prepare("DELETE FROM message WHERE key = ?"),
    insertEvent: db.prepare("INSERT INTO event (seq, at, run, actor, body) VALUES (?, ?, ?, ?, ?)"),
    lastSeq: db.prepare("SELECT max(seq) AS seq FROM event"),
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
      "INSERT INTO cursor (consumer, seq) VALUES (?, ?) ON CONFLICT (consumer) DO UPDATE SET seq = excluded.seq"
    ),
    cursors: db.prepare("SELECT consumer, seq FROM cursor ORDER BY consumer"),
    messages: arrays(`${Schema.selectMessage} WHERE key > ? AND ${ofRun} ORDER BY key LIMIT ?`),
    totals: db.prepare(
      `SELECT carrier, status, resolution, category, cause, missing, count(*) AS count FROM message WHERE ${ofRun}
       GROUP BY carrier, status, resolution, category, cause, missing`
    )
  }
}

const lastSeq = ({ lastSeq: statement }: Opened): number => Number(statement.get()?.seq ?? 0)

const toMessages = (rows: ReadonlyArray<unknown>) =>
  (rows as ReadonlyArray<Parameters<typeof Schema.toMessage>[0]>).map(Schema.toMessage)

const seek = (journal: Opened, { keys = [], names = [] }: JournalStore.Sought) => {
  if (names.length === 0) return keys.length === 0 ? [] : toMessages(journal.byKeys.all(JSON.stringify(keys)))
  const given = (values: ReadonlyArray<string | null | undefined>) =>
    JSON.stringify(values.filter((value) => value !== undefined && value !== null))
  const rows = journal.sought.all(
    JSON.stringify(keys),
    given(names.map(({ messageId }) => messageId)),
    given(names.map(({ conversationId }) => conversationId)),
    given(names.map(Schema.contactOf))
  )
  return toMessages(rows)
}

const transact = <A>(
  journal: Opened,
  sought: JournalStore.Sought,
  decide: (snapshot: JournalStore.Snapshot) => JournalStore.Decision<A>
): A => {
  const { db, insert, insertEvent, remove, rename, update } = journal
  return inTransaction(db, () => {
    let seq = lastSeq(journal) + 1
    const decision = decide({ messages: seek(journal, sought), nextSeq: seq })
    for (const key of decision.remove ?? []) remove.run(key)
    for (const message of decision.insert ?? []) {
      insert.run(...Schema.fixedValues(message), ...Schema.namingValues(message), ...Schema.changingValues(message))
    }
    for (const message of decision.update ?? []) update.run(...Schema.changingValues(message), message.key)
    for (const message of decision.renamed ?? []) rename.run(...Schema.namingValues(message), message.key)
    for (const { actor, at, body, run } of decision.events ?? []) {
      insertEvent.run(seq, at, run, actor, JSON.stringify(body))
      seq += 1
    }
    return decision.result
  })
}

const inTransaction = <A>(db: DatabaseSync, run: () => A): A => {
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

const schedule = ({ db, schedule: statement }: Opened, moments: Parameters<Store["schedule"]>[0]) =>
  inTransaction(db, () => {
    for (const { dueAt, key } of moments) statement.run(Math.trunc(dueAt), key)
  })

const toOpenMessage = (row: unknown): JournalStore.OpenMessage => {
  const [key, group, carrier, sentAt, registeredAt, alone, seen, lookedAt, dueAt, deadlineAt] =
    row as ReadonlyArray<unknown>
  return {
    key,
    group,
    carrier,
    sentAt: sentAt ?? undefined,
    registeredAt,
    alone: alone === 1,
    seen: seen === 1,
    lookedAt: lookedAt ?? undefined,
    dueAt,
    deadlineAt
  } as JournalStore.OpenMessage
}

const toEvent = (journal: string, row: ReadonlyArray<string | number>): TrackingEvent.TrackingEvent => {
  const [seq, at, run, actor, body] = row
  return JournalStore.toTrackingEvent(journal, Number(seq), {
    at: Number(at),
    run: Number(run),
    actor: String(actor),
    body: JSON.parse(String(body)) as TrackingEvent.EventBody
  })
}
