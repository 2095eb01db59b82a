import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import * as Rules from "../src/index.ts"
import { load } from "./Samples.ts"

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8")

const example = (format: string) => new RegExp(`^\`\`\`${format}\\n(.*?)^\`\`\``, "ms").exec(readme)?.[1] ?? ""

describe("the files of the README", () => {
  it.each([
    ["yaml", 5, 6],
    ["csv", 3, 3]
  ])("in %s are right, and each of their rules is defended", (format, rules, cases) => {
    const file = load(example(format), `rules.${format}`)
    assert.deepStrictEqual([file.rules.length, file.cases.length], [rules, cases])
    assert.deepStrictEqual(Rules.unreachable(file.rules), [])
    assert.deepStrictEqual(Rules.runCases(file), { failed: [], undefended: [] })
  })
})
