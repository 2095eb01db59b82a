import { execFile } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import { createRequire } from "node:module"
import type { AddressInfo } from "node:net"
import * as path from "node:path"
import { text } from "node:stream/consumers"
import { Plugin } from "@dlrkit/core"
import { afterAll, assert, beforeAll, expect, it, onTestFinished } from "vitest"

const root = path.join(import.meta.dirname, "..", "..", "..")
const page = readFileSync(path.join(root, "docs", "write-a-plugin.md"), "utf8")

/** Beside this package's dependencies, where sources are run as they are. */
const folder = mkdtempSync(path.join(import.meta.dirname, "..", ".generated-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Each `ts` snippet of the page, under the file name that its first line says. */
const snippets = Array.from(page.matchAll(/^```ts\n(\/\/ (\S+)\n.*?)^```$/gms), ([, code = "", file = ""]) => ({
  file,
  code
}))

beforeAll(() => {
  for (const { code, file } of snippets) writeFileSync(path.join(folder, file), code)
})

const bin = (name: string, file: string) =>
  path.join(path.dirname(createRequire(`${root}/`).resolve(`${name}/package.json`)), file)

const run = (file: string, args: ReadonlyArray<string>) =>
  new Promise<{ readonly code: number; readonly said: string }>((resolve) => {
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(VITEST|NODE_)/.test(name)))
    execFile(process.execPath, [file, ...args], { cwd: folder, env }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), said: `${stdout}${stderr}` })
    )
  })

const inFolder = (name: string) => readFileSync(path.join(folder, name), "utf8")

it("names the file of each snippet", () => {
  assert.strictEqual(snippets.length, page.match(/^```ts$/gm)?.length)
  assert.strictEqual(new Set(snippets.map(({ file }) => file)).size, snippets.length)
})

it("compiles together", async () => {
  const typeRoots = [path.join(root, "node_modules", "@types")]
  const files = snippets.map(({ file }) => file)
  const config = { extends: path.join(root, "tsconfig.json"), compilerOptions: { typeRoots }, include: [], files }
  writeFileSync(path.join(folder, "tsconfig.json"), JSON.stringify(config))
  assert.deepStrictEqual(await run(bin("typescript", "bin/tsc"), ["-p", "."]), { code: 0, said: "" })
})

it("passes the tests that it shows", async () => {
  const { code, said } = await run(bin("vitest", "vitest.mjs"), ["run", "--no-color", "--no-isolate", "--pool=threads"])
  assert.strictEqual(code, 0, said)
  assert.match(said, /Test Files {2}2 passed/)
})

it("runs: each plugin does what the page says", async () => {
  const states: Readonly<Record<string, object>> = {
    a: { state: "DELIVRD" },
    b: { state: "UNDELIV", error: "E-17" },
    c: { state: "UNDELIV", error: "E-99" }
  }
  const pushed: Array<string> = []
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "", "http://127.0.0.1")
    if (pathname === "/metrics") pushed.push(await text(request))
    const asked = (searchParams.get("ids") ?? "").split(",").filter((id) => id in states)
    response.end(JSON.stringify(asked.map((id) => ({ id, ...states[id] }))))
  })
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  await once(server.listen(0, "127.0.0.1"), "listening")
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  // In a process of its own, as its files are relative; it ends by itself.
  writeFileSync(
    path.join(folder, "run.ts"),
    `import { follow } from "./follow.ts"
console.log(JSON.stringify(await follow(${JSON.stringify(url)}, ["a", "b", "c"])))`
  )
  const { code, said } = await run(path.join(folder, "run.ts"), [])
  assert.strictEqual(code, 0, said)
  const summary = JSON.parse(said.split("\n").find((line) => line.startsWith("{")) ?? "")
  expect(summary).toMatchObject({ delivered: 1, failed: 2, pending: 0, byCause: { network_failure: 1, opted_out: 1 } })

  const events = inFolder("events.ndjson")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line))
  assert.deepStrictEqual(
    events
      .filter(({ kind }) => kind === "message.failed")
      .map(({ classifier, retryable, rule }) => [classifier, rule, retryable]),
    [
      ["acme", "E-17", "no"],
      ["acme", "E-99", "yes"]
    ]
  )
  const { DatabaseSync } = await import("node:sqlite")
  const db = new DatabaseSync(path.join(folder, "events.db"))
  assert.strictEqual(db.prepare("SELECT count(*) AS n FROM events").get()?.n, events.length)
  db.close()
  assert.strictEqual(inFolder("ends.txt"), "a delivered\nb failed\nc failed\n")
  const last = JSON.parse(pushed.at(-1) ?? "[]")
  expect(last).toContainEqual(
    expect.objectContaining({
      name: "dlrkit_failures_total",
      value: 1,
      labels: expect.objectContaining({ cause: "opted_out" })
    })
  )
})

it("says the contract's number", () => {
  assert.include(page, `\`Plugin.contract\`, now ${Plugin.contract}.`)
  assert.include(page, `and this one has contract ${Plugin.contract}:`)
})
