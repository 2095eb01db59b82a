/**
 * A process that works as the user whose number it is given first, or as who started it for `-`. It opens each journal
 * that it is given, with the access that follows it, and prints what became of that. Where it may write, it takes the
 * right to track and writes.
 *
 * @module
 */
import type { JournalStore } from "@dlrkit/core"
import * as Effect from "effect/Effect"
import { open } from "./Stores.ts"

const [user, ...places] = process.argv.slice(2)
// Everything is imported by now, which another user may not be able to.
if (user !== "-") {
  process.setgid?.(Number(user))
  process.setuid?.(Number(user))
}

const said = <A, R>(effect: Effect.Effect<A, JournalStore.JournalError, R>) =>
  effect.pipe(
    Effect.as("done"),
    Effect.catch(({ message, reason }) => Effect.succeed(`${reason._tag}: ${message}`))
  )

const report = (file: string, access: "create" | "read" | "migrate") =>
  Effect.gen(function* () {
    const store = yield* open(file, access)
    if (access === "migrate") return store.migrated
    return {
      read: (yield* store.messages({ after: 0, limit: 9 })).length,
      claimed: yield* said(Effect.scoped(store.claim)),
      written: yield* said(store.setMemo("memo", "from another process"))
    }
  }).pipe(
    Effect.scoped,
    Effect.catch(({ message, reason }) => Effect.succeed({ refused: `${reason._tag}: ${message}` }))
  )

const pairs = places.flatMap((file, i) => (i % 2 === 0 ? [[file, places[i + 1] as "read"] as const] : []))
const reports = await Effect.runPromise(Effect.forEach(pairs, ([file, access]) => report(file, access)))
process.stdout.write(JSON.stringify(reports))
