import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { afterEach, assert, beforeEach, describe, it, onTestFinished } from "@effect/vitest"

/** What stands in for the CLI: it tells how it was started, and does what its first argument says. */
const program = `
const [what, ...rest] = process.argv.slice(2)
process.emitWarning("an experiment", "ExperimentalWarning")
process.emitWarning("an old way", "DeprecationWarning")
if (what === "exit") process.exitCode = Number(rest[0])
if (what === "die") process.kill(process.pid, "SIGKILL")
if (what === "wait") {
  const timer = setInterval(() => {}, 60_000)
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => {
      console.log(signal)
      clearInterval(timer)
      process.exitCode = 42
    })
  }
}
console.log(JSON.stringify({ pid: process.pid, version: process.version, args: rest }))
`

/** Makes a Node take itself for an older one. */
const pretend = `data:text/javascript,Object.defineProperty(process,"version",{value:"v20.20.2"})`

let folder: string

const installNode = async (version: string) => {
  await mkdir(join(folder, "node_modules/node/bin"), { recursive: true })
  await writeFile(join(folder, "node_modules/node/package.json"), JSON.stringify({ version }))
  await symlink(process.execPath, join(folder, "node_modules/node/bin/node"))
}

const launch = (options: { readonly old: boolean; readonly launcher?: string }, ...args: ReadonlyArray<string>) => {
  const child = spawn(
    process.execPath,
    [...(options.old ? ["--import", pretend] : []), join(folder, options.launcher ?? "bin/dlrkit.mjs"), ...args],
    { stdio: ["ignore", "pipe", "pipe"] }
  )
  onTestFinished(() => {
    child.kill()
  })
  return child
}

const ended = async (child: ChildProcess) => {
  const [[code], out, err] = await Promise.all([
    once(child, "close"),
    child.stdout === null ? "" : text(child.stdout),
    child.stderr === null ? "" : text(child.stderr)
  ])
  return { code: code as number | null, out, err }
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "dlrkit-launcher-"))
  await cp(join(import.meta.dirname, "../bin"), join(folder, "bin"), { recursive: true })
  await mkdir(join(folder, "src"))
  await writeFile(join(folder, "src/main.ts"), program)
})

afterEach(() => rm(folder, { recursive: true }))

describe("where Node is new enough", () => {
  it("runs the CLI in the same process", async () => {
    const child = launch({ old: false }, "exit", "3", "a b", "$HOME")
    const { code, out } = await ended(child)
    assert.strictEqual(code, 3)
    assert.deepStrictEqual(JSON.parse(out), { pid: child.pid, version: process.version, args: ["3", "a b", "$HOME"] })
  })

  it("hides the warnings of experiments, and no others", async () => {
    const { err } = await ended(launch({ old: false }, "exit", "0"))
    assert.notInclude(err, "an experiment")
    assert.include(err, "an old way")
  })

  it("runs the built CLI where it is an installed package", async () => {
    const installed = join(folder, "node_modules/dlrkit")
    await cp(join(folder, "bin"), join(installed, "bin"), { recursive: true })
    await cp(join(folder, "src"), join(installed, "src"), { recursive: true })
    await mkdir(join(installed, "dist"))
    await writeFile(join(installed, "package.json"), JSON.stringify({ type: "module" }))
    await writeFile(join(installed, "dist/main.js"), `console.log("built")`)
    const { out } = await ended(launch({ old: false, launcher: "node_modules/dlrkit/bin/dlrkit.mjs" }))
    assert.strictEqual(out, "built\n")
  })
})

describe("where Node is too old", () => {
  it("starts the installed one with the same arguments, and returns its exit code", async () => {
    await installNode("24.0.0")
    const child = launch({ old: true }, "exit", "5", "a b", "$HOME")
    const { code, out } = await ended(child)
    const started = JSON.parse(out)
    assert.strictEqual(code, 5)
    assert.notStrictEqual(started.pid, child.pid)
    assert.strictEqual(started.version, process.version)
    assert.deepStrictEqual(started.args, ["5", "a b", "$HOME"])
  })

  it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("passes %s on, and waits for the end", async (signal) => {
    await installNode("24.0.0")
    const child = launch({ old: true }, "wait")
    child.stdout.once("data", () => child.kill(signal))
    const { code, out } = await ended(child)
    assert.strictEqual(code, 42)
    assert.strictEqual(out.trim().split("\n")[1], signal)
  })

  it("exits with 128 + n when signal n ended the CLI", async () => {
    await installNode("24.0.0")
    const { code } = await ended(launch({ old: true }, "die"))
    assert.strictEqual(code, 137)
  })

  it.each([undefined, "22.18.0"])("says what is missing, with %s installed", async (version) => {
    if (version !== undefined) await installNode(version)
    const { code, out, err } = await ended(launch({ old: true }, "exit", "0"))
    assert.strictEqual(code, 2)
    assert.strictEqual(out, "")
    assert.match(err, /^dlrkit: needs Node 22\.19 or newer, this is v20\.20\.2; .*\n$/)
  })
})
