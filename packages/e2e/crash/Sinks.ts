/**
 * Audit sinks that fail: on a disk that fills up now and then, by themselves, or by never answering again.
 *
 * @module
 */
import { closeSync, existsSync, fsyncSync, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs"
import { type AuditSink, defineAuditSink } from "@dlrkit/core"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as PlatformError from "effect/PlatformError"
import type { Pass } from "./Boundaries.ts"

/** Whether something goes wrong this time, with this probability. */
export type Fails = (what: string, probability: number) => boolean

const diskFull = (method: string) =>
  PlatformError.systemError({
    _tag: "Unknown",
    module: "FileSystem",
    method,
    cause: new Error("ENOSPC: no space left on device, write")
  })

/** A file system on which half of what is written is there, or nothing is flushed, now and then. */
export const fillingUp =
  (fails: Fails) =>
  (real: FileSystem.FileSystem): FileSystem.FileSystem => ({
    ...real,
    open: (path, options) =>
      Effect.map(real.open(path, options), (file): FileSystem.File => {
        const failing: Partial<FileSystem.File> = {
          writeAll: (bytes) =>
            Effect.suspend(() =>
              fails("writeAll", 0.1)
                ? Effect.andThen(file.writeAll(bytes.subarray(0, bytes.length / 2)), diskFull("writeAll"))
                : file.writeAll(bytes)
            ),
          sync: Effect.suspend(() => (fails("sync", 0.05) ? diskFull("sync") : file.sync))
        }
        return Object.defineProperties(Object.create(file), Object.getOwnPropertyDescriptors(failing))
      })
  })

/** What a crash may have torn at a file's end is cut off; then the file is appended to. */
const openWhole = (file: string): number => {
  const whole = existsSync(file) ? readFileSync(file).lastIndexOf(10) + 1 : 0
  const handle = openSync(file, "a")
  ftruncateSync(handle, whole)
  return handle
}

/**
 * A sink as a user writes one: it appends to a file and flushes it. Before that, or after it, it fails now and then, or
 * (`hang`) never answers again.
 */
export const appending = (options: {
  readonly name: string
  readonly file: string
  readonly pass: Pass
  readonly fails: Fails
  readonly hang?: boolean
}): AuditSink.AuditSink => {
  const { fails, file, hang = false, name, pass } = options
  let handle: number | undefined
  return defineAuditSink({
    name,
    write: async (batch) => {
      if (hang && fails("hang", 0.2)) await new Promise(() => undefined)
      if (!hang && fails("before", 0.1)) throw new Error("out of order")
      handle ??= openWhole(file)
      pass(`before ${name}`)
      writeSync(handle, batch.map((event) => `${JSON.stringify(event)}\n`).join(""))
      fsyncSync(handle)
      pass(`after ${name}`)
      if (!hang && fails("after", 0.1)) {
        closeSync(handle)
        handle = undefined
        throw new Error("out of order, though it has everything")
      }
    }
  })
}
