#!/usr/bin/env node
// The `dlrkit` command. Where Node is too old for us it starts the Node of the npm package `node`, if that is installed.
// Plain JavaScript, so that an old Node can read it and say what is missing.
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import path from "node:path"
import { fileURLToPath } from "node:url"
import { startNode } from "./startNode.mjs"

const isNewEnough = (version) => {
  const [major = 0, minor = 0] = version.replace(/^v/, "").split(".").map(Number)
  return major > 22 || (major === 22 && minor >= 19)
}

/** The executable of the npm package `node`, looked for from here upwards; undefined where there is none or an old one. */
const installedNode = () => {
  try {
    const manifest = createRequire(import.meta.url).resolve("node/package.json")
    if (!isNewEnough(JSON.parse(readFileSync(manifest, "utf8")).version)) return undefined
    return path.join(path.dirname(manifest), "bin", process.platform === "win32" ? "node.exe" : "node")
  } catch {
    return undefined
  }
}

/** `node:sqlite` and TypeScript sources are announced as experimental on Node 22; every other warning is printed. */
const hideExperimentalWarnings = () => {
  const printers = process.listeners("warning")
  process.removeAllListeners("warning")
  process.on("warning", (warning) => {
    if (warning.name !== "ExperimentalWarning") for (const print of printers) print.call(process, warning)
  })
}

const needsNewerNode = (problem) => {
  process.stderr.write(
    `dlrkit: needs Node 22.19 or newer, this is ${process.version}${problem}; install one from https://nodejs.org, or \`npm install node@24\` beside dlrkit\n`
  )
  process.exitCode = 2
}

if (isNewEnough(process.version)) {
  hideExperimentalWarnings()
  // Node runs TypeScript everywhere but inside node_modules, and there the package is the built one.
  await import(import.meta.url.includes("/node_modules/") ? "../dist/main.js" : "../src/main.ts")
} else {
  const executable = installedNode()
  if (executable === undefined) needsNewerNode("")
  else {
    try {
      process.exitCode = await startNode(executable, [fileURLToPath(import.meta.url), ...process.argv.slice(2)])
    } catch (error) {
      needsNewerNode(`, and ${executable} does not start (${error.code ?? error.message})`)
    }
  }
}
