/**
 * The SQLite file of a journal: recognised, opened, made, and locked.
 *
 * @module
 */

import { closeSync, existsSync, openSync, readSync, statSync } from "node:fs"
import { dirname, resolve } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { JournalStore } from "@dlrkit/core"
import * as Schema from "./Schema.ts"

const header = "SQLite format 3\0"

/** How long a write waits for another process's write. Milliseconds. */
const busyTimeout = 10_000

/** How durable a commit is: `full` survives a power cut, `normal` the end of the process. */
export type Synchronous = "full" | "normal"

const unusable = (file: string, detail: string) =>
  new JournalStore.JournalError({ reason: new JournalStore.JournalUnusable({ journal: file, detail }) })

/** Whether there is a journal at this place. Throws a `JournalError` where there is something else. */
export const exists = (file: string): boolean => {
  if (!existsSync(file)) {
    const folder = dirname(resolve(file))
    if (!existsSync(folder)) throw unusable(file, `the folder ${folder} does not exist; make it first`)
    return false
  }
  const stat = statSync(file)
  if (!stat.isFile()) throw unusable(file, "it is no file; name another with --journal")
  if (stat.size === 0) return false
  const handle = openSync(file, "r")
  try {
    const bytes = Buffer.alloc(header.length)
    readSync(handle, bytes, 0, header.length, 0)
    if (bytes.toString("latin1") !== header) throw notOurs(file)
  } finally {
    closeSync(handle)
  }
  return true
}

const notOurs = (file: string) =>
  unusable(file, "the file is something else, not a dlrkit journal; name another with --journal")

/** Opens a journal that is there. Throws a `JournalError` where it is none of ours. */
export const open = (file: string, options: { readonly readOnly: boolean; readonly synchronous: Synchronous }) => {
  const db = new DatabaseSync(file, { readOnly: options.readOnly, timeout: busyTimeout })
  try {
    const pragma = (name: string) => db.prepare(`PRAGMA ${name}`).get()?.[name]
    if (pragma("application_id") !== Schema.applicationId) throw notOurs(file)
    const version = Number(pragma("user_version"))
    if (version > Schema.version) {
      throw unusable(
        file,
        `it was made by a newer dlrkit (tables ${version}, known are ${Schema.version}); update dlrkit`
      )
    }
    if (!options.readOnly) configure(db, options.synchronous)
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

/** Makes a journal in a new file that its owner alone can read. */
export const create = (
  file: string,
  meta: Readonly<Record<string, string>>,
  synchronous: Synchronous
): DatabaseSync => {
  closeSync(openSync(file, "a", 0o600))
  const db = new DatabaseSync(file, { timeout: busyTimeout })
  db.exec("BEGIN IMMEDIATE")
  db.exec(Schema.create)
  const insert = db.prepare("INSERT INTO meta (name, value) VALUES (?, ?)")
  for (const [name, value] of Object.entries(meta)) insert.run(name, value)
  db.exec("COMMIT")
  configure(db, synchronous)
  return db
}

const configure = (db: DatabaseSync, synchronous: Synchronous) =>
  db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}`)

/**
 * Takes the right to track: a lock of the operating system on a file beside the journal, which ends with its holder.
 * Gives what releases it; `undefined` where somebody else has it.
 */
export const lock = (file: string): (() => void) | undefined => {
  const beside = `${file}.lock`
  closeSync(openSync(beside, "a", 0o600))
  const db = new DatabaseSync(beside, { timeout: 0 })
  try {
    db.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE")
    return () => db.close()
  } catch (error) {
    db.close()
    if ((error as { errcode?: number }).errcode === 5) return undefined
    throw error
  }
}
