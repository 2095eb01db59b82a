import { readFileSync } from "node:fs"
import { defineConfig } from "tsup"

interface Manifest {
  readonly exports?: Record<string, string>
  readonly bin?: Record<string, string>
}

/**
 * One configuration for every package, run in its folder: what its package.json exports as source is built to the same
 * place under `dist`. A package with a command has `main.ts` besides, which the command's launcher imports.
 */
export default defineConfig(() => {
  const manifest: Manifest = JSON.parse(readFileSync("package.json", "utf8"))
  const exported = Object.values(manifest.exports ?? {}).filter((file) => file.startsWith("./src/"))
  return {
    entry: manifest.bin === undefined ? exported : [...exported, "./src/main.ts"],
    format: "esm",
    target: "node22",
    platform: "node",
    skipNodeModulesBundle: true,
    // `node:sqlite` has no other name.
    removeNodeProtocol: false,
    sourcemap: true,
    clean: true
  }
})
