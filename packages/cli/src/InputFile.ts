/**
 * The bytes of what a user hands to a command: a file, a pipe, or standard input.
 *
 * @module
 */
import { createReadStream } from "node:fs"
import * as NodeStream from "@effect/platform-node/NodeStream"
import * as ByteSize from "effect/ByteSize"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import type { PlatformError } from "effect/PlatformError"
import * as Schema from "effect/Schema"
import * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"

/** It cannot be read, or is not what it was when it was opened. `message` is for the user as it is, in one line. */
export class InputFileError extends Schema.TaggedError<InputFileError>()("InputFileError", {
  file: Schema.String,
  reason: Schema.Literals(["Unreadable", "Changed"]),
  message: Schema.String
}) {}

/** What is to be read. */
export interface InputFile {
  /** As the user named it, or `standard input`. */
  readonly name: string
  /** From the beginning, each time; of what can be read once only, once. */
  readonly bytes: Stream.Stream<Uint8Array, InputFileError>
  /** Fails where it was changed since it was opened; `undefined` of what can be read once only: standard input, a pipe. */
  readonly unchanged: Effect.Effect<void, InputFileError> | undefined
}

/**
 * How much of a file is read at once. Bytes. What is made of a larger piece outlives the collector's young space, which
 * then grows: a million rows cost 60 MB by pieces of 32 KiB, and 180 MB by pieces of 256 KiB.
 */
const chunkSize = 32 * 1024

/** Opens a file; `-` is standard input. Fails where there is none, or where it is a folder. */
export const open = Effect.fnUntraced(function* (
  file: string
): Effect.fn.Return<InputFile, InputFileError, FileSystem.FileSystem | Stdio.Stdio> {
  if (file === "-") {
    const { stdin } = yield* Stdio.Stdio
    const name = "standard input"
    return { name, bytes: Stream.mapError(stdin, (error) => unreadable(name, explain(error))), unchanged: undefined }
  }
  const fs = yield* FileSystem.FileSystem
  const look = fs.stat(file).pipe(Effect.mapError((error) => unreadable(file, explain(error))))
  const before = yield* look
  if (before.type === "Directory") return yield* unreadable(file, "is a directory")
  if (before.type !== "File") return { name: file, bytes: pipe(file), unchanged: undefined }
  const unchanged = Effect.flatMap(look, (now) =>
    stampOf(now) === stampOf(before)
      ? Effect.void
      : new InputFileError({ file, reason: "Changed", message: `${file}: changed while it was read: start again` })
  )
  const bytes = Stream.mapError(fs.stream(file, { chunkSize }), (error) => unreadable(file, explain(error)))
  return { name: file, bytes, unchanged }
})

/** A named pipe or a device: `FileSystem` reads at offsets, which those do not have. */
const pipe = (file: string): Stream.Stream<Uint8Array, InputFileError> =>
  NodeStream.fromReadable({
    evaluate: () => createReadStream(file),
    onError: (error) => unreadable(file, String(error))
  })

/** Tells one state of a file from another. */
const stampOf = ({ ino, mtime, size }: FileSystem.File.Info): string =>
  [ByteSize.toBigInt(size), Option.getOrUndefined(mtime)?.getTime(), Option.getOrUndefined(ino)].join()

const unreadable = (file: string, why: string) =>
  new InputFileError({ file, reason: "Unreadable", message: `${file}: ${why}` })

/** What went wrong with a file, in a few words. */
export const explain = ({ reason }: PlatformError): string => {
  switch (reason._tag) {
    case "NotFound":
      return "no such file"
    case "PermissionDenied":
      return "permission denied"
    default:
      return reason.description ?? reason.message
  }
}
