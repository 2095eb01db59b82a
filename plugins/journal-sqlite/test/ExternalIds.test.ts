import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { ExternalId } from "@dlrkit/core"
import { Samples } from "@dlrkit/testkit"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { folder, open, using } from "./Stores.ts"

/** Ids of what a careless comparison stumbles over. */
const Id = Schema.Array(
  Schema.Literals([
    "0",
    "00",
    "a",
    "A",
    "É",
    "é",
    "İ",
    "ß",
    "-",
    "\0",
    " ",
    "\u00a0",
    "\u200b",
    "\ufeff",
    "\u3000",
    "\n"
  ])
)

const indexes = (file: string) => {
  const db = new DatabaseSync(file, { readOnly: true })
  const found = db.prepare("SELECT name FROM sqlite_schema WHERE name = 'message_by_external_id'").all()
  db.close()
  return found.length
}

describe("an external id", () => {
  it.effect.prop("finds its message, however the id is written", { ids: Schema.Array(Id) }, ({ ids }) =>
    Effect.gen(function* () {
      const all = [...ids.map((parts) => parts.join("")), "A", "0a "]
      const store = yield* open(join(yield* folder, "dlrkit.db"), "create", { synchronous: "normal" })
      const rows = all.map((externalMessageId, i) => Samples.message({ messageId: `m-${i}`, externalMessageId }))
      yield* Samples.insert(store, rows)
      for (const id of all) {
        const sought = { externalIds: [ExternalId.comparable(id)] }
        const expected = all.flatMap((other, i) => (ExternalId.same(other, id) ? [i + 1] : []))
        const scanned = (yield* store.find(sought)).map(({ key }) => key)
        const indexed = yield* store.transact(sought, ({ messages }) => ({ result: messages.map(({ key }) => key) }))
        assert.deepStrictEqual([scanned, indexed], [expected, expected], JSON.stringify(id))
      }
    }).pipe(Effect.scoped)
  )

  it.live("has an index from the first transaction on that looks for one, also beside whoever writes", () =>
    Effect.gen(function* () {
      const file = join(yield* folder, "dlrkit.db")
      const store = yield* open(file)
      yield* Samples.insert(store, [Samples.message({ externalMessageId: "X-1" })])
      yield* store.find({ externalIds: ["x-1"] })
      yield* store.transact({ keys: [1], externalIds: [] }, () => ({ result: undefined }))
      assert.strictEqual(indexes(file), 0)
      yield* using(file, (beside) => beside.transact({ externalIds: ["x-1"] }, () => ({ result: undefined })), "beside")
      assert.strictEqual(indexes(file), 1)
      yield* Samples.insert(store, [Samples.message({ messageId: "m-2", externalMessageId: "x-2" })])
      const found = yield* using(file, (reader) => reader.find({ externalIds: ["x-1", "x-2"] }), "read")
      assert.deepStrictEqual([found.map(({ key }) => key), yield* store.check], [[1, 2], []])
    })
  )
})
