/**
 * Reconciliation: the platform's own analytics against what was tracked, message by message.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { messages } from "./Exporter.ts"
import { Journal } from "./Journal.ts"
import type { JournalError } from "./JournalStore.ts"
import { isFinal, isForgotten, nameText, type Status, type TrackedMessage } from "./Message.ts"
import { type AnalyticsAnswer, type ReceiptSource, ReceiptSources } from "./ReceiptSource.ts"
import type { SourceError } from "./SourceError.ts"

/** A message of which the two records say different things. */
export interface Disagreement {
  /** Its id, or whatever else it is known by. */
  readonly messageId: string
  readonly tracked: string
  /** The platform's status, or its own word where nobody knows it. */
  readonly platform: string
}

/** How far what was tracked of a carrier is right. */
export interface CarrierAccuracy {
  /** Messages that stand in both records. */
  readonly messages: number
  readonly correct: number
  /** `correct / messages`; `null` where none stands in both. */
  readonly accuracy: number | null
}

/** What a reconciliation found. */
export interface ReconcileResult {
  /** Messages that stand in both records. */
  readonly compared: number
  readonly agree: number
  readonly disagree: ReadonlyArray<Disagreement>
  /** In the platform's record alone. */
  readonly missingHere: ReadonlyArray<string>
  /** In the journal alone. */
  readonly missingThere: ReadonlyArray<string>
  readonly byCarrier: Readonly<Record<string, CarrierAccuracy>>
  /** Each query: how many ids it asked about, and how long its answer took in milliseconds. */
  readonly queries: ReadonlyArray<{ readonly ids: number; readonly ms: number }>
}

/** Whether two records of a message say the same: the same end, or both none yet. */
const agrees = (tracked: Status, platform: Status) => tracked === platform || (!isFinal(tracked) && !isFinal(platform))

/**
 * Compares every message of the journal that its source has analytics for, and that is not older than the platform's
 * retention. Opens a run of its own beside a tracker, so that its requests stand in the audit trail.
 */
export const reconcile = Effect.fnUntraced(function* (options: {
  readonly actor: string
  readonly version: string
}): Effect.fn.Return<ReconcileResult, SourceError | JournalError, Journal | ReceiptSources> {
  const journal = yield* Journal
  const sources = (yield* ReceiptSources).filter(({ supports }) => supports.analytics)
  const disagree: Array<Disagreement> = []
  const missingHere: Array<string> = []
  const missingThere: Array<string> = []
  const queries: Array<{ readonly ids: number; readonly ms: number }> = []
  const carriers = new Map<string, { messages: number; correct: number }>()

  const compare = (asked: ReadonlyArray<TrackedMessage>, { records, unclear = [] }: AnalyticsAnswer) => {
    const theirs = new Map(records.map((record) => [record.key ?? record.name, record]))
    for (const message of asked) {
      if (unclear.includes(message.key)) continue
      const record = theirs.get(message.key)
      theirs.delete(message.key)
      const counts = carriers.get(message.carrier) ?? { messages: 0, correct: 0 }
      carriers.set(message.carrier, counts)
      if (record === undefined) {
        missingThere.push(nameText(message))
        continue
      }
      counts.messages += 1
      if (record.status !== undefined && agrees(message.status, record.status)) {
        counts.correct += 1
      } else {
        disagree.push({
          messageId: nameText(message),
          tracked: message.status,
          platform: record.status ?? record.providerStatus
        })
      }
    }
    for (const { name } of theirs.values()) missingHere.push(name)
  }

  const ask = Effect.fnUntraced(function* (source: ReceiptSource, asked: ReadonlyArray<TrackedMessage>) {
    const startedAt = yield* Clock.currentTimeMillis
    const since = Math.min(...asked.map(({ registeredAt, sentAt }) => sentAt ?? registeredAt))
    const answer = yield* source.analytics(asked, Math.max(since, startedAt - source.retention))
    queries.push({ ids: asked.length, ms: (yield* Clock.currentTimeMillis) - startedAt })
    compare(asked, answer)
  })

  const everySource = Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    for (const source of sources) {
      yield* messages().pipe(
        Stream.filter(
          (message) =>
            message.source === source.name &&
            now - (message.sentAt ?? message.registeredAt) <= source.retention &&
            !isForgotten(message)
        ),
        Stream.grouped(source.analyticsBatchSize),
        Stream.runForEach((asked) => ask(source, asked))
      )
    }
  })

  yield* journal.startBeside({
    ...options,
    command: "reconcile",
    config: { sources: sources.map(({ describe, name }) => ({ name, ...describe })), journal: journal.store.location }
  })
  yield* everySource.pipe(
    Effect.onExit((exit) =>
      Effect.ignore(
        journal.record([{ kind: "run.stopped", outcome: exit._tag === "Success" ? "completed" : "failed" }])
      )
    )
  )
  const compared = Array.from(carriers.values()).reduce((sum, { messages }) => sum + messages, 0)
  return {
    compared,
    agree: compared - disagree.length,
    disagree,
    missingHere,
    missingThere,
    byCarrier: Object.fromEntries(
      Array.from(carriers)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([carrier, counts]) => [
          carrier,
          { ...counts, accuracy: counts.messages === 0 ? null : counts.correct / counts.messages }
        ])
    ),
    queries
  }
})
