/**
 * The durable journal of dlrkit in one SQLite file, by Node's own SQLite.
 *
 * One transaction a page holds states and events. A commit survives a power cut by default. One tracker writes; others
 * read beside it.
 *
 * @module
 */

import { JournalStore } from "@dlrkit/core"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Failures from "./Failures.ts"
import * as Maintenance from "./Maintenance.ts"
import * as Migrations from "./Migrations.ts"
import { toConsumer, toEvent, toOpenMessage, toTotal } from "./Rows.ts"
import * as Schema from "./Schema.ts"
import * as SqliteFile from "./SqliteFile.ts"
import { inTransaction, lastSeq, type Opened, prepare, toMessages } from "./Statements.ts"

/** The options of the journal. */
export interface JournalOptions {
  /** The file; made where there is none. `dlrkit.db` by default. */
  readonly file?: string | undefined
  /** How durable a commit is: `full` (the default) survives a power cut, `normal` the end of the process alone. */
  readonly synchronous?: SqliteFile.Synchronous | undefined
  /**
   * How long messages are kept after their end, and events; for ever where it is not said. What is older is taken out
   * while a tracker runs, but for what an audit sink has not acknowledged.
   */
  readonly keep?: Duration.Input | undefined
  /** How large the file may grow, in bytes; a write beyond that fails as on a full disk. As large as the disk by default. */
  readonly maxSize?: number | undefined
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
  const { file = "dlrkit.db", maxSize, synchronous = "full" } = options
  const keep = options.keep === undefined ? undefined : Option.getOrUndefined(Duration.fromInput(options.keep))
  if (options.keep !== undefined && keep === undefined) {
    return yield* Failures.unusable(file, `keep is no duration: ${JSON.stringify(options.keep)}; say "90 days"`)
  }
  if (maxSize !== undefined && !(maxSize > 0)) {
    return yield* Failures.unusable(file, `maxSize is ${maxSize}: give a number of bytes, or leave it out`)
  }
  const access = yield* JournalStore.Access
  const entropy = yield* JournalStore.Entropy

  const attempt = <A>(operation: string, run: () => A): Effect.Effect<A, JournalStore.JournalError> =>
    Effect.try({ try: run, catch: (cause) => Failures.broken(file, operation, cause, maxSize) })

  const version = yield* attempt("open", () => SqliteFile.look(file))
  if (version === undefined && access !== "create") {
    return yield* Failures.unusable(file, "there is none yet; dlrkit track makes it, and --journal names another")
  }
  const migrated = access === "migrate" ? yield* attempt("migrate", () => Migrations.migrate(file)) : undefined

  const open = () =>
    SqliteFile.opening(file, () => {
      const made = SqliteFile.open(file, { readOnly: access === "read", synchronous, maxSize })
      return SqliteFile.closingOnError(made.db, () => prepare(made))
    })
  let opened: Opened | undefined = version === undefined ? undefined : yield* attempt("open", open)
  yield* Effect.addFinalizer(() => Effect.sync(() => opened?.db.close()))

  const identity = { id: entropy(8), hash_key: entropy(32) }
  /** The journal as it must be for a write: made where there is none yet, also none of another process. */
  const made = () => {
    if (opened !== undefined) return opened
    if (SqliteFile.look(file) === undefined) SqliteFile.create(file, identity)
    opened = open()
    return opened
  }
  /** Reads; a journal that is not made yet is an empty one. */
  const read = <A>(operation: string, empty: A, run: (journal: Opened) => A) =>
    attempt(operation, () => (opened === undefined ? empty : run(opened)))
  /** Writes in one transaction; in a journal that is not made yet there is nothing to be written again. */
  const rewrite = <A>(operation: string, empty: A, run: (journal: Opened) => A) =>
    read(operation, empty, (journal) => inTransaction(journal.db, () => run(journal)))

  return JournalStore.JournalStore.of({
    get id() {
      return opened?.id ?? identity.id
    },
    location: file,
    get hashKey() {
      return opened?.hashKey ?? identity.hash_key
    },
    migrated,
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
      read("events", [], ({ events, id }) => events.all(after, limit).map((row) => toEvent(id, row))),
    lastSeq: read("lastSeq", 0, lastSeq),
    firstSeq: read("firstSeq", 0, ({ firstSeq }) => Number(firstSeq.get()?.seq ?? 0)),
    mentions: (texts, after, limit) =>
      read("mentions", [], ({ id, mentions }) =>
        mentions.all(after, JSON.stringify(texts), limit).map((row) => toEvent(id, row))
      ),
    cursor: (consumer) => read("cursor", 0, ({ cursor }) => Number(cursor.get(consumer)?.seq ?? 0)),
    noteFailure: (consumer, { at, detail, since }) =>
      attempt("noteFailure", () => void made().noteFailure.run(consumer, since, at, detail)),
    consumers: read("consumers", [], ({ consumers }) => consumers.all().map(toConsumer)),
    messages: ({ after, limit, run }) =>
      read("messages", [], ({ messages }) => toMessages(messages.all(after, run ?? null, run ?? null, limit))),
    find: (sought) => read("find", [], (journal) => seek(journal, sought)),
    totals: (run) => read("totals", [], ({ totals }) => totals.all(run ?? null, run ?? null).map(toTotal)),
    keep: keep === undefined ? undefined : Duration.toMillis(keep),
    prune: (prunable, record) =>
      rewrite("prune", { messages: 0, events: 0 }, (journal) => Maintenance.prune(journal, prunable, record)),
    redact: (change) => rewrite("redact", 0, (journal) => Maintenance.redact(journal, change)),
    compact: read("compact", { before: 0, after: 0 }, ({ db }) => Maintenance.compact(db)),
    check: read("check", [], ({ db }) => Maintenance.check(db))
  })
})

type Store = JournalStore.JournalStoreService

const seek = (journal: Opened, { externalIds = [], names = [], recipients = [], ...sought }: JournalStore.Sought) => {
  const keys = [...(sought.keys ?? [])]
  if (externalIds.length > 0) {
    for (const { key } of journal.keysByExternalId.all(JSON.stringify(externalIds))) keys.push(Number(key))
  }
  if (names.length === 0 && recipients.length === 0)
    return keys.length === 0 ? [] : toMessages(journal.byKeys.all(JSON.stringify(keys)))
  const given = (values: ReadonlyArray<string | null | undefined>) =>
    JSON.stringify(values.filter((value) => value !== undefined && value !== null))
  const rows = journal.sought.all(
    JSON.stringify(keys),
    given(names.map(({ messageId }) => messageId)),
    given(names.map(({ conversationId }) => conversationId)),
    given(names.map(Schema.contactOf)),
    JSON.stringify(recipients)
  )
  return toMessages(rows)
}

const transact = <A>(
  journal: Opened,
  sought: JournalStore.Sought,
  decide: (snapshot: JournalStore.Snapshot) => JournalStore.Decision<A>
): A => {
  const { db, insert, insertEvent, moveCursor, newKey, remove, rename, update } = journal
  return inTransaction(db, () => {
    if ((sought.externalIds?.length ?? 0) > 0) db.exec(Schema.createExternalIndex)
    let seq = lastSeq(journal) + 1
    const decision = decide({ messages: seek(journal, sought), nextSeq: seq })
    for (const key of decision.remove ?? []) remove.run(key)
    if (decision.insert !== undefined && decision.insert.length > 0) {
      let key = newKey(decision.insert.length)
      for (const message of decision.insert) {
        insert.run(
          key++,
          ...Schema.fixedValues(message),
          ...Schema.namingValues(message),
          ...Schema.changingValues(message)
        )
      }
    }
    for (const message of decision.update ?? []) update.run(...Schema.changingValues(message), message.key)
    for (const message of decision.renamed ?? []) rename.run(...Schema.namingValues(message), message.key)
    for (const { actor, at, body, run } of decision.events ?? []) {
      insertEvent.run(seq, at, run, actor, JSON.stringify(body))
      seq += 1
    }
    for (const { consumer, seq } of decision.cursors ?? []) moveCursor.run(consumer, seq)
    return decision.result
  })
}

const schedule = ({ db, schedule: statement }: Opened, moments: Parameters<Store["schedule"]>[0]) =>
  inTransaction(db, () => {
    for (const { dueAt, key } of moments) statement.run(Math.trunc(dueAt), key)
  })
