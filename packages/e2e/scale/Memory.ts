/**
 * How much memory a million pending messages cost: the peak of `dlrkit track` beside that with 10,000. Linux alone tells it.
 *
 * @module
 */
import { spawn } from "node:child_process"
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { SimulatorServer } from "@dlrkit/simulator"
import * as Effect from "effect/Effect"
import type { Outcome } from "./Plays.ts"

const launcher = fileURLToPath(import.meta.resolve("dlrkit/bin/dlrkit.mjs"))
const most = 120

/** A file of messages that nobody knows, so that all stay pending. */
const write = (file: string, count: number) => {
  const sentAt = new Date(Date.now() - 60_000).toISOString()
  const handle = openSync(file, "w")
  writeSync(handle, "messageId,conversationId,sentAt,carrier\n")
  for (let from = 0; from < count; from += 10_000) {
    const rows = Array.from({ length: Math.min(10_000, count - from) }, (_, index) => {
      const id = (from + index).toString(16).padStart(12, "0")
      return `aa3bdead-31ee-4905-83d8-${id},f50eba38-8f06-4df2-8ced-${id},${sentAt},c${index % 5}\n`
    })
    writeSync(handle, rows.join(""))
  }
  closeSync(handle)
}

/** The peak of a run in megabytes, and how many messages it has registered. */
const peakOf = (folder: string, count: number, forText: string, environment: Readonly<Record<string, string>>) => {
  write(join(folder, `${count}.csv`), count)
  const args = [
    "track",
    `${count}.csv`,
    "--for",
    forText,
    "--journal",
    `${count}.db`,
    "--audit",
    `audit-${count}`,
    "--json"
  ]
  const child = spawn(process.execPath, [launcher, ...args], { cwd: folder, env: { ...process.env, ...environment } })
  let peak = 0
  let stdout = ""
  child.stdout.on("data", (chunk) => {
    stdout += chunk
  })
  child.stderr.resume()
  const watch = setInterval(() => {
    try {
      peak = Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1]) / 1024
    } catch {
      // It has just ended.
    }
  }, 200)
  return new Promise<{ readonly peak: number; readonly registered: number }>((resolve) => {
    child.on("close", () => {
      clearInterval(watch)
      resolve({ peak, registered: JSON.parse(stdout).registered })
    })
  })
}

/** Measures both. */
export const measure = (): Promise<Outcome> =>
  Effect.gen(function* () {
    const server = yield* SimulatorServer.serve({ api: "conversations", messages: 10 })
    const folder = mkdtempSync(join(tmpdir(), "dlrkit-memory-"))
    yield* Effect.addFinalizer(() => Effect.sync(() => rmSync(folder, { recursive: true, force: true })))
    const run = (count: number, forText: string) =>
      Effect.promise(() => peakOf(folder, count, forText, server.environment))
    const few = yield* run(10_000, "20s")
    const many = yield* run(1_000_000, "90s")
    const more = Math.round(many.peak - few.peak)
    return {
      holds: many.registered === 1_000_000 && more <= most,
      text: `${Math.round(few.peak)} MB with ${few.registered} messages, ${Math.round(many.peak)} MB with ${many.registered}: ${more} MB more, of at most ${most}`
    }
  }).pipe(Effect.scoped, Effect.runPromise)
