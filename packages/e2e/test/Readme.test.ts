import { execFile } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import * as path from "node:path"
import { assert, it, onTestFinished } from "vitest"

const root = path.join(import.meta.dirname, "..", "..", "..")

/** The compiler's own command, as the workspace has it. */
const compiler = path.join(path.dirname(createRequire(`${root}/`).resolve("typescript/package.json")), "bin", "tsc")

/** Each `ts` snippet of a text, under the file name that its first line says. */
const snippets = (text: string) =>
  Array.from(text.matchAll(/^```ts\n(\/\/ (\S+)\n.*?)^```$/gms), ([, code = "", file = ""]) => ({ file, code }))

it("the snippets of the README compile together", async () => {
  const readme = readFileSync(path.join(root, "README.md"), "utf8")
  const found = snippets(readme)
  assert.deepStrictEqual(found.map(({ file }) => file).sort(), ["acme-classifier.ts", "dlrkit.config.ts"])
  assert.strictEqual(found.length, readme.match(/^```ts$/gm)?.length, "a snippet begins with the name of its file")

  // Where this package's dependencies are found, and nobody else looks for sources.
  const folder = mkdtempSync(path.join(import.meta.dirname, "..", "node_modules", ".readme-"))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  for (const { code, file } of found) writeFileSync(path.join(folder, file), code)
  const files = found.map(({ file }) => file)
  const typeRoots = [path.join(root, "node_modules", "@types")]
  const config = { extends: path.join(root, "tsconfig.json"), compilerOptions: { typeRoots }, include: [], files }
  writeFileSync(path.join(folder, "tsconfig.json"), JSON.stringify(config))

  const problems = await new Promise<string>((resolve) => {
    execFile(process.execPath, [compiler, "-p", folder], (error, stdout, stderr) =>
      resolve(error === null ? "" : `${stdout}${stderr}`)
    )
  })
  assert.strictEqual(problems, "")
})
