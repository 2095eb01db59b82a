import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { columns, type Exporter, type ExportRow, messages, run, toRow } from "../src/Exporter.ts"
import * as Journal from "../src/Journal.ts"
import { JournalStore } from "../src/JournalStore.ts"
import * as JournalStoreMemory from "../src/JournalStoreMemory.ts"
import type { TrackedMessage } from "../src/Message.ts"
import { message } from "./Samples.ts"

const journal = Layer.provideMerge(Journal.layer, JournalStoreMemory.layer)

/** Puts messages into the journal. */
const hold = (given: ReadonlyArray<Partial<TrackedMessage>>) =>
  JournalStore.use((store) =>
    store.transact({}, () => ({
      insert: given.map((changes, index) => message({ messageId: `m-${index + 1}`, ...changes })),
      result: undefined
    }))
  )

/** An exporter that keeps what it is given. */
const keeping = () => {
  const rows: Array<ExportRow> = []
  const headers: Array<ReadonlyArray<string>> = []
  const exporter: Exporter = {
    name: "keeping",
    target: "memory",
    write: (stream, labels) => {
      headers.push(labels)
      return Stream.runForEach(stream, (row) => Effect.sync(() => rows.push(row)))
    }
  }
  return { exporter, rows, headers }
}

describe("an exported row", () => {
  it("always has the same columns, empty where nothing is known", () => {
    const { labels, values } = toRow(message())
    assert.deepStrictEqual(Object.keys(values), [...columns])
    assert.deepStrictEqual(
      Object.entries(values).filter(([, value]) => value !== ""),
      [
        ["messageId", "m-1"],
        ["carrier", "unknown"],
        ["status", "pending"]
      ]
    )
    assert.deepStrictEqual(labels, {})
  })

  it("says how a message ended, with times in UTC and its labels", () => {
    const { labels, values } = toRow(
      message({
        ref: { messageId: "m-1", conversationId: "v", externalContactId: "c", sentAt: 0, labels: { team: "blue" } },
        externalMessageId: "e",
        carrier: "acme",
        status: "failed",
        resolution: "failed",
        providerStatus: "FAILED",
        code: "X",
        cause: "expired",
        category: "temporary_network",
        retryable: "after",
        actor: "sender",
        finalAt: 1,
        seenAt: 2,
        late: true,
        conflicts: [
          { status: "delivered" },
          { status: "failed", code: "Y", cause: "opted_out", category: "permanent_block" }
        ]
      })
    )
    assert.deepStrictEqual(Object.values(values), [
      "m-1",
      "v",
      "c",
      "e",
      "acme",
      "failed",
      "failed",
      "FAILED",
      "X",
      "expired",
      "temporary_network",
      "after",
      "sender",
      "1970-01-01T00:00:00.000Z",
      "1970-01-01T00:00:00.001Z",
      "1970-01-01T00:00:00.002Z",
      "yes",
      "delivered failed:Y"
    ])
    assert.deepStrictEqual(labels, { team: "blue" })
  })

  it("holds no phone number", () => {
    const row = toRow(message({ ref: { messageId: "m-1", to: "+13175550123", from: "+13175550999" } }))
    assert.notInclude(JSON.stringify(row), "3175550")
  })
})

describe("an export", () => {
  it.effect("reads every message in the order of registration, page by page", () =>
    Effect.gen(function* () {
      for (const count of [0, 999, 1, 1500]) {
        const before = (yield* Stream.runCollect(messages())).length
        yield* hold(Array.from({ length: count }, (_, index) => ({ messageId: `n-${before + index}` })))
      }
      const all = yield* Stream.runCollect(messages())
      assert.deepStrictEqual(
        all.map(({ messageId }) => messageId),
        Array.from({ length: 2500 }, (_, index) => `n-${index}`)
      )
    }).pipe(Effect.provide(journal))
  )

  it.effect("names all labels before the first row", () =>
    Effect.gen(function* () {
      yield* hold([
        {},
        { ref: { messageId: "m-2", labels: { b: "1" } } },
        { ref: { messageId: "m-3", labels: { a: "1", b: "2" } } }
      ])
      const { exporter, headers, rows } = keeping()
      yield* run(exporter)
      assert.deepStrictEqual(headers, [["b", "a"]])
      assert.deepStrictEqual(
        rows.map(({ labels }) => labels),
        [{}, { b: "1" }, { a: "1", b: "2" }]
      )
    }).pipe(Effect.provide(journal))
  )

  it.effect("can be of one run alone", () =>
    Effect.gen(function* () {
      yield* hold(Array.from({ length: 2400 }, (_, index) => ({ run: index % 2 })))
      const { exporter, rows } = keeping()
      yield* run(exporter, 1)
      assert.strictEqual(rows.length, 1200)
      assert.strictEqual(rows[0]?.values.messageId, "m-2")
    }).pipe(Effect.provide(journal))
  )
})
