/**
 * The audit trail as NDJSON files: one event a line, appended, and flushed to the disk before it is acknowledged.
 *
 * Use it wherever the trail may stay on the machine; it is what the command line uses when no sink is named. Each journal
 * has a file of its own, `audit-<journal id>.ndjson`, so that two journals can share a directory.
 *
 * @module
 */
import { AuditSink, type TrackingEvent } from "@dlrkit/core"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Path from "effect/Path"
import type { PlatformError } from "effect/PlatformError"
import * as Scope from "effect/Scope"

/** The options of {@link sink}. */
export interface AuditFileOptions {
  /** The directory of the files, made where there is none (readable by its owner only); `audit` by default. */
  readonly directory?: string
  /** The sink's name, by which the journal remembers how far it has come; a second file sink needs another one. */
  readonly name?: string
}

/** An open file, and what is known of it: how long it is, and the `seq` of its last line. */
interface Trail {
  readonly path: string
  readonly file: FileSystem.File
  readonly scope: Scope.Closeable
  length: number
  lastSeq: number
}

const newline = 10
const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** How much of a file's end is read for its last line, at first. Bytes. */
const firstWindow = 64 * 1024

/** The part of a file from an offset to its end. */
const readFrom = Effect.fnUntraced(function* (file: FileSystem.File, offset: number, size: number) {
  const buffer = new Uint8Array(size - offset)
  let length = 0
  while (length < buffer.length) {
    const read = yield* file.read(buffer.subarray(length), { position: BigInt(offset + length) })
    if (read === 0) break
    length += read
  }
  return buffer.subarray(0, length)
})

/** Where the last whole line of a file ends, and that line. Reads no more of the file than it takes. */
const lastLine = Effect.fnUntraced(function* (file: FileSystem.File, size: number) {
  for (let window = firstWindow; ; window *= 2) {
    const offset = Math.max(0, size - window)
    const tail = yield* readFrom(file, offset, size)
    const end = tail.lastIndexOf(newline) + 1
    const start = tail.subarray(0, Math.max(0, end - 1)).lastIndexOf(newline) + 1
    if (start > 0 || offset === 0) return { end: offset + end, line: decoder.decode(tail.subarray(start, end)) }
  }
})

/** The `seq` of a line; `undefined` where it is no event. */
const seqOf = (line: string): number | undefined => {
  try {
    const { seq } = JSON.parse(line)
    return Number.isSafeInteger(seq) ? seq : undefined
  } catch {
    return undefined
  }
}

/** The journal that an event is of: its id without the sequence number. */
const journalOf = ({ id }: TrackingEvent.TrackingEvent) => id.slice(0, id.lastIndexOf("-"))

/**
 * Writes events to `<directory>/audit-<journal id>.ndjson`. An event that the file has already is not written twice, and
 * a line that a crash tore is cut off before the next one is appended. Fails with `AuditError` where something else than a
 * directory is in the way; its writes fail so where the disk is full, a permission is missing, or the file ends with
 * something else than an event. Nothing is made before the first write.
 *
 * @example
 * ```ts
 * import * as AuditFile from "@dlrkit/audit-file"
 *
 * export default defineTracker({ audit: [AuditFile.sink({ directory: "audit" })] })
 * ```
 */
export const sink = Effect.fnUntraced(function* (
  options: AuditFileOptions = {}
): Effect.fn.Return<AuditSink.AuditSink, AuditSink.AuditError, FileSystem.FileSystem | Path.Path | Scope.Scope> {
  const { directory = "audit", name = "audit-file" } = options
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const scope = yield* Scope.Scope
  const trails = new Map<string, Trail>()

  const failure = (target: string, detail: string) =>
    new AuditSink.AuditError({ sink: name, detail: `${target}: ${detail}` })
  const failed = (target: string) => (error: PlatformError) =>
    failure(target, error.reason.cause instanceof Error ? error.reason.cause.message : error.message)

  const makeDirectory = fs.makeDirectory(directory, { recursive: true, mode: 0o700 })
  // Nothing is made before there is something to write; what stands in the way is found now.
  const inTheWay = yield* Effect.option(fs.stat(directory))
  if (Option.isSome(inTheWay) && inTheWay.value.type !== "Directory") {
    return yield* failure(directory, "is no directory; name another")
  }

  /** Makes a new file's name durable. Not every system can. */
  const syncDirectory = fs.open(directory).pipe(
    Effect.flatMap((opened) => opened.sync),
    Effect.scoped,
    Effect.ignore
  )

  const open = Effect.fnUntraced(function* (journal: string) {
    const target = path.join(directory, `audit-${journal}.ndjson`)
    yield* makeDirectory
    const fileScope = yield* Scope.fork(scope)
    const file = yield* fs.open(target, { flag: "a+", mode: 0o600 }).pipe(
      Scope.provide(fileScope),
      Effect.tapError(() => Scope.close(fileScope, Exit.void))
    )
    yield* Effect.ignore(fs.chmod(target, 0o600))
    yield* syncDirectory
    const trail: Trail = { path: target, file, scope: fileScope, length: -1, lastSeq: 0 }
    trails.set(journal, trail)
    return trail
  })

  /** Learns a file's last event, and cuts off what a crash left behind it. */
  const examine = Effect.fnUntraced(function* (trail: Trail, size: number) {
    const { end, line } = yield* lastLine(trail.file, size)
    const seq = line === "" ? 0 : seqOf(line)
    if (seq === undefined) {
      return yield* failure(trail.path, "its last line is no event of an audit trail; move the file away")
    }
    if (end < size) yield* trail.file.truncate(end)
    trail.length = end
    trail.lastSeq = seq
  })

  const append = Effect.fnUntraced(function* (trail: Trail, batch: ReadonlyArray<TrackingEvent.TrackingEvent>) {
    const fresh = batch.filter(({ seq }) => seq > trail.lastSeq)
    const last = fresh.at(-1)
    if (last === undefined) return
    const bytes = encoder.encode(fresh.map((event) => `${JSON.stringify(event)}\n`).join(""))
    yield* trail.file.writeAll(bytes).pipe(
      Effect.andThen(trail.file.sync),
      // What is not surely on the disk is written again: the file must not have it, nor half a line of it.
      Effect.tapError(() => Effect.ignore(trail.file.truncate(trail.length)))
    )
    trail.length += bytes.length
    trail.lastSeq = last.seq
  })

  /** A journal's file, ready to be appended to. Others may have deleted it, cut it or written to it in the meantime. */
  const current = Effect.fnUntraced(function* (journal: string) {
    while (true) {
      const trail = trails.get(journal) ?? (yield* open(journal))
      const info = yield* trail.file.stat
      if (!Option.contains(info.nlink, 0n)) {
        const size = Number(info.size)
        if (size !== trail.length) yield* examine(trail, size)
        return trail
      }
      trails.delete(journal)
      yield* Scope.close(trail.scope, Exit.void)
    }
  })

  return {
    name,
    target: directory,
    supports: { idempotent: true },
    write: Effect.fnUntraced(
      function* (batch) {
        const first = batch[0]
        if (first === undefined) return
        yield* append(yield* current(journalOf(first)), batch)
      },
      Effect.catchTag("PlatformError", (error) => Effect.fail(failed(directory)(error))),
      // A write to a file cannot be taken back: one that was given up would still land, after the next.
      Effect.uninterruptible
    )
  }
})
