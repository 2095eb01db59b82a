/**
 * Compiled rules: codes in a map, prefixes by their length, patterns through RE2. Whatever their kind, the first rule of the
 * file that matches answers.
 *
 * @module
 */
import { Classifier, type DeliveryReceipt } from "@dlrkit/core"
import { type Conditions, folded, type Rule, type Words } from "./Rule.ts"

/** A rule with its place among all. */
export interface Ranked {
  readonly rank: number
  readonly rule: Rule
}

/** Rules by what they match. Each list is in the order of the file. */
export interface RuleIndex {
  /** By code, as it is compared. */
  readonly codes: ReadonlyMap<string, ReadonlyArray<Ranked>>
  /** By length, then by prefix, as it is compared. */
  readonly prefixes: ReadonlyMap<number, ReadonlyMap<string, ReadonlyArray<Ranked>>>
  readonly patterns: ReadonlyArray<Ranked>
  /** Those that go by the status word alone, by that word as it is compared. */
  readonly statuses: ReadonlyMap<string, ReadonlyArray<Ranked>>
}

/** Puts rules in order of what they match. */
export const indexOf = (rules: ReadonlyArray<Rule>): RuleIndex => {
  const codes = new Map<string, Array<Ranked>>()
  const prefixes = new Map<number, Map<string, Array<Ranked>>>()
  const patterns: Array<Ranked> = []
  const statuses = new Map<string, Array<Ranked>>()
  for (const [rank, rule] of rules.entries()) {
    const { conditions, matcher } = rule
    const ranked = { rank, rule }
    switch (matcher.kind) {
      case "codes":
        for (const code of matcher.codes.keys()) push(codes, code, ranked)
        break
      case "prefix": {
        const prefix = folded(matcher.prefix)
        const same = prefixes.get(prefix.length) ?? new Map<string, Array<Ranked>>()
        prefixes.set(prefix.length, same)
        push(same, prefix, ranked)
        break
      }
      case "pattern":
        patterns.push(ranked)
        break
      case "status":
        for (const word of conditions.status?.keys() ?? []) push(statuses, word, ranked)
    }
  }
  return { codes, prefixes, patterns, statuses }
}

const push = (lists: Map<string, Array<Ranked>>, key: string, ranked: Ranked) => {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [ranked])
  else list.push(ranked)
}

const none: ReadonlyArray<Ranked> = []

/** The rules whose prefix a code (as it is compared) begins with, or is. */
export function* byPrefix({ prefixes }: RuleIndex, code: string): Generator<ReadonlyArray<Ranked>> {
  for (const [length, same] of prefixes) {
    if (length <= code.length) yield same.get(code.slice(0, length)) ?? none
  }
}

const isOneOf = (words: Words | undefined, text: string | undefined) =>
  words === undefined || (text !== undefined && words.has(folded(text)))

/** Whether a receipt is what a rule's conditions say. */
const holds = (conditions: Conditions, receipt: DeliveryReceipt.DeliveryReceipt): boolean => {
  const { carrier, field, from, profile, status, until } = conditions
  const { occurredAt } = receipt
  return (
    isOneOf(carrier, receipt.carrier) &&
    isOneOf(profile, receipt.profile) &&
    isOneOf(field, receipt.field) &&
    isOneOf(status, receipt.providerStatus) &&
    (from === undefined || (occurredAt !== undefined && occurredAt >= from)) &&
    (until === undefined || (occurredAt !== undefined && occurredAt < until))
  )
}

/**
 * The code of a receipt, as it is compared; `undefined` where there is none to read. On a receipt that says delivered or on
 * its way, a code is left from before: it is not read.
 */
const codeOf = ({ code, status }: DeliveryReceipt.DeliveryReceipt): string | undefined => {
  if (status !== undefined && status !== "failed" && status !== "unconfirmed") return undefined
  return folded(code ?? "") || undefined
}

/** Finds the first rule that matches a receipt, as if one of them were not there. Pure. */
export type Find = (receipt: DeliveryReceipt.DeliveryReceipt, without?: Rule) => Rule | undefined

/** Compiles rules to what finds the one that answers. */
export const finder = (rules: ReadonlyArray<Rule>): Find => {
  const index = indexOf(rules)
  return (receipt, without) => {
    let first: Ranked | undefined
    const consider = (list: ReadonlyArray<Ranked> | undefined, matches?: (rule: Rule) => boolean) => {
      for (const ranked of list ?? none) {
        if (first !== undefined && ranked.rank > first.rank) return
        const { rule } = ranked
        if (rule === without || !holds(rule.conditions, receipt) || matches?.(rule) === false) continue
        first = ranked
        return
      }
    }
    consider(index.statuses.get(folded(receipt.providerStatus)))
    const code = codeOf(receipt)
    if (code !== undefined) {
      consider(index.codes.get(code))
      for (const list of byPrefix(index, code)) consider(list)
      consider(index.patterns, (rule) => matchesPattern(rule, receipt.code as string))
    }
    return first?.rule
  }
}

/** Whether the pattern of a rule matches a code as it is written, from its beginning to its end. */
export const matchesPattern = ({ matcher }: Rule, code: string): boolean =>
  matcher.kind === "pattern" && matcher.regex.matches(code.trim())

/** The rules as classifiers list theirs. */
const listed = (rules: ReadonlyArray<Rule>): ReadonlyArray<Classifier.Rule> =>
  rules.map(({ conditions, matcher, name, verdict: { cause } }) => {
    const profile = single(conditions.profile)
    const field = single(conditions.field)
    const code = matcher.kind === "codes" ? single(matcher.codes) : undefined
    return {
      rule: name,
      ...(profile && { profile }),
      ...(field && { field }),
      ...(code && { code }),
      ...(cause && { cause })
    }
  })

const single = (words: Words | undefined): string | undefined =>
  words?.size === 1 ? words.values().next().value : undefined

/** The verdict of a rule, as it is given for each receipt. */
const answerOf = ({ name, verdict }: Rule): Classifier.Verdict => Object.freeze({ ...verdict, rule: name })

/** Compiles rules to a classifier. Pure, and so is what it makes. */
export const compile = (rules: ReadonlyArray<Rule>, name = "rules"): Classifier.Classifier => {
  const find = finder(rules)
  const answers = new Map(rules.map((rule) => [rule, answerOf(rule)]))
  return Classifier.defineClassifier({
    name,
    classify: (receipt) => {
      const rule = find(receipt)
      return rule === undefined ? undefined : answers.get(rule)
    },
    rules: listed(rules)
  })
}
