/**
 * What a journal must do with messages: keep them whole, and give them in order.
 *
 * @module
 */
import { strictEqual } from "node:assert/strict"
import type { Message } from "@dlrkit/core"
import * as Effect from "effect/Effect"
import { check, keys, refusal, same, sorted } from "./JournalCheck.ts"
import { acknowledge, draft, events, hostile, insert, message, messages } from "./Samples.ts"

/** A message in which every field says something. */
const full = message({
  messageId: "m-2",
  conversationId: "c-2",
  ref: {
    messageId: "m-2",
    conversationId: "c-2",
    externalContactId: "e-1",
    to: "+13175550100",
    sentAt: 5,
    labels: Object.fromEntries(hostile.map((text, i) => [text, hostile[hostile.length - 1 - i] ?? ""]))
  },
  sentAt: 5,
  alone: true,
  status: "failed",
  resolution: "failed",
  providerStatus: "failed",
  profile: "twilio",
  code: "CARRIER_REJECTED",
  field: "ErrorCode",
  cause: "refused_unspecified",
  category: "permanent_block",
  retryable: "no",
  actor: "carrier",
  classifier: "classifier",
  rule: "REJECTED",
  externalMessageId: "x-1",
  finalAt: 7,
  seenAt: 8,
  firstLookAt: 0,
  lookedAt: 9,
  dueAt: undefined,
  looks: 3,
  unexplained: true,
  missing: true,
  late: true,
  unrecognized: ["Parked", "?"],
  conflicts: [{ status: "delivered" }, { status: "failed", code: "X" }],
  report: {
    state: "delivered",
    profile: "twilio",
    providerStatus: hostile.join(),
    occurredAt: 5,
    recordedAt: 6,
    contradicted: true
  }
})

/** What a journal must do with messages. */
export const messageChecks = [
  check("message-fields", "gives back every field of a message, and the order of registration as its key", (store) =>
    Effect.gen(function* () {
      yield* insert(store, [message(), full])
      const expected = [
        { ...message(), key: 1 },
        { ...full, key: 2 }
      ]
      same(yield* messages(store), expected)
      const sought = { names: ["m-2", "nobody", "m-1", "m-2"].map((messageId) => ({ messageId })) }
      same(yield* store.transact(sought, (snapshot) => ({ result: snapshot })), { messages: expected, nextSeq: 3 })
      const changed = { ...full, key: 1, ref: {}, messageId: undefined, group: "g-2" }
      yield* store.transact({}, () => ({ update: [changed], renamed: [changed], result: undefined }))
      same((yield* messages(store))[0], { ...changed, source: "source", registeredAt: 0 })
    })
  ),

  check("message-update", "writes a message anew by its key, and no other", (store) =>
    Effect.gen(function* () {
      yield* insert(store, [message(), message({ messageId: "m-2" })])
      yield* store.transact({ names: [{ messageId: "m-1" }] }, ({ messages: [first] }) => ({
        update: [{ ...(first as Message.TrackedMessage), status: "sent", dueAt: undefined }],
        insert: [message({ messageId: "m-3" })],
        result: undefined
      }))
      same(
        (yield* messages(store)).map(({ dueAt, key, messageId, status }) => [key, messageId, status, dueAt]),
        [
          [1, "m-1", "sent", undefined],
          [2, "m-2", "pending", 0],
          [3, "m-3", "pending", 0]
        ]
      )
    })
  ),

  check(
    "rename-and-remove",
    "gives a message other names, and takes away one that has become part of another",
    (store) =>
      Effect.gen(function* () {
        const ref = { conversationId: "c-1" }
        yield* insert(store, [
          message({ messageId: undefined, ref, conversationId: "c-1" }),
          message({ messageId: "m-2" })
        ])
        yield* store.transact({ keys: [1, 2] }, ({ messages: [first, second] }) => {
          const named = {
            ...(first as Message.TrackedMessage),
            ref: { ...ref, to: "+15" },
            messageId: "m-2",
            sentAt: 9,
            group: "g-9"
          }
          return { update: [named], renamed: [named], remove: [second?.key ?? 0], result: undefined }
        })
        same(
          (yield* messages(store)).map(({ group, key, messageId, sentAt }) => ({ group, key, messageId, sentAt })),
          [{ group: "g-9", key: 1, messageId: "m-2", sentAt: 9 }]
        )
        for (const sought of [{ names: [{ messageId: "m-2" }] }, { recipients: ["15"] }, { names: [ref] }]) {
          same(yield* keys(store.find(sought)), [1], JSON.stringify(sought))
        }
        const open = yield* store.open({ source: "source", run: 1, by: "dueAt", limit: 9 })
        same(
          open.map(({ group, key, sentAt }) => [key, group, sentAt]),
          [[1, "g-9", 9]]
        )
      })
  ),

  check("keys", "gives no key twice, also where the newest message is gone", (store) =>
    Effect.gen(function* () {
      yield* insert(store, [message(), message({ messageId: "m-2" })])
      yield* store.transact({}, () => ({ remove: [2], result: undefined }))
      yield* insert(store, [message({ messageId: "m-3" })])
      same(
        (yield* messages(store)).map(({ key, messageId }) => [key, messageId]),
        [
          [1, "m-1"],
          [3, "m-3"]
        ]
      )
    })
  ),

  check("conflicting-ids", "writes nothing of a transaction that gives two messages one id", (store) =>
    Effect.gen(function* () {
      yield* insert(store, [message()])
      yield* acknowledge(store, "sink", 1)
      const before = [yield* messages(store), yield* events(store), yield* store.consumers]
      for (const insert of [
        [message({ messageId: "m-2" }), message({ messageId: "m-1" })],
        [message({ messageId: "m-3" }), message({ messageId: "m-3" })]
      ]) {
        const refused = store.transact({ keys: [1] }, ({ messages: [first] }) => ({
          insert,
          update: [{ ...(first as Message.TrackedMessage), looks: 9 }],
          events: [draft("m-2"), draft("m-3")],
          cursors: [{ consumer: "sink", seq: 3 }],
          result: undefined
        }))
        strictEqual(yield* refusal(refused, "two messages have one id"), "JournalBroken")
        same([yield* messages(store), yield* events(store), yield* store.consumers], before)
      }
      yield* insert(store, [message({ messageId: "m-2" })])
      same(
        (yield* events(store)).map(({ seq }) => seq),
        [1, 2]
      )
    })
  ),

  check("throwing-decision", "writes nothing where the decision throws, and goes on", (store) =>
    Effect.gen(function* () {
      yield* insert(store, [message()])
      const thrown = store.transact({ keys: [1] }, () => {
        throw new Error("a decision that throws")
      })
      strictEqual(yield* refusal(thrown, "a decision that throws is no answer"), "JournalBroken")
      strictEqual(yield* store.lastSeq, 1)
      yield* insert(store, [message({ messageId: "m-2" })])
      same(yield* keys(messages(store)), [1, 2])
    })
  ),

  check("large-page", "takes a large page at once", (store) =>
    Effect.gen(function* () {
      const size = 5000
      const page = Array.from({ length: size }, (_, i) => message({ messageId: `m-${i}`, group: `g-${i % 7}` }))
      yield* insert(store, page)
      const names = page.map(({ messageId }) => ({ messageId }))
      const changed = yield* store.transact({ names }, ({ messages }) => ({
        update: messages.map((one) => ({ ...one, looks: one.key, dueAt: size - one.key })),
        events: messages.map(({ messageId }) => draft(messageId ?? "")),
        result: messages.length
      }))
      strictEqual(changed, size)
      strictEqual(yield* store.lastSeq, 2 * size)
      const found = yield* store.find({ keys: page.map((_, i) => i + 1) })
      same(
        found.map(({ looks }) => looks),
        page.map((_, i) => i + 1)
      )
      const except = new Set(found.map(({ key }) => key).filter((key) => key <= size - 10))
      const group = store.openOf({ source: "source", run: 1, group: "g-0", except, limit: size })
      same(yield* keys(group), [4999, 4992])
    })
  ),

  check("message-pages", "pages through messages, all or those of a run", (store) =>
    Effect.gen(function* () {
      yield* insert(
        store,
        [1, 2, 1, 2, 1].map((run, i) => message({ messageId: `m-${i + 1}`, run }))
      )
      for (const [query, expected] of [
        [{ after: 0, limit: 2 }, [1, 2]],
        [{ after: 2, limit: 2 }, [3, 4]],
        [{ after: 4, limit: 2 }, [5]],
        [{ after: 5, limit: 2 }, []],
        [{ after: 0, limit: 2, run: 1 }, [1, 3]],
        [{ after: 3, limit: 2, run: 1 }, [5]],
        [{ after: 0, limit: 9, run: 2 }, [2, 4]],
        [{ after: 0, limit: 9, run: 3 }, []]
      ] as const) {
        same(yield* keys(store.messages(query)), expected, JSON.stringify(query))
      }
    })
  ),

  check("totals", "counts messages that are alike, all or those of a run", (store) =>
    Effect.gen(function* () {
      const expired = { status: "failed", resolution: "failed", cause: "expired", category: "unknown" } as const
      const rest = [
        { missing: true },
        { carrier: "other" },
        expired,
        { status: "sent", resolution: "unconfirmed" },
        { late: true },
        { conflicts: [{ status: "failed" }, { status: "failed" }] }
      ] as const
      const alike = [{}, {}, { run: 2 }]
      yield* insert(
        store,
        [...alike, ...rest].map((changes, i) => message({ messageId: `m-${i}`, ...changes }))
      )
      const total = { carrier: "acme", status: "pending", missing: false, late: false, contradicted: false, count: 1 }
      const others = rest.map((changes) =>
        "conflicts" in changes ? { ...total, contradicted: true } : { ...total, ...changes }
      )
      same(sorted(yield* store.totals()), sorted([{ ...total, count: 3 }, ...others]))
      same(sorted(yield* store.totals(1)), sorted([{ ...total, count: 2 }, ...others]))
      same(sorted(yield* store.totals(2)), sorted([total]))
      same(yield* store.totals(3), [])
    })
  )
]
