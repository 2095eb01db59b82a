import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import type { JournalStore } from "@dlrkit/core"
import { Samples } from "@dlrkit/testkit"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { folder, open, refusal, using } from "./Stores.ts"

const number = "+13175550123"

/** Which of a journal's files hold the digits of the number, however it is written. */
const holders = (file: string) =>
  ["", "-wal", "-shm", ".lock"].filter(
    (end) => existsSync(`${file}${end}`) && readFileSync(`${file}${end}`).includes(number.slice(1))
  )

/** A settled journal of many messages, some of them to the number, which stands in old events too. */
const written = Effect.gen(function* () {
  const file = join(yield* folder, "dlrkit.db")
  yield* using(file, (store) =>
    Effect.gen(function* () {
      for (let page = 0; page < 5; page++) {
        const messages = Array.from({ length: 100 }, (_, i) => {
          const messageId = `m-${page}-${i}`
          const to = i % 9 === 0 ? number : `+1206555${1000 + i}`
          const ended = page === 0 ? { status: "delivered", dueAt: undefined, finalAt: 1 } : {}
          return Samples.message({ messageId, ref: { messageId, to }, ...(ended as object) })
        })
        yield* store.transact({}, () => ({
          insert: messages,
          events: messages.map(({ messageId = "", ref }) => ({ ...Samples.draft(messageId), actor: ref.to ?? "" })),
          result: undefined
        }))
      }
    })
  )
  assert.deepStrictEqual(holders(file), [""])
  return file
})

/** Overwrites the number in messages and events, as forgetting a person does. */
const forget = (store: JournalStore.JournalStoreService) =>
  Effect.gen(function* () {
    yield* store.transact({ recipients: [number.slice(1)] }, ({ messages }) => {
      const nameless = messages.map((message) => ({ ...message, ref: { messageId: message.messageId ?? "" } }))
      return { update: nameless, renamed: nameless, result: undefined }
    })
    yield* store.redact((body) => ("messageId" in body ? { ...body, messageId: "nobody" } : undefined))
    assert.deepStrictEqual(yield* store.find({ recipients: [number.slice(1)] }), [])
  })

/** Writes events that tell the number. */
const told = (store: JournalStore.JournalStoreService) =>
  store.transact({}, () => ({
    events: Array.from({ length: 200 }, () => Samples.draft(number)),
    result: undefined
  }))

describe("once a journal is compacted", () => {
  it.live("no byte is left of what was overwritten, also where another program has it open", () =>
    Effect.gen(function* () {
      const file = join(yield* folder, "dlrkit.db")
      const store = yield* open(file)
      const reader = new DatabaseSync(file, { open: false })
      for (let i = 0; i < 4; i++) {
        const ref = { messageId: `m-${i}`, to: number }
        yield* Samples.insert(store, [Samples.message({ messageId: `m-${i}`, ref })])
        yield* told(store)
      }
      reader.open()
      assert.strictEqual(reader.prepare("SELECT count(*) AS count FROM message").get()?.count, 4)
      yield* forget(store)
      // Whatever is overwritten is still somewhere: there is something to be compacted.
      assert.isNotEmpty(holders(file))
      const { after, before } = yield* store.compact
      assert.isAtMost(after, before)
      assert.deepStrictEqual(holders(file), [])
      assert.strictEqual(reader.prepare("SELECT count(*) AS count FROM message").get()?.count, 4)
      reader.close()
      assert.deepStrictEqual([yield* store.check, holders(file)], [[], []])
    })
  )

  it.live("no byte is left of what was pruned", () =>
    Effect.gen(function* () {
      const file = yield* written
      yield* using(file, (store) =>
        Effect.gen(function* () {
          yield* forget(store)
          const record = (pruned: JournalStore.Pruned): JournalStore.EventDraft => ({
            ...Samples.draft(""),
            body: { kind: "journal.pruned", before: "", ...pruned }
          })
          yield* store.prune({ endedBefore: 2, eventsUpTo: 500, limit: 1000 }, record)
          assert.isNotEmpty(holders(file))
          yield* store.compact
          assert.deepStrictEqual(holders(file), [])
          assert.strictEqual((yield* Samples.messages(store)).length, 400)
        })
      )
      assert.deepStrictEqual(holders(file), [])
    })
  )
})

describe("a journal in which another program reads on", () => {
  it.live("is not said to be compacted before that has ended", () =>
    Effect.gen(function* () {
      const file = join(yield* folder, "dlrkit.db")
      const store = yield* open(file)
      yield* told(store)
      const reader = new DatabaseSync(file, { readOnly: true })
      reader.exec("BEGIN")
      reader.prepare("SELECT count(*) FROM event").get()
      yield* forget(store)
      const reason = yield* refusal(store.compact)
      assert.strictEqual(reason._tag, "JournalBroken")
      assert.include(reason.message, "another program is reading it: end that, and run the same command again")
      reader.exec("COMMIT")
      yield* store.compact
      assert.deepStrictEqual(holders(file), [])
      reader.close()
    })
  )
})
