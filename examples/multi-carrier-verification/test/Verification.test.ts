import { spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import path from "node:path"
import { text } from "node:stream/consumers"
import { assert, onTestFinished, test } from "vitest"

const folder = path.join(import.meta.dirname, "..")

test("npm start verifies the batch, reconciles three records of it, and exports it", async () => {
  const child = spawn(process.execPath, ["src/main.ts"], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] })
  onTestFinished(() => void child.kill())
  const printed = Promise.all([text(child.stdout), text(child.stderr)])
  const [code] = await once(child, "close")
  const [stdout, stderr] = await printed
  assert.strictEqual(code, 0, stderr)
  assert.match(stdout, /800 of 800 messages were tracked as the platform served them/)
  for (const carrier of ["aldermoor", "brightfen", "corvalt", "dunmere", "hollin"]) {
    assert.match(stdout, new RegExp(`${carrier} +│ \\d+ +│ '\\d+\\.\\d %' +│ '\\d+\\.\\d %'`))
  }
  const [, disagreements] = stdout.match(/they disagree on (\d+),/) ?? []
  assert.isAbove(Number(disagreements), 0)
  assert.match(stdout, /imported: (\d+) receipts: \1 matched \(\1 by id/)
  const [, byAnalytics, byCarriers] =
    stdout.match(/analytics is wrong in (\d+), and the carrier says otherwise in (\d+)/) ?? []
  assert.isAbove(Number(byAnalytics), 0)
  assert.isAbove(Number(byCarriers), 0)

  const exported = (name: string) =>
    readFileSync(path.join(folder, "output", name), "utf8")
      .trimEnd()
      .split("\n")
  const rows = exported("verified.ndjson").map((line) => JSON.parse(line))
  assert.strictEqual(rows.length, 800)
  const [header, ...lines] = exported("verified.csv")
  assert.match(header ?? "", /^messageId,conversationId,.*,campaign$/)
  assert.deepStrictEqual(
    lines.map((line) => line.split(",")[0]),
    rows.map(({ messageId }) => messageId)
  )
})
