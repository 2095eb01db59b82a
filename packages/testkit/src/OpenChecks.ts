/**
 * What a journal must do with open messages: give them in the orders in which planning reads them.
 *
 * @module
 */
import { strictEqual } from "node:assert/strict"
import type { JournalStore, Message } from "@dlrkit/core"
import * as Effect from "effect/Effect"
import { check, keys, same } from "./JournalCheck.ts"
import { insert, message, messages } from "./Samples.ts"

const row = (messageId: string, changes: Partial<Message.TrackedMessage>) => message({ messageId, ...changes })

/** What a journal must do with open messages. */
export const openChecks = [
  check("open", "gives what is open in order, from any place in it", (store) =>
    Effect.gen(function* () {
      yield* insert(store, [
        row("late", { dueAt: 30, deadlineAt: 100 }),
        row("soon", { dueAt: 10, deadlineAt: 300, lookedAt: 5, sentAt: 3 }),
        row("ended", { dueAt: undefined }),
        row("elsewhere", { source: "other" }),
        row("of another run", { run: 2 }),
        row("as soon", { dueAt: 10, deadlineAt: 100, registeredAt: 4, group: "g-2", alone: true, seenAt: 0 })
      ])
      const open = (query: Partial<JournalStore.OpenQuery>) =>
        store.open({ source: "source", run: 1, by: "dueAt", limit: 100, ...query })
      const [first, second] = yield* open({})
      const common = { carrier: "acme", dueAt: 10 }
      same(
        [first, second],
        [
          {
            ...common,
            key: 2,
            group: "g-1",
            sentAt: 3,
            registeredAt: 0,
            alone: false,
            seen: false,
            lookedAt: 5,
            deadlineAt: 300
          },
          { ...common, key: 6, group: "g-2", registeredAt: 4, alone: true, seen: true, deadlineAt: 100 }
        ].map((open) => ({ ...first, sentAt: undefined, lookedAt: undefined, ...open }))
      )
      for (const [query, expected] of [
        [{}, [2, 6, 1]],
        [{ after: first }, [6, 1]],
        [{ after: second, limit: 1 }, [1]],
        [{ by: "deadlineAt" }, [1, 6, 2]],
        [{ by: "deadlineAt", after: second }, [2]],
        [{ run: 2 }, [5]],
        [{ source: "other" }, [4]],
        [{ source: "nobody" }, []]
      ] satisfies ReadonlyArray<readonly [Partial<JournalStore.OpenQuery>, ReadonlyArray<number>]>) {
        same(yield* keys(open(query)), expected, JSON.stringify(query))
      }
    })
  ),

  check("open-of-group", "gives what is open of a group, the soonest due first", (store) =>
    Effect.gen(function* () {
      yield* insert(store, [
        row("late", { dueAt: 30, lookedAt: 8 }),
        row("other group", { group: "g-2" }),
        row("ended", { dueAt: undefined }),
        row("soon", { dueAt: 10 }),
        row("other run", { run: 2 }),
        row("other source", { source: "other" })
      ])
      const group = (limit: number, unseenSince?: number, ...except: ReadonlyArray<number>) =>
        keys(store.openOf({ source: "source", run: 1, group: "g-1", except: new Set(except), unseenSince, limit }))
      same(yield* group(9), [4, 1])
      same(yield* group(1), [4])
      same([yield* group(9, 8), yield* group(9, 9)], [[4], [4, 1]])
      same([yield* group(9, undefined, 4), yield* group(1, undefined, 4, 99)], [[1], [1]])
    })
  ),

  check("schedule", "moves due moments of what is open, and nothing else", (store) =>
    Effect.gen(function* () {
      yield* insert(store, [message(), row("m-2", { dueAt: undefined }), row("m-3", {})])
      yield* store.schedule([1, 2, 99].map((key) => ({ key, dueAt: 70 })))
      same(
        (yield* messages(store)).map(({ dueAt }) => dueAt ?? "none"),
        [70, "none", 0]
      )
      same(yield* keys(store.open({ source: "source", run: 1, by: "dueAt", limit: 9 })), [3, 1])
      strictEqual(yield* store.lastSeq, 3)
    })
  ),

  check("unexplained", "gives failures whose reason nobody has told, in the order of registration", (store) =>
    Effect.gen(function* () {
      const failed = { status: "failed", resolution: "failed", dueAt: undefined } as const
      yield* insert(store, [
        row("m-1", { ...failed, unexplained: true }),
        row("m-2", failed),
        row("m-3", { ...failed, unexplained: true, run: 2 }),
        row("m-4", { ...failed, unexplained: true, source: "other" }),
        row("m-5", { ...failed, unexplained: true })
      ])
      const found = (limit: number) => keys(store.unexplained({ source: "source", run: 1, limit }))
      same([yield* found(9), yield* found(1)], [[1, 5], [1]])
    })
  )
]
