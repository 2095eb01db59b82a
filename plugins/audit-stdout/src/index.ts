/**
 * The audit trail as NDJSON on standard output: one event a line, for a container's log collector or a pipe.
 *
 * Do not use it beside a command that prints its result there (`--json`, `export --out -`): both would be mixed.
 *
 * @module
 */
import { AuditSink } from "@dlrkit/core"
import * as Effect from "effect/Effect"
import * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"

/** The options of {@link sink}. */
export interface AuditStdoutOptions {
  /** The sink's name, by which the journal remembers how far it has come; `audit-stdout` by default. */
  readonly name?: string
}

/**
 * Writes events to standard output, as fast as its reader takes them. Its writes fail with `AuditError` where nobody reads
 * any more, or where a disk is full; the events then wait in the journal, for a run whose output is read if need be. What
 * comes after half a line begins on a line of its own: whoever leaves out lines that are no JSON misses no event.
 *
 * @example
 * ```ts
 * import * as AuditStdout from "@dlrkit/audit-stdout"
 *
 * export default defineTracker({ audit: [AuditStdout.sink()] })
 * ```
 */
export const sink = Effect.fnUntraced(function* (
  options: AuditStdoutOptions = {}
): Effect.fn.Return<AuditSink.AuditSink, never, Stdio.Stdio> {
  const { name = "audit-stdout" } = options
  const stdio = yield* Stdio.Stdio
  /** A write that failed may have left half a line. */
  let torn = false
  return {
    name,
    target: "standard output",
    write: (batch) =>
      Effect.suspend(() => {
        const text = batch.map((event) => `${JSON.stringify(event)}\n`).join("")
        const written = Stream.succeed(torn ? `\n${text}` : text).pipe(Stream.run(stdio.stdout({ endOnDone: false })))
        torn = true
        return Effect.tap(written, () =>
          Effect.sync(() => {
            torn = false
          })
        )
      }).pipe(
        Effect.mapError(({ message, reason }) => {
          const detail = reason.cause instanceof Error ? reason.cause.message : message
          return new AuditSink.AuditError({ sink: name, detail: `standard output: ${detail}` })
        })
      )
  }
})
