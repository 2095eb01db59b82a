// Runs one of the workspace's commands with the workspace's own Node, after setting the workspace up if need be:
//   node scripts/run.mjs TARGET [ARGS]
// Plain JavaScript without dependencies: it must run on a fresh clone, on Node 20, on every system.
import { createHash } from "node:crypto"
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import path from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { startNode } from "../packages/cli/bin/startNode.mjs"

const root = fileURLToPath(new URL("..", import.meta.url))
const inRoot = (...parts) => path.join(root, ...parts)
const modules = inRoot("node_modules")
const node = inRoot("node_modules", "node", "bin", process.platform === "win32" ? "node.exe" : "node")

const readJson = (file) => JSON.parse(readFileSync(file, "utf8"))

class SetupFailed extends Error {
  constructor(message, exitCode = 1) {
    super(message)
    this.exitCode = exitCode
  }
}

/** The JavaScript file behind a command of an installed package: no shell and no `.cmd` in between. */
const bin = (packageName, command = packageName) =>
  inRoot("node_modules", packageName, readJson(inRoot("node_modules", packageName, "package.json")).bin[command])

/** Where the workspace's own code is. */
const folders = ["packages", "plugins", "examples", "bench", "scripts"].filter((folder) => existsSync(inRoot(folder)))

/** What an installation depends on, as one hash: the lockfile and every package.json of the workspace. */
const fingerprint = () => {
  const members = folders.flatMap((folder) => [
    folder,
    ...readdirSync(inRoot(folder)).map((name) => `${folder}/${name}`)
  ])
  const manifests = members.map((member) => `${member}/package.json`).filter((file) => existsSync(inRoot(file)))
  const hash = createHash("sha256").update(`${process.platform} ${process.arch}`)
  for (const file of ["pnpm-lock.yaml", "pnpm-workspace.yaml", "package.json", ...manifests.sort()]) {
    hash.update(file).update(readFileSync(inRoot(file)))
  }
  return hash.digest("hex")
}

const stamp = path.join(modules, ".dlrkit-setup")
const isSetUp = () => existsSync(stamp) && existsSync(node) && readFileSync(stamp, "utf8") === fingerprint()

/** Holds a lock file while `use` runs, so that two commands started at once install one after the other. */
const withLock = async (use) => {
  const lock = path.join(modules, ".dlrkit-setup.lock")
  mkdirSync(modules, { recursive: true })
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: "wx" })
      break
    } catch (error) {
      if (error.code !== "EEXIST") throw error
      if (isAbandoned(lock)) rmSync(lock, { force: true })
      else await sleep(200)
    }
  }
  try {
    return await use()
  } finally {
    rmSync(lock, { force: true })
  }
}

const isAbandoned = (lock) => {
  try {
    if (Date.now() - statSync(lock).mtimeMs > 10 * 60_000) return true
    const owner = Number(readFileSync(lock, "utf8"))
    if (owner > 0) process.kill(owner, 0)
    return false
  } catch (error) {
    return error.code === "ESRCH"
  }
}

const install = async () => {
  const { packageManager } = readJson(inRoot("package.json"))
  const args = ["--yes", "--prefer-offline", packageManager, "install", "--frozen-lockfile"]
  process.stderr.write(`Setting the workspace up: npx ${args.join(" ")}\n`)
  // A NODE_ENV of "production" would leave the tools out, npm's log level may be "silent", and CI means "ask nothing".
  const { NODE_ENV, npm_config_loglevel, ...env } = process.env
  const options = { cwd: root, stdio: ["ignore", 2, 2], env: { ...env, CI: "true" } }
  // On Windows npx is a .cmd, which only a shell can start.
  const installed =
    process.platform === "win32"
      ? startNode(["npx", ...args].join(" "), [], { ...options, shell: true })
      : startNode("npx", args, options)
  const code = await installed.catch((error) => {
    throw new SetupFailed(`npx does not start (${error.message}): it comes with Node.js, https://nodejs.org`)
  })
  if (code > 128) throw new SetupFailed("stopped while the dependencies were being installed; run it again", code)
  if (code !== 0) {
    throw new SetupFailed(
      `the dependencies could not be installed (exit ${code}, the reason is above): the first run needs the npm registry, a changed package.json needs \`npx ${packageManager} install\``
    )
  }
  if (!existsSync(node)) throw new SetupFailed(`the npm package "node" has installed no Node at ${node}`)
  writeFileSync(stamp, fingerprint())
}

/** Everything a command starts finds our Node and the workspace's tools first, and compiles what it loads once. */
const environment = () => {
  const key = Object.keys(process.env).find((name) => name.toUpperCase() === "PATH") ?? "PATH"
  const folders = [path.dirname(node), path.join(modules, ".bin"), process.env[key] ?? ""]
  return {
    NODE_COMPILE_CACHE: path.join(modules, ".cache", "node"),
    ...process.env,
    [key]: folders.join(path.delimiter),
    TURBO_TELEMETRY_DISABLED: "1"
  }
}

const start = (args, options = {}) => startNode(node, args, { cwd: root, env: environment(), ...options })

/** Runs all of them, also after one has failed, and says which did. */
const startAll = async (steps) => {
  const failed = []
  for (const [name, args] of steps) {
    process.stderr.write(`\n> ${name}\n`)
    const code = await start(args)
    if (code > 128) return code
    if (code !== 0) failed.push(name)
  }
  process.stderr.write(failed.length === 0 ? "\nAll checks passed.\n" : `\nFailed: ${failed.join(", ")}\n`)
  return failed.length === 0 ? 0 : 1
}

const targets = {
  demo: (args) => start([inRoot("scripts", "demo.ts"), ...args]),
  test: (args) => start([bin("vitest"), "run", ...args]),
  dlrkit: (args) => start([inRoot("packages", "cli", "bin", "dlrkit.mjs"), ...args]),
  scale: (args) => start([inRoot("packages", "e2e", "scale", "main.ts"), ...args]),
  seeds: (args) => start([inRoot("packages", "e2e", "seeds", "main.ts"), ...args]),
  "seeds:mutants": (args) => start([inRoot("packages", "e2e", "seeds", "mutants.ts"), ...args]),
  crash: (args) => start([inRoot("packages", "e2e", "crash", "main.ts"), ...args]),
  scaffold: (args) => start([inRoot("packages", "e2e", "scaffold", "main.ts"), ...args]),
  bench: (args) => start([inRoot("bench", "main.ts"), ...args]),
  build: (args) => start([bin("turbo"), "run", "build", ...args]),
  check: () =>
    startAll([
      ["format and lint", [bin("@biomejs/biome", "biome"), "check", "--error-on-warnings"]],
      ["types", [bin("typescript", "tsc"), "-p", "tsconfig.json"]],
      ["imports", [bin("dependency-cruiser", "depcruise"), ...folders]],
      ["unused code", [bin("knip"), "--no-progress", "--no-config-hints"]]
    ]),
  format: (args) => start([bin("@biomejs/biome", "biome"), "check", "--write", ...args]),
  changeset: (args) => start([bin("@changesets/cli", "changeset"), ...args]),
  /** A file with our Node, in the folder it was called from: the one command of an example. */
  node: (args) => start(args, { cwd: process.cwd() })
}

const [target, ...args] = process.argv.slice(2)
if (!Object.hasOwn(targets, target ?? "")) {
  process.stderr.write(`run.mjs: no target "${target ?? ""}"; there are ${Object.keys(targets).join(", ")}\n`)
  process.exitCode = 2
} else {
  try {
    if (!isSetUp()) await withLock(() => (isSetUp() ? undefined : install()))
    process.exitCode = await targets[target](args)
  } catch (error) {
    if (!(error instanceof SetupFailed)) throw error
    process.stderr.write(`${target}: ${error.message}\n`)
    process.exitCode = error.exitCode
  }
}
