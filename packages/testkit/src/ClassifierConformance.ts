/**
 * What any classifier must pass, whoever writes it, and the cases that say what its codes mean.
 *
 * @module
 */
import { Classifier } from "@dlrkit/core"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type Case, duplicates, faultsOf, mismatches, receiptOf, titleOf, Unread } from "./ClassifierCase.ts"
import { attempt, type Built, type ClassifierRule, classifierRules } from "./ClassifierRules.ts"
import { excuse, type Rule, type SuiteOptions, type Violation, violationsOf } from "./ConformanceRule.ts"
import { format, mutationScore } from "./MutationScore.ts"
import { built, type Given, nameOf } from "./PluginRecord.ts"
import { readerRules } from "./ReaderRules.ts"
import { register } from "./Suite.ts"

export type { Case, Expectation, PayloadCase, ReceiptCase } from "./ClassifierCase.ts"
export { type MutationScore, mutationScore, type Undefended } from "./MutationScore.ts"

/** A classifier to be checked. */
export interface Subject extends SuiteOptions {
  readonly classifier: Given<Classifier.Classifier>
  /** What its codes mean. */
  readonly cases: ReadonlyArray<Case>
  /**
   * The least {@link mutationScore} that the cases must have, from 0 to 1; the classifier declares its `rules` then. Not
   * looked at where it is left out.
   */
  readonly minimumScore?: number | undefined
}

/** How many faults of one rule are told. */
const most = 10

const told = (faults: Iterable<string>): Effect.Effect<void, Error> =>
  Effect.suspend(() => {
    const all = Array.from(faults)
    if (all.length === 0) return Effect.void
    const rest = all.length > most ? [`and ${all.length - most} more`] : []
    return Effect.fail(new Error([...all.slice(0, most), ...rest].join("\n")))
  })

const numbered = ({ cases }: Built) => cases.map((it, index) => ({ it, where: `case ${index + 1} (${titleOf(it)})` }))

/** Why a case does not reach the classifier. */
const unreached = (classifier: Classifier.Classifier, it: Case): string | undefined => {
  const receipt = attempt(() => receiptOf(classifier, it))
  if (typeof receipt === "string") return receipt
  return receipt.value instanceof Unread ? receipt.value.reason : undefined
}

/** How a case is not met. One that does not reach the classifier is told of by another rule. */
const unmet = (classifier: Classifier.Classifier, it: Case): ReadonlyArray<string> => {
  if (unreached(classifier, it) !== undefined) return []
  const verdict = attempt(() => {
    const receipt = receiptOf(classifier, it)
    return receipt instanceof Unread ? [] : mismatches(it.expect, receipt, classifier.classify(receipt))
  })
  return typeof verdict === "string" ? [verdict] : verdict.value
}

const caseRules: ReadonlyArray<ClassifierRule> = [
  {
    name: "cases-typed",
    says: "has cases without a word that there is not",
    faults: (built) =>
      numbered(built).flatMap(({ it, where }) => faultsOf(built.classifier, it).map((fault) => `${where}: ${fault}`))
  },
  {
    name: "cases-distinct",
    says: "has no case twice",
    faults: ({ cases }) => duplicates(cases)
  },
  {
    name: "cases-reachable",
    says: "has cases that reach the classifier",
    faults: (built) =>
      numbered(built).flatMap(({ it, where }) => {
        const reason = unreached(built.classifier, it)
        return reason === undefined ? [] : [`${where} is unreachable: ${reason}`]
      })
  },
  {
    name: "cases",
    says: "means what its cases say",
    faults: (built) =>
      numbered(built).flatMap(({ it, where }) => unmet(built.classifier, it).map((fault) => `${where}: ${fault}`))
  }
]

const buildOf = ({ cases, classifier }: Subject): Effect.Effect<Built, unknown, Scope.Scope> =>
  Effect.map(built(Classifier.Classifiers, Classifier.layer([classifier])), (classifier) => ({ classifier, cases }))

const toRule = ({ faults, name, says }: ClassifierRule): Rule<Subject> => ({
  name,
  says,
  run: (subject) => Effect.flatMap(buildOf(subject), (built) => told(faults(built)))
})

/** A rule of the readers, which a classifier may be without. */
const toReaderRule = ({ faults, name, says }: ClassifierRule): Rule<Subject> => ({
  name,
  says,
  run: (subject) =>
    Effect.flatMap(buildOf(subject), (built) =>
      built.classifier.profiles === undefined
        ? excuse("it reads no payloads: it has no `profiles`")
        : told(faults(built))
    )
})

const contract: Rule<Subject> = {
  name: "contract",
  says: "has a name, and is made for this contract of core",
  run: (subject) =>
    Effect.flatMap(buildOf(subject), ({ classifier }) => told(classifier.name === "" ? ["its name is empty"] : []))
}

const score: Rule<Subject> = {
  name: "mutation-score",
  says: "has cases that notice when a rule changes",
  run: (subject) =>
    Effect.flatMap(buildOf(subject), ({ cases, classifier }) => {
      const { minimumScore } = subject
      if (minimumScore === undefined) return excuse("the suite asks for no `minimumScore`")
      if (classifier.rules === undefined) {
        return told(["it declares no `rules`, so nobody can tell which of them no case defends: declare them"])
      }
      const scored = mutationScore(classifier, cases)
      return told(scored.score < minimumScore ? [`${format(scored)}\n  at least ${minimumScore} is asked for`] : [])
    })
}

/** All rules, in their order. */
export const rules: ReadonlyArray<Rule<Subject>> = [
  contract,
  ...classifierRules.map(toRule),
  ...readerRules.map(toReaderRule),
  ...caseRules.map(toRule),
  score
]

/** What a classifier does not do, though it must: of all rules, or of some by name. Needs no test runner. */
export const violations = (subject: Subject, only?: ReadonlyArray<string>): Effect.Effect<ReadonlyArray<Violation>> =>
  violationsOf(rules, subject, only)

/** One test for each case, in place of the rule that tells of all. */
const perCase = (subject: Subject): ReadonlyArray<Rule<Subject>> =>
  subject.cases.map((it, index) => ({
    name: `case ${index + 1}`,
    part: "cases",
    says: titleOf(it),
    run: (subject) => Effect.flatMap(buildOf(subject), ({ classifier }) => told(unmet(classifier, it)))
  }))

/**
 * Tests for Vitest: one a rule, one a case.
 *
 * @example
 * ```ts
 * ClassifierConformance.suite({
 *   classifier: acme,
 *   cases: [
 *     { receipt: { profile: "acme", status: "failed", code: "ACME-17" }, expect: { cause: "opted_out", retryable: "no" } },
 *     { receipt: { profile: "acme", status: "failed", code: "ACME-0" }, expect: undefined }
 *   ]
 * })
 * ```
 */
export const suite = (subject: Subject): void => {
  const asked = rules.flatMap((rule) => {
    if (rule.name === "cases") return perCase(subject)
    return rule === score && subject.minimumScore === undefined ? [] : [rule]
  })
  register(nameOf("the classifier", subject.classifier), asked, subject)
}
