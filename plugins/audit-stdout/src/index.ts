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
 * any more; the events then wait in the journal for a run whose output is read.
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
  return {
    name,
    target: "standard output",
    write: (batch) =>
      Stream.succeed(batch.map((event) => `${JSON.stringify(event)}\n`).join("")).pipe(
        Stream.run(stdio.stdout({ endOnDone: false })),
        Effect.mapError(({ message, reason }) => {
          const detail = reason.cause instanceof Error ? reason.cause.message : message
          return new AuditSink.AuditError({ sink: name, detail: `standard output: ${detail}` })
        })
      )
  }
})
