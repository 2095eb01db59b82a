/**
 * Delivery for commands that write events without tracking.
 *
 * @module
 */
import { type AuditSink, AuditTrail, Journal } from "@dlrkit/core"
import * as Effect from "effect/Effect"

/** The audit sinks get the events now, or, where a tracker has the journal, by that tracker. */
export const now: Effect.Effect<void, never, AuditSink.AuditSinks | Journal.Journal> = Effect.gen(function* () {
  const { store } = yield* Journal.Journal
  yield* store.claim
  const trail = yield* AuditTrail.start()
  yield* trail.drain("4 seconds")
}).pipe(Effect.scoped, Effect.ignore)
