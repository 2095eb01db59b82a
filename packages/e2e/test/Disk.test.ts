import { appendFileSync, closeSync, existsSync, openSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { lines, platform, workplace } from "./command.ts"

const quick = { messages: 30, contacts: 2, within: 1, never: 0, missing: 0 } as const

type Place = Effect.Success<typeof workplace>

/** Runs a command whose standard output is on a full disk. */
const runOnFull = (place: Place, args: ReadonlyArray<string>, env: Readonly<Record<string, string>> = {}) =>
  Effect.promise(async () => {
    const full = openSync("/dev/full", "w")
    try {
      return await place.start(args, env, "", full).ended
    } finally {
      closeSync(full)
    }
  })

/** A config with the trail on standard output and in files, on a disk that is full where the environment says so. */
const config = `
import * as AuditFile from ${JSON.stringify(import.meta.resolve("@dlrkit/audit-file"))}
import * as AuditStdout from ${JSON.stringify(import.meta.resolve("@dlrkit/audit-stdout"))}
import { defineTracker } from ${JSON.stringify(import.meta.resolve("@dlrkit/core"))}
import * as Boundaries from ${JSON.stringify(import.meta.resolve("../crash/Boundaries.ts"))}
import * as Sinks from ${JSON.stringify(import.meta.resolve("../crash/Sinks.ts"))}
const full = Sinks.fillingUp((what) => what === "writeAll" && process.env.DISK === "full")
export default defineTracker({
  audit: [AuditStdout.sink(), AuditFile.sink({ directory: "audit" }).pipe(Boundaries.withFiles(full))]
})
`

const seqs = (text: string) => lines(text).flatMap((line) => (line.startsWith("{") ? JSON.parse(line).seq : []))

const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1)

describe.concurrent("a disk", { timeout: 60_000 }, () => {
  describe.runIf(existsSync("/dev/full"))("that is full", () => {
    it.live("cannot take a result or an export: exit 2, and a line that says so", () =>
      Effect.gen(function* () {
        const place = yield* workplace
        const { environment } = yield* platform(place, quick)
        const tracked = yield* runOnFull(place, ["track", "messages.csv", "--json"], environment)
        assert.strictEqual(tracked.code, 2)
        assert.match(tracked.stderr, /^dlrkit: [^\n]* standard output: ENOSPC[^\n]*\n$/)
        const [toFile, toOutput] = yield* Effect.all(
          [
            place.run(["export", "--format", "csv", "--out", "/dev/full"]),
            runOnFull(place, ["export", "--format", "ndjson"])
          ],
          { concurrency: 2 }
        )
        assert.deepStrictEqual([toFile.code, toOutput.code], [2, 2])
        assert.match(toFile.stderr, /^dlrkit: the export to \/dev\/full failed: ENOSPC[^\n]*\n$/)
        assert.match(toOutput.stderr, /^dlrkit: the export to standard output failed: ENOSPC[^\n]*\n$/)
      })
    )

    it.live("keeps no event: they wait in the journal, and arrive whole when there is room, after any torn line", () =>
      Effect.gen(function* () {
        const place = yield* workplace
        const { environment } = yield* platform(place, quick)
        place.write("dlrkit.config.mts", config)
        const first = yield* runOnFull(place, ["track", "messages.csv"], { ...environment, DISK: "full" })
        assert.strictEqual(first.code, 2)
        assert.match(first.stderr, /the audit sink audit-stdout failed: standard output: ENOSPC/)
        assert.match(first.stderr, /the audit sink audit-file failed: audit: ENOSPC/)
        const name = place.listing().flatMap((line) => line.match(/^(audit.*\.ndjson) 0$/)?.[1] ?? [])[0] as string
        appendFileSync(place.file(name), '{"v":1,"id":"torn-1","seq":1,"at":"20')
        const second = yield* place.run(["track", "messages.csv", "--json"], environment)
        assert.strictEqual(second.code, 0, second.stderr)
        const printed = seqs(second.stdout.replace(/^\{"registered".*\n/m, ""))
        assert.deepStrictEqual(printed, upTo(printed.length))
        assert.isAbove(printed.length, 60)
        assert.deepStrictEqual(seqs(place.read(name)), printed)
        assert.notInclude(place.read(name), "torn-1")
      })
    )
  })

  it.live("gives a journal to one tracker, and to the next at once when that was killed", () =>
    Effect.gen(function* () {
      const place = yield* workplace
      const { environment, server } = yield* platform(place, { ...quick, never: 1 })
      const first = place.start(["track", "messages.csv"], environment)
      yield* Effect.promise(async () => {
        while (server.report().requests.messages < 2) await new Promise((resolve) => setTimeout(resolve, 10))
      })
      assert.strictEqual((yield* place.run(["track", "messages.csv"], environment)).code, 7)
      first.child.kill("SIGKILL")
      yield* Effect.promise(() => first.ended)
      const third = yield* place.run(["track", "messages.csv", "--once", "--json"], environment)
      assert.strictEqual(third.code, 5, third.stderr)
      assert.strictEqual(JSON.parse(third.stdout).registered, 30)
    })
  )
})
