/**
 * Reads rows into rules and cases, and says of each row what is wrong with it.
 *
 * @module
 */
import { type Classifier, Taxonomy } from "@dlrkit/core"
import * as Result from "effect/Result"
import { RE2JS } from "re2js"
import { nearest } from "./Nearest.ts"
import type { Cell, Problem, Row } from "./Row.ts"
import { type Case, type Conditions, folded, type Matcher, type Rule, subjectOf, type Words } from "./Rule.ts"
import { parseSpan, parseWait } from "./Time.ts"

/** The keys of a rule that take a list as well. */
export const listKeys = ["code", "status", "carrier", "profile", "field"] as const

const matcherKeys = ["code", "prefix", "pattern"] as const
const outcomeKeys = ["cause", "state", "retryable", "retry_after", "actor", "why"] as const

/** The keys of a rule. */
export const ruleKeys = ["name", ...matcherKeys, ...listKeys.slice(1), "from", "until", ...outcomeKeys]

/** The keys of a case. */
export const caseKeys = [...listKeys, "at", "cause", "state", "retryable", "rule"]

const states: ReadonlyArray<Classifier.State> = ["failed", "delivered", "in_progress", "unconfirmed", "ignore"]
const causes = Object.keys(Taxonomy.causes) as ReadonlyArray<Taxonomy.Cause>

/** The most characters of a text. What a rule is called and why stands in the journal for each message that it is of. */
const longest: Readonly<Record<string, number>> = { pattern: 1000, why: 300 }
const longestOther = 120

/** The largest program that a pattern may become: what a code costs grows with it. */
const largestProgram = 2000

/** The name of no rule: cases say so where none may answer. */
export const noRule = "none"

/** The rules and cases of rows, and what is wrong with them. A row with a problem is left out. */
export const read = (rows: ReadonlyArray<Row>) => {
  const problems: Array<Problem> = []
  const drafts = rows.filter(({ kind }) => kind === "rule").flatMap((row) => readRule(row, problems) ?? [])
  const rules = named(drafts, problems)
  // Of the rules with a problem, a case may mean any.
  const names = problems.length > 0 ? undefined : new Set(rules.map(({ name }) => name))
  const cases = rows.filter(({ kind }) => kind === "case").flatMap((row) => readCase(row, names, problems) ?? [])
  return { rules, cases, problems }
}

/** A rule that may lack a name. */
interface Draft extends Omit<Rule, "name"> {
  readonly name: Cell | undefined
}

/** Gives each rule a name of its own. */
const named = (drafts: ReadonlyArray<Draft>, problems: Array<Problem>): ReadonlyArray<Rule> => {
  const taken = new Map<string, number>([[noRule, 0]])
  for (const { name } of drafts) {
    if (name === undefined) continue
    const { column, line, text } = name
    const before = taken.get(text)
    if (before === 0) problems.push({ line, column, message: `no rule is called ${noRule}: cases say so for no rule` })
    else if (before !== undefined) {
      problems.push({ line, column, message: `the rule on line ${before} is called ${JSON.stringify(text)} already` })
    }
    taken.set(text, before ?? line)
  }
  return drafts.map(({ name, ...rule }) => {
    if (name !== undefined) return { ...rule, name: name.text }
    const subject = subjectOf(rule).slice(0, longestOther)
    let unique = subject
    for (let count = 2; taken.has(unique); count++) unique = `${subject} (${count})`
    taken.set(unique, rule.line)
    return { ...rule, name: unique }
  })
}

/** What a row says, key by key. Whatever is wrong with a value is reported, and it reads as absent. */
const reader = (row: Row, keys: ReadonlyArray<string>, problems: Array<Problem>) => {
  const before = problems.length
  const report = (message: string, { column, line }: { readonly line: number; readonly column?: number } = row) =>
    void problems.push({ line, column, message })
  let isWhole = !row.isTorn
  for (const { key } of row.entries) {
    if (keys.includes(key.text)) continue
    isWhole = false
    const meant = nearest(key.text, keys)
    const other = [...ruleKeys, ...caseKeys].includes(key.text)
    const advice = meant !== undefined && !other ? `did you mean ${meant}?` : `a ${row.kind} has ${keys.join(", ")}`
    report(other ? `a ${row.kind} has no ${key.text}` : `unknown key ${JSON.stringify(key.text)}: ${advice}`, key)
  }

  const check = (key: string, cell: Cell): Cell | undefined => {
    const text = cell.text.trim()
    const most = longest[key] ?? longestOther
    if (text === "") report(`${key} is empty`, cell)
    else if (text.length > most) report(`${key} is longer than ${most} characters`, cell)
    else if (/\p{Cc}/u.test(text)) report(`${key} has a line break or another control character`, cell)
    else return { ...cell, text }
    return undefined
  }
  const many = (key: string): ReadonlyArray<Cell> | undefined => {
    const entry = row.entries.find((one) => one.key.text === key)
    if (entry === undefined) return undefined
    if (entry.cells.length === 0) report(`${key} is an empty list, so that the ${row.kind} is for nothing`, entry.key)
    const cells = entry.cells.map((cell) =>
      check(key, key === "why" ? { ...cell, text: cell.text.replace(/\s+/g, " ") } : cell)
    )
    const whole = cells.filter((cell) => cell !== undefined)
    return whole.length === cells.length && whole.length > 0 ? whole : undefined
  }
  const one = (key: string): Cell | undefined => {
    const entry = row.entries.find((one) => one.key.text === key)
    if (entry?.isList !== true) return many(key)?.[0]
    report(`${key} takes one value, not a list`, entry.key)
    return undefined
  }
  const words = (key: string): Words | undefined => {
    const found = new Map<string, string>()
    for (const cell of many(key) ?? []) {
      if (found.has(folded(cell.text))) report(`${key} has ${JSON.stringify(cell.text)} twice`, cell)
      found.set(folded(cell.text), cell.text)
    }
    return found.size === 0 ? undefined : found
  }
  /** One of some words, in any letter case. */
  const choice = <A extends string>(key: string, known: ReadonlyArray<A>): A | undefined => {
    const cell = one(key)
    if (cell === undefined) return undefined
    const found = known.find((word) => word === cell.text.toLowerCase())
    if (found !== undefined) return found
    const meant = nearest(cell.text, known)
    const advice = meant !== undefined ? `did you mean ${meant}?` : `it is one of ${known.join(", ")}`
    report(`unknown ${key} ${JSON.stringify(cell.text)}: ${advice}`, cell)
    return undefined
  }
  /** What a parser makes of a text. */
  const parsed = <A>(key: string, parse: (text: string) => Result.Result<A, string>): A | undefined => {
    const cell = one(key)
    if (cell === undefined) return undefined
    const result = parse(cell.text)
    if (Result.isSuccess(result)) return result.success
    report(`${key} ${JSON.stringify(cell.text)} ${result.failure}`, cell)
    return undefined
  }
  return {
    report,
    /** Says what is missing, unless it may be in what could not be read. */
    miss: (message: string) => {
      if (isWhole) report(message)
    },
    one,
    words,
    choice,
    parsed,
    has: (key: string) => row.entries.some((entry) => entry.key.text === key),
    placeOf: (key: string) => row.entries.find((entry) => entry.key.text === key)?.key,
    failed: () => problems.length > before
  }
}

type Reader = ReturnType<typeof reader>

const retryables = ["yes", "no", "after"] as const
const actors = ["recipient", "sender", "carrier", "platform"] as const

const readRule = (row: Row, problems: Array<Problem>): Draft | undefined => {
  const from = reader(row, ruleKeys, problems)
  const name = from.one("name")
  const conditions: Conditions = {
    status: from.words("status"),
    carrier: from.words("carrier"),
    profile: from.words("profile"),
    field: from.words("field"),
    from: from.parsed("from", parseSpan)?.start,
    until: from.parsed("until", parseSpan)?.end
  }
  const matcher = readMatcher(from)
  const verdict = readOutcome(from)
  return from.failed() || matcher === undefined ? undefined : { name, line: row.line, matcher, conditions, verdict }
}

const readMatcher = (from: Reader): Matcher | undefined => {
  const [kind, second] = matcherKeys.filter(from.has)
  if (second !== undefined) {
    from.report(`${kind} and ${second} are two ways to say which codes: a rule has one of them`, from.placeOf(second))
  }
  const codes = from.words("code")
  const prefix = from.one("prefix")
  const pattern = from.one("pattern")
  if (codes !== undefined) return { kind: "codes", codes }
  if (prefix !== undefined) return { kind: "prefix", prefix: prefix.text }
  if (pattern !== undefined) {
    const regex = compiled(pattern.text)
    if (Result.isSuccess(regex)) return { kind: "pattern", pattern: pattern.text, regex: regex.success }
    from.report(`pattern ${JSON.stringify(pattern.text)} ${regex.failure}`, pattern)
    return undefined
  }
  if (kind !== undefined) return undefined
  if (from.has("status")) return { kind: "status" }
  from.miss("the rule names no code: give it code, prefix or pattern, or status for the status word")
  return undefined
}

/** A pattern, compiled by RE2: what it costs grows with the length of a code and never faster. */
const compiled = (pattern: string): Result.Result<RE2JS, string> => {
  try {
    const regex = RE2JS.compile(pattern, RE2JS.CASE_INSENSITIVE | RE2JS.DOTALL)
    return regex.matcher("").programSize() > largestProgram
      ? Result.fail("is too large: repeat less")
      : Result.succeed(regex)
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error)
    const problem = said.replace("error parsing regexp: ", "").replace("(?s)(?i)", "")
    return Result.fail(`is no regular expression of RE2: ${problem}`)
  }
}

const readOutcome = (from: Reader): Classifier.Verdict => {
  const cause = from.choice("cause", causes)
  const said = from.choice("state", states)
  const retryable = from.choice("retryable", retryables)
  const retryAfterSeconds = from.parsed("retry_after", parseWait)
  const actor = from.choice("actor", actors)
  const why = from.one("why")?.text
  if (!from.has("cause") && !from.has("state")) {
    from.miss("the rule has no outcome: give it a cause, or a state such as unconfirmed")
  }
  if (said !== undefined && said !== "failed") {
    for (const key of ["cause", "retryable", "retry_after", "actor"]) {
      if (from.has(key)) from.report(`${key} is of failures alone, and the state is ${said}`, from.placeOf(key))
    }
  }
  if (retryable === "no" && from.has("retry_after")) {
    from.report("retry_after says when to send again, and retryable says not to", from.placeOf("retry_after"))
  }
  return { state: said ?? "failed", cause, retryable, retryAfterSeconds, actor, why }
}

const readCase = (row: Row, names: ReadonlySet<string> | undefined, problems: Array<Problem>): Case | undefined => {
  const from = reader(row, caseKeys, problems)
  const rule = from.one("rule")
  if (rule !== undefined && rule.text !== noRule && names?.has(rule.text) === false) {
    const meant = nearest(rule.text, [...names])
    from.report(
      `no rule is called ${JSON.stringify(rule.text)}${meant === undefined ? "" : `: did you mean ${meant}?`}`,
      rule
    )
  }
  const found: Case = {
    line: row.line,
    code: from.one("code")?.text,
    status: from.one("status")?.text,
    carrier: from.one("carrier")?.text,
    profile: from.one("profile")?.text,
    field: from.one("field")?.text,
    at: from.parsed("at", parseSpan)?.start,
    expected: {
      cause: from.choice("cause", causes),
      state: from.choice("state", states),
      retryable: from.choice("retryable", retryables),
      rule: rule?.text
    }
  }
  if (!from.has("code") && !from.has("status")) from.miss("the case has no receipt: give it a code or a status")
  if (!from.has("cause") && !from.has("state") && rule?.text !== noRule) {
    from.miss(`the case expects nothing: give it a cause or a state, or rule: ${noRule} where no rule may answer`)
  }
  return from.failed() ? undefined : found
}
