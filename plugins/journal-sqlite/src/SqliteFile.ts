/**
 * The SQLite file of a journal: recognised, opened, made, and locked.
 *
 * A process that closes any handle of a file gives up all its locks of that file, also those that SQLite holds for it.
 * So nothing here opens a file that SQLite may have open: it is SQLite that looks into it.
 *
 * @module
 */

import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync
} from "node:fs"
import { dirname, resolve } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { pathToFileURL } from "node:url"
import * as Failures from "./Failures.ts"
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

/** Runs what opens a file; whatever goes wrong there makes the journal unusable, and this says how. */
export const opening = <A>(file: string, run: () => A): A => {
  try {
    return run()
  } catch (error) {
    throw Failures.opening(file, error)
  }
}

/** The file itself, however it is named: SQLite puts its own files beside it, and so do we. */
export const pathOf = (file: string): string => {
  const path = resolve(file)
  return existsSync(path) ? realpathSync(path) : path
}

/** Works with a database, and closes it where that fails. */
export const closingOnError = <A>(db: DatabaseSync, run: () => A): A => {
  try {
    return run()
  } catch (error) {
    db.close()
    throw error
  }
}

/** Works with a database, and closes it. */
export const closing = <A>(db: DatabaseSync, run: (db: DatabaseSync) => A): A => {
  try {
    return run(db)
  } finally {
    db.close()
  }
}

/** A database of which nothing can be written, nor anything beside it: as its file is, without a log. */
export const asItIs = (path: string): DatabaseSync =>
  new DatabaseSync(`${pathToFileURL(path).href}?immutable=1`, { readOnly: true })

/** The number that a pragma tells. */
export const pragma = (db: DatabaseSync, name: string) => Number(db.prepare(`PRAGMA ${name}`).get()?.[name])

const mayWrite = (place: string): boolean => {
  try {
    accessSync(place, constants.W_OK)
    return true
  } catch {
    return false
  }
}

const mustBeOurs = (file: string, db: DatabaseSync): void => {
  if (pragma(db, "application_id") !== Schema.applicationId) throw Failures.notOurs(file)
}

/** Throws a `JournalError` where the tables are of another version than those that are written here. */
export const mustBeCurrent = (file: string, version: number): void => {
  if (version === Schema.version) return
  const [age, remedy] =
    version > Schema.version ? ["a newer", "update dlrkit"] : ["an older", "run dlrkit journal migrate"]
  throw Failures.unusable(
    file,
    `it was made by ${age} dlrkit (tables ${version}, known are ${Schema.version}); ${remedy}`
  )
}

/** The version of the tables in a file. What a log beside it still has to bring into it counts. */
const versionIn = (file: string, path: string, size: number): number => {
  const settled = !existsSync(`${path}-wal`)
  const version = closing(asItIs(path), (db) => {
    try {
      mustBeOurs(file, db)
      if (!settled) return undefined
      const pages = pragma(db, "page_count")
      const whole = pages * pragma(db, "page_size")
      if (size < whole) throw Failures.damaged(file, `it is cut off after ${size} of ${whole} bytes`)
      return pragma(db, "user_version")
    } catch (error) {
      // What its log still has to bring into a file must not make it look damaged.
      if (settled || !Failures.isCorrupt(error)) throw error
      return undefined
    }
  })
  if (version !== undefined) return version
  return closing(new DatabaseSync(path, { readOnly: true, timeout: busyTimeout }), (db) => pragma(db, "user_version"))
}

/**
 * The version of the journal at this place; `undefined` where there is none, as in an empty file. Throws a `JournalError`
 * where there is something else, or a damaged journal. Writes nothing.
 */
export const look = (file: string): number | undefined =>
  opening(file, () => {
    const path = pathOf(file)
    const stat = statSync(path, { throwIfNoEntry: false })
    if (stat === undefined) {
      const folder = dirname(path)
      if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) {
        throw Failures.unusable(file, `the folder ${folder} does not exist; make it first`)
      }
      return undefined
    }
    if (!stat.isFile()) throw Failures.unusable(file, "it is no file; name another with --journal")
    return stat.size === 0 ? undefined : versionIn(file, path, stat.size)
  })

/** Opens a journal of any version to be written, and changes nothing yet. */
const toWrite = (file: string, path: string): DatabaseSync => {
  const locked = [path, dirname(path)].find((place) => !mayWrite(place))
  if (locked !== undefined) throw Failures.denied(file, locked)
  return new DatabaseSync(path, { timeout: busyTimeout })
}

/**
 * Opens a journal to be read. SQLite needs a log beside the file for that too: where there is none, a connection that may
 * write takes its own away again in the end, one that may not would leave it. Where nothing can be written, the file is
 * read as it is.
 */
const toRead = (path: string): DatabaseSync => {
  const log = existsSync(`${path}-wal`)
  return log || (mayWrite(path) && mayWrite(dirname(path)))
    ? new DatabaseSync(path, { readOnly: log, timeout: busyTimeout })
    : asItIs(path)
}

/**
 * Opens a journal that is there, once `accept` has taken the version of its tables. Throws a `JournalError` where it is
 * none of ours, damaged, or not to be written by this user.
 */
export const open = (
  file: string,
  { maxSize, readOnly, synchronous }: OpenOptions,
  accept: (file: string, version: number) => void = mustBeCurrent
): OpenFile =>
  opening(file, () => {
    const path = pathOf(file)
    const db = readOnly ? toRead(path) : toWrite(file, path)
    return closingOnError(db, () => {
      mustBeOurs(file, db)
      accept(file, pragma(db, "user_version"))
      const rows = db.prepare("SELECT name, value FROM meta WHERE name IN ('id', 'hash_key')").all()
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
      closing(new DatabaseSync(unfinished), (db) => {
        db.exec(`PRAGMA journal_mode = MEMORY; BEGIN; ${Schema.create}`)
        const insert = db.prepare("INSERT INTO meta (name, value) VALUES (?, ?)")
        for (const [name, value] of Object.entries(meta)) insert.run(name, value)
        db.exec("COMMIT")
      })
      renameSync(unfinished, path)
    } finally {
      rmSync(unfinished, { force: true })
    }
  })

/**
 * Takes the right to track: a lock of the operating system on a file beside the journal, which ends with its holder.
 * Gives what releases it; `undefined` where somebody else has it.
 */
export const lock = (file: string): (() => void) | undefined =>
  opening(file, () => {
    const beside = `${pathOf(file)}.lock`
    if (!existsSync(beside)) closeSync(openSync(beside, "a", 0o600))
    const db = new DatabaseSync(beside, { timeout: 0 })
    try {
      return closingOnError(db, () => {
        db.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE")
        return () => db.close()
      })
    } catch (error) {
      if (Failures.isBusy(error)) return undefined
      throw error
    }
  })
