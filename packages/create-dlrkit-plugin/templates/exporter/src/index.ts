/**
 * Writes a row for each message to {{NAME}}.
 *
 * @module
 */
import { randomUUID } from "node:crypto"
import { open, rename, rm } from "node:fs/promises"
import { defineExporter, Exporter } from "@dlrkit/core"

/** The options of {@link exporter}. */
export interface ExporterOptions {
  /** The file, replaced where it exists. */
  readonly file: string
}

/** A cell on one line: a tab, a line's end and the backslash itself are escaped. */
const cell = (text: string) =>
  text.replace(/[\\\t\n\r]/g, (char) => ({ "\t": "\\t", "\n": "\\n", "\r": "\\r" })[char] ?? "\\\\")

/** The names of the columns of labels: one that is a column's already begins with `label.`. */
const named = (labels: ReadonlyArray<string>) => {
  const taken = new Set<string>(Exporter.columns)
  return labels.map((label) => {
    let name = label
    while (taken.has(name)) name = `label.${name}`
    taken.add(name)
    return name
  })
}

const line = (cells: ReadonlyArray<string>) => `${cells.map(cell).join("\t")}\n`

/** Writes a table with tabs between its columns. The file has its name when it is whole, and not before. */
export const exporter = ({ file }: ExporterOptions): Exporter.Exporter =>
  defineExporter({
    name: "{{NAME}}",
    target: file,
    write: async (rows, { labels }) => {
      const beside = `${file}.${randomUUID()}.tmp`
      const opened = await open(beside, "w", 0o600)
      try {
        await opened.write(line([...Exporter.columns, ...named(labels)]))
        for await (const { labels: said, values } of rows) {
          const cells = Exporter.columns.map((column) => values[column])
          const more = labels.map((label) => (Object.hasOwn(said, label) ? (said[label] ?? "") : ""))
          await opened.write(line([...cells, ...more]))
        }
        await opened.sync()
        await opened.close()
        await rename(beside, file)
      } catch (error) {
        await opened.close()
        await rm(beside, { force: true })
        throw error
      }
    }
  })
