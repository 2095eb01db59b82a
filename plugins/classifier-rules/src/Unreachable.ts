/**
 * Rules that can never answer: an earlier one takes all that they match, or nothing is as they demand.
 *
 * A code is held against earlier codes, prefixes and patterns (by running them); a prefix against earlier prefixes; a
 * pattern against the same pattern, and against `.*`. Which of two other patterns matches more, nobody can say in general.
 *
 * @module
 */
import { type Conditions, folded, type Rule, subjectOf, type Words } from "./Rule.ts"
import { byPrefix, indexOf, matchesPattern, type Ranked, type RuleIndex } from "./RuleSet.ts"

/** A rule, or one of its codes, that can never answer. */
export interface Unreachable {
  readonly rule: Rule
  /** The one of its codes that can not, where others can; absent where it is the whole rule. */
  readonly code?: string | undefined
  /** The earlier rule that answers in its place; absent where its own conditions cannot be met. */
  readonly by?: Rule | undefined
  /** Why, in a sentence with the lines of both. */
  readonly message: string
}

/** The rules of a file that can never answer, in its order. Pure. */
export const unreachable = (rules: ReadonlyArray<Rule>): ReadonlyArray<Unreachable> => {
  const index = indexOf(rules)
  return rules.flatMap((rule, rank) => {
    const { from, until } = rule.conditions
    if (from !== undefined && until !== undefined && until <= from) {
      return [{ rule, message: `${told(rule)} can never answer: its window ends (until) before it begins (from)` }]
    }
    return shadowsOf(index, { rank, rule })
  })
}

const told = ({ name }: Rule) => `rule ${JSON.stringify(name)}`

const because = (by: Rule) => {
  const subject = subjectOf(by)
  return `${told(by)} on line ${by.line}${subject === by.name ? "" : ` (${subject})`} answers before it`
}

const shadowsOf = (index: RuleIndex, ranked: Ranked): ReadonlyArray<Unreachable> => {
  const { rule } = ranked
  const { matcher } = rule
  /** The first earlier rule of some lists that answers whenever this one would. */
  const first = (lists: Iterable<ReadonlyArray<Ranked>>, matches: (rule: Rule) => boolean = () => true) => {
    let found: Ranked | undefined
    for (const list of lists) {
      for (const other of list) {
        if (other.rank >= (found ?? ranked).rank) break
        if (includes(other.rule.conditions, rule.conditions) && matches(other.rule)) found = other
      }
    }
    return found?.rule
  }
  const byStatus = first(Array.from(rule.conditions.status?.keys() ?? [], (word) => index.statuses.get(word) ?? []))
  const whole = (by: Rule | undefined): ReadonlyArray<Unreachable> =>
    by === undefined ? [] : [{ rule, by, message: `${told(rule)} can never answer: ${because(by)}` }]
  if (byStatus !== undefined) return whole(byStatus)

  switch (matcher.kind) {
    case "status":
      return []
    case "codes": {
      const covered = Array.from(matcher.codes, ([code, written]) => ({
        code: written,
        by:
          first([index.codes.get(code) ?? [], ...byPrefix(index, code)]) ??
          first([index.patterns], (other) => matchesPattern(other, written))
      }))
      const [one] = covered
      if (covered.every(({ by }) => by === one?.by)) return whole(one?.by)
      return covered.flatMap(({ by, code }) =>
        by === undefined
          ? []
          : [{ rule, code, by, message: `code ${code} of ${told(rule)} can never answer: ${because(by)}` }]
      )
    }
    case "prefix":
      return whole(first(byPrefix(index, folded(matcher.prefix))) ?? first([index.patterns], takesAll))
    case "pattern": {
      const { pattern } = matcher
      const isSame = (other: Rule) => other.matcher.kind === "pattern" && other.matcher.pattern === pattern
      return whole(first([index.patterns], (other) => isSame(other) || takesAll(other)))
    }
  }
}

const takesAll = ({ matcher }: Rule) => matcher.kind === "pattern" && /^\^?\.[*+]\$?$/.test(matcher.pattern)

/** Whether whatever meets the second conditions meets the first ones. */
const includes = (wide: Conditions, narrow: Conditions): boolean =>
  isWithin(narrow.status, wide.status) &&
  isWithin(narrow.carrier, wide.carrier) &&
  isWithin(narrow.profile, wide.profile) &&
  isWithin(narrow.field, wide.field) &&
  (wide.from === undefined || (narrow.from !== undefined && narrow.from >= wide.from)) &&
  (wide.until === undefined || (narrow.until !== undefined && narrow.until <= wide.until))

const isWithin = (narrow: Words | undefined, wide: Words | undefined): boolean => {
  if (wide === undefined) return true
  if (narrow === undefined || narrow.size > wide.size) return false
  for (const word of narrow.keys()) if (!wide.has(word)) return false
  return true
}
