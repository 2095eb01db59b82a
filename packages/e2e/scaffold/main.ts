/**
 * Tries what is published as a newcomer meets it: our packages packed and installed outside this repository, each of their
 * entries imported and its types checked; then a plugin written by the scaffold, and installed, built, linted, tested and
 * packed there. Needs the registry for all that is not ours.
 *
 *     npm run scaffold                      every kind
 *     npm run scaffold -- classifier        one
 *
 * @module
 */
import { spawn } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"

const root = path.join(import.meta.dirname, "..", "..", "..")
const kinds = ["classifier", "audit-sink", "exporter", "metrics", "source", "journal"]

interface Manifest {
  readonly name: string
  readonly private?: boolean
  readonly exports?: Readonly<Record<string, string>>
}

/** What is published. */
const ours = ["packages", "plugins"]
  .flatMap((folder) =>
    readdirSync(path.join(root, folder)).map((name) => path.join(root, folder, name, "package.json"))
  )
  .filter((file) => existsSync(file))
  .map((file): Manifest => JSON.parse(readFileSync(file, "utf8")))
  .filter((manifest) => manifest.private !== true)

/** What can be imported of them. */
const entries = ours.flatMap(({ exports = {}, name }) =>
  Object.entries(exports).flatMap(([entry, file]) => (file.startsWith("./src/") ? [`${name}${entry.slice(1)}`] : []))
)

const asked = process.argv.slice(2)
const unknown = asked.filter((kind) => !kinds.includes(kind))
if (unknown.length > 0) {
  process.stderr.write(`scaffold: there is no kind ${unknown.join(", ")} (kinds: ${kinds.join(", ")})\n`)
  process.exit(2)
}

const say = (text: string) => process.stderr.write(`${text}\n`)

/** Runs a command; its output is shown where it fails. */
const run = (command: string, args: ReadonlyArray<string>, cwd: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const began = performance.now()
    const windows = process.platform === "win32"
    const child = spawn(command, args, { cwd, shell: windows, stdio: ["ignore", "pipe", "pipe"] })
    let said = ""
    child.stdout.on("data", (chunk) => {
      said += chunk
    })
    child.stderr.on("data", (chunk) => {
      said += chunk
    })
    child.on("error", reject)
    child.on("close", (code) => {
      const seconds = ((performance.now() - began) / 1000).toFixed(1)
      if (code === 0) {
        say(`  ${command} ${args.map((arg) => path.basename(arg)).join(" ")} (${seconds} s)`)
        resolve()
      } else reject(new Error(`${command} ${args.join(" ")} in ${cwd} ended with ${code}:\n${said}`))
    })
  })

const place = mkdtempSync(path.join(tmpdir(), "dlrkit-scaffold-"))
try {
  say("packing")
  const packed = path.join(place, "packed")
  mkdirSync(packed)
  await run("pnpm", ["exec", "turbo", "run", "build"], root)
  for (const { name } of ours) await run("pnpm", ["--filter", name, "pack", "--pack-destination", packed], root)
  const tarballs = readdirSync(packed).map((name) => path.join(packed, name))
  const scaffold = tarballs.filter((file) => path.basename(file).startsWith("create-"))
  const libraries = tarballs.filter((file) => /^dlrkit-(core|testkit)-/.test(path.basename(file)))

  say("what is published")
  const everything = path.join(place, "everything")
  mkdirSync(everything)
  writeFileSync(path.join(everything, "package.json"), '{ "type": "module" }')
  const tools = ["effect@4.1.0", "vitest@5", "typescript@7.0.2", "@types/node@24"]
  await run("npm", ["install", "--no-audit", "--no-fund", ...tools, ...tarballs], everything)
  for (const { name } of ours) {
    for (const file of ["README.md", "LICENSE"]) {
      if (!existsSync(path.join(everything, "node_modules", name, file))) throw new Error(`${name} has no ${file}`)
    }
  }
  const imports = entries.map((entry) => `await import(${JSON.stringify(entry)})\n`).join("")
  writeFileSync(path.join(everything, "imports.mjs"), imports)
  await run("node", ["imports.mjs"], everything)
  const typed = entries.map((entry, index) => `export * as all${index} from ${JSON.stringify(entry)}\n`).join("")
  writeFileSync(path.join(everything, "types.ts"), typed)
  for (const [module, resolution] of [
    ["nodenext", "nodenext"],
    ["esnext", "bundler"]
  ] as const) {
    const how = ["--module", module, "--moduleResolution", resolution, "--target", "es2024", "--types", "node"]
    await run("npx", ["tsc", "--noEmit", "--strict", "--skipLibCheck", "false", ...how, "types.ts"], everything)
  }

  const home = path.join(place, "home")
  mkdirSync(home)
  writeFileSync(path.join(home, "package.json"), "{}")
  await run("npm", ["install", "--no-audit", "--no-fund", ...scaffold], home)

  for (const kind of asked.length === 0 ? kinds : asked) {
    say(kind)
    const flags = ["--kind", kind, "--name", "acme", "--yes"]
    await run("npx", ["--no-install", "create-dlrkit-plugin", ...flags], home)
    const made = path.join(home, `dlrkit-${kind}-acme`)
    // Ours come from where they were packed; what is said of them must be true all the same.
    const { devDependencies, peerDependencies } = JSON.parse(readFileSync(path.join(made, "package.json"), "utf8"))
    if (peerDependencies["@dlrkit/core"] !== devDependencies["@dlrkit/core"]) throw new Error("it needs two cores")
    await run("npm", ["install", "--no-audit", "--no-fund", "--save-dev", ...libraries], made)
    for (const script of ["lint", "test", "build"]) await run("npm", ["run", script], made)
    await run("git", ["init", "--quiet", "--initial-branch", "main"], made)
    await run("npx", ["--no-install", "changeset", "version"], made)
    const { version } = JSON.parse(readFileSync(path.join(made, "package.json"), "utf8"))
    if (version !== "0.1.0") throw new Error(`its first release would be ${version}, not 0.1.0`)
    await run("npm", ["pack"], made)
    // As its user has it: what was packed, beside core.
    const user = path.join(place, `user-of-${kind}`)
    mkdirSync(user)
    writeFileSync(path.join(user, "package.json"), '{ "type": "module" }')
    const core = libraries.filter((file) => path.basename(file).includes("core"))
    const plugin = path.join(made, `dlrkit-${kind}-acme-0.1.0.tgz`)
    await run("npm", ["install", "--no-audit", "--no-fund", "effect@4.1.0", ...core, plugin], user)
    await run(
      "node",
      ["-e", `import("dlrkit-${kind}-acme").then((all) => { if (Object.keys(all).length !== 1) process.exit(1) })`],
      user
    )
  }
  say(
    "\nWhat is published can be imported; what is written installs, lints, passes its tests, builds, and is released."
  )
} catch (error) {
  say(`\nscaffold: ${(error as Error).message}`)
  process.exitCode = 1
} finally {
  rmSync(place, { recursive: true, force: true })
}
