/**
 * A process that writes to the journal that it is given until it is killed, and prints the number of each event that was
 * acknowledged.
 *
 * @module
 */
import { Journal, JournalStore } from "@dlrkit/core"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Sqlite from "../src/index.ts"

const program = Effect.gen(function* () {
  const journal = yield* Journal.Journal
  const run = yield* journal.start({ actor: "child", command: "test", version: "0", config: {} })
  for (let i = 0; ; i++) {
    const messageId = `run-${run.id}-${i}`
    yield* journal.register([
      {
        ref: { messageId },
        source: "test",
        group: "g",
        carrier: "c",
        carrierOrigin: "message",
        deadline: 1000,
        expired: undefined
      }
    ])
    process.stdout.write(`${yield* journal.store.lastSeq} ${messageId}\n`)
    // Lets the writes out, and the signal in.
    if (i % 50 === 0) yield* Effect.sleep(0)
  }
})

void Effect.runPromise(
  program.pipe(
    Effect.provide(Journal.layer.pipe(Layer.provideMerge(Sqlite.journal({ file: process.argv[2] ?? "" })))),
    Effect.provideService(JournalStore.Access, "create" as const),
    Effect.scoped
  )
)
