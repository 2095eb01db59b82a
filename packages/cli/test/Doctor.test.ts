import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Journal } from "@dlrkit/core"
import { layer as platform } from "@dlrkit/core/node"
import * as Sqlite from "@dlrkit/journal-sqlite"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as PlatformError from "effect/PlatformError"
import * as Doctor from "../src/Doctor.ts"
import { line } from "../src/DoctorCommand.ts"

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "dlrkit-doctor-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

/** A config file with these sources, in a folder of its own. */
const workplace = Effect.fnUntraced(function* (config: string) {
  const path = yield* folder
  const file = (name: string) => join(path, name)
  const effect = (module: string) => JSON.stringify(import.meta.resolve(`effect/${module}`))
  writeFileSync(
    file("dlrkit.config.mjs"),
    `import * as Effect from ${effect("Effect")}
     import * as Stream from ${effect("Stream")}
     const able = { complete: (ref) => ref, refuse: () => undefined, lookup: () => Stream.empty }
     const source = { ...able, name: "plain", describe: {} }
     const checked = (name, ...findings) => ({ ...able, name, diagnose: Stream.fromIterable(findings) })
     export default { "~dlrkit/TrackerDefinition": (error) => error, config: ${config} }`
  )
  const flags = { config: file("dlrkit.config.mjs"), journal: file("dlrkit.db"), audit: file("audit") }
  return { path, file, flags }
})

const examine = (flags: Parameters<typeof Doctor.examine>[0], services = platform) =>
  Effect.gen(function* () {
    const findings: Array<Doctor.Finding> = []
    yield* Doctor.examine(flags, (finding) => Effect.sync(() => void findings.push(finding)))
    return findings
  }).pipe(Effect.provide(services))

/** Source, check and outcome, and the detail of what is not right. */
const short = (findings: ReadonlyArray<Doctor.Finding>) =>
  findings.map(({ check, detail, outcome, source }) =>
    [source, check, outcome, ...(outcome === "ok" ? [] : [detail])].join("|")
  )

const fine = ["dlrkit|config|ok", "dlrkit|journal|ok", "dlrkit|audit|ok"]

describe("a set-up that is right", () => {
  it.live("is told part by part, as the source tells it, and nothing is made", () =>
    Effect.gen(function* () {
      const { flags, path } = yield* workplace(
        `{ sources: [checked("a", { check: "token", outcome: "ok", detail: "granted" })] }`
      )
      const findings = yield* examine(flags)
      assert.deepStrictEqual(short(findings), [...fine, "a|token|ok"])
      assert.include(findings[1]?.detail, "the first run makes it")
      assert.deepStrictEqual(readdirSync(path), ["dlrkit.config.mjs"])
      assert.strictEqual(Doctor.exitCode(findings), 0)
    })
  )

  it.live("reads a journal that is there, and warns where a tracker has it", () =>
    Effect.gen(function* () {
      const { file, flags, path } = yield* workplace("{ sources: [source] }")
      const store = Layer.build(Layer.provide(Journal.layer, Sqlite.journal({ file: file("dlrkit.db") })))
      yield* Effect.gen(function* () {
        const { start } = yield* Journal.Journal
        yield* start({ actor: "tester", command: "track", version: "0", config: {} })
        assert.include(
          short(yield* examine(flags)),
          `dlrkit|journal|warning|${file("dlrkit.db")} is in use by a tracker`
        )
      }).pipe((run) => Effect.flatMap(store, (context) => Effect.provide(run, context)), Effect.scoped)
      const before = readdirSync(path)
      const findings = yield* examine(flags)
      assert.strictEqual(findings[1]?.detail, `${file("dlrkit.db")}, 2 events`)
      assert.deepStrictEqual(readdirSync(path), before)
    })
  )
})

describe("what is wrong", () => {
  it.live("with one part hides nothing of the others", () =>
    Effect.gen(function* () {
      const { file, flags } = yield* workplace(
        `{
          classifiers: [Effect.fail(new Error("no rules"))],
          sources: [
            Effect.fail({ _tag: "GenesysConfigError", problems: ["set A", "set B"] }),
            Effect.die(new Error("broken\\nin two lines")),
            source,
            { ...able, name: "sick", diagnose: Stream.die(new Error("gone")) },
            checked("b", { check: "host", outcome: "problem", detail: "unknown", advice: "check it" })
          ]
        }`
      )
      writeFileSync(file("dlrkit.db"), "not a journal, and longer than the header of one has to be".repeat(20))
      writeFileSync(file("audit"), "")
      const findings = yield* examine(flags)
      assert.deepStrictEqual(short(findings).slice(3), [
        "dlrkit|classifiers|problem|no rules",
        "source 1|configuration|problem|set A",
        "source 1|configuration|problem|set B",
        "source 2|configuration|problem|broken",
        "plain|source|warning|it cannot check itself",
        "sick|source|problem|gone",
        "b|host|problem|unknown"
      ])
      assert.include(findings[1]?.detail, "is something else, not a dlrkit journal")
      assert.include(findings[2]?.detail, "is no directory")
    })
  )

  it.live("in the environment beside the config is named one by one", () =>
    Effect.gen(function* () {
      const { file, flags } = yield* workplace("{}")
      writeFileSync(file(".env"), "GENESYS_REGION=mars\nGENESYS_CLIENT_ID=a\n")
      const problems = short(yield* examine(flags)).slice(3)
      assert.strictEqual(problems.length, 2)
      assert.include(problems[0], `source 1|configuration|problem|the region "mars" is unknown`)
      assert.include(problems[1], "set GENESYS_CLIENT_SECRET")
    })
  )

  it.live("is a config that does not load, or names no source, and a folder that is not there", () =>
    Effect.gen(function* () {
      const { file, flags } = yield* workplace("{ sources: [] }")
      const journal = join(file("nowhere"), "dlrkit.db")
      assert.include(short(yield* examine({ ...flags, journal }))[1], "nowhere does not exist; make it first")
      assert.include(short(yield* examine(flags)), "dlrkit|sources|problem|the configuration names no source")
      assert.deepStrictEqual(short(yield* examine({ config: file("x.mjs") })), [
        `dlrkit|config|problem|the config ${file("x.mjs")} does not load: there is no such file`
      ])
    })
  )

  it.live("is a place that this user cannot write", () =>
    Effect.gen(function* () {
      const { flags, path } = yield* workplace("{ sources: [source] }")
      const readOnly = Layer.provideMerge(
        Layer.effect(
          FileSystem.FileSystem,
          Effect.map(FileSystem.FileSystem, (fs) => ({
            ...fs,
            access: (file) =>
              Effect.fail(
                PlatformError.systemError({
                  _tag: "PermissionDenied",
                  module: "FileSystem",
                  method: "access",
                  pathOrDescriptor: file
                })
              )
          }))
        ),
        platform
      )
      assert.deepStrictEqual(short(yield* examine(flags, readOnly)).slice(1, 3), [
        `dlrkit|journal|problem|${path} cannot be written`,
        `dlrkit|audit|problem|${path} cannot be written`
      ])
    })
  )
})

describe("the exit code", () => {
  const problem = (source: string, check: string): Doctor.Finding => ({ source, check, outcome: "problem", detail: "" })

  it.each<readonly [string, ReadonlyArray<Doctor.Finding>, number]>([
    ["warnings are none", [{ ...problem("a", "token"), outcome: "warning" }], 0],
    ["our own parts", [problem("dlrkit", "journal"), problem("source 1", "configuration")], 2],
    ["credentials and permissions", [problem("a", "token of b"), problem("a", "analytics:conversationDetail:view")], 4],
    ["the way to the platform", [problem("a", "host"), problem("a", "login")], 6],
    ["anything else", [problem("a", "clock")], 1],
    ["of different kinds", [problem("a", "host"), problem("dlrkit", "audit")], 1]
  ])("%s", (_, findings, code) => {
    assert.strictEqual(Doctor.exitCode(findings), code)
  })
})

it("a finding is a line, with a mark on a terminal and a word elsewhere", () => {
  const finding = { source: "a", check: "token", outcome: "problem", detail: "refused\nso", advice: "mend it" } as const
  assert.strictEqual(line(finding, true), "✗  a: token: refused so; mend it")
  assert.strictEqual(line(finding, false), "problem  a: token: refused so; mend it")
  assert.strictEqual(line({ ...finding, outcome: "ok", advice: undefined }, false), "ok       a: token: refused so")
})
