/**
 * What the rows of a journal say; a message's are read in `Schema.ts`.
 *
 * @module
 */
import { JournalStore, type TrackingEvent } from "@dlrkit/core"

/** Reads a row of an open message, given as an array. */
export const toOpenMessage = (row: unknown): JournalStore.OpenMessage => {
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

/** Reads a row of an event, given as an array. */
export const toEvent = (journal: string, row: unknown): TrackingEvent.TrackingEvent => {
  const [seq, at, run, actor, body] = row as ReadonlyArray<unknown>
  return JournalStore.toTrackingEvent(journal, Number(seq), {
    at: Number(at),
    run: Number(run),
    actor: String(actor),
    body: JSON.parse(String(body)) as TrackingEvent.EventBody
  })
}

/** Reads a row of a consumer. */
export const toConsumer = (row: Record<string, unknown>): JournalStore.Consumer => ({
  consumer: String(row.consumer),
  seq: Number(row.seq),
  failure:
    row.failure === null
      ? undefined
      : { since: Number(row.failing_since), at: Number(row.failed_at), detail: String(row.failure) }
})

/** Reads a row of the counts of messages that are alike. */
export const toTotal = (row: Record<string, unknown>): JournalStore.Total =>
  ({
    carrier: row.carrier,
    status: row.status,
    resolution: row.resolution ?? undefined,
    category: row.category ?? undefined,
    cause: row.cause ?? undefined,
    missing: row.missing === 1,
    late: row.late === 1,
    contradicted: row.contradicted === 1,
    count: row.count
  }) as JournalStore.Total
