import { execFile } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import path from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { kinds } from "../src/Kind.ts"

const here = path.join(import.meta.dirname, "..")
const root = path.join(here, "..", "..")

/** Where the workspace's packages are found, as those of the registry are elsewhere. */
const folder = mkdtempSync(path.join(here, ".generated-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Ended {
  readonly code: number
  readonly text: string
}

const run = (file: string, args: ReadonlyArray<string>, cwd = folder): Promise<Ended> =>
  new Promise((resolve) => {
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(VITEST|NODE_)/.test(name)))
    execFile(process.execPath, [file, ...args], { cwd, env }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), text: `${stdout}${stderr}` })
    )
  })

const bin = (name: string, file: string) =>
  path.join(path.dirname(createRequire(`${root}/`).resolve(`${name}/package.json`)), file)

const create = (...args: ReadonlyArray<string>) => run(path.join(here, "bin", "create-dlrkit-plugin.mjs"), args)

/** The longest name that may be: no line of a template may be formatted in another way for it. */
const longest = `l${"o".repeat(38)}g`

/** Of each kind a plugin with the shortest name, and one with the longest, in a scope. */
beforeAll(async () => {
  const made = kinds.flatMap(({ name: kind }) => [
    create("--kind", kind, "--name", "a"),
    create("--kind", kind, "--name", longest, "--scope", "@acme", "--dir", `long/${kind}`, "--license", "MIT")
  ])
  for (const { code, text } of await Promise.all(made)) assert.strictEqual(code, 0, text)
})

const short = kinds.map(({ name }) => `dlrkit-${name}-a`)
const long = kinds.map(({ name }) => `long/${name}`)

const readJson = (...names: ReadonlyArray<string>) => JSON.parse(readFileSync(path.join(folder, ...names), "utf8"))

describe("what is written", () => {
  it("is a package by its name, with nothing left to be replaced", () => {
    for (const name of [...short, ...long]) {
      const files = readdirSync(path.join(folder, name), { recursive: true, encoding: "utf8" })
      for (const file of [
        ".changeset/config.json",
        ".changeset/first-release.md",
        ".gitignore",
        "LICENSE",
        "README.md"
      ]) {
        assert.include(files, path.normalize(file))
      }
      for (const file of files.filter((file) => file.includes("."))) {
        const full = path.join(folder, name, file)
        if (file !== ".changeset") assert.notMatch(readFileSync(full, "utf8"), /\{\{[A-Z_]+\}\}/, full)
      }
    }
    const manifest = readJson("long", "classifier", "package.json")
    assert.strictEqual(manifest.name, `@acme/dlrkit-classifier-${longest}`)
    assert.strictEqual(manifest.license, "MIT")
    assert.include(manifest.keywords, "dlrkit-plugin")
    assert.match(
      readFileSync(path.join(folder, "long", "classifier", ".changeset", "first-release.md"), "utf8"),
      /^---\n"@acme\/dlrkit-classifier-lo+g": minor\n---\n/
    )
  })

  it("uses the tools that this workspace does", () => {
    const { devDependencies, peerDependencies } = readJson("dlrkit-classifier-a", "package.json")
    const workspace = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")).devDependencies
    const catalog = readFileSync(path.join(root, "pnpm-workspace.yaml"), "utf8")
    for (const name of ["@biomejs/biome", "@changesets/cli", "@types/node", "typescript"]) {
      assert.strictEqual(devDependencies[name], workspace[name], name)
    }
    for (const name of ["effect", "vitest"]) assert.include(catalog, `\n  ${name}: ${devDependencies[name]}\n`)
    const core = JSON.parse(readFileSync(path.join(root, "packages", "core", "package.json"), "utf8"))
    assert.strictEqual(peerDependencies["@dlrkit/core"], `^${core.version}`)
    assert.strictEqual(peerDependencies.effect, core.peerDependencies.effect)
  })

  it("has the style and the types that it asks for", async () => {
    const biome = bin("@biomejs/biome", "bin/biome")
    const checks = [...short, ...long].map((name) =>
      run(biome, ["check", "--error-on-warnings", "--vcs-enabled=false"], path.join(folder, name))
    )
    for (const { code, text } of await Promise.all(checks)) assert.strictEqual(code, 0, text)

    const include = short.flatMap((name) => [`${name}/src`, `${name}/test`])
    const typeRoots = [path.join(root, "node_modules", "@types")]
    const config = { extends: `./${short[0]}/tsconfig.json`, compilerOptions: { typeRoots }, include }
    writeFileSync(path.join(folder, "tsconfig.json"), JSON.stringify(config))
    assert.deepStrictEqual(await run(bin("typescript", "bin/tsc"), ["-p", "."]), { code: 0, text: "" })
  })

  it("passes its tests", async () => {
    const args = ["run", "--no-isolate", "--pool=threads", "--maxWorkers=1", "--no-color", "dlrkit-"]
    const { code, text } = await run(bin("vitest", "vitest.mjs"), args)
    assert.strictEqual(code, 0, text)
    assert.match(text, /Test Files {2}6 passed/)
  })
})

describe("the command", () => {
  it("leaves what is there, and refuses what it cannot use with exit 2", async () => {
    mkdirSync(path.join(folder, "taken"))
    writeFileSync(path.join(folder, "taken", "notes.txt"), "mine")
    mkdirSync(path.join(folder, "empty", ".git"), { recursive: true })
    writeFileSync(path.join(folder, "a-file"), "")
    const into = (dir: string) => create("--kind", "classifier", "--name", "acme", "--dir", dir)
    assert.deepStrictEqual(await into("taken"), {
      code: 2,
      text: "create-dlrkit-plugin: taken is there already and not empty: name another folder with --dir; nothing was written (see --help)\n"
    })
    assert.strictEqual((await into("a-file")).code, 2)
    assert.deepStrictEqual(readdirSync(path.join(folder, "taken")), ["notes.txt"])
    assert.strictEqual((await into("empty")).code, 0)
    assert.isTrue(existsSync(path.join(folder, "empty", "src", "index.ts")))
    assert.deepStrictEqual(await create(), {
      code: 2,
      text: "create-dlrkit-plugin: say --kind: there is nobody to ask (see --help)\n"
    })
  })

  it("tells how it is called", async () => {
    const { code, text } = await create("--help")
    assert.strictEqual(code, 0)
    for (const { name } of kinds) assert.include(text, name)
  })
})
