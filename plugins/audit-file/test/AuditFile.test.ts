import { AuditSink, type TrackingEvent } from "@dlrkit/core"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, FileSystem, Layer, Path, PlatformError, type Scope } from "effect"
import * as AuditFile from "../src/index.ts"

const event = (seq: number, journal = "j1"): TrackingEvent.TrackingEvent => ({
  v: 1,
  id: `${journal}-${seq}`,
  seq,
  at: "2026-03-01T10:00:00.000Z",
  run: 1,
  actor: "ops@host",
  kind: "message.missing",
  messageId: `msg-${seq}`,
  carrier: "Ätna ✓"
})
const events = (from: number, to: number, journal?: string) =>
  Array.from({ length: to - from + 1 }, (_, at) => event(from + at, journal))

/** A test with a directory of its own, which does not exist yet. */
const inDirectory = <A, E>(
  body: (directory: string) => Effect.Effect<A, E, FileSystem.FileSystem | Path.Path | Scope.Scope>
) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    return yield* body(path.join(yield* fs.makeTempDirectoryScoped(), "deep", "audit"))
  }).pipe(Effect.provide(NodeServices.layer))

const read = (directory: string, journal = "j1") =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    return yield* fs.readFileString(path.join(directory, `audit-${journal}.ndjson`))
  })

/** The lines of a file, each of which must be whole. */
const lines = (directory: string, journal?: string) =>
  Effect.map(read(directory, journal), (text) => {
    assert.isTrue(text.endsWith("\n"))
    return text
      .slice(0, -1)
      .split("\n")
      .map((line): TrackingEvent.TrackingEvent => JSON.parse(line))
  })

const seqs = (directory: string, journal?: string) =>
  Effect.map(lines(directory, journal), (all) => all.map(({ seq }) => seq))

/** Writes a file as a crash or somebody else may have left it. */
const leave = (directory: string, text: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    yield* fs.makeDirectory(directory, { recursive: true })
    yield* fs.writeFileString(path.join(directory, "audit-j1.ndjson"), text)
  })

/** The real file system, whose files differ from real ones in some operations. */
const withFiles = (change: (file: FileSystem.File) => Partial<FileSystem.File>) =>
  Layer.effect(
    FileSystem.FileSystem,
    Effect.map(FileSystem.FileSystem, (fs) => ({
      ...fs,
      open: (path: string, options?: Parameters<typeof fs.open>[1]) =>
        Effect.map(
          fs.open(path, options),
          (file): FileSystem.File =>
            Object.defineProperties(Object.create(file), Object.getOwnPropertyDescriptors(change(file)))
        )
    }))
  )

const diskFull = Effect.fail(
  PlatformError.systemError({
    _tag: "Unknown",
    module: "FileSystem",
    method: "writeAll",
    cause: new Error("ENOSPC: no space left on device, write")
  })
)

describe("AuditFile.sink", () => {
  it.effect("appends each event as a line, in order, for its owner only", () =>
    inDirectory(
      Effect.fnUntraced(function* (directory) {
        const fs = yield* FileSystem.FileSystem
        const sink = yield* AuditFile.sink({ directory })
        assert.strictEqual(sink.name, "audit-file")
        assert.strictEqual(sink.target, directory)
        yield* sink.write(events(1, 3))
        yield* sink.write([])
        yield* sink.write(events(4, 5))
        assert.deepStrictEqual(yield* lines(directory), events(1, 5))
        if (process.platform !== "win32") {
          assert.strictEqual((yield* fs.stat(directory)).mode & 0o777, 0o700)
          assert.strictEqual((yield* fs.stat(`${directory}/audit-j1.ndjson`)).mode & 0o777, 0o600)
        }
      })
    )
  )

  it.effect("keeps journals that share a directory apart", () =>
    inDirectory(
      Effect.fnUntraced(function* (directory) {
        const [one, other] = [yield* AuditFile.sink({ directory }), yield* AuditFile.sink({ directory })]
        yield* one.write(events(1, 3, "a-1"))
        yield* other.write(events(1, 2, "b"))
        yield* one.write(events(4, 4, "a-1"))
        assert.deepStrictEqual(yield* seqs(directory, "a-1"), [1, 2, 3, 4])
        assert.deepStrictEqual(yield* seqs(directory, "b"), [1, 2])
      })
    )
  )

  it.effect("writes no event twice, after a restart or beside another writer", () =>
    inDirectory(
      Effect.fnUntraced(function* (directory) {
        yield* Effect.scoped(Effect.flatMap(AuditFile.sink({ directory }), (sink) => sink.write(events(1, 5))))
        const sink = yield* AuditFile.sink({ directory })
        yield* sink.write(events(3, 7))
        yield* sink.write(events(6, 7))
        yield* (yield* AuditFile.sink({ directory })).write(events(8, 9))
        yield* sink.write(events(8, 10))
        assert.deepStrictEqual(yield* lines(directory), events(1, 10))
      })
    )
  )

  it.effect.each([1, 63, 64, 65, 200])("cuts off a line that a crash tore, %i KiB long", (size) =>
    inDirectory(
      Effect.fnUntraced(function* (directory) {
        const whole = events(1, 2).map((it) => `${JSON.stringify(it)}\n`)
        yield* leave(directory, `${whole.join("")}{"v":1,"seq":3,"actor":"${"x".repeat(size * 1024)}`)
        yield* (yield* AuditFile.sink({ directory })).write(events(2, 4))
        assert.deepStrictEqual(yield* lines(directory), events(1, 4))
      })
    )
  )

  it.effect.each([1, 63, 64, 65, 200])("finds its place after a last line of %i KiB", (size) =>
    inDirectory(
      Effect.fnUntraced(function* (directory) {
        const long = { ...event(2), actor: "é".repeat(size * 512) }
        yield* leave(directory, `${JSON.stringify(event(1))}\n${JSON.stringify(long)}\n`)
        yield* (yield* AuditFile.sink({ directory })).write(events(2, 3))
        assert.deepStrictEqual(yield* lines(directory), [event(1), long, event(3)])
      })
    )
  )

  it.effect("begins anew where all that a crash left is half a line", () =>
    inDirectory(
      Effect.fnUntraced(function* (directory) {
        const fs = yield* FileSystem.FileSystem
        yield* leave(directory, '{"v":1,"se')
        yield* (yield* AuditFile.sink({ directory })).write(events(1, 2))
        assert.deepStrictEqual(yield* seqs(directory), [1, 2])
        // It was readable by everybody.
        if (process.platform !== "win32") {
          assert.strictEqual((yield* fs.stat(`${directory}/audit-j1.ndjson`)).mode & 0o777, 0o600)
        }
      })
    )
  )

  it.effect.each(["hello\n", '{"a":1}\n', "\n"])("touches no file that ends with something else: %j", (text) =>
    inDirectory(
      Effect.fnUntraced(function* (directory) {
        yield* leave(directory, text)
        const sink = yield* AuditFile.sink({ directory })
        const error = yield* Effect.flip(sink.write(events(1, 2)))
        assert.include(error.message, "audit-j1.ndjson: its last line is no event")
        assert.strictEqual(yield* read(directory), text)
      })
    )
  )

  it.effect("begins a new file where somebody deleted it, or its directory", () =>
    inDirectory(
      Effect.fnUntraced(function* (directory) {
        const fs = yield* FileSystem.FileSystem
        const sink = yield* AuditFile.sink({ directory })
        yield* sink.write(events(1, 2))
        yield* fs.remove(directory, { recursive: true })
        yield* sink.write(events(3, 4))
        assert.deepStrictEqual(yield* seqs(directory), [3, 4])
      })
    )
  )

  it.effect("leaves no half line on a full disk, and goes on when there is room", () =>
    Effect.gen(function* () {
      let full = false
      yield* inDirectory((directory) =>
        Effect.gen(function* () {
          const sink = yield* AuditFile.sink({ directory })
          yield* sink.write(events(1, 2))
          full = true
          for (let attempt = 0; attempt < 2; attempt++) {
            const error = yield* Effect.flip(sink.write(events(3, 40)))
            assert.instanceOf(error, AuditSink.AuditError)
            assert.match(
              error.message,
              /^the audit sink audit-file failed: \S+: ENOSPC: no space left on device, write$/
            )
            assert.deepStrictEqual(yield* seqs(directory), [1, 2])
          }
          full = false
          yield* sink.write(events(3, 41))
          assert.deepStrictEqual(yield* lines(directory), events(1, 41))
        }).pipe(
          Effect.provide(
            withFiles((file) => ({
              writeAll: (bytes) =>
                Effect.suspend(() =>
                  full
                    ? Effect.andThen(file.writeAll(bytes.subarray(0, bytes.length / 2)), diskFull)
                    : file.writeAll(bytes)
                )
            }))
          )
        )
      )
    })
  )

  it.effect("acknowledges nothing that is not flushed", () =>
    Effect.gen(function* () {
      let broken = false
      let flushes = 0
      yield* inDirectory((directory) =>
        Effect.gen(function* () {
          const sink = yield* AuditFile.sink({ directory })
          yield* sink.write(events(1, 2))
          const before = flushes
          yield* sink.write(events(3, 4))
          assert.strictEqual(flushes, before + 1)
          broken = true
          assert.isTrue(Exit.isFailure(yield* Effect.exit(sink.write(events(5, 6)))))
          assert.deepStrictEqual(yield* seqs(directory), [1, 2, 3, 4])
          broken = false
          yield* sink.write(events(5, 6))
          assert.deepStrictEqual(yield* lines(directory), events(1, 6))
        }).pipe(
          Effect.provide(
            withFiles((file) => ({
              get sync() {
                return Effect.suspend(() => {
                  flushes += 1
                  return broken ? diskFull : file.sync
                })
              }
            }))
          )
        )
      )
    })
  )

  it.effect("finishes a write that is interrupted, so that none lands after the next", () =>
    Effect.gen(function* () {
      const [begun, go] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
      const order: Array<string> = []
      yield* inDirectory((directory) =>
        Effect.gen(function* () {
          const sink = yield* AuditFile.sink({ directory })
          const write = yield* Effect.forkChild(sink.write(events(1, 2)))
          yield* Deferred.await(begun)
          const interruption = yield* Fiber.interrupt(write).pipe(
            Effect.andThen(Effect.sync(() => order.push("interrupted"))),
            Effect.forkChild({ startImmediately: true })
          )
          yield* Deferred.succeed(go, undefined)
          yield* Fiber.join(interruption)
          assert.deepStrictEqual(order, ["written", "interrupted"])
          yield* sink.write(events(1, 3))
          assert.deepStrictEqual(yield* lines(directory), events(1, 3))
        }).pipe(
          Effect.provide(
            withFiles((file) => ({
              writeAll: (bytes) =>
                Deferred.succeed(begun, undefined).pipe(
                  Effect.andThen(Deferred.await(go)),
                  Effect.andThen(file.writeAll(bytes)),
                  Effect.andThen(Effect.sync(() => order.push("written")))
                )
            }))
          )
        )
      )
    })
  )

  it.effect("fails to build where its directory is a file", () =>
    inDirectory(
      Effect.fnUntraced(function* (directory) {
        const fs = yield* FileSystem.FileSystem
        const path = yield* Path.Path
        yield* fs.makeDirectory(path.dirname(directory), { recursive: true })
        yield* fs.writeFileString(directory, "")
        const error = yield* Effect.flip(AuditFile.sink({ directory }))
        assert.match(error.message, /^the audit sink audit-file failed: .*is no directory[^\n]*$/)
      })
    )
  )
})
