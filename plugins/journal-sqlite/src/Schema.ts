/**
 * The tables of the journal, and how a message stands in a row.
 *
 * @module
 */

import type { SQLInputValue, SQLOutputValue } from "node:sqlite"
import type { Message } from "@dlrkit/core"

/** Marks a SQLite file as a dlrkit journal ("dlrk"). */
export const applicationId = 0x646c726b

/** The version of these tables. */
export const version = 1

/** Makes the tables of a new journal. */
export const create = `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE message (
    key INTEGER PRIMARY KEY,
    message_id TEXT NOT NULL UNIQUE,
    ref TEXT NOT NULL,
    source TEXT NOT NULL,
    "group" TEXT NOT NULL,
    registered_at INTEGER NOT NULL,
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
    fruitless INTEGER NOT NULL,
    missing INTEGER NOT NULL,
    conflicts TEXT
  ) STRICT;
  CREATE INDEX message_due ON message (source, due_at, looked_at, run) WHERE due_at IS NOT NULL;
  CREATE INDEX message_unseen ON message (source, run) WHERE looked_at IS NULL AND due_at IS NOT NULL;
  CREATE INDEX message_group ON message (source, "group", looked_at) WHERE due_at IS NOT NULL;
  CREATE TABLE event (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    run INTEGER NOT NULL,
    actor TEXT NOT NULL,
    body TEXT NOT NULL
  ) STRICT;
  CREATE TABLE cursor (consumer TEXT PRIMARY KEY, seq INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  PRAGMA application_id = ${applicationId};
  PRAGMA user_version = ${version};
`

/** What never changes of a message, in the order in which it is written. */
const fixed = ["message_id", "ref", "source", '"group"', "registered_at"]

/** What changes of a message, in the order in which it is written. */
const changing = [
  "run",
  "carrier",
  "carrier_origin",
  "deadline_at",
  "status",
  "resolution",
  "provider_status",
  "code",
  "cause",
  "category",
  "retryable",
  "actor",
  "classifier",
  "rule",
  "external_message_id",
  "final_at",
  "seen_at",
  "looked_at",
  "due_at",
  "looks",
  "fruitless",
  "missing",
  "conflicts"
]

/** Selects whole messages; {@link toMessage} reads its rows. */
export const selectMessage = `SELECT key, ${[...fixed, ...changing].join(", ")} FROM message`

/** Takes {@link fixedValues}, then {@link changingValues}. */
export const insertMessage = `INSERT INTO message (${[...fixed, ...changing].join(", ")})
  VALUES (${[...fixed, ...changing].map(() => "?").join(", ")})`

/** Takes {@link changingValues}, then the key. */
export const updateMessage = `UPDATE message SET ${changing.map((column) => `${column} = ?`).join(", ")} WHERE key = ?`

/** Whole milliseconds: what users and platforms tell of times may hold fractions. */
const millis = (time: number | undefined): SQLInputValue => (time === undefined ? null : Math.trunc(time))

/** The values of the columns that never change. */
export const fixedValues = (message: Message.TrackedMessage): Array<SQLInputValue> => [
  message.messageId,
  JSON.stringify(message.ref),
  message.source,
  message.group,
  message.registeredAt
]

/** The values of the columns that change. */
export const changingValues = (message: Message.TrackedMessage): Array<SQLInputValue> => [
  message.run,
  message.carrier,
  message.carrierOrigin,
  millis(message.deadlineAt),
  message.status,
  message.resolution ?? null,
  message.providerStatus ?? null,
  message.code ?? null,
  message.cause ?? null,
  message.category ?? null,
  message.retryable ?? null,
  message.actor ?? null,
  message.classifier ?? null,
  message.rule ?? null,
  message.externalMessageId ?? null,
  millis(message.finalAt),
  message.seenAt ?? null,
  message.lookedAt ?? null,
  millis(message.dueAt),
  message.looks,
  message.fruitless,
  message.missing ? 1 : 0,
  message.conflicts.length === 0 ? null : JSON.stringify(message.conflicts)
]

/** Reads a row of {@link selectMessage}, given as an array. */
export const toMessage = (row: ReadonlyArray<SQLOutputValue>): Message.TrackedMessage =>
  ({
    key: row[0],
    messageId: row[1],
    ref: JSON.parse(row[2] as string),
    source: row[3],
    group: row[4],
    registeredAt: row[5],
    run: row[6],
    carrier: row[7],
    carrierOrigin: row[8],
    deadlineAt: row[9],
    status: row[10],
    resolution: row[11] ?? undefined,
    providerStatus: row[12] ?? undefined,
    code: row[13] ?? undefined,
    cause: row[14] ?? undefined,
    category: row[15] ?? undefined,
    retryable: row[16] ?? undefined,
    actor: row[17] ?? undefined,
    classifier: row[18] ?? undefined,
    rule: row[19] ?? undefined,
    externalMessageId: row[20] ?? undefined,
    finalAt: row[21] ?? undefined,
    seenAt: row[22] ?? undefined,
    lookedAt: row[23] ?? undefined,
    dueAt: row[24] ?? undefined,
    looks: row[25],
    fruitless: row[26],
    missing: row[27] === 1,
    conflicts: row[28] === null ? [] : JSON.parse(row[28] as string)
  }) as Message.TrackedMessage
