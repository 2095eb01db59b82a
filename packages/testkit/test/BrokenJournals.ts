/** Journals that are wrong on purpose, each in one way, over the one in memory: made to outlive its scopes. */
import { JournalStore, JournalStoreMemory, type TrackingEvent } from "@dlrkit/core"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { JournalConformance } from "../src/index.ts"

type Store = JournalStore.JournalStoreService

/** Changes a store; called whenever it is opened. */
type Break = (store: Store) => Partial<Store>

/** A subject whose journals are there as long as their place is, and wrong as is said. */
export const broken = (change: Break): JournalConformance.Subject => ({
  journal: Effect.sync(() => {
    let made: Store | undefined
    const open = Effect.gen(function* () {
      made ??= yield* JournalStoreMemory.make
      return JournalStore.JournalStore.of({ ...made, ...change(made) })
    })
    return Layer.effect(JournalStore.JournalStore, open)
  }),
  skip: { access: "it is in memory" }
})

/** A store that gives its events numbers without those that were pruned. */
const renumbered = (store: Store, pruned: () => number): Partial<Store> => {
  const again = (events: ReadonlyArray<TrackingEvent.TrackingEvent>) =>
    events.map((event) => ({ ...event, seq: event.seq - pruned(), id: `${store.id}-${event.seq - pruned()}` }))
  return {
    transact: (sought, decide) =>
      store.transact(sought, (snapshot) => decide({ ...snapshot, nextSeq: snapshot.nextSeq - pruned() })),
    events: (after, limit) => Effect.suspend(() => Effect.map(store.events(after + pruned(), limit), again)),
    mentions: (texts, after, limit) =>
      Effect.suspend(() => Effect.map(store.mentions(texts, after + pruned(), limit), again)),
    lastSeq: Effect.map(store.lastSeq, (seq) => seq - pruned()),
    firstSeq: Effect.map(store.firstSeq, (seq) => seq - pruned())
  }
}

/** Each break, with the rules that find it. */
export const breaks: Readonly<Record<string, readonly [Break, ReadonlyArray<string>]>> = {
  "nothing is wrong": [() => ({}), []],

  "events are written in a transaction of their own": [
    (store) => ({
      transact: (sought, decide) =>
        Effect.gen(function* () {
          const { events, ...rest } = yield* store.transact(sought, (snapshot) => ({ result: decide(snapshot) }))
          if (events !== undefined) yield* store.transact({}, () => ({ events, result: undefined }))
          return yield* store.transact({}, () => rest)
        })
    }),
    ["conflicting-ids"]
  ],

  "cursors are forgotten when it is opened again": [
    (store) => {
      const cursors = new Map<string, Omit<JournalStore.Consumer, "consumer">>()
      const move = (consumer: string, seq: number) => void cursors.set(consumer, { seq, failure: undefined })
      return {
        transact: (sought, decide) =>
          store
            .transact(sought, (snapshot) => {
              const { cursors: moved = [], ...rest } = decide(snapshot)
              return { ...rest, result: { moved, result: rest.result } }
            })
            .pipe(
              Effect.map(({ moved, result }) => {
                for (const { consumer, seq } of moved) move(consumer, seq)
                return result
              })
            ),
        cursor: (consumer) => Effect.sync(() => cursors.get(consumer)?.seq ?? 0),
        noteFailure: (consumer, failure) =>
          Effect.sync(() => void cursors.set(consumer, { seq: cursors.get(consumer)?.seq ?? 0, failure })),
        consumers: Effect.sync(() =>
          Array.from(cursors, ([consumer, known]) => ({ consumer, ...known })).sort((a, b) =>
            a.consumer < b.consumer ? -1 : 1
          )
        )
      }
    },
    ["reopened"]
  ],

  "the numbers of pruned events are given again": [
    (store) => {
      let pruned = 0
      return {
        ...renumbered(store, () => pruned),
        prune: (prunable, record) =>
          store
            .prune({ ...prunable, eventsUpTo: prunable.eventsUpTo + pruned }, record)
            .pipe(Effect.tap(({ events }) => Effect.sync(() => (pruned += events))))
      }
    },
    ["prune-limit", "prune-all-events", "reopened", "histories"]
  ],

  "the numbers of pruned events are given again when it is opened again": [
    (store) => {
      const pruned = Math.max(0, Effect.runSync(Effect.orDie(store.firstSeq)) - 1)
      return renumbered(store, () => pruned)
    },
    ["reopened", "reopened-empty"]
  ]
}

const forgetful = breaks["cursors are forgotten when it is opened again"]![0]
const again = breaks["the numbers of pruned events are given again"]![0]
const againLater = breaks["the numbers of pruned events are given again when it is opened again"]![0]
const apart = breaks["events are written in a transaction of their own"]![0]

/** Changes what every transaction writes. */
const writing =
  (change: (decision: JournalStore.Decision<unknown>) => JournalStore.Decision<unknown>): Break =>
  (store) => ({
    transact: (sought, decide) => store.transact(sought, (snapshot) => change(decide(snapshot)) as never)
  })

/** What a function gives; something else where it throws. */
const orElse = <A>(run: () => A, other: A): A => {
  try {
    return run()
  } catch {
    return other
  }
}

const reversed = <A, E>(effect: Effect.Effect<ReadonlyArray<A>, E>) => Effect.map(effect, (all) => all.toReversed())

const pruned: JournalStore.EventDraft = {
  at: 0,
  run: 1,
  actor: "pruner",
  body: { kind: "journal.pruned", before: "1970-01-01T00:00:00.000Z", messages: 0, events: 0 }
}

/** A break for each rule, which finds it. */
export const ruleBreaks: Readonly<Record<string, Break>> = {
  empty: (store) => ({ lastSeq: Effect.map(store.lastSeq, (seq) => Math.max(1, seq)) }),
  identity: () => ({ id: "the journal" }),
  "event-numbers": (store) => ({
    events: (after, limit) =>
      Effect.map(store.events(after, limit), (events) => events.map((event, index) => ({ ...event, id: `${index}` })))
  }),
  mentions: (store) => ({ mentions: (_, after, limit) => store.events(after, limit) }),
  cursors: (store) => ({ consumers: reversed(store.consumers) }),
  "cursors-in-transaction": writing(({ cursors: _, ...decision }) => decision),
  "consumer-failures": () => ({ noteFailure: () => Effect.void }),
  memos: () => ({ setMemo: () => Effect.void }),
  claim: () => ({ claim: Effect.void }),
  "message-fields": (store) => ({
    messages: (query) => Effect.map(store.messages(query), (all) => all.map((one) => ({ ...one, conflicts: [] })))
  }),
  "message-update": writing(({ update: _, ...decision }) => decision),
  find: (store) => ({ find: (sought) => reversed(store.find(sought)) }),
  "external-ids": (store) => ({ find: ({ externalIds: _, ...sought }) => store.find(sought) }),
  "hostile-names": (store) => ({
    find: ({ names, ...sought }) =>
      store.find({
        ...sought,
        names: names?.map((name) => ({ ...name, messageId: name.messageId?.toLowerCase() }))
      })
  }),
  "rename-and-remove": writing(({ remove: _, ...decision }) => decision),
  keys: (store) => ({
    messages: (query) =>
      Effect.map(store.messages(query), (all) => all.map((one, index) => ({ ...one, key: index + 1 })))
  }),
  "conflicting-ids": apart,
  "throwing-decision": (store) => ({
    transact: (sought, decide) =>
      store.transact(sought, (snapshot) => orElse(() => decide(snapshot), { result: undefined as never }))
  }),
  "large-page": writing(({ insert = [], ...decision }) => ({ ...decision, insert: insert.slice(0, 500) })),
  "message-pages": (store) => ({ messages: ({ run: _, ...query }) => store.messages(query) }),
  totals: (store) => ({ totals: () => store.totals() }),
  open: (store) => ({ open: (query) => reversed(store.open(query)) }),
  "open-of-group": (store) => ({ openOf: (query) => store.openOf({ ...query, except: new Set() }) }),
  schedule: () => ({ schedule: () => Effect.void }),
  unexplained: (store) => ({ unexplained: (query) => reversed(store.unexplained(query)) }),
  prune: (store) => ({
    prune: (prunable, record) => store.prune({ ...prunable, endedBefore: prunable.endedBefore + 1 }, record)
  }),
  "prune-limit": (store) => ({
    prune: (prunable, record) => store.prune({ ...prunable, limit: prunable.limit + 1 }, record)
  }),
  "prune-nothing": (store) => ({
    prune: (prunable, record) =>
      Effect.tap(store.prune(prunable, record), () =>
        store.transact({}, () => ({ events: [pruned], result: undefined }))
      )
  }),
  "prune-all-events": again,
  "prune-transaction": (store) => ({
    prune: (prunable, record) => store.prune(prunable, (counts) => orElse(() => record(counts), pruned))
  }),
  redact: (store) => ({ redact: (rewrite) => Effect.as(store.redact(rewrite), 0) }),
  "redact-transaction": (store) => ({
    redact: (rewrite) => store.redact((body) => orElse(() => rewrite(body), undefined))
  }),
  compact: () => ({ compact: Effect.succeed({ before: 1, after: 2 }) }),
  reopened: forgetful,
  "reopened-empty": againLater,
  "one-tracker": () => ({ claim: Effect.void }),
  created: () => ({}),
  reader: () => ({}),
  histories: again
}
