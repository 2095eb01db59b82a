/**
 * What a journal must do that outlives its process, and that several may open.
 *
 * @module
 */
import { notStrictEqual, strictEqual } from "node:assert/strict"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { contents, type JournalCheck, refusal, type Store, same } from "./JournalCheck.ts"
import { acknowledge, draft, events, insert, message, messages } from "./Samples.ts"

const record = (pruned: { readonly messages: number; readonly events: number }) => ({
  ...draft(""),
  body: { kind: "journal.pruned", before: "1970-01-01T00:00:00.000Z", ...pruned } as const
})

/** Puts something of everything into a journal. */
const fill = (store: Store) =>
  Effect.gen(function* () {
    yield* insert(store, [
      message({ ref: { messageId: "m-1", to: "+13175550100" } }),
      message({ messageId: "m-2", status: "delivered", dueAt: undefined, finalAt: 1 })
    ])
    yield* store.schedule([{ key: 1, dueAt: 70 }])
    yield* store.transact({}, () => ({ cursors: [{ consumer: "audit/file", seq: 2 }], result: undefined }))
    yield* acknowledge(store, "audit/http", 1)
    yield* store.noteFailure("audit/http", { since: 1, at: 2, detail: "down" })
    yield* store.setMemo("memo", "learned")
    yield* store.redact((body) => (body.kind === "message.missing" ? { ...body, carrier: "another" } : undefined))
    yield* store.prune({ endedBefore: 2, eventsUpTo: 1, limit: 10 }, record)
  })

/** What a journal must do that outlives its process, and that several may open. */
export const durabilityChecks: ReadonlyArray<JournalCheck> = [
  {
    name: "reopened",
    says: "holds all that was written when it is opened again, and goes on from there",
    part: "durability",
    run: ({ using }) =>
      Effect.gen(function* () {
        const before = yield* using((store) => Effect.andThen(fill(store), contents(store)))
        same(yield* using(contents), before)
        yield* using((store) => insert(store, [message({ messageId: "m-3" })]))
        const after = yield* using(contents)
        same(after.events, [...before.events, { ...after.events.at(-1), seq: before.lastSeq + 1 }])
        same(after.events.at(-1)?.id, `${before.id}-${before.lastSeq + 1}`)
      })
  },

  {
    name: "reopened-empty",
    says: "holds no number free for another event once all were pruned and it was opened again",
    part: "durability",
    run: ({ using }) =>
      Effect.gen(function* () {
        yield* using((store) => insert(store, [message()]))
        yield* using((store) => store.prune({ endedBefore: 0, eventsUpTo: 9, limit: 9 }, record))
        yield* using((store) =>
          Effect.gen(function* () {
            const next = yield* store.transact({}, ({ nextSeq }) => ({ result: nextSeq }))
            same([yield* store.firstSeq, yield* store.lastSeq, next], [2, 2, 3])
          })
        )
      })
  },

  {
    name: "one-tracker",
    says: "lets one track at a time, whoever opens it, and the next once that has closed it",
    part: "durability",
    run: ({ open, using }) =>
      Effect.gen(function* () {
        yield* using((store) => insert(store, [message()]))
        const first = yield* Scope.make()
        yield* Scope.provide(
          Effect.flatMap(open(), (store) => store.claim),
          first
        )
        const second = using((store) => store.claim)
        strictEqual(yield* refusal(second, "two have the right to track"), "JournalInUse")
        same((yield* using(messages)).length, 1)
        yield* Scope.close(first, Exit.void)
        yield* second
      })
  },

  {
    name: "created",
    says: "is made by whoever may make it alone",
    part: "access",
    run: ({ open, using }) =>
      Effect.gen(function* () {
        for (const access of ["read", "beside", "migrate"] as const) {
          const refused = Effect.scoped(open(access))
          strictEqual(yield* refusal(refused, `there is none to open as ${access}`), "JournalUnusable")
        }
        const id = yield* using((store) => Effect.as(insert(store, [message()]), store.id))
        for (const access of ["read", "beside", "migrate"] as const) {
          strictEqual(yield* using((store) => Effect.succeed(store.id), access), id)
        }
      })
  },

  {
    name: "reader",
    says: "shows a reader what is written as it goes on, and takes nothing from it",
    part: "access",
    run: ({ open, using }) =>
      Effect.gen(function* () {
        const tracker = yield* open()
        yield* tracker.claim
        yield* insert(tracker, [message()])
        const reader = yield* open("read")
        for (let count = 2; count < 5; count++) {
          yield* insert(tracker, [message({ messageId: `m-${count}` })])
          same(yield* contents(reader), yield* contents(tracker))
        }
        const before = yield* contents(tracker)
        for (const written of [
          insert(reader, [message({ messageId: "m-9" })]),
          acknowledge(reader, "sink", 1),
          reader.setMemo("memo", "other")
        ]) {
          notStrictEqual(yield* refusal(written, "a reader has written"), "another error")
        }
        same(yield* contents(tracker), before)
        yield* using(
          (beside) => beside.transact({}, () => ({ events: [draft("beside")], result: undefined })),
          "beside"
        )
        same((yield* events(reader)).at(-1), (yield* events(tracker)).at(-1))
        const { claim } = yield* open()
        strictEqual(yield* refusal(Effect.scoped(claim), "two have the right to track"), "JournalInUse")
        strictEqual(yield* refusal(Effect.scoped(open("migrate")), "it is migrated beside a tracker"), "JournalInUse")
      })
  }
]
