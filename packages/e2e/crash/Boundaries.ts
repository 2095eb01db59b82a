/**
 * The durable boundaries of a tracker: the moments before and after each thing that it leaves behind, at each of which it
 * can be killed. They are layers around the seams of what ships; nothing in it knows of them.
 *
 * @module
 */
import { appendFileSync } from "node:fs"
import { JournalStore } from "@dlrkit/core"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"

/** Goes by a boundary, which may be the last thing that this process does. */
export type Pass = (boundary: string) => void

/**
 * Counts the boundaries of this process, each kind by itself, and writes each into a log as `kind count`. At the one that
 * is named so the process kills itself, as nobody can prevent and nothing can notice.
 */
export const watch = (log: string, killAt: string | undefined): Pass => {
  const counts = new Map<string, number>()
  return (boundary) => {
    const count = (counts.get(boundary) ?? 0) + 1
    counts.set(boundary, count)
    const name = `${boundary} ${count}`
    appendFileSync(log, `${name}\n`)
    if (name === killAt) process.kill(process.pid, "SIGKILL")
  }
}

const around = <A, E, R>(pass: Pass, what: string, effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.suspend(() => {
    pass(`before ${what}`)
    return Effect.tap(effect, () => Effect.sync(() => pass(`after ${what}`)))
  })

/** Cursors move with other things in one transaction: before it is committed, and after. */
const moving = <A>(
  pass: Pass,
  { transact }: JournalStore.JournalStoreService,
  sought: JournalStore.Sought,
  decide: (snapshot: JournalStore.Snapshot) => JournalStore.Decision<A>
) => {
  let moves = false
  const watched = transact(sought, (snapshot) => {
    const decision = decide(snapshot)
    moves = (decision.cursors ?? []).length > 0
    if (moves) pass("before a cursor moves")
    return decision
  })
  return Effect.tap(watched, () => Effect.sync(() => (moves ? pass("after a cursor moves") : undefined)))
}

/** A journal whose writes are boundaries. */
export const journal = <E, R>(
  pass: Pass,
  store: Layer.Layer<JournalStore.JournalStore, E, R>
): Layer.Layer<JournalStore.JournalStore, E, R> =>
  Layer.effect(
    JournalStore.JournalStore,
    Effect.map(JournalStore.JournalStore, (real): JournalStore.JournalStoreService => {
      const watched: Partial<JournalStore.JournalStoreService> = {
        transact: (sought, decide) => around(pass, "transact", moving(pass, real, sought, decide)),
        noteFailure: (consumer, failure) => around(pass, "noteFailure", real.noteFailure(consumer, failure)),
        setMemo: (name, text) => around(pass, "setMemo", real.setMemo(name, text)),
        schedule: (moments) => around(pass, "schedule", real.schedule(moments))
      }
      // What is not watched is asked of the real one at that moment: a new journal's id is known when it is made.
      return Object.assign(Object.create(real), watched)
    })
  ).pipe(Layer.provide(store))

/** A file system whose writes to files are boundaries; `half a writeAll` is a line that is torn. */
export const files =
  (pass: Pass) =>
  (real: FileSystem.FileSystem): FileSystem.FileSystem => ({
    ...real,
    rename: (from, to) => around(pass, "rename", real.rename(from, to)),
    open: (path, options) =>
      Effect.map(around(pass, "open", real.open(path, options)), (file): FileSystem.File => {
        const watched: Partial<FileSystem.File> = {
          writeAll: (bytes) =>
            around(
              pass,
              "writeAll",
              Effect.gen(function* () {
                const half = Math.floor(bytes.length / 2)
                yield* file.writeAll(bytes.subarray(0, half))
                pass("half a writeAll")
                yield* file.writeAll(bytes.subarray(half))
              })
            ),
          sync: around(pass, "sync", file.sync),
          truncate: (length) => around(pass, "truncate", file.truncate(length))
        }
        return Object.defineProperties(Object.create(file), Object.getOwnPropertyDescriptors(watched))
      })
  })

/** Builds a plugin on another file system. */
export const withFiles =
  (change: (real: FileSystem.FileSystem) => FileSystem.FileSystem) =>
  <A, E, R>(plugin: Effect.Effect<A, E, R>): Effect.Effect<A, E, R | FileSystem.FileSystem> =>
    FileSystem.FileSystem.use((fs) => Effect.provideService(plugin, FileSystem.FileSystem, change(fs)))
