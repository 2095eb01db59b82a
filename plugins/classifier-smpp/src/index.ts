/**
 * What SMPP delivery receipts mean: texts, TLVs, answers to submissions, and 3GPP's TP-Status.
 *
 * The state goes before the cause, and the cause is read in a failure alone: first the code, in the list of the profile;
 * where that tells nothing, the word for the state. A code of a profile without a list here is left to other classifiers.
 *
 * @module
 */
import { type Classifier, type CodeTable, DeliveryReceipt, defineClassifier } from "@dlrkit/core"
import * as Numbers from "./Numbers.ts"
import { profiles } from "./Profiles.ts"
import * as Status from "./Status.ts"
import * as TpStatus from "./TpStatus.ts"

const names: ReadonlySet<string> = new Set(profiles.map(({ name }) => name))

/** What the code says of a failure; `undefined` where there is none, or none that the profile's list knows. */
const byCode = ({ code, field, profile }: DeliveryReceipt.DeliveryReceipt): CodeTable.CodeEntry | undefined => {
  if (code === undefined || field === "command_status") return undefined
  const entry = Numbers.find(profile, code, field)
  return entry?.row.state === "failed" ? entry : undefined
}

const isFailure = (entry: CodeTable.CodeEntry | undefined) => entry?.row.state === "failed"
const isTelling = (entry: CodeTable.CodeEntry | undefined) => isFailure(entry) && entry?.row.cause !== "unexplained"

/** Says also what stands against the word that decides. */
const withBoth = (verdict: Classifier.Verdict, { against, decides }: Status.Status): Classifier.Verdict => {
  if (against === undefined) return verdict
  const contradiction = `${decides.field} ${decides.text} goes before ${against.field} ${against.text}`
  return { ...verdict, why: verdict.why === undefined ? contradiction : `${verdict.why}; ${contradiction}` }
}

const ofFailure = (receipt: DeliveryReceipt.DeliveryReceipt, status: Status.Status): Classifier.Verdict | undefined => {
  const code = byCode(receipt)
  const words = [status.decides.entry, status.against?.entry]
  const telling = [code, ...words].find(isTelling) ?? code
  if (telling !== undefined) return telling.verdict
  // A word that explains nothing, beside a code that is not known here, is no answer: another classifier may know it. Two
  // words that contradict each other are worth saying.
  const isOpen = receipt.code !== undefined && receipt.field !== "command_status" && status.against === undefined
  return isOpen ? undefined : words.find(isFailure)?.verdict
}

/** What a receipt says that did not fail: which word, and why. */
const ofWord = (
  receipt: DeliveryReceipt.DeliveryReceipt,
  entry: CodeTable.CodeEntry
): Classifier.Verdict | undefined => {
  const { rule, why } = entry.verdict
  const state = DeliveryReceipt.stateOf(receipt)
  if (entry.row.state === state) return { rule, why }
  return state === "in_progress"
    ? { rule, why: "an intermediate notification tells of an attempt, not of the end" }
    : undefined
}

const verdictOf = (receipt: DeliveryReceipt.DeliveryReceipt): Classifier.Verdict | undefined => {
  const status = Status.read(receipt.providerStatus)
  const { entry } = status.decides
  if (receipt.status === undefined) return (byCode(receipt) ?? entry)?.verdict
  const verdict = receipt.status === "failed" ? ofFailure(receipt, status) : entry && ofWord(receipt, entry)
  return verdict && withBoth(verdict, status)
}

const rulesOf = ({ codes, profile }: Pick<CodeTable.CodeList, "codes" | "profile">): ReadonlyArray<Classifier.Rule> =>
  codes.map(({ cause, code, field }) => ({ rule: `${field} ${code}`, profile, field, code, ...(cause && { cause }) }))

/** The classifier for SMPP: for the profiles `smpp`, `gsm-map`, `twilio-smpp`, `sinch-smpp`, `clickatell`, `3gpp-tp-status`. */
export const classifier = (): Classifier.Classifier =>
  defineClassifier({
    name: "smpp",
    classify: (receipt) => {
      if (!names.has(receipt.profile)) return undefined
      if (receipt.profile === TpStatus.profile) return TpStatus.verdictOf(receipt.code ?? receipt.providerStatus)
      return verdictOf(receipt)
    },
    profiles,
    rules: [...rulesOf({ codes: Status.codes, profile: "smpp" }), ...Numbers.lists.flatMap(rulesOf), ...TpStatus.rules]
  })
