import { spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import path from "node:path"
import { text } from "node:stream/consumers"
import { assert, onTestFinished, test } from "vitest"

const folder = path.join(import.meta.dirname, "..")

test("npm start tracks every message to the end that the platform served", async () => {
  const child = spawn(process.execPath, ["src/main.ts"], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] })
  onTestFinished(() => void child.kill())
  const printed = Promise.all([text(child.stdout), text(child.stderr)])
  const [code] = await once(child, "close")
  const [stdout, stderr] = await printed
  assert.strictEqual(code, 0, stderr)
  assert.match(stdout, /300 of 300 messages ended as the platform served them/)
  assert.match(stderr, /metrics are published on http:\/\/127\.0\.0\.1:\d+\/metrics/)

  const rows = readFileSync(path.join(folder, "output/messages.ndjson"), "utf8").trimEnd().split("\n")
  assert.strictEqual(rows.length, 300)
  for (const row of rows.map((line) => JSON.parse(line))) {
    assert.include(["delivered", "failed", "unconfirmed"], row.resolution)
    assert.include(["aldermoor", "brightfen", "corvalt", "dunmere", "hollin"], row.carrier)
  }
})
