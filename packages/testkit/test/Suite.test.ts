import { execFile } from "node:child_process"
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { ClassifierConformance } from "../src/index.ts"
import { right } from "./BrokenClassifiers.ts"

describe("a skip", () => {
  const found = (skip: Readonly<Record<string, string>>) =>
    Effect.map(ClassifierConformance.violations({ ...right, skip }), (violations) =>
      violations.map(({ detail, rule }) => [rule, detail])
    )

  it.effect("of a rule that there is not, or for no reason, is told", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* found({ junk: "its codes are numbers" }), [])
      assert.deepStrictEqual(yield* found({ junks: "its codes are numbers" }), [
        ["skip", 'there is no rule "junks" to skip; did you mean junk?']
      ])
      assert.deepStrictEqual(yield* found({ totality: " " }), [
        ["skip", 'the rule "totality" is skipped for no reason: say why']
      ])
    })
  )
})

/** What Vitest reports of the tests in `suites`: how each ended, and with what. */
const reported = async () => {
  const folder = await mkdtemp(join(tmpdir(), "dlrkit-suite-"))
  const outputFile = join(folder, "report.json")
  const root = join(import.meta.dirname, "..")
  const options = ["run", "Broken.spec", "--root", root, "--reporter=json", `--outputFile=${outputFile}`]
  await new Promise<void>((resolve) => {
    execFile(process.execPath, [join(root, "node_modules/vitest/vitest.mjs"), ...options], () => resolve())
  })
  const [{ assertionResults }] = JSON.parse(await readFile(outputFile, "utf8")).testResults
  await rm(folder, { recursive: true })
  return new Map(
    (assertionResults as ReadonlyArray<Reported>).map(
      (it) => [it.title, [it.status, it.failureMessages.join()]] as const
    )
  )
}

interface Reported {
  readonly title: string
  readonly status: string
  readonly failureMessages: ReadonlyArray<string>
}

describe("a suite in Vitest", () => {
  it("has a test for each rule and case, shows what is skipped and why, and fails where a rule is broken", async () => {
    const report = await reported()
    const [status, told] = report.get("skip: skips rules that there are, for a reason") ?? []
    assert.strictEqual(status, "failed")
    assert.include(told, 'there is no rule "determinisn" to skip; did you mean determinism?')
    const ended = (name: string) =>
      Array.from(report, ([title, [status]]) => [title, status] as const).find(([title]) =>
        title.startsWith(`${name}:`)
      )
    assert.strictEqual(ended("totality")?.[1], "passed")
    assert.strictEqual(ended("case 1")?.[1], "passed")
    assert.strictEqual(ended("case 2")?.[1], "failed")
    assert.match(ended("rules-declared")?.[0] ?? "", /\(skipped: it has too many\)$/)
    for (const name of ["rules-declared", "readers-total"]) assert.strictEqual(ended(name)?.[1], "skipped")
    assert.strictEqual(report.size, ClassifierConformance.rules.length + 1)
  })
})
