import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { ExporterConformance } from "@dlrkit/testkit"
import { onTestFinished } from "vitest"
import { exporter } from "../src/index.ts"

const escaped: Readonly<Record<string, string>> = { "\\t": "\t", "\\n": "\n", "\\r": "\r", "\\\\": "\\" }

/** The cells of a file, as they were before they were written. */
const parse = (text: string) => {
  const lines = text.split("\n").slice(0, -1)
  const cells = (line: string) => line.split("\t").map((cell) => cell.replace(/\\./g, (char) => escaped[char] ?? char))
  const [columns = [], ...rows] = lines.map(cells)
  return { columns, rows }
}

ExporterConformance.suite({
  make: () => {
    const folder = mkdtempSync(join(tmpdir(), "exporter-"))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const file = join(folder, "messages.tsv")
    return {
      exporter: exporter({ file }),
      read: () => (existsSync(file) ? parse(readFileSync(file, "utf8")) : undefined)
    }
  }
})
