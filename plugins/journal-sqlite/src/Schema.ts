/**
 * The tables of the journal, and how a message stands in a row.
 *
 * @module
 */

import type { SQLInputValue, SQLOutputValue } from "node:sqlite"
import { ExternalId, Message } from "@dlrkit/core"

/** Marks a SQLite file as a dlrkit journal ("dlrk"). */
export const applicationId = 0x646c726b

/** The version of these tables. */
export const version = 4

/** Makes the tables of a new journal. */
export const create = `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE message (
    key INTEGER PRIMARY KEY,
    ref TEXT NOT NULL,
    source TEXT NOT NULL,
    registered_at INTEGER NOT NULL,
    contact TEXT,
    recipient TEXT,
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
    profile TEXT,
    code TEXT,
    field TEXT,
    cause TEXT,
    category TEXT,
    retryable TEXT,
    actor TEXT,
    classifier TEXT,
    rule TEXT,
    external_message_id TEXT,
    final_at INTEGER,
    seen_at INTEGER,
    first_look_at INTEGER,
    looked_at INTEGER,
    due_at INTEGER,
    looks INTEGER NOT NULL,
    unexplained INTEGER NOT NULL,
    missing INTEGER NOT NULL,
    late INTEGER NOT NULL,
    conflicts TEXT,
    unrecognized TEXT,
    report TEXT
  ) STRICT;
  CREATE UNIQUE INDEX message_by_id ON message (message_id) WHERE message_id IS NOT NULL;
  CREATE INDEX message_by_conversation ON message (conversation_id) WHERE conversation_id IS NOT NULL;
  CREATE INDEX message_by_contact ON message (contact) WHERE contact IS NOT NULL;
  CREATE INDEX message_by_recipient ON message (recipient) WHERE recipient IS NOT NULL;
  CREATE INDEX message_due ON message (source, run, due_at) WHERE due_at IS NOT NULL;
  CREATE INDEX message_deadline ON message (source, run, deadline_at) WHERE due_at IS NOT NULL;
  CREATE INDEX message_group ON message (source, "group", due_at) WHERE due_at IS NOT NULL;
  CREATE INDEX message_unexplained ON message (source, run) WHERE unexplained = 1;
  CREATE TABLE event (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    run INTEGER NOT NULL,
    actor TEXT NOT NULL,
    body TEXT NOT NULL
  ) STRICT;
  CREATE TABLE cursor (
    consumer TEXT PRIMARY KEY,
    seq INTEGER NOT NULL,
    failing_since INTEGER,
    failed_at INTEGER,
    failure TEXT
  ) STRICT, WITHOUT ROWID;
  PRAGMA application_id = ${applicationId};
  PRAGMA user_version = ${version};
`

/** An external id as it is compared: what `ExternalId.comparable` gives. */
const comparable = `ltrim(trim(lower(external_message_id), char(${Array.from(ExternalId.whiteSpace, (c) => c.charCodeAt(0))})), '0')`

/**
 * Makes the index by which messages are found by their external ids. A journal has it from the first time that a
 * transaction looks for one (an import does): it costs every write of a message, and most journals never need it.
 */
export const createExternalIndex = `CREATE INDEX IF NOT EXISTS message_by_external_id ON message (${comparable})
  WHERE external_message_id IS NOT NULL`

/** Selects the keys of the messages with external ids: a JSON list of what `ExternalId.comparable` gives. */
export const keysByExternalId = `SELECT key FROM message
  WHERE external_message_id IS NOT NULL AND ${comparable} IN (SELECT value FROM json_each(?))`

/** What never changes of a message, in the order in which it is written. */
const fixed = ["source", "registered_at"]

/** The names of a message, its group and its time of sending, which change when more is learned of it. */
const naming = ["ref", "contact", "recipient", "message_id", "conversation_id", '"group"', "sent_at", "alone"]

/** What changes of a message, in the order in which it is written. */
const changing = [
  "run",
  "carrier",
  "carrier_origin",
  "deadline_at",
  "status",
  "resolution",
  "provider_status",
  "profile",
  "code",
  "field",
  "cause",
  "category",
  "retryable",
  "actor",
  "classifier",
  "rule",
  "external_message_id",
  "final_at",
  "seen_at",
  "first_look_at",
  "looked_at",
  "due_at",
  "looks",
  "unexplained",
  "missing",
  "late",
  "conflicts",
  "unrecognized",
  "report"
]

/** Selects whole messages; {@link toMessage} reads its rows. */
export const selectMessage = `SELECT key, ${[...fixed, ...naming, ...changing].join(", ")} FROM message`

/** Takes the key, then {@link fixedValues}, then {@link namingValues}, then {@link changingValues}. */
export const insertMessage = `INSERT INTO message (key, ${[...fixed, ...naming, ...changing].join(", ")})
  VALUES (?, ${[...fixed, ...naming, ...changing].map(() => "?").join(", ")})`

/** Takes {@link namingValues}, then the key. */
export const renameMessage = `UPDATE message SET ${naming.map((column) => `${column} = ?`).join(", ")} WHERE key = ?`

/** Takes {@link changingValues}, then the key. */
export const updateMessage = `UPDATE message SET ${changing.map((column) => `${column} = ?`).join(", ")} WHERE key = ?`

/** Whole milliseconds: what users and platforms tell of times may hold fractions. */
const millis = (time: number | undefined): SQLInputValue => (time === undefined ? null : Math.trunc(time))

/** A campaign's contact as one text; `null` where either is not known. */
export const contactOf = ({ campaignId, outboundContactId }: Message.MessageName): string | null =>
  campaignId === undefined || outboundContactId === undefined ? null : JSON.stringify([campaignId, outboundContactId])

/** The values of the columns that never change. */
export const fixedValues = (message: Message.TrackedMessage): Array<SQLInputValue> => [
  message.source,
  message.registeredAt
]

/** The values of the columns that change when more is learned of who a message is. */
export const namingValues = (message: Message.TrackedMessage): Array<SQLInputValue> => [
  JSON.stringify(message.ref),
  contactOf(message.ref),
  message.ref.to === undefined ? null : Message.digitsOf(message.ref.to),
  message.messageId ?? null,
  message.conversationId ?? null,
  message.group,
  millis(message.sentAt),
  message.alone ? 1 : 0
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
  message.profile ?? null,
  message.code ?? null,
  message.field ?? null,
  message.cause ?? null,
  message.category ?? null,
  message.retryable ?? null,
  message.actor ?? null,
  message.classifier ?? null,
  message.rule ?? null,
  message.externalMessageId ?? null,
  millis(message.finalAt),
  message.seenAt ?? null,
  message.firstLookAt ?? null,
  message.lookedAt ?? null,
  millis(message.dueAt),
  message.looks,
  message.unexplained ? 1 : 0,
  message.missing ? 1 : 0,
  message.late ? 1 : 0,
  message.conflicts.length === 0 ? null : JSON.stringify(message.conflicts),
  message.unrecognized === undefined ? null : JSON.stringify(message.unrecognized),
  message.report === undefined ? null : JSON.stringify(message.report)
]

/** Reads a row of {@link selectMessage}, given as an array. */
export const toMessage = (row: ReadonlyArray<SQLOutputValue>): Message.TrackedMessage =>
  ({
    key: row[0],
    source: row[1],
    registeredAt: row[2],
    ref: JSON.parse(row[3] as string),
    messageId: row[6] ?? undefined,
    conversationId: row[7] ?? undefined,
    group: row[8],
    sentAt: row[9] ?? undefined,
    alone: row[10] === 1,
    run: row[11],
    carrier: row[12],
    carrierOrigin: row[13],
    deadlineAt: row[14],
    status: row[15],
    resolution: row[16] ?? undefined,
    providerStatus: row[17] ?? undefined,
    profile: row[18] ?? undefined,
    code: row[19] ?? undefined,
    field: row[20] ?? undefined,
    cause: row[21] ?? undefined,
    category: row[22] ?? undefined,
    retryable: row[23] ?? undefined,
    actor: row[24] ?? undefined,
    classifier: row[25] ?? undefined,
    rule: row[26] ?? undefined,
    externalMessageId: row[27] ?? undefined,
    finalAt: row[28] ?? undefined,
    seenAt: row[29] ?? undefined,
    firstLookAt: row[30] ?? undefined,
    lookedAt: row[31] ?? undefined,
    dueAt: row[32] ?? undefined,
    looks: row[33],
    unexplained: row[34] === 1,
    missing: row[35] === 1,
    late: row[36] === 1,
    conflicts: row[37] === null ? [] : JSON.parse(row[37] as string),
    ...(row[38] === null ? {} : { unrecognized: JSON.parse(row[38] as string) }),
    ...(row[39] === null ? {} : { report: JSON.parse(row[39] as string) })
  }) as Message.TrackedMessage
