/**
 * The mutation score of a classifier's cases: how many of its rules could change without any case noticing.
 *
 * Each rule (declared, or seen in a case's verdict) is changed in a few ways: it answers nothing, it says another cause (or
 * state), it says otherwise whether repeating helps (where it says so itself). A change is noticed where a case fails.
 *
 * @module
 */
import type { Classifier, DeliveryReceipt } from "@dlrkit/core"
import { type Case, type Expectation, meaningOf, mismatches, receiptOf, Unread } from "./ClassifierCase.ts"

/** A rule that some change of would go unnoticed. */
export interface Undefended {
  readonly rule: string
  /** Whose codes it reads, where it says so. */
  readonly profile: string | undefined
  /** What nobody would notice, such as `it answers nothing`. */
  readonly unnoticed: ReadonlyArray<string>
}

/** How well cases defend a classifier's rules. */
export interface MutationScore {
  /** The part of the changes that some case notices, from 0 to 1; 1 where there is nothing to change. */
  readonly score: number
  readonly changes: number
  readonly noticed: number
  readonly undefended: ReadonlyArray<Undefended>
}

/** A case that a rule has answered. */
interface Answered {
  readonly receipt: DeliveryReceipt.DeliveryReceipt
  readonly verdict: Classifier.Verdict
  readonly expect: Expectation | undefined
}

interface Change {
  readonly name: string
  readonly of: (answered: Answered) => Classifier.Verdict | undefined
}

const nothing: Change = { name: "it answers nothing", of: () => undefined }

const another: Change = {
  name: "it says another cause or state",
  of: ({ receipt, verdict }) => {
    const { cause, state } = meaningOf(receipt, verdict)
    if (state !== "failed") return { ...verdict, state: state === "unconfirmed" ? "in_progress" : "unconfirmed" }
    return { ...verdict, cause: cause === "unexplained" ? "platform_error" : "unexplained" }
  }
}

const otherwise: Change = {
  name: "it says otherwise whether repeating helps",
  of: ({ verdict }) => ({ ...verdict, retryable: verdict.retryable === "no" ? "after" : "no" })
}

const changesOf = (answers: ReadonlyArray<Answered>): ReadonlyArray<Change> => {
  const says = answers.some(
    ({ receipt, verdict }) => verdict.retryable !== undefined && meaningOf(receipt, verdict).state === "failed"
  )
  return says ? [nothing, another, otherwise] : [nothing, another]
}

const notices = (change: Change, answered: Answered) =>
  mismatches(answered.expect, answered.receipt, change.of(answered)).length > 0

/** What stands for a rule whose verdicts do not name it. */
const nameless = "(verdicts without a rule)"

const keyOf = (rule: string, profile: string | undefined) => JSON.stringify([rule, profile])

/** Which rules does no case defend? Cases that do not reach the classifier, or fail as it is, defend nothing. */
export const mutationScore = (classifier: Classifier.Classifier, cases: ReadonlyArray<Case>): MutationScore => {
  const rules = new Map<
    string,
    { readonly rule: string; readonly profile: string | undefined; answers: Array<Answered> }
  >()
  for (const { profile, rule } of classifier.rules ?? [])
    rules.set(keyOf(rule, profile), { rule, profile, answers: [] })
  for (const it of cases) {
    const receipt = receiptOf(classifier, it)
    const verdict = receipt instanceof Unread ? undefined : classifier.classify(receipt)
    if (receipt instanceof Unread || verdict === undefined) continue
    if (mismatches(it.expect, receipt, verdict).length > 0) continue
    const rule = verdict.rule ?? nameless
    const known = rules.get(keyOf(rule, receipt.profile)) ?? rules.get(keyOf(rule, undefined))
    const entry = known ?? { rule, profile: receipt.profile, answers: [] }
    if (known === undefined) rules.set(keyOf(rule, receipt.profile), entry)
    entry.answers.push({ receipt, verdict, expect: it.expect })
  }
  let changes = 0
  let noticed = 0
  const undefended: Array<Undefended> = []
  for (const { answers, profile, rule } of rules.values()) {
    const all = changesOf(answers)
    const unnoticed = all.filter((change) => !answers.some((answered) => notices(change, answered)))
    changes += all.length
    noticed += all.length - unnoticed.length
    if (unnoticed.length > 0) undefended.push({ rule, profile, unnoticed: unnoticed.map(({ name }) => name) })
  }
  return { score: changes === 0 ? 1 : noticed / changes, changes, noticed, undefended }
}

/** A score for people: what it is, and a line for each rule that is not defended. */
export const format = ({ changes, noticed, score, undefended }: MutationScore): string =>
  [
    `mutation score ${score.toFixed(2)}: cases notice ${noticed} of ${changes} changes`,
    ...undefended.map(
      ({ profile, rule, unnoticed }) =>
        `  ${rule}${profile === undefined ? "" : ` (${profile})`}: no case would notice if ${unnoticed.join(", or if ")}`
    )
  ].join("\n")
