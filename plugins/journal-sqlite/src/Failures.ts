/**
 * What SQLite and the operating system fail with, in words that say what to do next.
 *
 * @module
 */
import { JournalStore } from "@dlrkit/core"

/** The results of SQLite that mean something to whoever runs dlrkit (sqlite.org/rescode.html). */
const busy = 5
const readOnly = 8
const corrupt = 11
const full = 13
const cannotOpen = 14
const noDatabase = 26

/** What is to be done with a damaged file. */
const recovery =
  "stop what uses it and keep it, then put a copy back, or name a new journal with --journal and give it the same " +
  "message files: audit files keep what was recorded"

/** An error that says why a file cannot be used as a journal. */
export const unusable = (file: string, detail: string) =>
  new JournalStore.JournalError({ reason: new JournalStore.JournalUnusable({ journal: file, detail }) })

/** The file is another program's. */
export const notOurs = (file: string) =>
  unusable(file, "the file is something else, not a dlrkit journal; name another with --journal")

/** The file was a journal, and cannot be read as one any more. */
export const damaged = (file: string, found: string) => unusable(file, `the file is damaged (${found}): ${recovery}`)

/** The journal has another user's rights, or stands where nothing can be written. */
export const denied = (file: string, place: string) =>
  unusable(file, `${place} cannot be written by this user: give it the right to, or name another with --journal`)

/** The primary result of SQLite that an error carries; 0 where it is no error of SQLite's. */
const resultOf = (error: unknown): number => ((error as { errcode?: number }).errcode ?? 0) & 0xff

/** Whether SQLite says that another process has what it needs. */
export const isBusy = (error: unknown): boolean => resultOf(error) === busy

/** Whether SQLite says that the file is damaged. */
export const isCorrupt = (error: unknown): boolean => resultOf(error) === corrupt

const textOf = (error: unknown) => (error instanceof Error ? error.message : String(error))

/** What went wrong and what to do, where that is known of an error. `maxSize` in bytes. */
const remedy = (error: unknown, maxSize: number | undefined): string | undefined => {
  const { code } = error as { code?: string }
  const result = resultOf(error)
  if (result === full || code === "ENOSPC" || code === "EDQUOT") {
    const what =
      maxSize === undefined
        ? "the disk is full: free some space"
        : `it has come to its maxSize of ${maxSize} bytes, or the disk is full: raise maxSize, prune the journal or free some space,`
    return `${what} and run the same command again; nothing recorded is lost`
  }
  if (result === busy) return "another program has kept the file too long: end it, and run the same command again"
  if (result === readOnly)
    return "it may not be written: it is open for reading alone, or the file was moved or protected"
  if (result === cannotOpen || code === "EACCES" || code === "EPERM" || code === "EROFS") {
    return `${textOf(error)}: give this user the rights to the file and its folder, or name another with --journal`
  }
  return undefined
}

/** Why a file cannot be opened. */
export const opening = (file: string, error: unknown): JournalStore.JournalError => {
  if (error instanceof JournalStore.JournalError) return error
  if (resultOf(error) === noDatabase) return notOurs(file)
  if (isCorrupt(error)) return damaged(file, textOf(error))
  return unusable(file, remedy(error, undefined) ?? textOf(error))
}

/** Why an operation failed. A text that is no JSON any more is damage that SQLite does not see. */
export const broken = (
  file: string,
  operation: string,
  error: unknown,
  maxSize: number | undefined
): JournalStore.JournalError => {
  if (error instanceof JournalStore.JournalError) return error
  const isDamaged = isCorrupt(error) || resultOf(error) === noDatabase || error instanceof SyntaxError
  const detail = isDamaged
    ? `the file is damaged (${textOf(error)}): dlrkit journal check tells where; ${recovery}`
    : remedy(error, maxSize)
  const cause = detail === undefined ? error : new Error(detail, { cause: error })
  return new JournalStore.JournalError({
    reason: new JournalStore.JournalBroken({ journal: file, operation, cause })
  })
}
