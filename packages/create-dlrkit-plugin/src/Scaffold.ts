/**
 * Writes a plugin's package from the templates. A template is a file as it will be, but for a few words in double
 * braces; a name that begins with an underscore loses it, as tools would take the file for their own.
 *
 * @module
 */
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises"
import path from "node:path"
import { fileURLToPath } from "node:url"
import { type License, type Request, UsageError } from "./Request.ts"

const templates = fileURLToPath(new URL("../templates", import.meta.url))

/** The versions of our packages that this version of the scaffold was released with. */
const versions = async () => {
  const manifest = JSON.parse(await readFile(new URL("../package.json", import.meta.url), "utf8"))
  const of = (name: string): string => String(manifest.devDependencies[name]).replace("workspace:*", manifest.version)
  return { core: of("@dlrkit/core"), testkit: of("@dlrkit/testkit") }
}

/** What stands in a package.json for a licence. */
const spdx: Readonly<Record<License, string>> = { "Apache-2.0": "Apache-2.0", MIT: "MIT", none: "UNLICENSED" }

/** The files of a folder, those in folders too, by their paths in it. */
const filesOf = async (folder: string): Promise<ReadonlyArray<string>> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort()
}

/** Throws where something is there already. */
const refuseTaken = async (folder: string) => {
  const taken = await stat(folder).then(
    (found) => (found.isDirectory() ? readdir(folder) : ["a file"]),
    () => []
  )
  if (taken.some((name) => name !== ".git")) {
    throw new UsageError(
      `${folder} is there already and not empty: name another folder with --dir; nothing was written`
    )
  }
}

/** Writes the package, and gives the paths of its files. Throws `UsageError` where its folder is taken. */
export const write = async ({ folder, kind, license, name, package: packageName }: Request) => {
  await refuseTaken(folder)
  const { core, testkit } = await versions()
  const words: Readonly<Record<string, string>> = {
    PACKAGE: packageName,
    NAME: name,
    KIND: kind.name,
    KIND_WORDS: kind.words,
    PURPOSE: kind.purpose,
    LICENSE: spdx[license],
    YEAR: String(new Date().getFullYear()),
    CORE: core,
    TESTKIT: testkit
  }
  const sources = ["common", kind.name].map((name) => path.join(templates, name))
  if (license !== "none") sources.push(path.join(templates, "licenses", license))
  const written: Array<string> = []
  for (const source of sources) {
    for (const file of await filesOf(source)) {
      const text = await readFile(path.join(source, file), "utf8")
      const to = file
        .split(path.sep)
        .map((part) => part.replace(/^_/, ""))
        .join(path.sep)
      await mkdir(path.dirname(path.join(folder, to)), { recursive: true })
      // `wx`: whoever is faster keeps what they have written.
      await writeFile(
        path.join(folder, to),
        text.replace(/\{\{([A-Z_]+)\}\}/g, (all, word: string) => words[word] ?? all),
        { flag: "wx" }
      )
      written.push(to)
    }
  }
  return written.sort()
}
