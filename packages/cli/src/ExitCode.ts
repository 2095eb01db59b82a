/**
 * How the command line ends: an exit code, and one line on standard error where something went wrong.
 *
 * | code | meaning |
 * |---|---|
 * | 0 | all messages ended with a receipt, or the command did what it was asked |
 * | 1 | a check that was asked for found something (`--fail-under`, `reconcile`, `doctor`, `rules check`) |
 * | 2 | bad input or configuration |
 * | 3 | some messages ended `unconfirmed` |
 * | 4 | the platform refused us (credentials, permission) |
 * | 5 | some messages are still pending |
 * | 6 | the platform cannot be reached, or asks for a pause that is longer than `longestPause` |
 * | 7 | the journal is in use |
 * | 8 | an audit sink stays down, and `auditOutage` says to stop then |
 * | 130, 143 | a clean stop after Ctrl-C, SIGTERM |
 *
 * `doctor` ends with 2, 4 or 6 where all problems that it found are of that kind.
 *
 * @module
 */
import { AuditSink, JournalStore, SourceError } from "@dlrkit/core"
import * as Schema from "effect/Schema"

/** A command ends with this code; everything that is to be said has been said. */
export class Finished extends Schema.TaggedError<Finished>()("Finished", { code: Schema.Int }) {}

/** The command was called with something that it cannot use. */
export class UsageError extends Schema.TaggedError<UsageError>()("UsageError", { detail: Schema.String }) {
  override get message() {
    return this.detail
  }
}

/** The exit code of a failure. */
export const ofError = (error: unknown): number => {
  if (error instanceof Finished) return error.code
  if (error instanceof SourceError.SourceError) {
    switch (error.reason._tag) {
      case "Refused":
        return 4
      case "Unreachable":
      case "Unavailable":
      case "CircuitOpen":
      case "Throttled":
      case "PauseTooLong":
        return 6
      default:
        return 2
    }
  }
  if (error instanceof JournalStore.JournalError && error.reason._tag === "JournalInUse") return 7
  if (error instanceof AuditSink.AuditDown) return 8
  return 2
}
