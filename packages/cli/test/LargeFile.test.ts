import { execFile } from "node:child_process"
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(path.join(tmpdir(), "dlrkit-large-"))),
  (made) => Effect.sync(() => rmSync(made, { recursive: true, force: true }))
)

const rows = 650_000

/** Writes more than 50 MB of rows. */
const writeLarge = (file: string) => {
  const handle = openSync(file, "w")
  writeSync(handle, "messageId,externalContactId,to,from,sentAt,team\n")
  for (let from = 0; from < rows; from += 10_000) {
    const part = Array.from({ length: 10_000 }, (_, i) => {
      const id = String(from + i).padStart(9, "0")
      return `msg-${id},contact-${id.slice(0, 7)},+12065550100,38383,2026-11-20T10:00:00Z,team ${i % 50}, north\n`
    })
    writeSync(handle, part.join("").replaceAll(/(team \d+), north/g, '"$1, north"'))
  }
  closeSync(handle)
}

it.live(
  "50 MB of rows are streamed: a heap of 110 MB, which the rows would fill many times, is enough",
  () =>
    Effect.gen(function* () {
      const file = path.join(yield* folder, "large.csv")
      writeLarge(file)
      assert.isAbove(statSync(file).size, 50_000_000)
      const program = fileURLToPath(new URL("readMessages.ts", import.meta.url))
      const { stdout } = yield* Effect.promise(() =>
        promisify(execFile)(process.execPath, ["--max-old-space-size=110", program, file])
      )
      assert.strictEqual(stdout, String(rows))
    }),
  120_000
)
