/**
 * A journal in memory: for tests, for trying things out, and as the example of what a store does. Nothing survives the
 * process.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ExternalId from "./ExternalId.ts"
import {
  type ConsumerFailure,
  type Decision,
  Entropy,
  type EventDraft,
  JournalBroken,
  JournalError,
  JournalInUse,
  JournalStore,
  type Sought,
  type Total,
  toTrackingEvent
} from "./JournalStore.ts"
import { digitsOf, type MessageName, type TrackedMessage } from "./Message.ts"
import * as OpenIndex from "./OpenIndex.ts"
import type { TrackingEvent } from "./TrackingEvent.ts"

const location = "in memory"

const idText = (messageId: string) => JSON.stringify(["message", messageId])

/** The texts under which a message is found. */
const textsOf = ({ campaignId, conversationId, messageId, outboundContactId }: MessageName): ReadonlyArray<string> => [
  ...(messageId === undefined ? [] : [idText(messageId)]),
  ...(conversationId === undefined ? [] : [JSON.stringify(["conversation", conversationId])]),
  ...(campaignId === undefined || outboundContactId === undefined
    ? []
    : [JSON.stringify(["contact", campaignId, outboundContactId])])
]

const recipientText = (digits: string) => JSON.stringify(["recipient", digits])

const externalText = (comparable: string) => JSON.stringify(["external", comparable])

const namesOf = ({ conversationId, externalMessageId, messageId, ref }: TrackedMessage) => [
  ...textsOf({ ...ref, messageId, conversationId }),
  ...(ref.to === undefined ? [] : [recipientText(digitsOf(ref.to))]),
  ...(externalMessageId === undefined ? [] : [externalText(ExternalId.comparable(externalMessageId))])
]

/** When something was last seen of a message that has an end. */
const endedAt = ({ finalAt = 0, lookedAt = 0, registeredAt, seenAt = 0 }: TrackedMessage) =>
  Math.max(finalAt, lookedAt, registeredAt, seenAt)

/** Works on a decision, or on a change, of somebody else's making. */
const attempt = <A>(operation: string, run: () => A): Effect.Effect<A, JournalError> =>
  Effect.try({
    try: run,
    catch: (cause) => new JournalError({ reason: new JournalBroken({ journal: location, operation, cause }) })
  })

/** Makes a journal in memory. */
export const make = Effect.gen(function* () {
  const entropy = yield* Entropy
  const id = entropy(8)
  const hashKey = entropy(32)
  const messages = new Map<number, TrackedMessage>()
  const named = new Map<string, Set<number>>()
  let lastKey = 0
  const events: Array<EventDraft> = []
  /** How many events were pruned: the first that is here has the number after that. */
  let prunedEvents = 0
  const lastSeq = () => prunedEvents + events.length
  const cursors = new Map<string, { readonly seq: number; readonly failure: ConsumerFailure | undefined }>()
  const open = OpenIndex.make()
  const memos = new Map<string, string>()
  let claimed = false

  const of = (run: number | undefined) => (message: TrackedMessage) => run === undefined || message.run === run
  const write = (message: TrackedMessage) => {
    const before = messages.get(message.key)
    if (before !== undefined) for (const name of namesOf(before)) named.get(name)?.delete(message.key)
    open.set(before, message)
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
  const find = ({ externalIds = [], keys = [], names = [], recipients = [] }: Sought) => {
    const found = new Set(keys)
    const texts = [...names.flatMap(textsOf), ...recipients.map(recipientText), ...externalIds.map(externalText)]
    for (const text of texts) {
      for (const key of named.get(text) ?? []) found.add(key)
    }
    return Array.from(found)
      .sort((a, b) => a - b)
      .flatMap((key) => messages.get(key) ?? [])
  }

  /** An id of the platform is one message's: throws where a decision gives it to another one too. */
  const mustBeUnique = ({ insert = [], remove = [], renamed = [] }: Decision<unknown>) => {
    const gone = new Set(remove)
    const given = new Set<string>()
    for (const { key, messageId } of [...insert, ...renamed]) {
      if (messageId === undefined) continue
      const holders = Array.from(named.get(idText(messageId)) ?? []).filter(
        (other) => other !== key && !gone.has(other)
      )
      if (holders.length > 0 || given.has(messageId)) throw new Error(`two messages have the id ${messageId}`)
      given.add(messageId)
    }
  }

  return JournalStore.of({
    id,
    location,
    hashKey,
    claim: Effect.acquireRelease(
      Effect.suspend(() => {
        if (claimed) return Effect.fail(new JournalError({ reason: new JournalInUse({ journal: location }) }))
        claimed = true
        return Effect.void
      }),
      () => Effect.sync(() => (claimed = false))
    ),
    transact: (sought, decide) =>
      attempt("transact", () => {
        const decision = decide({ messages: find(sought), nextSeq: lastSeq() + 1 })
        mustBeUnique(decision)
        for (const key of decision.remove ?? []) remove(key)
        for (const message of decision.insert ?? []) write({ ...message, key: ++lastKey })
        for (const message of decision.update ?? []) write(message)
        for (const event of decision.events ?? []) events.push(event)
        for (const { consumer, seq } of decision.cursors ?? []) cursors.set(consumer, { seq, failure: undefined })
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
      Effect.sync(() => {
        const from = Math.max(0, after - prunedEvents)
        return events
          .slice(from, from + limit)
          .map((draft, i) => toTrackingEvent(id, prunedEvents + from + i + 1, draft))
      }),
    lastSeq: Effect.sync(lastSeq),
    firstSeq: Effect.sync(() => (lastSeq() === 0 ? 0 : prunedEvents + 1)),
    mentions: (texts, after, limit) =>
      Effect.sync(() => {
        const found: Array<TrackingEvent> = []
        for (let i = Math.max(0, after - prunedEvents); i < events.length && found.length < limit; i++) {
          const draft = events[i] as EventDraft
          const text = JSON.stringify(draft.body)
          if (texts.some((part) => text.includes(part))) found.push(toTrackingEvent(id, prunedEvents + i + 1, draft))
        }
        return found
      }),
    cursor: (consumer) => Effect.sync(() => cursors.get(consumer)?.seq ?? 0),
    noteFailure: (consumer, failure) =>
      Effect.sync(() => void cursors.set(consumer, { seq: cursors.get(consumer)?.seq ?? 0, failure })),
    consumers: Effect.sync(() =>
      Array.from(cursors, ([consumer, known]) => ({ consumer, ...known })).sort((a, b) =>
        a.consumer < b.consumer ? -1 : 1
      )
    ),
    messages: ({ after, limit, run }) =>
      Effect.sync(() => {
        const page: Array<TrackedMessage> = []
        for (let key = after + 1; key <= lastKey && page.length < limit; key++) {
          const message = messages.get(key)
          if (message !== undefined && of(run)(message)) page.push(message)
        }
        return page
      }),
    find: (sought) => Effect.sync(() => find(sought)),
    totals: (run) =>
      Effect.sync(() => {
        const totals = new Map<string, Total>()
        for (const message of messages.values()) {
          if (!of(run)(message)) continue
          const { carrier, category, cause, conflicts, late, missing, resolution, status } = message
          const contradicted = conflicts.length > 0
          const key = JSON.stringify([carrier, status, resolution, category, cause, missing, late, contradicted])
          const count = (totals.get(key)?.count ?? 0) + 1
          totals.set(key, { carrier, status, resolution, category, cause, missing, late, contradicted, count })
        }
        return Array.from(totals.values())
      }),
    prune: ({ endedBefore, eventsUpTo, limit }, record) =>
      attempt("prune", () => {
        const old = Array.from(messages.values())
          .filter((message) => message.dueAt === undefined && endedAt(message) < endedBefore)
          .sort((a, b) => a.key - b.key)
          .slice(0, limit)
        const going = Math.max(0, Math.min(eventsUpTo - prunedEvents, events.length, limit))
        const pruned = { messages: old.length, events: going }
        if (old.length === 0 && going === 0) return pruned
        const event = record(pruned)
        for (const { key } of old) remove(key)
        events.splice(0, going)
        prunedEvents += going
        events.push(event)
        return pruned
      }),
    redact: (rewrite) =>
      attempt("redact", () => {
        const rewritten = events.flatMap((event, index) => {
          const body = rewrite(event.body)
          return body === undefined ? [] : [{ index, event: { ...event, body } }]
        })
        for (const { event, index } of rewritten) events[index] = event
        return rewritten.length
      }),
    compact: Effect.succeed({ before: 0, after: 0 }),
    check: Effect.succeed([])
  })
})

/** A journal in memory. */
export const layer: Layer.Layer<JournalStore> = Layer.effect(JournalStore, make)
