import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { layer as platform } from "@dlrkit/core/node"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { vi } from "vitest"
import * as Cli from "../src/Cli.ts"
import * as ExitCode from "../src/ExitCode.ts"
import { check, render } from "../src/RulesCommand.ts"

/** A file of rules, by its name; it is removed when the scope ends. */
const rulesFile = Effect.fnUntraced(function* (text: string, name = "rules.yaml") {
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "dlrkit-rules-"))),
    (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
  )
  const file = join(folder, name)
  writeFileSync(file, text)
  return file
})

/** What is found in a file, and how it is told; the file's folder is left out. */
const checked = Effect.fnUntraced(function* (text: string, name?: string) {
  const file = yield* rulesFile(text, name)
  const found = yield* check(file)
  return { found: { ...found, file: "FILE" }, text: render(found).replaceAll(file, "FILE").split("\n") }
}, Effect.provide(platform))

/** Runs the command line: its exit code, and what it says. */
const run = (...args: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const out: Array<string> = []
    const err: Array<string> = []
    const capture = (stream: NodeJS.WriteStream, said: Array<string>) =>
      vi.spyOn(stream, "write").mockImplementation(((text: string, done?: () => void) => {
        said.push(text)
        done?.()
        return true
      }) as typeof stream.write)
    capture(process.stdout, out)
    capture(process.stderr, err)
    const exit = yield* Effect.match(Cli.run(["rules", "check", ...args]), {
      onSuccess: () => ({ code: 0, error: "" }),
      onFailure: (error) => ({ code: ExitCode.ofError(error), error: String((error as Error).message) })
    }).pipe(Effect.ensuring(Effect.sync(() => vi.restoreAllMocks())))
    return { ...exit, stdout: out.join(""), stderr: err.join("") }
  }).pipe(Effect.provide(platform))

const good = `rules:
  - {name: asleep, code: [008, "8"], carrier: acme, cause: handset_unreachable, why: the phone was off}
  - {code: 9, cause: expired}
cases:
  - {code: 008, carrier: acme, cause: handset_unreachable}
`

const shadowed = `${good}  - {code: 9, cause: opted_out}
  - {code: 5, cause: expired}
`.replace("cases:", "  - {name: never, code: 9, profile: smpp, cause: opted_out}\ncases:")

describe("dlrkit rules check", () => {
  it.live("says that all holds, and which rules no case defends", () =>
    Effect.gen(function* () {
      const { found, text } = yield* checked(good)
      assert.deepStrictEqual(text, [
        "1 of 2 rules could be taken away, and no case would notice: code 9 (line 3)",
        "2 rules, 1 case: all hold"
      ])
      assert.deepStrictEqual(found, {
        file: "FILE",
        ok: true,
        rules: 2,
        cases: 1,
        problems: [],
        unreachable: [],
        failed: [],
        undefended: [{ rule: "code 9", line: 3 }]
      })
    })
  )

  it.live("tells which cases fail, what came, and why, and which rules can never answer", () =>
    Effect.gen(function* () {
      const { found, text } = yield* checked(shadowed)
      const message = 'rule "never" can never answer: rule "code 9" on line 3 answers before it'
      assert.deepStrictEqual(text, [
        `FILE: line 4: ${message}`,
        'FILE: line 7: code 9: cause is expired, not opted_out, says rule "code 9" on line 3',
        "FILE: line 8: code 5: no rule answers",
        "2 of 3 rules could be taken away, and no case would notice: code 9 (line 3), never (line 4)",
        "3 rules, 3 cases: 2 do not hold, 1 rule or code can never answer"
      ])
      assert.isFalse(found.ok)
      assert.deepStrictEqual(found.unreachable, [
        { rule: "never", line: 4, code: null, by: { rule: "code 9", line: 3 }, message }
      ])
      assert.deepStrictEqual(found.failed, [
        {
          line: 7,
          receipt: "code 9",
          differs: [{ what: "cause", expected: "opted_out", came: "expired" }],
          by: { rule: "code 9", line: 3 },
          why: null
        },
        {
          line: 8,
          receipt: "code 5",
          differs: [{ what: "rule", expected: "any", came: "none" }],
          by: null,
          why: null
        }
      ])
      const reason = yield* checked(good.replace("acme, cause: handset_unreachable}", "acme, cause: expired}"))
      assert.include(
        reason.text[0],
        'cause is handset_unreachable, not expired, says rule "asleep" on line 2: the phone was off'
      )
    })
  )

  it.live("tells what is wrong with a file, the first ten of all, and looks no further", () =>
    Effect.gen(function* () {
      const { found, text } = yield* checked(`code,cause\n${"1,expird\n".repeat(12)}`, "rules.csv")
      assert.strictEqual(text[0], 'FILE: line 2, column 3: unknown cause "expird": did you mean expired?')
      assert.deepStrictEqual(text.slice(9), [
        'FILE: line 11, column 3: unknown cause "expird": did you mean expired?',
        "and 2 more",
        "12 problems: no tracker takes the file as it is"
      ])
      assert.deepInclude(found, { ok: false, rules: 0, cases: 0 })
      assert.strictEqual(found.problems.length, 12)
      assert.deepStrictEqual(found.problems[11], {
        line: 13,
        column: 3,
        message: 'unknown cause "expird": did you mean expired?'
      })
    })
  )

  it.live("ends with 0, 1 or 2, and prints text or JSON", () =>
    Effect.gen(function* () {
      const file = yield* rulesFile(good)
      assert.deepInclude(yield* run(file), { code: 0, stderr: "" })
      const json = yield* run(file, "--json")
      assert.deepInclude(JSON.parse(json.stdout), { file, ok: true, rules: 2 })
      const failing = yield* run(yield* rulesFile(shadowed))
      assert.strictEqual(failing.code, 1)
      assert.match(failing.stdout, /\n3 rules, 3 cases: 2 do not hold, 1 rule or code can never answer\n$/)
      const wrong = yield* run(yield* rulesFile("rules:\n  - {code: 1}\n"))
      assert.strictEqual(wrong.code, 2)
      assert.match(wrong.stdout, /: line 2: the rule has no outcome.*\n1 problem: no tracker takes/)
      const misnamed = yield* run(yield* rulesFile("rule:\n  - {code: 1, cause: expired}\n"))
      assert.strictEqual(misnamed.code, 2)
      assert.match(
        misnamed.stdout,
        /: it has no "rules:"\n.*: line 1, column 1: unknown key "rule": did you mean rules\?\n2 prob/
      )
      const missing = yield* run(`${file}.yaml`)
      assert.deepInclude(missing, { code: 2, stdout: "", error: `${file}.yaml: no such file` })
      const told = yield* run(`${file}.yaml`, "--json")
      assert.strictEqual(told.code, 2)
      assert.deepStrictEqual(JSON.parse(told.stdout).problems, [{ line: null, column: null, message: "no such file" }])
    })
  )
})
