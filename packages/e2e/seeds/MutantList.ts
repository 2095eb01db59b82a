/**
 * Bugs, put back on purpose: each changes a few words of the code that ships, and some seed must notice.
 *
 * @module
 */

/** A bug: in a file of the repository, what stands there, and what stands there instead. */
export interface Mutant {
  readonly name: string
  readonly file: string
  readonly from: string
  readonly to: string
}

/** All of them. */
export const mutants: ReadonlyArray<Mutant> = [
  {
    name: "skip the cursor",
    file: "packages/core/src/AuditTrail.ts",
    from: "journal.events(cursor, batchSize)",
    to: "journal.events(cursor === 0 ? 0 : cursor + 1, batchSize)"
  },
  {
    name: "drop the dedupe",
    file: "packages/core/src/StateMachine.ts",
    from: "if (status === message.status) {",
    to: "if (status === message.status && status === undefined) {"
  },
  {
    name: "apply a late final",
    file: "packages/core/src/StateMachine.ts",
    from: "if (!isFinal(message.status)) return end(",
    to: "if (message.status !== meaning.state) return end("
  },
  {
    name: "acknowledge before the flush",
    file: "plugins/audit-file/src/index.ts",
    from: "Effect.andThen(trail.file.sync)",
    to: "Effect.andThen(Effect.void)"
  },
  {
    name: "forget the missing ids",
    file: "packages/core/src/StateMachine.ts",
    from: "const missing = !returned &&",
    to: "const missing = false && !returned &&"
  },
  {
    name: "ignore Retry-After",
    file: "packages/core/src/Quota.ts",
    from: "whole.close(until)",
    to: "whole.close(now)"
  },
  {
    name: "let a status go back",
    file: "packages/core/src/StateMachine.ts",
    from: "if (order[status] < order[message.status]) return unchanged(message)",
    to: ""
  },
  {
    name: "forget the pause at a restart",
    file: "packages/core/src/Journal.ts",
    from: "if (event.retryAfterMs !== undefined) {",
    to: "if (event.retryAfterMs === -1) {"
  },
  {
    name: "give up without a last look",
    file: "packages/core/src/StateMachine.ts",
    from: "if (startedAt >= before.deadlineAt) {",
    to: "if (startedAt >= before.deadlineAt - 3_600_000) {"
  },
  {
    name: "tell the number",
    file: "packages/core/src/Journal.ts",
    from: "{ to: hash(to) }",
    to: "{ to }"
  },
  {
    name: "drop what comes late",
    file: "packages/core/src/StateMachine.ts",
    from: "if (!isFinal(message.status)) return end(",
    to: "if (message.resolution === undefined) return end("
  },
  {
    name: "move the cursor first",
    file: "packages/core/src/AuditTrail.ts",
    from: "TODO",
    to: "TODO"
  },
  {
    name: "record one event a page",
    file: "packages/core/src/AppliedPage.ts",
    from: "const looked = new Set(page.looked)",
    to: "const looked = new Set(page.looked.slice(1))"
  },
  {
    name: "claim nothing at a restart",
    file: "packages/core/src/Journal.ts",
    from: "for (const message of known) claimed.set(",
    to: "for (const message of known.slice(1)) claimed.set("
  },
  {
    name: "keep half a line",
    file: "plugins/audit-file/src/index.ts",
    from: "if (end < size) yield* trail.file.truncate(end)",
    to: ""
  }
]
