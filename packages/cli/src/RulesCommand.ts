/**
 * `dlrkit rules`: an operator's own rules, looked at before a tracker uses them.
 *
 * @module
 */
import * as Rules from "@dlrkit/classifier-rules"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import { Finished, UsageError } from "./ExitCode.ts"
import * as Flags from "./Flags.ts"
import * as Terminal from "./Terminal.ts"

/** A rule by its name, and where it stands. */
interface Named {
  readonly rule: string
  readonly line: number
}

/** What was found in a file of rules: the object that `--json` prints. */
export interface Checked {
  readonly file: string
  /** No problem, every rule can answer, and every case holds. */
  readonly ok: boolean
  readonly rules: number
  readonly cases: number
  /** Why the file cannot be used; where there are any, nothing else was looked at. */
  readonly problems: ReadonlyArray<{
    readonly line: number | null
    readonly column: number | null
    readonly message: string
  }>
  /** `code` is the one code that cannot be answered for, where others can; `by` the earlier rule that answers. */
  readonly unreachable: ReadonlyArray<
    Named & { readonly code: string | null; readonly by: Named | null; readonly message: string }
  >
  /** Cases that do not hold; `by` is the rule that answered, `why` what it says. */
  readonly failed: ReadonlyArray<{
    readonly line: number
    readonly receipt: string
    readonly differs: Rules.FailedCase["differs"]
    readonly by: Named | null
    readonly why: string | null
  }>
  /** Rules that could be taken away, and every case would still hold. */
  readonly undefended: ReadonlyArray<Named>
}

const named = (rule: Rules.Rule): Named => ({ rule: rule.name, line: rule.line })

/** Checks a file. Whatever is wrong is in the result, also where the file cannot be opened. */
export const check = (file: string): Effect.Effect<Checked, never, FileSystem.FileSystem> =>
  Effect.match(Rules.read(file), { onSuccess: found, onFailure: unusable })

const found = (file: Rules.RuleFile): Checked => {
  const { cases, rules } = file
  const { failed, undefended } = Rules.runCases(file)
  const unreachable = Rules.unreachable(rules)
  return {
    file: file.file,
    ok: failed.length === 0 && unreachable.length === 0,
    rules: rules.length,
    cases: cases.length,
    problems: [],
    unreachable: unreachable.map(({ by, code = null, message, rule }) => ({
      ...named(rule),
      code,
      by: by === undefined ? null : named(by),
      message
    })),
    failed: failed.map(({ differs, line, receipt, rule }) => ({
      line,
      receipt,
      differs,
      by: rule === undefined ? null : named(rule),
      why: rule?.verdict.why ?? null
    })),
    undefended: undefended.map(named)
  }
}

const unusable = ({ file, problems }: Rules.RulesError): Checked => ({
  file,
  ok: false,
  rules: 0,
  cases: 0,
  problems: problems.map(({ column = null, line = null, message }) => ({ line, column, message })),
  unreachable: [],
  failed: [],
  undefended: []
})

/** How many of a kind are told, a line each. */
const told = 10

const lines = <A>(all: ReadonlyArray<A>, text: (one: A) => string): ReadonlyArray<string> => [
  ...all.slice(0, told).map(text),
  ...(all.length > told ? [`and ${all.length - told} more`] : [])
]

/** What was found, for people: a line each, and a last one with the counts. */
export const render = ({ cases, failed, file, problems, rules, undefended, unreachable }: Checked): string => {
  if (problems.length > 0) {
    const text = ({ column, line, message }: (typeof problems)[number]) =>
      `${file}: ${Rules.problemText({ line: line ?? undefined, column: column ?? undefined, message })}`
    return [
      ...lines(problems, text),
      `${counted(problems.length, "problem")}: no tracker takes the file as it is`
    ].join("\n")
  }
  const wrong = [
    ...(failed.length > 0 ? [`${failed.length} ${failed.length === 1 ? "does" : "do"} not hold`] : []),
    ...(unreachable.length > 0
      ? [`${counted(unreachable.length, "rule or code", "rules or codes")} can never answer`]
      : [])
  ]
  return [
    ...lines(unreachable, ({ line, message }) => `${file}: line ${line}: ${message}`),
    ...lines(failed, (one) => `${file}: line ${one.line}: ${failureText(one)}`),
    ...(undefended.length > 0 ? [undefendedText(undefended, rules)] : []),
    `${counted(rules, "rule")}, ${counted(cases, "case")}: ${wrong.length === 0 ? "all hold" : wrong.join(", ")}`
  ].join("\n")
}

const failureText = ({ by, differs, receipt, why }: Checked["failed"][number]): string => {
  if (by === null) return `${receipt}: no rule answers`
  const what = differs.map(({ came, expected, what }) => `${what} is ${came}, not ${expected}`).join(", ")
  const says = why === null ? "" : `: ${why}`
  return `${receipt}: ${what}, says rule ${JSON.stringify(by.rule)} on line ${by.line}${says}`
}

const undefendedText = (undefended: Checked["undefended"], rules: number): string => {
  const names = undefended.slice(0, told).map(({ line, rule }) => `${rule} (line ${line})`)
  const more = undefended.length > told ? `, and ${undefended.length - told} more` : ""
  return `${undefended.length} of ${counted(rules, "rule")} could be taken away, and no case would notice: ${names.join(", ")}${more}`
}

const counted = (count: number, one: string, many = `${one}s`) => `${count} ${count === 1 ? one : many}`

const checkCommand = Command.make("check", {
  file: Argument.String("file").pipe(Argument.withDescription("The rules: a YAML or CSV file")),
  json: Flags.json
}).pipe(
  Command.withShortDescription("Whether rules can be used, and do what their cases say"),
  Command.withDescription(
    "Reads a file of rules and tells what is wrong with it, line by line; finds rules that can never answer, because an earlier one does; runs the cases that stand in the file, and lists the rules that no case defends. Exits with 1 where a case fails or a rule can never answer, with 2 where the file cannot be read."
  ),
  Command.withHandler(
    Effect.fnUntraced(function* ({ file, json }) {
      const checked = yield* check(file)
      const [first] = checked.problems
      // No line of it is wrong: there is nothing that can be read.
      if (first !== undefined && checked.problems.every(({ line }) => line === null) && !json) {
        return yield* new UsageError({ detail: `${file}: ${first.message}` })
      }
      yield* Terminal.printResult(json ? JSON.stringify(checked) : render(checked))
      if (!checked.ok) return yield* new Finished({ code: checked.problems.length > 0 ? 2 : 1 })
    })
  )
)

/** The command. */
export const command = Command.make("rules").pipe(
  Command.withShortDescription("Check a file of your own rules"),
  Command.withDescription("Your own rules for failure codes, in a YAML or CSV file."),
  Command.withSubcommands([checkCommand])
)
