/**
 * A journal in memory: for tests, for trying things out, and as the example of what a store does. Nothing survives the
 * process.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import {
  batch,
  Entropy,
  type EventDraft,
  JournalError,
  JournalInUse,
  JournalStore,
  type Snapshot,
  type Total,
  toTrackingEvent
} from "./JournalStore.ts"
import type { TrackedMessage } from "./Message.ts"

/** Makes a journal in memory. */
export const make = Effect.gen(function* () {
  const entropy = yield* Entropy
  const id = entropy(8)
  const hashKey = entropy(32)
  const messages: Array<TrackedMessage> = []
  const keys = new Map<string, number>()
  const events: Array<EventDraft> = []
  const cursors = new Map<string, number>()
  let claimed = false

  const of = (run: number | undefined) => (message: TrackedMessage) => run === undefined || message.run === run
  const longestUnseen = (a: TrackedMessage, b: TrackedMessage) =>
    (a.lookedAt ?? -1) - (b.lookedAt ?? -1) || a.key - b.key

  return JournalStore.of({
    id,
    location: "in memory",
    hashKey,
    claim: Effect.acquireRelease(
      Effect.suspend(() => {
        if (claimed) return Effect.fail(new JournalError({ reason: new JournalInUse({ journal: "in memory" }) }))
        claimed = true
        return Effect.void
      }),
      () => Effect.sync(() => (claimed = false))
    ),
    transact: (messageIds, decide) =>
      Effect.sync(() => {
        const found = Array.from(new Set(messageIds), (messageId) => keys.get(messageId))
          .filter((key) => key !== undefined)
          .sort((a, b) => a - b)
          .map((key) => messages[key - 1] as TrackedMessage)
        const snapshot: Snapshot = { messages: found, nextSeq: events.length + 1 }
        const decision = decide(snapshot)
        for (const message of decision.insert ?? []) {
          const key = messages.length + 1
          messages.push({ ...message, key })
          keys.set(message.messageId, key)
        }
        for (const message of decision.update ?? []) messages[message.key - 1] = message
        events.push(...(decision.events ?? []))
        return decision.result
      }),
    due: (query) =>
      Effect.sync(() => {
        const due = messages
          .filter(
            (message) =>
              message.dueAt !== undefined &&
              message.source === query.source &&
              of(query.run)(message) &&
              (query.by === "dueAt" ? message.dueAt <= query.at : (message.lookedAt ?? -1) < query.at)
          )
          .sort(longestUnseen)
        return batch(due, query)
      }),
    nextDueAt: ({ run, source }) =>
      Effect.sync(() => {
        let next: number | undefined
        for (const message of messages) {
          if (message.dueAt === undefined || message.source !== source || !of(run)(message)) continue
          if (next === undefined || message.dueAt < next) next = message.dueAt
        }
        return next
      }),
    events: (after, limit) =>
      Effect.sync(() =>
        events.slice(after, after + limit).map((draft, i) => toTrackingEvent(id, after + i + 1, draft))
      ),
    lastSeq: Effect.sync(() => events.length),
    cursor: (consumer) => Effect.sync(() => cursors.get(consumer) ?? 0),
    moveCursor: (consumer, seq) => Effect.sync(() => void cursors.set(consumer, seq)),
    cursors: Effect.sync(() => Array.from(cursors, ([consumer, seq]) => ({ consumer, seq }))),
    messages: ({ after, limit, run }) => Effect.sync(() => messages.slice(after).filter(of(run)).slice(0, limit)),
    totals: (run) =>
      Effect.sync(() => {
        const totals = new Map<string, Total>()
        for (const { carrier, category, cause, missing, resolution, status } of messages.filter(of(run))) {
          const key = JSON.stringify([carrier, status, resolution, category, cause, missing])
          const count = (totals.get(key)?.count ?? 0) + 1
          totals.set(key, { carrier, status, resolution, category, cause, missing, count })
        }
        return Array.from(totals.values())
      })
  })
})

/** A journal in memory. */
export const layer: Layer.Layer<JournalStore> = Layer.effect(JournalStore, make)
