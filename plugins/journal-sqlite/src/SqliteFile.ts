/**
 * The SQLite file of a journal: recognised, opened, made, and locked.
 *
 * A process that closes any handle of a file gives up all its locks of that file, also those that SQLite holds for it.
 * So nothing here opens a file that SQLite may have open: it is SQLite that looks into it.
 *
 * @module
 */

import { closeSync, existsSync, openSync, realpathSync, renameSync, rmSync, statSync } from "node:fs"
import { dirname, resolve } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { pathToFileURL } from "node:url"
import { JournalStore } from "@dlrkit/core"
import * as Schema from "./Schema.ts"

/** How long a write waits for another process's write. Milliseconds. */
const busyTimeout = 10_000

/** How durable a commit is: `full` survives a power cut, `normal` the end of the process. */
export type Synchronous = "full" | "normal"

/** How a journal is opened. */
export interface OpenOptions {
  /** Nothing is written, and what opening makes beside the file is gone again when it is closed. */
  readonly readOnly: boolean
  readonly synchronous: Synchronous
  /** How large the file may grow, in bytes. */
  readonly maxSize?: number | undefined
}

/** An open journal, with what was written when it was made. */
export interface OpenFile {
  readonly db: DatabaseSync
  readonly meta: Readonly<Record<string, string>>
}

/** The results of SQLite that say what a file is. */
const busy = 5
const corrupt = 11
const noDatabase = 26

const resultOf = (error: unknown): number => ((error as { errcode?: number }).errcode ?? 0) & 0xff

const unusable = (file: string, detail: string) =>
  new JournalStore.JournalError({ reason: new JournalStore.JournalUnusable({ journal: file, detail }) })

const notOurs = (file: string) =>
  unusable(file, "the file is something else, not a dlrkit journal; name another with --journal")

const damaged = (file: string) =>
  unusable(file, "the file is damaged; put back a copy of it, or name another with --journal")

/** Runs what opens a file; whatever goes wrong there makes the journal unusable, and this says how. */
const opening = <A>(file: string, run: () => A): A => {
  try {
    return run()
  } catch (error) {
    if (error instanceof JournalStore.JournalError) throw error
    const result = resultOf(error)
    if (result === noDatabase) throw notOurs(file)
    if (result === corrupt) throw damaged(file)
    throw unusable(file, error instanceof Error ? error.message : String(error))
  }
}

/** The file itself, however it is named: SQLite puts its own files beside it, and so do we. */
const pathOf = (file: string): string => {
  const path = resolve(file)
  return existsSync(path) ? realpathSync(path) : path
}

/** Works with a database, and closes it where that fails. */
const closingOnError = <A>(db: DatabaseSync, run: () => A): A => {
  try {
    return run()
  } catch (error) {
    db.close()
    throw error
  }
}

const pragma = (db: DatabaseSync, name: string) => Number(db.prepare(`PRAGMA ${name}`).get()?.[name])

const checkIdentity = (file: string, db: DatabaseSync): void => {
  if (pragma(db, "application_id") !== Schema.applicationId) throw notOurs(file)
  const version = pragma(db, "user_version")
  if (version === Schema.version) return
  const [age, remedy] =
    version > Schema.version
      ? ["a newer", "update dlrkit"]
      : ["an older", "read it with that one, and name another with --journal for what is tracked from now on"]
  throw unusable(file, `it was made by ${age} dlrkit (tables ${version}, known are ${Schema.version}); ${remedy}`)
}

/**
 * Whether there is a journal at this place; an empty file is none yet. Throws a `JournalError` where there is something
 * else, or a damaged journal. Writes nothing, and makes nothing beside the file.
 */
export const exists = (file: string): boolean =>
  opening(file, () => {
    const path = pathOf(file)
    const stat = statSync(path, { throwIfNoEntry: false })
    if (stat === undefined) {
      const folder = dirname(path)
      if (!existsSync(folder)) throw unusable(file, `the folder ${folder} does not exist; make it first`)
      return false
    }
    if (!stat.isFile()) throw unusable(file, "it is no file; name another with --journal")
    if (stat.size === 0) return false
    // What a log beside the file still has to bring into it must not make the file look damaged.
    const settled = !existsSync(`${path}-wal`)
    let db: DatabaseSync | undefined
    try {
      db = new DatabaseSync(`${pathToFileURL(path).href}?immutable=1`, { readOnly: true })
      checkIdentity(file, db)
      if (settled && stat.size < pragma(db, "page_count") * pragma(db, "page_size")) throw damaged(file)
    } catch (error) {
      if (settled || resultOf(error) !== corrupt) throw error
    } finally {
      db?.close()
    }
    return true
  })

/** Opens a journal that is there. Throws a `JournalError` where it is none of ours, or damaged. */
export const open = (file: string, { maxSize, readOnly, synchronous }: OpenOptions): OpenFile =>
  opening(file, () => {
    const path = pathOf(file)
    // SQLite needs a log beside the file to read it too. Where there is none, a connection that may write takes its own
    // away again in the end; one that may not would leave it.
    const db = new DatabaseSync(path, { readOnly: readOnly && existsSync(`${path}-wal`), timeout: busyTimeout })
    return closingOnError(db, () => {
      checkIdentity(file, db)
      const rows = db.prepare("SELECT name, value FROM meta").all()
      db.exec(
        readOnly
          ? "PRAGMA query_only = ON"
          : `PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}; PRAGMA fullfsync = ON`
      )
      if (maxSize !== undefined) {
        db.exec(`PRAGMA max_page_count = ${Math.max(1, Math.floor(maxSize / pragma(db, "page_size")))}`)
      }
      return { db, meta: Object.fromEntries(rows.map(({ name, value }) => [String(name), String(value)])) }
    })
  })

/**
 * Makes a journal in a new file that its owner alone can read; the file is whole from the moment it has its name. For
 * the holder of the {@link lock}, where there is no journal.
 */
export const create = (file: string, meta: Readonly<Record<string, string>>): void =>
  opening(file, () => {
    const path = pathOf(file)
    const unfinished = `${path}.new`
    rmSync(unfinished, { force: true })
    try {
      closeSync(openSync(unfinished, "wx", 0o600))
      const db = new DatabaseSync(unfinished)
      try {
        db.exec(`PRAGMA journal_mode = MEMORY; BEGIN; ${Schema.create}`)
        const insert = db.prepare("INSERT INTO meta (name, value) VALUES (?, ?)")
        for (const [name, value] of Object.entries(meta)) insert.run(name, value)
        db.exec("COMMIT")
      } finally {
        db.close()
      }
      renameSync(unfinished, path)
    } finally {
      rmSync(unfinished, { force: true })
    }
  })

/**
 * Takes the right to track: a lock of the operating system on a file beside the journal, which ends with its holder.
 * Gives what releases it; `undefined` where somebody else has it.
 */
export const lock = (file: string): (() => void) | undefined => {
  const beside = `${pathOf(file)}.lock`
  if (!existsSync(beside)) closeSync(openSync(beside, "a", 0o600))
  const db = new DatabaseSync(beside, { timeout: 0 })
  try {
    return closingOnError(db, () => {
      db.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE")
      return () => db.close()
    })
  } catch (error) {
    if (resultOf(error) === busy) return undefined
    throw error
  }
}
