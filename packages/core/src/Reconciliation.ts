/**
 * Reconciliation: what was tracked, the platform's own analytics and the carriers' own reports, message by message.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { type CauseDifference, compare, type Disagreement } from "./Comparison.ts"
import { messages } from "./Exporter.ts"
import { Journal } from "./Journal.ts"
import type { JournalError } from "./JournalStore.ts"
import { isForgotten, nameText, type TrackedMessage } from "./Message.ts"
import { type PlatformRecord, type ReceiptSource, ReceiptSources } from "./ReceiptSource.ts"
import type { SourceError } from "./SourceError.ts"

export type { CauseDifference, Disagreement } from "./Comparison.ts"

/** How far what was tracked is right by another record. */
export interface Accuracy {
  /** Messages that stand in both records. */
  readonly messages: number
  readonly correct: number
  /** `correct / messages`; `null` where none stands in both. */
  readonly accuracy: number | null
}

/** How far what was tracked of a carrier is right by the platform's analytics, and by the carrier's own word. */
export interface CarrierAccuracy extends Accuracy {
  readonly reported: Accuracy
}

/** What a reconciliation found. */
export interface ReconcileResult {
  /** Messages of the journal that another record knows, too. */
  readonly compared: number
  /** Of these, those of which all that is said agrees. */
  readonly agree: number
  /** The others, in the order of registration. */
  readonly disagree: ReadonlyArray<Disagreement>
  /** Messages that failed by all accounts, for reasons of different categories by the platform's and by the carrier's. */
  readonly causeDiffers: ReadonlyArray<CauseDifference>
  /** In the platform's record alone. */
  readonly missingHere: ReadonlyArray<string>
  /** Not in the platform's record, though it was asked for them. */
  readonly missingThere: ReadonlyArray<string>
  readonly byCarrier: Readonly<Record<string, CarrierAccuracy>>
  /** Each query: how many ids it asked about, and how long its answer took in milliseconds. */
  readonly queries: ReadonlyArray<{ readonly ids: number; readonly ms: number }>
}

/** Counts of messages that two records have, and of those on which they agree. */
interface Counts {
  messages: number
  correct: number
}

const accuracyOf = ({ correct, messages }: Counts): Accuracy => ({
  messages,
  correct,
  accuracy: messages === 0 ? null : correct / messages
})

/** Holds messages against the other records, one by one, and sums up. */
const makeComparing = () => {
  const disagree: Array<readonly [key: number, Disagreement]> = []
  const causeDiffers: Array<readonly [key: number, CauseDifference]> = []
  const carriers = new Map<string, { readonly analytics: Counts; readonly report: Counts }>()
  let compared = 0

  const add = (message: TrackedMessage, record: PlatformRecord | undefined) => {
    const found = compare(message, record)
    const counts = carriers.get(message.carrier) ?? {
      analytics: { messages: 0, correct: 0 },
      report: { messages: 0, correct: 0 }
    }
    carriers.set(message.carrier, counts)
    for (const [agrees, count] of [
      [found.analytics, counts.analytics],
      [found.carrier, counts.report]
    ] as const) {
      if (agrees !== undefined) count.messages += 1
      if (agrees === true) count.correct += 1
    }
    if (found.analytics !== undefined || found.carrier !== undefined) compared += 1
    if (found.disagreement !== undefined) disagree.push([message.key, found.disagreement])
    if (found.causeDiffers !== undefined) causeDiffers.push([message.key, found.causeDiffers])
  }

  const inOrder = <A>(rows: ReadonlyArray<readonly [key: number, A]>) =>
    rows.toSorted(([a], [b]) => a - b).map(([, row]) => row)

  const result = () => ({
    compared,
    agree: compared - disagree.length,
    disagree: inOrder(disagree),
    causeDiffers: inOrder(causeDiffers),
    byCarrier: Object.fromEntries(
      Array.from(carriers)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([carrier, { analytics, report }]): [string, CarrierAccuracy] => [
          carrier,
          { ...accuracyOf(analytics), reported: accuracyOf(report) }
        ])
    )
  })

  return { add, result }
}

/**
 * Compares every message of the journal with what its carrier reports, where that was imported, and with the platform's
 * analytics: those that its source has analytics for, and that are not older than the platform's retention. Opens a run
 * of its own beside a tracker, so that its requests stand in the audit trail.
 */
export const reconcile = Effect.fnUntraced(function* (options: {
  readonly actor: string
  readonly version: string
}): Effect.fn.Return<ReconcileResult, SourceError | JournalError, Journal | ReceiptSources | Scope.Scope> {
  const journal = yield* Journal
  const sources = (yield* ReceiptSources).filter(({ supports }) => supports.analytics)
  const comparing = makeComparing()
  const missingHere: Array<string> = []
  const missingThere: Array<string> = []
  const queries: Array<{ readonly ids: number; readonly ms: number }> = []

  const ask = Effect.fnUntraced(function* (source: ReceiptSource, asked: ReadonlyArray<TrackedMessage>) {
    const startedAt = yield* Clock.currentTimeMillis
    const since = Math.min(...asked.map(({ registeredAt, sentAt }) => sentAt ?? registeredAt))
    const { records, unclear = [] } = yield* source.analytics(asked, Math.max(since, startedAt - source.retention))
    queries.push({ ids: asked.length, ms: (yield* Clock.currentTimeMillis) - startedAt })
    const theirs = new Map(records.map((record) => [record.key ?? record.name, record]))
    for (const message of asked) {
      const isUnclear = unclear.includes(message.key)
      const record = isUnclear ? undefined : theirs.get(message.key)
      theirs.delete(message.key)
      if (record === undefined && !isUnclear) missingThere.push(nameText(message))
      if (!isUnclear || message.report !== undefined) comparing.add(message, record)
    }
    for (const { name } of theirs.values()) missingHere.push(name)
  })

  const all = Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    const waiting = new Map(sources.map((source) => [source, [] as TrackedMessage[]]))
    const isFor = ({ registeredAt, sentAt = registeredAt, source }: TrackedMessage) => {
      const found = sources.find(({ name }) => name === source)
      return found !== undefined && now - sentAt <= found.retention ? found : undefined
    }
    yield* Stream.runForEach(messages(), (message) => {
      const source = isForgotten(message) ? undefined : isFor(message)
      const batch = source === undefined ? undefined : waiting.get(source)
      if (source === undefined || batch === undefined) {
        if (!isForgotten(message) && message.report !== undefined) comparing.add(message, undefined)
        return Effect.void
      }
      batch.push(message)
      return batch.length < source.analyticsBatchSize ? Effect.void : ask(source, batch.splice(0))
    })
    for (const [source, batch] of waiting) if (batch.length > 0) yield* ask(source, batch)
  })

  yield* journal.startBeside({
    ...options,
    command: "reconcile",
    config: { sources: sources.map(({ describe, name }) => ({ name, ...describe })), journal: journal.store.location }
  })
  yield* all
  return { ...comparing.result(), missingHere, missingThere, queries }
}, Effect.scoped)

/** Compares the journal with what carriers report alone: asks nobody, and writes nothing. */
export const reconcileReports: Effect.Effect<ReconcileResult, JournalError, Journal> = Effect.gen(function* () {
  const comparing = makeComparing()
  yield* Stream.runForEach(messages(), (message) =>
    Effect.sync(() => {
      if (!isForgotten(message) && message.report !== undefined) comparing.add(message, undefined)
    })
  )
  return { ...comparing.result(), missingHere: [], missingThere: [], queries: [] }
})
