/**
 * The command line as a user has it: a process of its own, in a folder of its own.
 *
 * @module
 */
import { type ChildProcess, type ChildProcessByStdio, spawn } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import type { Readable, Writable } from "node:stream"
import { fileURLToPath } from "node:url"
import { SimulatorServer } from "@dlrkit/simulator"
import * as Effect from "effect/Effect"

/** The launcher that `dlrkit` is. */
const launcher = fileURLToPath(import.meta.resolve("dlrkit/bin/dlrkit.mjs"))

/** How a command ended. */
export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A command that is running. */
export interface Running {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  /** Resolves when standard output or standard error holds this. */
  readonly says: (text: string) => Promise<void>
}

/** The environment without anything that would configure a source. */
const bare = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(GENESYS_|NODE_(?!COMPILE_CACHE)|VITEST|.*_proxy$)/i.test(name))
)

/** A folder to run commands in; whatever still runs there is killed, and it is removed, when the scope ends. */
export const workplace = Effect.acquireRelease(
  Effect.sync(() => makeWorkplace(mkdtempSync(path.join(tmpdir(), "dlrkit-e2e-")))),
  ({ folder, running }) =>
    Effect.promise(async () => {
      for (const { child } of running) child.kill("SIGKILL")
      await Promise.all(running.map(({ ended }) => ended))
      rmSync(folder, { recursive: true, force: true })
    })
)

const makeWorkplace = (folder: string) => {
  const running: Array<Running> = []
  const file = (name: string) => path.join(folder, name)
  const start = (
    args: ReadonlyArray<string>,
    env: Readonly<Record<string, string>> = {},
    stdin = "",
    out: "pipe" | number = "pipe"
  ): Running => {
    const child = spawn(process.execPath, [launcher, ...args], {
      cwd: folder,
      env: { ...bare, ...env },
      stdio: ["pipe", out, "pipe"]
    }) as ChildProcessByStdio<Writable, Readable | null, Readable>
    let stdout = ""
    let stderr = ""
    const waiting: Array<() => void> = []
    const look = () => {
      for (const check of waiting) check()
    }
    child.stdout?.on("data", (chunk) => {
      stdout += chunk
      look()
    })
    child.stderr.on("data", (chunk) => {
      stderr += chunk
      look()
    })
    child.stdin.on("error", () => undefined)
    child.stdin.end(stdin)
    const ended = new Promise<Ended>((resolve) => {
      child.on("close", (code) => resolve({ code, stdout, stderr }))
    })
    const says = (text: string) =>
      new Promise<void>((resolve, reject) => {
        const check = () => {
          if (`${stdout}${stderr}`.includes(text)) resolve()
        }
        waiting.push(check)
        check()
        void ended.then(() => reject(new Error(`ended without saying ${text}: ${stdout}${stderr}`)))
      })
    const begun = { child, ended, says }
    running.push(begun)
    return begun
  }
  return {
    folder,
    running,
    file,
    start,
    /** Runs a command to its end. */
    run: (args: ReadonlyArray<string>, env?: Readonly<Record<string, string>>, stdin?: string) =>
      Effect.promise(() => start(args, env, stdin).ended),
    write: (name: string, contents: string | Uint8Array) => writeFileSync(file(name), contents),
    read: (name: string) => readFileSync(file(name), "utf8"),
    /** The files of the folder, those in folders too, with their sizes. */
    listing: () =>
      (readdirSync(folder, { recursive: true, withFileTypes: true }) as Array<import("node:fs").Dirent>)
        .map((entry) => {
          const full = path.join(entry.parentPath, entry.name)
          return `${path.relative(folder, full)} ${entry.isFile() ? statSync(full).size : "folder"}`
        })
        .sort()
  }
}

/** A platform over HTTP, its message list in a folder, and the environment that a client needs. */
export const platform = Effect.fnUntraced(function* (
  place: Effect.Success<typeof workplace>,
  options: Parameters<typeof SimulatorServer.serve>[0]
) {
  const { Simulator } = yield* Effect.promise(() => import("@dlrkit/simulator"))
  const server = yield* SimulatorServer.serve({ requestsPerMinute: 6000, ...options })
  place.write("messages.csv", Simulator.toCsv(server.messages, { api: server.settings.api }))
  return { server, environment: { ...server.environment } as Record<string, string> }
})

/** The lines of a text that say something. */
export const lines = (text: string) => text.split("\n").filter((line) => line !== "")
