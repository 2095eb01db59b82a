/**
 * The other side: the least code that leaves the same behind. A request, `JSON.parse`, an upsert of the message's row and
 * an insert of an event's row for each receipt, one transaction a page, one append a page.
 *
 * It waits for the disk as often as the tracker did in the run before it: a commit for each page and one for the end, as
 * many flushes of the audit file, and as many commits of how far that has come, which otherwise goes with the next page.
 * The tracker's audit trail runs beside its polling, so that a flush can hold more than one page; the loop spreads as
 * many flushes over its pages.
 */
import { closeSync, fsyncSync, mkdirSync, openSync, writeSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { Taxonomy } from "@dlrkit/core"
import { Client } from "undici"
import { sinkNames } from "./Journals.ts"
import type { Measured, Place, Syncs } from "./Run.ts"
import type { Ref } from "./Workload.ts"

/** What the words of the platform mean: the cause, and the rule by which the classifier knows it. */
const meaning = (cause: Taxonomy.Cause, rule?: string) => {
  const { actor, category, retryable } = Taxonomy.causes[cause]
  return { cause, category, retryable, actor, rule, classifier: rule === undefined ? undefined : "genesys" }
}
const meanings: Readonly<Record<string, ReturnType<typeof meaning>>> = {
  INVALID_NUMBER: meaning("invalid_number", "INVALID"),
  CARRIER_REJECTED: meaning("refused_unspecified", "REJECTED"),
  RATE_LIMITED: meaning("rate_limited", "RATE_LIMITED"),
  NETWORK_ERROR: meaning("network_failure", "NETWORK_ERROR"),
  SOMETHING_ELSE: meaning("unexplained")
}

interface Entity {
  readonly id: string
  readonly status: string
  readonly statusDetails?: string
  readonly externalMessageId: string
}

const columns = [
  "message_id",
  "ref",
  "source",
  '"group"',
  "registered_at",
  "sent_at",
  "alone",
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
  "first_look_at",
  "looked_at",
  "due_at",
  "looks",
  "unexplained",
  "missing",
  "late",
  "conflicts"
]
const upsertMessage = `INSERT INTO message (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")})
  ON CONFLICT (message_id) WHERE message_id IS NOT NULL DO UPDATE SET ${columns
    .slice(7)
    .map((column) => `${column} = excluded.${column}`)
    .join(", ")}`

const source = "genesys-messaging"
const day = 86_400_000

/** Runs the loop over contacts with their messages. The clock starts when files and statements are open. */
export const run = async (
  place: Place,
  contacts: ReadonlyArray<ReadonlyArray<Ref>>,
  like: Syncs
): Promise<Measured> => {
  const db = new DatabaseSync(place.journal)
  db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = full")
  const journalId = db.prepare("SELECT value FROM meta WHERE name = 'id'").get()?.value as string
  const upsert = db.prepare(upsertMessage)
  const insertEvent = db.prepare("INSERT INTO event (seq, at, run, actor, body) VALUES (?, ?, ?, ?, ?)")
  const moveCursor = db.prepare("UPDATE cursor SET seq = ? WHERE consumer = ?")
  let seq = Number(db.prepare("SELECT max(seq) AS seq FROM event").get()?.seq)
  const run = seq + 1
  const actor = "benchmark"
  // What claiming does for the tracker, before its clock starts too: the pages are in the cache, the log has its size.
  db.prepare("UPDATE message SET run = ?").run(run)
  const registered = contacts.map((refs) => new Map(refs.map((ref) => [ref.messageId, ref])))

  mkdirSync(place.audit, { recursive: true })
  const trail = openSync(join(place.audit, `audit-${journalId}.ndjson`), "a", 0o600)
  const client = new Client(place.url)
  const syncs = { commits: 0, flushes: 0, cursorMoves: 0 }
  let lines = ""
  const record = (at: number, iso: string, body: string) => {
    seq += 1
    insertEvent.run(seq, at, run, actor, body)
    lines += `{"v":1,"id":"${journalId}-${seq}","seq":${seq},"at":"${iso}","run":${run},"actor":"${actor}",${body.slice(1)}\n`
  }
  let flushed = 0
  const commit = () => {
    if (flushed > 0) moveCursor.run(flushed, sinkNames[0])
    flushed = 0
    db.exec("COMMIT")
    syncs.commits += 1
    writeSync(trail, lines)
    lines = ""
  }
  const flush = () => {
    fsyncSync(trail)
    syncs.flushes += 1
    flushed = seq
  }

  const clock = performance.now()
  for (const [index, messages] of registered.entries()) {
    const ids = Array.from(messages.keys())
    const contact = messages.get(ids[0] as string)?.externalContactId as string
    const startedAt = Date.now()
    const { body, headers, statusCode } = await client.request({
      method: "GET",
      path: `/api/v2/messaging/externalcontacts/${contact}/messages?messageId=${ids.join(",")}&pageSize=100`,
      headers: { accept: "application/json", authorization: "Bearer benchmark" }
    })
    const page = JSON.parse(await body.text()) as { readonly entities: ReadonlyArray<Entity> }
    const at = Date.now()
    const iso = new Date(at).toISOString()

    db.exec("BEGIN IMMEDIATE")
    record(
      at,
      iso,
      JSON.stringify({
        kind: "request",
        source,
        purpose: "lookup",
        messages: ids.length,
        outcome: "ok",
        startedAt: new Date(startedAt).toISOString(),
        durationMs: at - startedAt,
        attempt: 1,
        httpStatus: statusCode,
        correlationId: headers["inin-correlation-id"]
      })
    )
    for (const { externalMessageId, id, status, statusDetails } of page.entities) {
      const ref = messages.get(id) as Ref
      const { carrier, externalContactId } = ref
      const failure = statusDetails === undefined ? undefined : meanings[statusDetails]
      upsert.run(
        id,
        JSON.stringify(ref),
        source,
        externalContactId,
        at,
        ref.sentAt as number,
        0,
        run,
        carrier,
        "message",
        (ref.sentAt as number) + 3 * day,
        status,
        status,
        status,
        statusDetails ?? null,
        failure?.cause ?? null,
        failure?.category ?? null,
        failure?.retryable ?? null,
        failure?.actor ?? null,
        failure?.classifier ?? null,
        failure?.rule ?? null,
        externalMessageId,
        at,
        at,
        startedAt,
        startedAt,
        null,
        1,
        0,
        0,
        0,
        null
      )
      const common = { messageId: id, carrier, providerStatus: status, from: "pending" }
      record(
        at,
        iso,
        JSON.stringify(
          failure === undefined
            ? { kind: "message.delivered", ...common, externalMessageId }
            : {
                kind: "message.failed",
                ...common,
                code: statusDetails,
                externalMessageId,
                cause: failure.cause,
                category: failure.category,
                retryable: failure.retryable,
                mustAct: failure.actor,
                classifier: failure.classifier,
                rule: failure.rule
              }
        )
      )
    }
    commit()
    const flushes = Math.floor(((index + 1) * (like.flushes - 1)) / registered.length)
    if (flushes > syncs.flushes) flush()
  }
  const at = Date.now()
  db.exec("BEGIN IMMEDIATE")
  record(at, new Date(at).toISOString(), JSON.stringify({ kind: "run.stopped", outcome: "completed" }))
  commit()
  flush()
  for (; syncs.cursorMoves < like.cursorMoves; syncs.cursorMoves++) moveCursor.run(seq, sinkNames[0])
  const durationMs = performance.now() - clock

  await client.close()
  closeSync(trail)
  db.close()
  return { durationMs, syncs }
}
