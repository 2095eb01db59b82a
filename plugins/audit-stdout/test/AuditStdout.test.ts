import { spawn } from "node:child_process"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { AuditSink } from "@dlrkit/core"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, PlatformError, Sink, Stdio } from "effect"
import * as AuditStdout from "../src/index.ts"
import { events } from "./events.ts"

const parse = (written: string) => {
  assert.isTrue(written.endsWith("\n"))
  return written
    .slice(0, -1)
    .split("\n")
    .map((line) => JSON.parse(line))
}

const start = (batches: number) =>
  spawn(process.execPath, [join(import.meta.dirname, "program.ts"), String(batches)], { stdio: "pipe" })

describe("AuditStdout.sink", () => {
  it.effect("writes each event as a line, in order", () =>
    Effect.gen(function* () {
      let written = ""
      const take = (chunk: string | Uint8Array) =>
        Effect.sync(() => {
          written += chunk
        })
      const stdout = () => Sink.forEach(take)
      const sink = yield* AuditStdout.sink().pipe(Effect.provide(Stdio.layerTest({ stdout })))
      assert.strictEqual(sink.name, "audit-stdout")
      yield* sink.write(events(1, 3))
      yield* sink.write(events(4, 4))
      assert.deepStrictEqual(parse(written), events(1, 4))
    })
  )

  it.effect("acknowledges a batch when its reader has taken it", () =>
    Effect.gen(function* () {
      const taken = yield* Deferred.make<void>()
      const wait = () => Deferred.await(taken)
      const stdout = () => Sink.forEach(wait)
      const sink = yield* AuditStdout.sink().pipe(Effect.provide(Stdio.layerTest({ stdout })))
      const write = yield* Effect.forkChild(sink.write(events(1, 3)), { startImmediately: true })
      yield* Effect.yieldNow
      assert.isUndefined(write.pollUnsafe())
      yield* Deferred.succeed(taken, undefined)
      yield* Fiber.join(write)
    })
  )

  it.effect("fails with the reason where output fails", () =>
    Effect.gen(function* () {
      const cause = new Error("write EPIPE")
      const broken = PlatformError.systemError({ _tag: "Unknown", module: "Stdio", method: "stdout", cause })
      const sink = yield* AuditStdout.sink({ name: "lines" }).pipe(
        Effect.provide(Stdio.layerTest({ stdout: () => Sink.fail(broken) }))
      )
      const error = yield* Effect.flip(sink.write(events(1, 1)))
      assert.instanceOf(error, AuditSink.AuditError)
      assert.strictEqual(error.message, "the audit sink lines failed: standard output: write EPIPE")
    })
  )

  it.effect("begins a line of its own after one that a failure tore", () =>
    Effect.gen(function* () {
      let written = ""
      let room = 200
      const cause = new Error("ENOSPC: no space left on device, write")
      const full = PlatformError.systemError({ _tag: "Unknown", module: "Stdio", method: "stdout", cause })
      const take = (chunk: string | Uint8Array) => {
        written += String(chunk).slice(0, room)
        return String(chunk).length > room ? Effect.fail(full) : Effect.void
      }
      const sink = yield* AuditStdout.sink().pipe(Effect.provide(Stdio.layerTest({ stdout: () => Sink.forEach(take) })))
      yield* Effect.flip(sink.write(events(1, 3)))
      room = Number.MAX_SAFE_INTEGER
      yield* sink.write(events(1, 3))
      yield* sink.write(events(4, 5))
      const whole = written.split("\n").filter((line) => line.endsWith("}"))
      assert.strictEqual(written.split("\n").length, whole.length + 2)
      assert.deepStrictEqual(
        whole.map((line) => JSON.parse(line).seq),
        [1, 1, 2, 3, 4, 5]
      )
    })
  )

  it("loses nothing in a pipe that is read late", async () => {
    const program = start(50)
    program.stdin.end()
    const [output, errors] = await Promise.all([text(program.stdout), text(program.stderr)])
    assert.strictEqual(errors, "all written")
    assert.deepStrictEqual(parse(output), events(1, 5000))
  })

  it("outlives a reader that went away", async () => {
    const program = start(2)
    const exited = new Promise((resolve) => program.on("exit", resolve))
    await new Promise((resolve) => program.stdout.destroy().on("close", resolve))
    program.stdin.end()
    const errors = await text(program.stderr)
    assert.match(errors, /^the audit sink audit-stdout failed: standard output: [^\n]*EPIPE[^\n]*$/)
    assert.strictEqual(await exited, 0)
  })
})
