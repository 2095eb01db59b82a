import { spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import path from "node:path"
import { text } from "node:stream/consumers"
import { assert, onTestFinished, test } from "vitest"

const folder = path.join(import.meta.dirname, "..")

test("npm start tracks every message without Effect, and ends by itself", async () => {
  const child = spawn(process.execPath, ["src/main.ts"], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] })
  onTestFinished(() => void child.kill())
  const printed = Promise.all([text(child.stdout), text(child.stderr)])
  const [code] = await once(child, "close")
  const [stdout, stderr] = await printed
  assert.strictEqual(code, 0, stderr)
  assert.match(stdout, /200 of 200 messages have ended/)
  assert.match(stdout, /output\/audit\.ndjson: 0 events wait for it/)
  assert.match(stdout, /message\.registered.* 200 /)
  assert.match(stdout, /content_filtered/)

  const trail = readFileSync(path.join(folder, "output/audit.ndjson"), "utf8").trimEnd().split("\n")
  const seqs = trail.map((line) => JSON.parse(line).seq)
  assert.deepStrictEqual(
    seqs,
    seqs.map((_, index) => index + 1)
  )
})

test("nothing of it imports Effect", () => {
  assert.notMatch(readFileSync(path.join(folder, "src/main.ts"), "utf8"), /from "(effect|@effect)[/"]/)
})
