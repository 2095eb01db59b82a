/**
 * A process that takes the right to track with the journal that it is given, prints `held` or why it may not, and keeps
 * it until it is killed.
 *
 * @module
 */
import { JournalStore } from "@dlrkit/core"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Sqlite from "../src/index.ts"

const program = Effect.gen(function* () {
  const store = yield* JournalStore.JournalStore
  yield* store.claim
  yield* Console.log("held")
  // A timer keeps the process alive; nothing else here does.
  yield* Effect.sleep("1 day")
}).pipe(
  Effect.scoped,
  Effect.provide(Sqlite.journal({ file: process.argv[2] ?? "" })),
  Effect.catch(({ reason }) => Console.log(reason._tag))
)

void Effect.runPromise(program)
