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
import { JournalError } from "./JournalStore.ts"
import type { TrackedMessage } from "./Message.ts"
import * as PlainFunction from "./PlainFunction.ts"
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
  /** The contract that it was made for; see {@link Plugin.contract}. */
  readonly contract?: number | undefined
  /** Where it writes, for people; no secrets. */
  readonly target: string
  /** What it cannot do that others can; a conformance suite does not ask for it then. */
  readonly supports?: {
    /** An export takes the place of the one before, whole or not at all. It does so unless this is `false`. */
    readonly atomic?: boolean | undefined
  }
  /**
   * Writes all rows, or fails. `labels` are the names of all labels that occur, in their order: formats that begin with
   * a header need them first.
   */
  readonly write: (
    rows: Stream.Stream<ExportRow, JournalError>,
    labels: ReadonlyArray<string>
  ) => Effect.Effect<void, ExportError | JournalError>
  /** Ends what it holds open, where no scope does. */
  readonly close?: Effect.Effect<void> | undefined
}

/** An exporter of plain functions. */
export interface PlainExporter {
  readonly name: string
  /** Where it writes, for people; no secrets. Its name, where it is left out. */
  readonly target?: string | undefined
  /** What it can do, or does without. */
  readonly supports?: NonNullable<Exporter["supports"]> | undefined
  /**
   * Writes all rows, which are read as they are asked for, or throws. `labels` are the names of all labels that occur; the
   * `signal` is aborted where the run is stopped meanwhile.
   */
  readonly write: (
    rows: AsyncIterable<ExportRow>,
    given: PlainFunction.Interruptible & { readonly labels: ReadonlyArray<string> }
  ) => PlainFunction.Plain<void>
  /** Closes what it holds open, when the tracker ends. */
  readonly close?: (() => PlainFunction.Plain<void>) | undefined
}

/** How long a function is waited for that is to stop, and tidies up. Milliseconds. */
const tidyAtMost = 2000

const aborted = (signal: AbortSignal) =>
  Effect.callback<void>((resume) => {
    if (signal.aborted) resume(Effect.void)
    else signal.addEventListener("abort", () => resume(Effect.void), { once: true })
  })

/** Rows for as long as somebody waits for what becomes of them; then whoever reads them is told that they are not all. */
async function* until(signal: AbortSignal, rows: Stream.Stream<ExportRow, JournalError>) {
  for await (const row of Stream.toAsyncIterable(Stream.interruptWhen(rows, aborted(signal)))) {
    signal.throwIfAborted()
    yield row
  }
  signal.throwIfAborted()
}

/**
 * Makes an exporter from plain functions.
 *
 * @example
 * ```ts
 * const exporter = defineExporter({
 *   name: "ids",
 *   target: "standard error",
 *   write: async (rows) => {
 *     for await (const { values } of rows) console.error(values.messageId, values.resolution)
 *   }
 * })
 * ```
 */
export const defineExporter = ({ close, name, supports = {}, target = name, write }: PlainExporter): Exporter => ({
  name,
  target,
  supports,
  contract: Plugin.contract,
  write: (rows, labels) =>
    PlainFunction.run(
      (given) => write(until(given.signal, rows), { ...given, labels }),
      (thrown) =>
        thrown instanceof ExportError || thrown instanceof JournalError
          ? thrown
          : new ExportError({ target, detail: PlainFunction.textOf(thrown) }),
      tidyAtMost
    ),
  close: PlainFunction.closing(`the exporter ${name}`, close)
})

/** The tracker's exporters; each writes at the end of a run. */
export class Exporters extends Context.Service<Exporters, ReadonlyArray<Exporter>>()("@dlrkit/core/Exporters") {}

/** Gathers exporters, given as records or as Effects that build them. */
export const layer = <const P extends Plugin.Plugin<Exporter>>(
  exporters: ReadonlyArray<P>
): Layer.Layer<Exporters, Plugin.PluginError<P> | Plugin.Refusal, Plugin.PluginServices<P>> =>
  Layer.effect(
    Exporters,
    Plugin.buildAll<Exporter, P>("exporter", exporters, ["target", "write"]) as Effect.Effect<
      ReadonlyArray<Exporter>,
      Plugin.PluginError<P> | Plugin.Refusal
    >
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
