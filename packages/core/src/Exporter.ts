/**
 * Export: the journal's messages as rows, one for each, always with the same columns.
 *
 * @module
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Journal } from "./Journal.ts"
import type { JournalError } from "./JournalStore.ts"
import type { TrackedMessage } from "./Message.ts"
import * as Plugin from "./Plugin.ts"
import { isoTime } from "./TrackingEvent.ts"

/** The columns that every row has, in their order; labels come after them. */
export const columns = [
  "messageId",
  "conversationId",
  "externalContactId",
  "externalMessageId",
  "carrier",
  "status",
  "resolution",
  "providerStatus",
  "code",
  "cause",
  "category",
  "retryable",
  "actor",
  "sentAt",
  "finalAt",
  "seenAt",
  "late",
  "conflicts"
] as const

/** A column that every row has. */
export type Column = (typeof columns)[number]

/**
 * One message. What is not known, or not so yet, is empty: `resolution` is empty while the message is pending. Times are
 * ISO 8601 in UTC. `late` is `yes` where the final receipt came after the message had been called unconfirmed; `conflicts`
 * are the final receipts that contradict the first one, each `status` or `status:code`, with spaces between.
 */
export interface ExportRow {
  readonly values: Readonly<Record<Column, string>>
  readonly labels: Readonly<Record<string, string>>
}

/** An export did not finish. What it had written is not to be used. */
export class ExportError extends Schema.TaggedError<ExportError>()("ExportError", {
  target: Schema.String,
  detail: Schema.String
}) {
  override get message() {
    return `the export to ${this.target} failed: ${this.detail}`
  }
}

/** Writes rows somewhere. */
export interface Exporter {
  readonly name: string
  /** Where it writes, for people; no secrets. */
  readonly target: string
  /**
   * Writes all rows, or fails. `labels` are the names of all labels that occur, in their order: formats that begin with
   * a header need them first.
   */
  readonly write: (
    rows: Stream.Stream<ExportRow, JournalError>,
    labels: ReadonlyArray<string>
  ) => Effect.Effect<void, ExportError | JournalError>
}

/** The tracker's exporters; each writes at the end of a run. */
export class Exporters extends Context.Service<Exporters, ReadonlyArray<Exporter>>()("@dlrkit/core/Exporters") {}

/** Gathers exporters, given as records or as Effects that build them. */
export const layer = <const P extends Plugin.Plugin<Exporter>>(
  exporters: ReadonlyArray<P>
): Layer.Layer<Exporters, Plugin.PluginError<P>, Plugin.PluginServices<P>> =>
  Layer.effect(
    Exporters,
    Plugin.buildAll<Exporter, P>(exporters) as Effect.Effect<ReadonlyArray<Exporter>, Plugin.PluginError<P>>
  )

/** The row of a message. */
export const toRow = (message: TrackedMessage): ExportRow => {
  const time = (millis: number | undefined) => (millis === undefined ? "" : isoTime(millis))
  return {
    values: {
      messageId: message.messageId ?? "",
      conversationId: message.conversationId ?? "",
      externalContactId: message.ref.externalContactId ?? "",
      externalMessageId: message.externalMessageId ?? "",
      carrier: message.carrier,
      status: message.status,
      resolution: message.resolution ?? "",
      providerStatus: message.providerStatus ?? "",
      code: message.code ?? "",
      cause: message.cause ?? "",
      category: message.category ?? "",
      retryable: message.retryable ?? "",
      actor: message.actor ?? "",
      sentAt: time(message.sentAt),
      finalAt: time(message.finalAt),
      seenAt: time(message.seenAt),
      late: message.late ? "yes" : "",
      conflicts: message.conflicts
        .map(({ code, status }) => (code === undefined ? status : `${status}:${code}`))
        .join(" ")
    },
    labels: message.ref.labels ?? {}
  }
}

const pageSize = 1000

/** The journal's messages in the order of registration: all, or those of one run. Read page by page. */
export const messages = (run?: number): Stream.Stream<TrackedMessage, JournalError, Journal> =>
  Stream.unwrap(
    Journal.useSync((journal) =>
      Stream.paginate(0, (after: number) =>
        journal.store.messages({ run, after, limit: pageSize }).pipe(
          Effect.map((page) => {
            const last = page.at(-1)
            return [page, last === undefined || page.length < pageSize ? Option.none() : Option.some(last.key)] as const
          })
        )
      )
    )
  )

/** Writes the journal's messages, all or those of one run, with an exporter. */
export const run = Effect.fnUntraced(function* (
  exporter: Exporter,
  ofRun?: number
): Effect.fn.Return<void, ExportError | JournalError, Journal> {
  const journal = yield* Journal
  const stored = Stream.provideService(messages(ofRun), Journal, journal)
  const labels = new Set<string>()
  yield* Stream.runForEach(stored, ({ ref }) =>
    Effect.sync(() => {
      for (const label of Object.keys(ref.labels ?? {})) labels.add(label)
    })
  )
  yield* exporter.write(Stream.map(stored, toRow), Array.from(labels))
})
