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
  lacks: { access: "it is in memory" }
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

/** Each break, with the checks that find it. */
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
    ["writes nothing of a transaction that gives two messages one id"]
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
        moveCursor: (consumer, seq) => Effect.sync(() => move(consumer, seq)),
        noteFailure: (consumer, failure) =>
          Effect.sync(() => void cursors.set(consumer, { seq: cursors.get(consumer)?.seq ?? 0, failure })),
        consumers: Effect.sync(() =>
          Array.from(cursors, ([consumer, known]) => ({ consumer, ...known })).sort((a, b) =>
            a.consumer < b.consumer ? -1 : 1
          )
        )
      }
    },
    ["holds all that was written when it is opened again, and goes on from there"]
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
    [
      "prunes no more than it may, the oldest first",
      "gives no number twice, also where all events are pruned",
      "holds all that was written when it is opened again, and goes on from there",
      "holds what the journal in memory does, whatever happens"
    ]
  ],

  "the numbers of pruned events are given again when it is opened again": [
    (store) => {
      const pruned = Math.max(0, Effect.runSync(Effect.orDie(store.firstSeq)) - 1)
      return renumbered(store, () => pruned)
    },
    [
      "holds all that was written when it is opened again, and goes on from there",
      "holds no number free for another event once all were pruned and it was opened again"
    ]
  ]
}
