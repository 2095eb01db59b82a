import { execFileSync } from "node:child_process"
import { createReadStream } from "node:fs"
import { text } from "node:stream/consumers"
import { Exporter, JournalStore } from "@dlrkit/core"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import { parse } from "csv-parse/sync"
import {
  Deferred,
  Effect,
  Fiber,
  FileSystem,
  Layer,
  type Path,
  PlatformError,
  type Scope,
  Sink,
  Stdio,
  Stream
} from "effect"
import * as ExportFile from "../src/index.ts"

const row = (
  values: Partial<Record<Exporter.Column, string>>,
  labels: Readonly<Record<string, string>> = {}
): Exporter.ExportRow => ({
  values: { ...Object.fromEntries(Exporter.columns.map((column) => [column, ""])), ...values } as Record<
    Exporter.Column,
    string
  >,
  labels
})

/** A test with a directory of its own. */
const inDirectory = <A, E>(
  body: (directory: string) => Effect.Effect<A, E, FileSystem.FileSystem | Path.Path | Stdio.Stdio | Scope.Scope>
) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    return yield* body(yield* fs.makeTempDirectoryScoped())
  }).pipe(Effect.provide(NodeServices.layer))

/** What an export writes to standard output. */
const printed = Effect.fnUntraced(function* (
  format: "csv" | "ndjson",
  rows: ReadonlyArray<Exporter.ExportRow>,
  labels: ReadonlyArray<string> = []
) {
  const chunks: Array<Uint8Array> = []
  const take = (chunk: string | Uint8Array) =>
    Effect.sync(() => chunks.push(typeof chunk === "string" ? Buffer.from(chunk) : chunk))
  const stdout = () => Sink.forEach(take)
  const exporter = yield* ExportFile.exporter({ file: "-", format }).pipe(
    Effect.provide(Stdio.layerTest({ stdout })),
    Effect.provide(NodeServices.layer)
  )
  assert.strictEqual(exporter.target, "standard output")
  yield* exporter.write(Stream.fromIterable(rows), labels)
  return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks))
})

/** The cells of a CSV text, by a reader that knows nothing of the writer. */
const cells = (csv: string): Array<Array<string>> => parse(csv, { record_delimiter: "\n" })

const awkward = [
  "",
  "a,b",
  'say "hi"',
  '"',
  "two\nlines",
  "two\r\nlines",
  "a\rb",
  " padded ",
  "Ätna ✓ 🙂",
  "semi;colon",
  "1e5",
  "null"
]

describe("CSV", () => {
  it.effect("has a header of columns and labels, and a line for each row, whatever its cells hold", () =>
    Effect.gen(function* () {
      const rows = awkward.map((cell) => row({ messageId: "m", carrier: cell }, { team: cell }))
      const csv = yield* printed("csv", rows, ["team", "empty"])
      // A carriage return alone ends a line for some readers.
      assert.include(csv, ',"a\rb",')
      assert.isTrue(csv.startsWith(`${Exporter.columns.join(",")},team,empty\nm,,,,,`))
      assert.deepStrictEqual(cells(csv), [
        [...Exporter.columns, "team", "empty"],
        ...rows.map(({ labels, values }) => [...Object.values(values), labels.team!, ""])
      ])
    })
  )

  it.effect("holds a header where there are no rows", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* printed("csv", []), `${Exporter.columns.join(",")}\n`)
    })
  )

  it.effect.each([
    ["=1+1", "'=1+1"],
    ["=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"],
    ["+1+cmd|' /C calc'!A0", "'+1+cmd|' /C calc'!A0"],
    ["-2+3+cmd", "'-2+3+cmd"],
    ["@SUM(1)", "'@SUM(1)"],
    ["\t=1", "'\t=1"],
    ["\r=1", "'\r=1"],
    ["\n=1", "'\n=1"],
    ["＝1+1", "'＝1+1"],
    ["+", "'+"],
    ["+-", "'+-"],
    ["+44 20 7946 0000 ext 1", "'+44 20 7946 0000 ext 1"],
    ["+4420\n=1", "'+4420\n=1"],
    ["-", "'-"],
    ["-1-1", "'-1-1"],
    ["+13175550100", "+13175550100"],
    ["+44 (20) 7946-0000", "+44 (20) 7946-0000"],
    ["-42", "-42"],
    ["-3.5", "-3.5"],
    ["a=1", "a=1"],
    ["'quoted", "'quoted"]
  ] as const)("lets no spreadsheet run a cell: %j", ([cell, expected]) =>
    Effect.gen(function* () {
      const csv = yield* printed("csv", [row({ carrier: cell }, { [cell]: cell })], [cell])
      const [header, first] = cells(csv)
      assert.strictEqual(header!.at(-1), expected)
      assert.strictEqual(first![Exporter.columns.indexOf("carrier")], expected)
      assert.strictEqual(first!.at(-1), expected)
    })
  )
})

describe("NDJSON", () => {
  it.effect("has an object for each row: all columns, then all labels", () =>
    Effect.gen(function* () {
      const rows = awkward.map((cell) => row({ messageId: "=1", carrier: cell }, { team: cell }))
      const lines = (yield* printed("ndjson", rows, ["2026", "team"])).split("\n")
      assert.strictEqual(lines.pop(), "")
      assert.deepStrictEqual(
        lines.map((line) => JSON.parse(line)),
        rows.map(({ labels, values }) => ({ ...values, "2026": "", ...labels }))
      )
      for (const line of lines) assert.match(line, /"seenAt":"","late":"","conflicts":"","2026":"","team":"[^:]*"\}$/)
    })
  )
})

describe("labels", () => {
  const labels = ["carrier", "label.carrier", "label.status", "status", "constructor", "__proto__", "team"]
  const own = Object.fromEntries(labels.map((label) => [label, `the ${label}`]))
  const keys = [
    "label.carrier",
    "label.label.carrier",
    "label.status",
    "label.label.status",
    "constructor",
    "__proto__",
    "team"
  ]

  it.effect("take the name of no column, nor of one another, and nothing that is not theirs", () =>
    Effect.gen(function* () {
      const rows = [row({ carrier: "acme" }, own), row({ carrier: "acme" })]
      const [header, first, second] = cells(yield* printed("csv", rows, labels))
      assert.deepStrictEqual(header!.slice(Exporter.columns.length), keys)
      assert.deepStrictEqual(first!.slice(Exporter.columns.length), Object.values(own))
      assert.deepStrictEqual(
        second!.slice(Exporter.columns.length),
        labels.map(() => "")
      )

      const [line] = (yield* printed("ndjson", rows, labels)).split("\n")
      const read = Object.entries(JSON.parse(line!))
      assert.deepStrictEqual(
        read.slice(Exporter.columns.length),
        keys.map((key, at) => [key, `the ${labels[at]}`])
      )
    })
  )
})

describe("a file", () => {
  const rows = Stream.range(1, 5000).pipe(Stream.map((at) => row({ messageId: `msg-${at}` })))
  const ids = (csv: string) => cells(csv).map(([id]) => id)

  it.effect("is whole when it appears, for its owner only, and replaces what was there", () =>
    inDirectory(
      Effect.fnUntraced(function* (directory) {
        const fs = yield* FileSystem.FileSystem
        const file = `${directory}/out/messages.csv`
        yield* fs.makeDirectory(`${directory}/out`)
        yield* fs.writeFileString(file, "old", { mode: 0o644 })
        const exporter = yield* ExportFile.exporter({ file, format: "csv" })
        assert.deepStrictEqual([exporter.name, exporter.target], ["export-file", file])
        const look = fs.readFileString(file).pipe(
          Effect.orDie,
          Effect.andThen((text) => Effect.sync(() => assert.strictEqual(text, "old")))
        )
        yield* exporter.write(Stream.concat(rows, Stream.drain(Stream.fromEffect(look))), [])
        assert.deepStrictEqual(ids(yield* fs.readFileString(file)), [
          "messageId",
          ...Array.from({ length: 5000 }, (_, at) => `msg-${at + 1}`)
        ])
        assert.deepStrictEqual(yield* fs.readDirectory(`${directory}/out`), ["messages.csv"])
        if (process.platform !== "win32") assert.strictEqual((yield* fs.stat(file)).mode & 0o777, 0o600)
      })
    )
  )

  it.effect("gets a directory where there is none", () =>
    inDirectory(
      Effect.fnUntraced(function* (directory) {
        const fs = yield* FileSystem.FileSystem
        const file = `${directory}/a/b/messages.ndjson`
        yield* (yield* ExportFile.exporter({ file, format: "ndjson" })).write(Stream.take(rows, 1), [])
        assert.strictEqual(JSON.parse(yield* fs.readFileString(file)).messageId, "msg-1")
      })
    )
  )

  it.effect("stays as it was where the journal fails in between", () =>
    inDirectory(
      Effect.fnUntraced(function* (directory) {
        const fs = yield* FileSystem.FileSystem
        const file = `${directory}/messages.csv`
        yield* fs.writeFileString(file, "old")
        const exporter = yield* ExportFile.exporter({ file, format: "csv" })
        const broken = new JournalStore.JournalError({
          reason: new JournalStore.JournalUnusable({ journal: "dlrkit.db", detail: "gone" })
        })
        const error = yield* Effect.flip(exporter.write(Stream.concat(rows, Stream.fail(broken)), []))
        assert.strictEqual(error, broken)
        assert.strictEqual(yield* fs.readFileString(file), "old")
        assert.deepStrictEqual(yield* fs.readDirectory(directory), ["messages.csv"])
      })
    )
  )

  it.effect("stays as it was where the export is interrupted", () =>
    inDirectory(
      Effect.fnUntraced(function* (directory) {
        const fs = yield* FileSystem.FileSystem
        const file = `${directory}/messages.csv`
        yield* fs.writeFileString(file, "old")
        const exporter = yield* ExportFile.exporter({ file, format: "csv" })
        const midway = yield* Deferred.make<void>()
        const stuck = Stream.fromEffect(Effect.andThen(Deferred.succeed(midway, undefined), Effect.never))
        const write = yield* Effect.forkChild(exporter.write(Stream.concat(rows, stuck), []))
        yield* Deferred.await(midway)
        assert.strictEqual((yield* fs.readDirectory(directory)).length, 2)
        yield* Fiber.interrupt(write)
        assert.strictEqual(yield* fs.readFileString(file), "old")
        assert.deepStrictEqual(yield* fs.readDirectory(directory), ["messages.csv"])
      })
    )
  )

  it.effect("that cannot be written is named with the reason, and leaves nothing behind", () =>
    inDirectory(
      Effect.fnUntraced(function* (directory) {
        const fs = yield* FileSystem.FileSystem
        yield* fs.makeDirectory(`${directory}/taken.csv`)
        const exporter = yield* ExportFile.exporter({ file: `${directory}/taken.csv`, format: "csv" })
        const error = yield* Effect.flip(exporter.write(rows, []))
        assert.instanceOf(error, Exporter.ExportError)
        assert.match(error.message, /^the export to \S+taken\.csv failed: EISDIR[^\n]*$/)

        yield* fs.writeFileString(`${directory}/file`, "")
        const below = yield* ExportFile.exporter({ file: `${directory}/file/x.csv`, format: "csv" })
        assert.match((yield* Effect.flip(below.write(rows, []))).message, /failed: (ENOTDIR|EEXIST|ENOENT)[^\n]*$/)
        assert.sameMembers(yield* fs.readDirectory(directory), ["file", "taken.csv"])
      })
    )
  )

  it.effect("on a full disk leaves nothing behind", () =>
    inDirectory((directory) =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const exporter = yield* ExportFile.exporter({ file: `${directory}/messages.csv`, format: "csv" })
        const error = yield* Effect.flip(exporter.write(rows, []))
        assert.match(error.message, /failed: ENOSPC: no space left on device, write$/)
        assert.deepStrictEqual(yield* fs.readDirectory(directory), [])
      }).pipe(Effect.provide(fullDisk))
    )
  )

  const posix = process.platform !== "win32"

  it.effect.runIf(posix)("that is a link stays one", () =>
    inDirectory(
      Effect.fnUntraced(function* (directory) {
        const fs = yield* FileSystem.FileSystem
        yield* fs.makeDirectory(`${directory}/real`)
        yield* fs.writeFileString(`${directory}/real/messages.csv`, "old")
        yield* fs.symlink("real/messages.csv", `${directory}/link.csv`)
        yield* (yield* ExportFile.exporter({ file: `${directory}/link.csv`, format: "csv" })).write(rows, [])
        assert.strictEqual((yield* fs.lstat(`${directory}/link.csv`)).type, "SymbolicLink")
        assert.strictEqual(ids(yield* fs.readFileString(`${directory}/real/messages.csv`)).length, 5001)
      })
    )
  )

  it.effect.runIf(posix)("that is a pipe is written to", () =>
    inDirectory(
      Effect.fnUntraced(function* (directory) {
        const file = `${directory}/pipe`
        execFileSync("mkfifo", [file])
        const reader = text(createReadStream(file))
        yield* (yield* ExportFile.exporter({ file, format: "csv" })).write(rows, [])
        assert.strictEqual(ids(yield* Effect.promise(() => reader)).length, 5001)
      })
    )
  )
})

const failing = (cause: Error) =>
  PlatformError.systemError({ _tag: "Unknown", module: "FileSystem", method: "writeAll", cause })

/** The real file system, on which no file takes more than one chunk. */
const fullDisk = Layer.effect(
  FileSystem.FileSystem,
  Effect.map(FileSystem.FileSystem, (fs) => ({
    ...fs,
    open: (path: string, options?: Parameters<typeof fs.open>[1]) =>
      Effect.map(fs.open(path, options), (file): FileSystem.File => {
        let chunks = 0
        const full = Effect.fail(failing(new Error("ENOSPC: no space left on device, write")))
        const writeAll = (bytes: Uint8Array) => (chunks++ === 0 ? file.writeAll(bytes) : full)
        return Object.assign(Object.create(file), { writeAll })
      })
  }))
)

describe("standard output", () => {
  it.effect("that nobody reads is an error with the reason", () =>
    Effect.gen(function* () {
      const stdout = () => Sink.fail(failing(new Error("write EPIPE")))
      const exporter = yield* ExportFile.exporter({ file: "-", format: "csv" }).pipe(
        Effect.provide(Stdio.layerTest({ stdout })),
        Effect.provide(NodeServices.layer)
      )
      const error = yield* Effect.flip(exporter.write(Stream.empty, []))
      assert.strictEqual(error.message, "the export to standard output failed: write EPIPE")
    })
  )
})
