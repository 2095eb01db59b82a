import { join } from "node:path"
import { Classifier, Journal, JournalStore, ReceiptImport } from "@dlrkit/core"
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { folder, open } from "./Stores.ts"

/** A journal over a connection of its own. */
const connect = (file: string, access: "create" | "beside") =>
  Effect.flatMap(open(file, access), (store) =>
    Layer.build(Layer.provide(Journal.layer, Layer.succeed(JournalStore.JournalStore, store)))
  ).pipe(Effect.map(Context.get(Journal.Journal)))

const classify = (receipt: Parameters<typeof Classifier.classify>[1]) => Classifier.classify([], receipt, () => {})

describe("an import beside a tracker", () => {
  it.live("and the tracker keep what the other one wrote of the same messages", () =>
    Effect.gen(function* () {
      const file = join(yield* folder, "dlrkit.db")
      const tracker = yield* connect(file, "create")
      yield* tracker.start({ actor: "tracker", command: "track", version: "1", config: {} })
      yield* tracker.register(
        [1, 2, 3].map((i) => ({
          ref: { messageId: `m-${i}`, externalMessageId: `X-${i}` },
          source: "source",
          group: "g",
          carrier: "acme",
          carrierOrigin: "message",
          deadline: 1000,
          expired: undefined
        }))
      )
      /** What a look has read before the import, and writes after it. */
      const looked = yield* tracker.store.openOf({ source: "source", run: 1, group: "g", except: new Set(), limit: 9 })
      const beside = yield* connect(file, "beside")
      const receipt = (id: string) => ({
        receipt: { profile: "twilio", providerStatus: "undelivered", status: "failed" as const, externalMessageId: id }
      })
      const imported = yield* ReceiptImport.importReceipts({
        actor: "importer",
        version: "1",
        file: "-",
        profile: "twilio",
        classify,
        batches: Stream.fromIterable([[receipt("x-1")], [receipt("x-2")]]).pipe(
          // The tracker writes between the two transactions.
          Stream.tap(() =>
            tracker.commit({
              receipts: looked.slice(1).map(({ messageId }) => ({
                receipt: { profile: "p", messageId, providerStatus: "delivered", status: "delivered" }
              })),
              classify,
              looked: looked.map(({ key }) => key),
              startedAt: 5,
              nextLook: () => 9000
            })
          )
        )
      }).pipe(Effect.provideService(Journal.Journal, beside))
      assert.deepInclude(imported, { byId: 2, changed: 2 })
      const held = yield* tracker.store.messages({ after: 0, limit: 9 })
      assert.deepStrictEqual(
        held.map(({ looks, report, status }) => [status, report?.state, looks]),
        [
          ["pending", "failed", 2],
          ["delivered", "failed", 2],
          ["delivered", undefined, 2]
        ]
      )
      const events = yield* tracker.store.events(0, 99)
      assert.deepStrictEqual(
        events.map(({ seq }) => seq),
        events.map((_, i) => i + 1)
      )
      assert.deepStrictEqual(yield* tracker.store.check, [])
    })
  )
})
