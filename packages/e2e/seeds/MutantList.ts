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
    file: "packages/core/src/AuditDelivery.ts",
    from: "yield* acknowledge({ consumer: sink.name, seq })",
    to: "yield* acknowledge({ consumer: sink.name, seq: seq + 1 })"
  },
  {
    name: "move the cursor first",
    file: "packages/core/src/AuditDelivery.ts",
    from: "const write = yield* Effect.forkDetach(",
    to: "yield* acknowledge({ consumer: sink.name, seq: last.seq })\n    const write = yield* Effect.forkDetach("
  },
  {
    name: "skip an event in memory",
    file: "packages/core/src/EventTail.ts",
    from: "const from = seq - first.seq + 1",
    to: "const from = seq - first.seq + 2"
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
    from: "? FinalWord.hear(message, FinalWord.of(receipt, meaning, meaning.state))",
    to: "? message.status === meaning.state ? silent(message) : end(message, receipt, meaning, meaning.state, at)"
  },
  {
    name: "drop what comes late",
    file: "packages/core/src/StateMachine.ts",
    from: ": end(message, receipt, meaning, meaning.state, at)",
    to: ": message.resolution === undefined ? end(message, receipt, meaning, meaning.state, at) : silent(message)"
  },
  {
    name: "let a status go back",
    file: "packages/core/src/StateMachine.ts",
    from: "if (order[status] < order[message.status]) return silent(message)",
    to: ""
  },
  {
    name: "forget the missing ids",
    file: "packages/core/src/StateMachine.ts",
    from: "const missing = !returned &&",
    to: "const missing = false && !returned &&"
  },
  {
    name: "give up without a last look",
    file: "packages/core/src/StateMachine.ts",
    from: "if (startedAt >= after.deadlineAt) {",
    to: "if (startedAt >= after.deadlineAt - 3_600_000) {"
  },
  {
    name: "tell the number",
    file: "packages/core/src/Journal.ts",
    from: "{ to: hash(to) }",
    to: "{ to }"
  },
  {
    name: "record all events of a page but one",
    file: "packages/core/src/Journal.ts",
    from: "return { ...written, events: bodies.map(draft(at)), result }",
    to: "return { ...written, events: bodies.slice(1).map(draft(at)), result }"
  },
  {
    name: "claim nothing at a restart",
    file: "packages/core/src/Journal.ts",
    from: "claimed.set(message.key, planned(now))",
    to: "void now"
  },
  {
    name: "forget the pause at a restart",
    file: "packages/core/src/Journal.ts",
    from: "if (event.retryAfterMs !== undefined) {",
    to: "if (event.retryAfterMs === -1) {"
  },
  {
    name: "ignore Retry-After",
    file: "packages/core/src/Quota.ts",
    from: "whole.close(until)",
    to: "whole.close(now)"
  },
  {
    name: "measure a token by the wall clock",
    file: "packages/core/src/Auth.ts",
    from: "const monotonicMillis = Effect.map(Clock.monotonicTimeNanos, (nanos) => Number(nanos) / 1_000_000)",
    to: "const monotonicMillis = Clock.currentTimeMillis"
  },
  {
    name: "acknowledge before the flush",
    file: "plugins/audit-file/src/index.ts",
    from: "Effect.andThen(trail.file.sync)",
    to: "Effect.andThen(Effect.void)"
  },
  {
    name: "keep half a line",
    file: "plugins/audit-file/src/index.ts",
    from: "if (end < size) yield* trail.file.truncate(end)",
    to: ""
  }
]
