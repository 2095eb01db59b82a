/**
 * A journal in memory: for tests, for trying things out, and as the example of what a store does. Nothing survives the
 * process.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import {
  Entropy,
  type EventDraft,
  JournalError,
  JournalInUse,
  JournalStore,
  type Sought,
  type Total,
  toTrackingEvent
} from "./JournalStore.ts"
import type { MessageName, TrackedMessage } from "./Message.ts"
import * as OpenIndex from "./OpenIndex.ts"

/** The texts under which a name is found. */
const textsOf = ({ campaignId, conversationId, messageId, outboundContactId }: MessageName): ReadonlyArray<string> => [
  ...(messageId === undefined ? [] : [JSON.stringify(["message", messageId])]),
  ...(conversationId === undefined ? [] : [JSON.stringify(["conversation", conversationId])]),
  ...(campaignId === undefined || outboundContactId === undefined
    ? []
    : [JSON.stringify(["contact", campaignId, outboundContactId])])
]

const namesOf = ({ conversationId, messageId, ref }: TrackedMessage) => textsOf({ ...ref, messageId, conversationId })

/** Makes a journal in memory. */
export const make = Effect.gen(function* () {
  const entropy = yield* Entropy
  const id = entropy(8)
  const hashKey = entropy(32)
  const messages = new Map<number, TrackedMessage>()
  const named = new Map<string, Set<number>>()
  let lastKey = 0
  const events: Array<EventDraft> = []
  const cursors = new Map<string, number>()
  const open = OpenIndex.make()
  const memos = new Map<string, string>()
  let claimed = false

  const of = (run: number | undefined) => (message: TrackedMessage) => run === undefined || message.run === run
  const write = (message: TrackedMessage) => {
    open.set(messages.get(message.key), message)
    messages.set(message.key, message)
    for (const name of namesOf(message)) {
      const keys = named.get(name)
      if (keys === undefined) named.set(name, new Set([message.key]))
      else keys.add(message.key)
    }
  }
  const remove = (key: number) => {
    for (const name of namesOf(messages.get(key) as TrackedMessage)) named.get(name)?.delete(key)
    open.set(messages.get(key), undefined)
    messages.delete(key)
  }
  const find = ({ keys = [], names = [] }: Sought): ReadonlyArray<TrackedMessage> => {
    const found = new Set(keys)
    for (const name of names) {
      for (const text of textsOf(name)) for (const key of named.get(text) ?? []) found.add(key)
    }
    return Array.from(found)
      .sort((a, b) => a - b)
      .flatMap((key) => messages.get(key) ?? [])
  }

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
    transact: (sought, decide) =>
      Effect.sync(() => {
        const decision = decide({ messages: find(sought), nextSeq: events.length + 1 })
        for (const key of decision.remove ?? []) remove(key)
        for (const message of decision.insert ?? []) write({ ...message, key: ++lastKey })
        for (const message of decision.update ?? []) write(message)
        events.push(...(decision.events ?? []))
        return decision.result
      }),
    open: ({ after, by, limit, run, source }) =>
      Effect.sync(() => {
        const all = open.all(source, run, by)
        const place = after === undefined ? 0 : OpenIndex.placeOf(all, by, { ...after, key: after.key + 1 })
        return all.slice(place, place + limit)
      }),
    openOf: ({ except, group, limit, run, source, unseenSince = Number.POSITIVE_INFINITY }) =>
      Effect.sync(() => {
        const found: Array<TrackedMessage> = []
        for (const { key, lookedAt } of open.group(source, run, group)) {
          if (found.length === limit) break
          const message = messages.get(key)
          if (message !== undefined && (lookedAt ?? -1) < unseenSince && !except.has(key)) found.push(message)
        }
        return found
      }),
    unexplained: ({ limit, run, source }) =>
      Effect.sync(() =>
        Array.from(messages.values())
          .filter((message) => message.unexplained && message.source === source && of(run)(message))
          .slice(0, limit)
      ),
    schedule: (moments) =>
      Effect.sync(() => {
        for (const { dueAt, key } of moments) {
          const message = messages.get(key)
          if (message?.dueAt !== undefined) write({ ...message, dueAt })
        }
      }),
    memo: (name) => Effect.sync(() => memos.get(name)),
    setMemo: (name, text) => Effect.sync(() => void memos.set(name, text)),
    events: (after, limit) =>
      Effect.sync(() =>
        events.slice(after, after + limit).map((draft, i) => toTrackingEvent(id, after + i + 1, draft))
      ),
    lastSeq: Effect.sync(() => events.length),
    cursor: (consumer) => Effect.sync(() => cursors.get(consumer) ?? 0),
    moveCursor: (consumer, seq) => Effect.sync(() => void cursors.set(consumer, seq)),
    cursors: Effect.sync(() => Array.from(cursors, ([consumer, seq]) => ({ consumer, seq }))),
    messages: ({ after, limit, run }) =>
      Effect.sync(() => {
        const page: Array<TrackedMessage> = []
        for (let key = after + 1; key <= lastKey && page.length < limit; key++) {
          const message = messages.get(key)
          if (message !== undefined && of(run)(message)) page.push(message)
        }
        return page
      }),
    totals: (run) =>
      Effect.sync(() => {
        const totals = new Map<string, Total>()
        for (const message of messages.values()) {
          if (!of(run)(message)) continue
          const { carrier, category, cause, missing, resolution, status } = message
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
