/** What a message has learned is there when the journal is opened again: what was said of it once is not said anew. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { Classifier, type DeliveryReceipt, Exporter, Journal } from "@dlrkit/core"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Sqlite from "../src/index.ts"

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(path.join(tmpdir(), "dlrkit-journal-"))),
  (made) => Effect.sync(() => rmSync(made, { recursive: true, force: true }))
)

const says = (messageId: string, providerStatus: string, status?: "sent" | "delivered" | "failed", code?: string) => ({
  receipt: { messageId, profile: "test", providerStatus, status, code }
})

/** Of the first message words that nobody knows, of the second ends that contradict each other. */
const page: Journal.Page = {
  receipts: [
    ...["sent", "teleported", "beamed"].map((word) => says("m-1", word, word === "sent" ? "sent" : undefined)),
    says("m-2", "delivered", "delivered"),
    says("m-2", "failed", "failed", "BLOCKED")
  ],
  classify: (receipt: DeliveryReceipt.DeliveryReceipt) =>
    Classifier.classify([{ name: "test", classify: () => ({ cause: "opted_out" }) }], receipt, () => {}),
  looked: [],
  startedAt: 0,
  nextLook: () => 5000
}

it.effect("unknown words and conflicts are kept with their message", () =>
  Effect.gen(function* () {
    const file = path.join(yield* folder, "dlrkit.db")
    const commit = Effect.scoped(
      Effect.gen(function* () {
        const journal = yield* Journal.Journal
        yield* journal.start({ actor: "tester", command: "test", version: "0", config: {} })
        yield* journal.register(
          ["m-1", "m-2"].map((messageId) => ({
            ref: { messageId },
            source: "test",
            group: "g",
            carrier: "c",
            carrierOrigin: "message" as const,
            deadline: 3_600_000,
            expired: undefined
          }))
        )
        const before = yield* journal.store.lastSeq
        yield* journal.commit(page)
        const messages = yield* journal.store.messages({ after: 0, limit: 9 })
        return { messages, said: (yield* journal.store.lastSeq) - before }
      }).pipe(Effect.provide(Journal.layer.pipe(Layer.provideMerge(Sqlite.journal({ file }))), { local: true }))
    )
    const first = yield* commit
    const again = yield* commit
    assert.deepStrictEqual([first.said, again.said], [5, 0])
    const [one, two] = again.messages
    assert.deepStrictEqual(one?.unrecognized, ["teleported", "beamed"])
    assert.deepInclude(two?.conflicts[0], { status: "failed", code: "BLOCKED", cause: "opted_out" })
    assert.deepStrictEqual(
      again.messages.map((message) => Exporter.toRow(message).values.conflicts),
      ["", "failed:BLOCKED"]
    )
  })
)
