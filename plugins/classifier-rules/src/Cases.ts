/**
 * Runs the cases of a file against its rules, and finds the rules that no case defends.
 *
 * @module
 */
import { Classifier, type DeliveryReceipt } from "@dlrkit/core"
import type { Case, Expectation, Rule } from "./Rule.ts"
import type { RuleFile } from "./RuleFile.ts"
import { noRule } from "./RuleReader.ts"
import { finder } from "./RuleSet.ts"

/** A case that does not hold. */
export interface FailedCase {
  readonly line: number
  /** The receipt, in words: `code 008 of acme`. */
  readonly receipt: string
  /** What it expects and what came, member by member, where the two differ. */
  readonly differs: ReadonlyArray<{ readonly what: string; readonly expected: string; readonly came: string }>
  /** The rule that answered; absent where none did. */
  readonly rule?: Rule | undefined
}

/** What came of the cases. */
export interface CaseResults {
  readonly failed: ReadonlyArray<FailedCase>
  /** The rules that could be taken away, one at a time, and every case that holds would hold still. */
  readonly undefended: ReadonlyArray<Rule>
}

/**
 * Runs the cases. A case with a code is of a failed receipt; one with a status word alone, of a receipt of which nobody
 * knows what that word says. Pure.
 */
export const run = ({ cases, rules }: Pick<RuleFile, "cases" | "rules">): CaseResults => {
  const find = finder(rules)
  const failed: Array<FailedCase> = []
  const defended = new Set<Rule>()
  for (const one of cases) {
    const receipt = receiptOf(one)
    const rule = find(receipt)
    const differs = differences(one.expected, receipt, rule)
    if (differs.length > 0) failed.push({ line: one.line, receipt: subjectOf(one), differs, rule })
    else if (rule !== undefined && differences(one.expected, receipt, find(receipt, rule)).length > 0)
      defended.add(rule)
  }
  return { failed, undefended: rules.filter((rule) => !defended.has(rule)) }
}

const receiptOf = ({ at, carrier, code, field, profile, status }: Case): DeliveryReceipt.DeliveryReceipt => ({
  profile: profile ?? "",
  providerStatus: status ?? "",
  status: code === undefined ? undefined : "failed",
  code,
  field,
  carrier,
  occurredAt: at
})

/** Where what a rule says of a receipt is not what is expected. */
const differences = (
  expected: Expectation,
  receipt: DeliveryReceipt.DeliveryReceipt,
  rule: Rule | undefined
): FailedCase["differs"] => {
  if (rule === undefined) {
    return expected.rule === noRule ? [] : [{ what: "rule", expected: expected.rule ?? "any", came: noRule }]
  }
  // What the tracker makes of it, with all that follows from the cause.
  const said: Classifier.Classifier = { name: "rules", classify: () => ({ ...rule.verdict, rule: rule.name }) }
  const came = Classifier.classify([said], receipt, () => undefined)
  return (["state", "cause", "retryable", "rule"] as const).flatMap((what) => {
    const wanted = expected[what] ?? (what === "state" && expected.cause !== undefined ? "failed" : undefined)
    return wanted === undefined || wanted === came[what] ? [] : [{ what, expected: wanted, came: came[what] ?? "none" }]
  })
}

const subjectOf = ({ at, carrier, code, field, profile, status }: Case): string =>
  [
    code === undefined ? `status ${status}` : `code ${code}`,
    field === undefined ? "" : `in ${field}`,
    code === undefined || status === undefined ? "" : `with status ${status}`,
    profile === undefined ? "" : `of ${profile}`,
    carrier === undefined ? "" : `through ${carrier}`,
    at === undefined ? "" : `at ${new Date(at).toISOString()}`
  ]
    .filter((part) => part !== "")
    .join(" ")
