import { AuditSinkConformance } from "@dlrkit/testkit"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Effect, FileSystem, Latch, PlatformError } from "effect"
import * as AuditFile from "../src/index.ts"

/** The lines of all files of a directory; fails where one is torn. */
const read = (directory: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const files = yield* fs.readDirectory(directory).pipe(Effect.orElseSucceed(() => []))
    const texts = yield* Effect.forEach(files, (file) => fs.readFileString(`${directory}/${file}`))
    return texts.flatMap((text) =>
      text
        .split("\n")
        .slice(0, -1)
        .map((line) => JSON.parse(line))
    )
  })

const diskFull = PlatformError.systemError({
  _tag: "Unknown",
  module: "FileSystem",
  method: "writeAll",
  cause: new Error("ENOSPC: no space left on device, write")
})

/** A disk whose files take what is written when the disk is ready. */
const disk = (fs: FileSystem.FileSystem, ready: () => Effect.Effect<void, PlatformError.PlatformError>) => ({
  ...fs,
  open: (path: string, options?: Parameters<typeof fs.open>[1]) =>
    Effect.map(
      fs.open(path, options),
      (file): FileSystem.File =>
        Object.defineProperty(Object.create(file), "writeAll", {
          value: (bytes: Uint8Array) => Effect.andThen(Effect.suspend(ready), file.writeAll(bytes))
        })
    )
})

AuditSinkConformance.suite({
  make: Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const services = yield* Effect.context<NodeServices.NodeServices>()
    const directory = `${yield* fs.makeTempDirectoryScoped()}/audit`
    const turning = Latch.makeUnsafe(true)
    let ready: Effect.Effect<void, PlatformError.PlatformError> = turning.await
    return {
      sink: AuditFile.sink({ directory }).pipe(
        Effect.provideService(
          FileSystem.FileSystem,
          disk(fs, () => ready)
        ),
        Effect.provide(services)
      ),
      read: Effect.provide(read(directory), services),
      faults: {
        begin: {
          refuse: () => {
            ready = Effect.fail(diskFull)
          },
          stall: () => void turning.closeUnsafe()
        },
        end: () => {
          ready = turning.await
          turning.openUnsafe()
        }
      }
    }
  }).pipe(Effect.provide(NodeServices.layer))
})
