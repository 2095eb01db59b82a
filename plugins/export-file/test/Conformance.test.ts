import { ExporterConformance } from "@dlrkit/testkit"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { parse } from "csv-parse/sync"
import { Effect, FileSystem, PlatformError, Sink, Stdio } from "effect"
import * as ExportFile from "../src/index.ts"

const readers = {
  csv: (text: string): ExporterConformance.Table => {
    const [columns = [], ...rows] = parse(text, { record_delimiter: "\n" })
    return { columns, rows }
  },
  ndjson: (text: string): ExporterConformance.Table => {
    const objects = text
      .split("\n")
      .slice(0, -1)
      .map((line): Record<string, string> => JSON.parse(line))
    return { columns: Object.keys(objects[0] ?? {}), rows: objects.map((row) => Object.values(row)) }
  }
}

for (const format of ["csv", "ndjson"] as const) {
  ExporterConformance.suite({
    name: `the exporter export-file, ${format}`,
    make: Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const services = yield* Effect.context<NodeServices.NodeServices>()
      const folder = yield* fs.makeTempDirectoryScoped()
      const directory = `${folder}/out`
      const file = `${directory}/messages.${format}`
      return {
        exporter: Effect.provide(ExportFile.exporter({ file, format }), services),
        read: fs
          .exists(file)
          .pipe(
            Effect.flatMap((exists) =>
              exists ? Effect.map(fs.readFileString(file), readers[format]) : Effect.succeed(undefined)
            )
          ),
        // A file where the folder should be.
        faults: { begin: { refuse: fs.writeFileString(directory, "") }, end: fs.remove(directory) }
      }
    }).pipe(Effect.provide(NodeServices.layer))
  })
}

const cause = new Error("write EPIPE")
const broken = PlatformError.systemError({ _tag: "Unknown", module: "Stdio", method: "stdout", cause })

ExporterConformance.suite({
  name: "the exporter export-file, standard output",
  make: Effect.gen(function* () {
    let written = ""
    let isBroken = false
    const take = (chunk: string | Uint8Array) =>
      Effect.suspend(() => {
        if (isBroken) return Effect.fail(broken)
        written += typeof chunk === "string" ? chunk : Buffer.from(chunk).toString()
        return Effect.void
      })
    const breaks = (does: boolean) => () => {
      isBroken = does
    }
    return {
      exporter: ExportFile.exporter({ file: "-", format: "csv" }).pipe(
        Effect.provide(Stdio.layerTest({ stdout: () => Sink.forEach(take) })),
        Effect.provide(NodeServices.layer)
      ),
      read: () => readers.csv(written),
      faults: { begin: { refuse: breaks(true) }, end: breaks(false) }
    }
  })
})
