/** Journals as older versions of dlrkit made them, with their tables as they were. */
import { chmodSync } from "node:fs"
import { DatabaseSync, type SQLInputValue } from "node:sqlite"
import { Samples } from "@dlrkit/testkit"

const afterwards = `
  CREATE TABLE event (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    run INTEGER NOT NULL,
    actor TEXT NOT NULL,
    body TEXT NOT NULL
  ) STRICT;
  CREATE TABLE cursor (consumer TEXT PRIMARY KEY, seq INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  PRAGMA application_id = ${0x646c726b};
`

/** A version of the tables before this one. */
export type Version = 1 | 2 | 3

const tables: Readonly<Record<Version, string>> = {
  1: `
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
  ${afterwards}
  PRAGMA user_version = 1;
`,
  2: `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
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
  CREATE UNIQUE INDEX message_by_id ON message (message_id) WHERE message_id IS NOT NULL;
  CREATE INDEX message_by_conversation ON message (conversation_id) WHERE conversation_id IS NOT NULL;
  CREATE INDEX message_by_contact ON message (contact) WHERE contact IS NOT NULL;
  CREATE INDEX message_due ON message (source, run, due_at) WHERE due_at IS NOT NULL;
  CREATE INDEX message_deadline ON message (source, run, deadline_at) WHERE due_at IS NOT NULL;
  CREATE INDEX message_group ON message (source, "group", due_at) WHERE due_at IS NOT NULL;
  CREATE INDEX message_unexplained ON message (source, run) WHERE unexplained = 1;
  ${afterwards}
  PRAGMA user_version = 2;
`,
  3: `
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
    first_look_at INTEGER,
    looked_at INTEGER,
    due_at INTEGER,
    looks INTEGER NOT NULL,
    unexplained INTEGER NOT NULL,
    missing INTEGER NOT NULL,
    late INTEGER NOT NULL,
    conflicts TEXT,
    unrecognized TEXT
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
  PRAGMA application_id = ${0x646c726b};
  PRAGMA user_version = 3;
`
}

/** The id of these journals. */
export const id = "0123456789abcdef"

const ref = {
  messageId: 'm-"1"',
  conversationId: "c-1",
  campaignId: "k-é",
  outboundContactId: 'o"1',
  to: "+1 (317) 555-0100",
  sentAt: 1500.75,
  labels: { a: "b" }
}

const common = {
  key: 1,
  ref: JSON.stringify(ref),
  source: "source",
  registered_at: 1000,
  message_id: ref.messageId,
  group: "g-1",
  run: 1,
  carrier: "acme",
  carrier_origin: "config",
  deadline_at: 100_000,
  status: "sent",
  provider_status: "queued",
  external_message_id: "x-1",
  seen_at: 3000,
  looked_at: 4000,
  due_at: 9000,
  looks: 2,
  missing: 0
}

const second = {
  ...common,
  key: 2,
  ref: JSON.stringify({ messageId: "m-2" }),
  message_id: "m-2",
  status: "failed",
  resolution: "failed",
  code: "X",
  cause: "expired",
  category: "unknown",
  retryable: "after",
  actor: "carrier",
  classifier: "c",
  rule: "r",
  final_at: 5000,
  looked_at: null,
  due_at: null,
  looks: 0,
  missing: 1,
  conflicts: JSON.stringify([{ status: "delivered" }])
}

const own: Readonly<Record<Version, readonly [object, object]>> = {
  1: [{ fruitless: 1 }, { fruitless: 0 }],
  2: [
    {
      contact: JSON.stringify([ref.campaignId, ref.outboundContactId]),
      conversation_id: "c-1",
      sent_at: 1500,
      alone: 1,
      unexplained: 0
    },
    { alone: 0, unexplained: 1 }
  ],
  3: [
    {
      contact: JSON.stringify([ref.campaignId, ref.outboundContactId]),
      recipient: "13175550100",
      conversation_id: "c-1",
      sent_at: 1500,
      alone: 1,
      first_look_at: 3500,
      unexplained: 0,
      late: 0,
      unrecognized: JSON.stringify(["?"])
    },
    { alone: 0, unexplained: 1, late: 1 }
  ]
}

const failed = {
  kind: "message.failed",
  messageId: "m-2",
  carrier: "acme",
  providerStatus: "failed",
  from: "sent",
  late: true
}

/** The events of these journals, as they are told. */
export const events = [
  { kind: "run.started", command: "track", version: "0" },
  { kind: "message.sent", messageId: ref.messageId, carrier: "acme", providerStatus: "x", from: "pending", late: true },
  failed
].map((body, i) => ({
  v: 1,
  id: `${id}-${i + 1}`,
  seq: i + 1,
  at: "1970-01-01T00:00:01.000Z",
  run: 1,
  actor: "a",
  body
}))

/** What a journal of a version holds, as this version tells it. */
export const expected = (version: Version) => [
  Samples.message({
    key: 1,
    ref,
    messageId: ref.messageId,
    conversationId: "c-1",
    sentAt: 1500,
    alone: version !== 1,
    registeredAt: 1000,
    status: "sent",
    providerStatus: "queued",
    externalMessageId: "x-1",
    seenAt: 3000,
    firstLookAt: version === 3 ? 3500 : 4000,
    lookedAt: 4000,
    dueAt: 9000,
    looks: 2,
    ...(version === 3 ? { unrecognized: ["?"] } : {})
  }),
  Samples.message({
    key: 2,
    messageId: "m-2",
    registeredAt: 1000,
    status: "failed",
    resolution: "failed",
    providerStatus: "queued",
    code: "X",
    cause: "expired",
    category: "unknown",
    retryable: "after",
    actor: "carrier",
    classifier: "c",
    rule: "r",
    externalMessageId: "x-1",
    finalAt: 5000,
    seenAt: 3000,
    dueAt: undefined,
    unexplained: version !== 1,
    missing: true,
    late: true,
    conflicts: [{ status: "delivered" }]
  })
]

/** Makes a journal of an older version, with so many messages besides; its log is settled. */
export const make = (file: string, version: Version, more = 0): void => {
  const db = new DatabaseSync(file)
  chmodSync(file, 0o600)
  db.exec(`PRAGMA journal_mode = WAL; BEGIN; ${tables[version]}`)
  const add = (table: string, row: Readonly<Record<string, SQLInputValue>>) =>
    db
      .prepare(
        `INSERT INTO ${table} (${Object.keys(row).map((name) => `"${name}"`)}) VALUES (${Object.keys(row).map(() => "?")})`
      )
      .run(...Object.values(row))
  add("meta", { name: "id", value: id })
  add("meta", { name: "hash_key", value: "ab".repeat(32) })
  add("meta", { name: "memo curves", value: "learned" })
  for (const { at, body, seq } of events) {
    add("event", { seq, at: Date.parse(at), run: 1, actor: "a", body: JSON.stringify(body) })
  }
  add("cursor", { consumer: "audit/file", seq: 2 })
  for (const [row, what] of [
    [common, own[version][0]],
    [second, own[version][1]]
  ] as const) {
    add("message", { ...row, ...what })
  }
  for (let key = 3; key < 3 + more; key++) {
    add("message", {
      ...second,
      ...own[version][1],
      key,
      message_id: `m-${key}`,
      ref: JSON.stringify({ messageId: key })
    })
  }
  db.exec("COMMIT")
  db.close()
}

/** All rows of a journal of any version. */
export const rows = (file: string): unknown => {
  const db = new DatabaseSync(file, { readOnly: true })
  const version = db.prepare("PRAGMA user_version").get()?.user_version
  const all = ["meta", "message", "event", "cursor"].map((table) => db.prepare(`SELECT * FROM ${table}`).all())
  db.close()
  return JSON.parse(JSON.stringify({ version, all }))
}
