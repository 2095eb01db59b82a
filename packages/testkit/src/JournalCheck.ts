/**
 * One thing that a journal must do, as an Effect that fails where it does not, and what such checks are written with.
 *
 * @module
 */
import { deepStrictEqual } from "node:assert/strict"
import { JournalStore, type TrackingEvent } from "@dlrkit/core"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { Rule } from "./ConformanceRule.ts"
import { events, messages, most } from "./Samples.ts"

/** A journal's operations. */
export type Store = JournalStore.JournalStoreService

/**
 * What a journal may do without, where it says why. `durability`: what was written is there when it is opened again.
 * `access`: it heeds {@link JournalStore.Access}.
 */
export type Feature = "durability" | "access"

/** How a journal is opened. */
export type Access = (typeof JournalStore.Access)["Service"]

/** A place for one journal, which nobody else has. */
export interface Place {
  /** Opens the journal until the scope ends; `create` where no other access is given. */
  readonly open: (access?: Access) => Effect.Effect<Store, JournalStore.JournalError, Scope.Scope>
  /** Opens the journal for this alone. */
  readonly using: <A, E>(
    use: (store: Store) => Effect.Effect<A, E, Scope.Scope>,
    access?: Access
  ) => Effect.Effect<A, E | JournalStore.JournalError>
}

/** One thing that a journal must do, in a place of its own. Its part is what a journal may do without. */
export type JournalCheck = Rule<Place> & { readonly part?: Feature | undefined }

/** The place of a layer that opens its journal whenever it is built. */
export const placeOf = (journal: Layer.Layer<JournalStore.JournalStore, JournalStore.JournalError>): Place => {
  const open: Place["open"] = (access = "create") =>
    Layer.build(journal).pipe(
      Effect.map(Context.get(JournalStore.JournalStore)),
      Effect.provideService(JournalStore.Access, access)
    )
  return { open, using: (use, access) => Effect.scoped(Effect.flatMap(open(access), use)) }
}

/** A check that works with one new journal. */
export const check = (
  name: string,
  says: string,
  run: (store: Store) => Effect.Effect<void, unknown, Scope.Scope>
): JournalCheck => ({
  name,
  says,
  run: (place) => Effect.flatMap(place.open(), run)
})

/** A value without what `undefined` says: a store may leave a field out or hold nothing in it. */
export const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? null))

/** Throws where two answers are not alike, whichever way they say nothing. */
export const same = (actual: unknown, expected: unknown, what?: string): void =>
  deepStrictEqual(plain(actual), plain(expected), what)

/** In an order of their own, for answers that promise none. */
export const sorted = (values: ReadonlyArray<object>): ReadonlyArray<string> =>
  values.map((value) => JSON.stringify(Object.entries(plain(value) as object).sort())).sort()

/** Throws where something does not fail; gives the tag of the reason where it fails as a journal does. */
export const refusal = <A, R>(effect: Effect.Effect<A, unknown, R>, what: string): Effect.Effect<string, never, R> =>
  Effect.map(Effect.exit(effect), (exit) => {
    deepStrictEqual(Exit.isFailure(exit), true, what)
    const failed = Exit.isFailure(exit) ? exit.cause.reasons.find((reason) => reason._tag === "Fail")?.error : undefined
    return failed instanceof JournalStore.JournalError ? failed.reason._tag : "another error"
  })

/** The keys of what an operation gives. */
export const keys = <E, R>(effect: Effect.Effect<ReadonlyArray<{ readonly key: number }>, E, R>) =>
  Effect.map(effect, (found) => found.map(({ key }) => key))

/** The numbers of the events that an operation gives. */
export const numbers = <E, R>(effect: Effect.Effect<ReadonlyArray<{ readonly seq: number }>, E, R>) =>
  Effect.map(effect, (found) => found.map(({ seq }) => seq))

/** All that a journal tells of what it holds. */
interface Contents extends Readonly<Record<string, unknown>> {
  readonly events: ReadonlyArray<TrackingEvent.TrackingEvent>
  readonly lastSeq: number
}

/** Reads all that a journal tells of what it holds. */
export const contents = (store: Store): Effect.Effect<Contents, JournalStore.JournalError> =>
  Effect.all({
    id: Effect.sync(() => store.id),
    hashKey: Effect.sync(() => store.hashKey),
    messages: messages(store),
    events: events(store),
    totals: Effect.map(store.totals(), sorted),
    firstSeq: store.firstSeq,
    lastSeq: store.lastSeq,
    consumers: store.consumers,
    due: store.open({ source: "source", run: 1, by: "dueAt", limit: most }),
    memo: store.memo("memo")
  })
