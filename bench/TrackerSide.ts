/**
 * One side: the tracker as a user assembles it, every plugin as it ships.
 */
import * as AuditFile from "@dlrkit/audit-file"
import * as GenesysCodes from "@dlrkit/classifier-genesys"
import { type AuditSink, defineTracker, JournalStore, Tracker, TrackerDefinition } from "@dlrkit/core"
import * as NodePlatform from "@dlrkit/core/node"
import * as Sqlite from "@dlrkit/journal-sqlite"
import * as Genesys from "@dlrkit/source-genesys"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Stream from "effect/Stream"
import { auditOf, type Measured, type Place } from "./Run.ts"
import type { Ref } from "./Workload.ts"

/**
 * Tracks the messages to their end, with as many audit files as there are names. The clock starts when they are registered (they have been before: the run claims
 * them), so the token request and all planning are in the time; it stops when the audit sinks have acknowledged the last
 * event and the run has ended. What is counted of the disk is the first file's.
 */
export const run = (place: Place, refs: ReadonlyArray<Ref>, sinks: ReadonlyArray<string>): Promise<Measured> => {
  let startedAt: number | undefined
  const syncs = { commits: 0, flushes: 0, cursorMoves: 0 }
  const count = (what: keyof typeof syncs) => {
    if (startedAt !== undefined) syncs[what] += 1
  }

  const countedStore = (store: JournalStore.JournalStoreService): JournalStore.JournalStoreService => ({
    ...store,
    transact: (sought, decide) =>
      store.transact(sought, (snapshot) => {
        const decision = decide(snapshot)
        count((decision.events ?? []).length === 0 ? "cursorMoves" : "commits")
        return decision
      })
  })
  /** A batch that the file has already, because its cursor was not moved any more, is not flushed again. */
  let lastSeq = 0
  const countedSink = (sink: AuditSink.AuditSink): AuditSink.AuditSink => ({
    ...sink,
    write: (batch) => {
      const seq = batch.at(-1)?.seq ?? 0
      if (seq > lastSeq) count("flushes")
      lastSeq = seq
      return sink.write(batch)
    }
  })

  const definition = defineTracker({
    sources: [
      Genesys.source({
        apiUrl: place.url,
        loginUrl: place.url,
        clientId: "benchmark",
        clientSecret: "benchmark",
        // So many that pacing is not what is measured; and one page after the other.
        requestsPerMinute: 60_000_000,
        resilience: { concurrency: 1 }
      })
    ],
    journal: Layer.effect(JournalStore.JournalStore, Effect.map(JournalStore.JournalStore, countedStore)).pipe(
      Layer.provide(Sqlite.journal({ file: place.journal, synchronous: "full" }))
    ),
    classifiers: [GenesysCodes.classifier()],
    audit: sinks.map((name, index) =>
      Effect.map(AuditFile.sink({ directory: auditOf(place, index), name }), index === 0 ? countedSink : identity)
    )
  })

  const startClock = Effect.sync(() => {
    startedAt = performance.now()
  })
  return Effect.gen(function* () {
    const tracker = yield* Tracker.Tracker
    const { summary } = yield* tracker.track({
      messages: Stream.concat(Stream.make(refs), Stream.drain(Stream.fromEffect(startClock))),
      actor: "benchmark"
    })
    const durationMs = performance.now() - (startedAt ?? Number.NaN)
    if (summary.pending > 0) throw new Error(`${summary.pending} messages are still pending`)
    return { durationMs, syncs }
  }).pipe(
    Effect.provide(TrackerDefinition.layer(definition)),
    Effect.provide(NodePlatform.layer),
    Effect.provideService(Logger.LogToStderr, true),
    Effect.runPromise
  )
}
