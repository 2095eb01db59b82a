/**
 * A process that opens the journal that it is given with the access that it is given, as another user where it is given
 * one's number; then it takes the right to track, writes a message, and prints what became of each.
 *
 * @module
 */
import type { JournalStore } from "@dlrkit/core"
import { Samples } from "@dlrkit/testkit"
import * as Effect from "effect/Effect"
import { open } from "./Stores.ts"

const [file = "", access = "create", user] = process.argv.slice(2)
// Everything is imported by now, which another user may not be able to.
if (user !== undefined) {
  process.setgid?.(Number(user))
  process.setuid?.(Number(user))
}

const said = <A, R>(effect: Effect.Effect<A, JournalStore.JournalError, R>) =>
  effect.pipe(
    Effect.as("done"),
    Effect.catch(({ message, reason }) => Effect.succeed(`${reason._tag}: ${message}`))
  )

const program = Effect.gen(function* () {
  const store = yield* open(file, access as "create")
  return {
    migrated: store.migrated,
    read: (yield* Samples.messages(store)).length,
    claimed: yield* said(Effect.scoped(store.claim)),
    written: yield* said(Samples.insert(store, [Samples.message({ messageId: "from another process" })]))
  }
}).pipe(
  Effect.scoped,
  Effect.catch(({ message, reason }) => Effect.succeed({ refused: `${reason._tag}: ${message}` }))
)

process.stdout.write(JSON.stringify(await Effect.runPromise(program)))
