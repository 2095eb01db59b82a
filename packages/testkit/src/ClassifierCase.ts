/**
 * Cases for classifiers: a receipt, or a payload as a provider sends it, and what it means. Checked before they are run, as
 * a case that is mistyped, comes twice or never reaches the classifier proves nothing.
 *
 * @module
 */
import { Classifier, type DeliveryReceipt, ReceiptProfile, Taxonomy } from "@dlrkit/core"
import { nearest } from "./NearestWord.ts"
import { fields, states, statuses } from "./ReceiptShape.ts"

/** What a receipt means. What is left out is not looked at. */
export interface Expectation {
  readonly state?: Classifier.State | undefined
  readonly cause?: Taxonomy.Cause | undefined
  readonly retryable?: Taxonomy.Retryable | undefined
  readonly retryAfterSeconds?: number | undefined
  readonly actor?: Taxonomy.Actor | undefined
  readonly rule?: string | undefined
}

/** A case over a receipt; what it leaves out of `providerStatus` is its `status`. */
export interface ReceiptCase {
  readonly name?: string | undefined
  readonly receipt: Partial<DeliveryReceipt.DeliveryReceipt>
  /** `undefined` where the classifier must not answer. */
  readonly expect: Expectation | undefined
}

/** A case over a provider's payload, read as `dlrkit classify` does. */
export interface PayloadCase extends ReceiptProfile.Payload {
  readonly name?: string | undefined
  /** `undefined` where the classifier must not answer. */
  readonly expect: Expectation | undefined
}

/** A case. */
export type Case = ReceiptCase | PayloadCase

/** Why a case does not reach the classifier. */
export class Unread {
  readonly reason: string
  constructor(reason: string) {
    this.reason = reason
  }
}

/** The receipt that a case is about. Throws where a profile's reader does. */
export const receiptOf = (classifier: Classifier.Classifier, it: Case): DeliveryReceipt.DeliveryReceipt | Unread => {
  if ("receipt" in it) {
    const { receipt } = it
    return { profile: "unknown", providerStatus: receipt.status ?? "", ...receipt }
  }
  const read = ReceiptProfile.read(classifier.profiles ?? [], it)
  return typeof read === "string" ? new Unread(read) : read.receipt
}

/** What a case is called. */
export const titleOf = (it: Case): string => {
  if (it.name !== undefined) return it.name
  const input = JSON.stringify("receipt" in it ? it.receipt : it.payload) ?? "nothing"
  return input.length > 120 ? `${input.slice(0, 119)}…` : input
}

const members: Readonly<Record<keyof Expectation, ReadonlyArray<string> | undefined>> = {
  state: states,
  cause: Object.keys(Taxonomy.causes),
  retryable: Taxonomy.Retryable.literals,
  actor: Taxonomy.Actor.literals,
  retryAfterSeconds: undefined,
  rule: undefined
}

const unknownKeys = (what: string, object: object, known: Iterable<string>) =>
  Object.keys(object).flatMap((key) =>
    Array.from(known).includes(key) ? [] : [`${what} has no "${key}"${nearest(key, known)}`]
  )

const wordFault = (what: string, word: unknown, words: ReadonlyArray<string>) =>
  typeof word === "string" && words.includes(word)
    ? []
    : [`${what} cannot be ${JSON.stringify(word)}${nearest(String(word), words)}`]

const expectationFaults = (expect: Expectation): ReadonlyArray<string> => {
  const keys = Object.keys(members) as ReadonlyArray<keyof Expectation>
  const faults = unknownKeys("expect", expect, keys)
  if (keys.every((key) => expect[key] === undefined)) {
    faults.push("expect says nothing: name a state or a cause, or make it `undefined` where there must be no answer")
  }
  for (const key of keys) {
    const words = members[key]
    if (words !== undefined && expect[key] !== undefined) faults.push(...wordFault(key, expect[key], words))
  }
  const { cause, state } = expect
  if (cause !== undefined && state !== undefined && state !== "failed") {
    faults.push(`a receipt that is ${state} has no cause, and ${cause} is expected: take out one of them`)
  }
  return faults
}

/** What is mistyped in a case. */
export const faultsOf = (classifier: Classifier.Classifier, it: Case): ReadonlyArray<string> => {
  const isReceipt = "receipt" in it
  if (isReceipt === "payload" in it) return ["a case has a receipt, or else a payload"]
  const faults = [
    ...unknownKeys("a case", it, [
      "name",
      "expect",
      ...(isReceipt ? ["receipt"] : ["payload", "profile", "previous", "field"])
    ]),
    ...(isReceipt ? unknownKeys("a receipt", it.receipt, fields) : []),
    ...(isReceipt && it.receipt.status !== undefined ? wordFault("status", it.receipt.status, statuses) : [])
  ]
  for (const state of (isReceipt ? it.receipt : it).previous ?? []) {
    faults.push(...wordFault("previous", state, states))
  }
  if (!("expect" in it)) faults.push("expect is missing; make it `undefined` where there must be no answer")
  if (it.expect === undefined) return faults
  faults.push(...expectationFaults(it.expect))
  const { rule } = it.expect
  const rules = classifier.rules?.map((declared) => declared.rule)
  if (rule !== undefined && rules !== undefined && !rules.includes(rule)) {
    const near = nearest(rule, rules)
    faults.push(`the classifier has no rule "${rule}"${near.startsWith("; did") ? near : ""}`)
  }
  return faults
}

/** An input in one way, whatever the order of its fields. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, within) =>
    typeof within === "object" && within !== null && !Array.isArray(within)
      ? Object.fromEntries(Object.entries(within).sort(([a], [b]) => (a < b ? -1 : 1)))
      : within
  ) ?? "nothing"

/** Which cases come twice: with one input, or one name. */
export const duplicates = (cases: ReadonlyArray<Case>): ReadonlyArray<string> => {
  const seen = new Map<string, number>()
  return cases.flatMap(({ expect: _, name, ...input }, index) => {
    const keys = [`input ${canonical(input)}`, ...(name === undefined ? [] : [`name ${name}`])]
    return keys.flatMap((key) => {
      const first = seen.get(key)
      if (first === undefined) seen.set(key, index)
      return first === undefined ? [] : [`cases ${first + 1} and ${index + 1} have one ${key.slice(0, 200)}`]
    })
  })
}

/** What a receipt means once a verdict has been given; what the verdict does not say follows from the taxonomy. */
export const meaningOf = (
  receipt: DeliveryReceipt.DeliveryReceipt,
  verdict: Classifier.Verdict
): Classifier.Classification => Classifier.classify([{ name: "checked", classify: () => verdict }], receipt, () => {})

/** How a verdict is not what is expected of it; nothing where it is. */
export const mismatches = (
  expect: Expectation | undefined,
  receipt: DeliveryReceipt.DeliveryReceipt,
  verdict: Classifier.Verdict | undefined
): ReadonlyArray<string> => {
  if (expect === undefined) {
    return verdict === undefined ? [] : [`it must not answer, and answers ${JSON.stringify(verdict)}`]
  }
  if (verdict === undefined) return ["unreachable: an answer is expected, and the classifier has none for it"]
  const meaning = meaningOf(receipt, verdict)
  return (Object.keys(members) as ReadonlyArray<keyof Expectation>).flatMap((key) =>
    expect[key] === undefined || expect[key] === meaning[key]
      ? []
      : [`${key} is ${JSON.stringify(meaning[key]) ?? "nothing"}, not ${JSON.stringify(expect[key])}`]
  )
}
