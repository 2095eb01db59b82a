import { existsSync, readdirSync, readFileSync } from "node:fs"
import { availableParallelism } from "node:os"
import { join } from "node:path"
import { defineConfig } from "vitest/config"

const shared = {
  include: ["test/**/*.test.ts"],
  testTimeout: 60_000,
  hookTimeout: 30_000
}

/** Each package with a `test` folder is a project, by its own name: `npm test -- --project @dlrkit/core`. */
const projects = ["packages", "plugins", "examples"]
  .map((folder) => join(import.meta.dirname, folder))
  .filter(existsSync)
  .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
  .filter((root) => existsSync(join(root, "test")) && existsSync(join(root, "package.json")))
  .map((root) => ({
    test: { ...shared, root, name: JSON.parse(readFileSync(join(root, "package.json"), "utf8")).name as string }
  }))

export default defineConfig({
  test: {
    // A fresh process for each file: tests open servers, files and databases. One more than there are cores, for those
    // that start a command wait most of their time.
    pool: "forks",
    isolate: true,
    maxWorkers: availableParallelism() + 1,
    // A package's own script uses this file too, from its own folder: then that folder is all there is.
    ...(process.cwd() === import.meta.dirname ? { projects } : shared)
  }
})
