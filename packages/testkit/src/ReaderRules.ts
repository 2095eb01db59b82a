/**
 * What the readers of a classifier's profiles must do with whatever payload they are given.
 *
 * @module
 */
import { isDeepStrictEqual } from "node:util"
import type { ReceiptProfile } from "@dlrkit/core"
import { attempt, type Built, type ClassifierRule, shown } from "./ClassifierRules.ts"
import { frozen, payloads, spoiled } from "./Junk.ts"
import { isStatus } from "./ReceiptShape.ts"

/** Payloads of cases, what is left of them when a part is spoiled, and junk. */
const allPayloads = ({ cases }: Built): ReadonlyArray<unknown> => {
  const known = cases.flatMap((it) => ("payload" in it ? [it.payload] : []))
  return [...known, ...known.slice(0, 100).flatMap(spoiled), ...payloads]
}

function* readings(built: Built) {
  for (const profile of built.classifier.profiles ?? []) {
    for (const payload of allPayloads(built)) yield { profile, payload }
  }
}

const isText = (value: unknown) => value === undefined || typeof value === "string"
const isMoment = (value: unknown) => value === undefined || Number.isFinite(value)

/** What is wrong with what a reader gave. */
const readFault = (read: ReceiptProfile.ReadReceipt | undefined): string | undefined => {
  if (read === undefined) return undefined
  if (typeof read !== "object" || read === null || typeof read.receipt !== "object" || read.receipt === null) {
    return "that is neither `undefined` nor a receipt"
  }
  const { receipt, recipient } = read
  if (typeof receipt.profile !== "string" || receipt.profile === "") return "the receipt has no profile"
  if (typeof receipt.providerStatus !== "string") return "the receipt's providerStatus is no text"
  if (!isStatus(receipt.status)) return `there is no status ${shown(receipt.status)}`
  if (![receipt.code, receipt.field, receipt.messageId, receipt.externalMessageId, recipient].every(isText)) {
    return "a code, field, id or recipient is no text"
  }
  return isMoment(receipt.occurredAt) && isMoment(receipt.sentAt) ? undefined : "a moment is no number"
}

const readTwice = (profile: ReceiptProfile.ReceiptProfile, payload: unknown) => [
  attempt(() => profile.read(payload, {})),
  attempt(() => profile.read(payload, {}))
]

/** What the readers of a classifier's profiles must do. */
export const readerRules: ReadonlyArray<ClassifierRule> = [
  {
    name: "readers-total",
    says: "reads each payload of its profiles to a receipt or to nothing, however spoiled; never throws",
    faults: function* (built) {
      for (const { payload, profile } of readings(built)) {
        for (const run of [
          () => readFault(profile.read(payload, {})),
          () => readFault(profile.read(payload, { field: "constructor" })),
          () =>
            typeof profile.recognizes?.(payload) === "object" ? "`recognizes` is neither true nor false" : undefined
        ]) {
          const answer = attempt(run)
          const fault = typeof answer === "string" ? answer : answer.value
          if (fault !== undefined) yield `${profile.name}: ${shown(payload)}: ${fault}`
        }
      }
    }
  },
  {
    name: "readers-pure",
    says: "reads a payload in the same way each time, and leaves it as it was",
    faults: function* (built) {
      for (const { payload, profile } of readings(built)) {
        const given = structuredClone(payload)
        const [first, second] = readTwice(profile, given)
        if (!isDeepStrictEqual(given, payload)) yield `${profile.name}: ${shown(payload)} is ${shown(given)} afterwards`
        if (!isDeepStrictEqual(first, second)) yield `${profile.name}: ${shown(payload)} is read in two ways`
        const [cold] = readTwice(profile, frozen(structuredClone(payload)))
        if (typeof cold === "string" && typeof first !== "string") yield `${profile.name}: ${shown(payload)}: ${cold}`
      }
    }
  },
  {
    name: "readers-recognize",
    says: "recognizes the payloads of its cases for one profile at most, which reads them; nothing by a bare number",
    faults: function* (built) {
      const { cases, classifier } = built
      const recognizing = (payload: unknown) =>
        (classifier.profiles ?? []).filter((profile) => {
          const answer = attempt(() => profile.recognizes?.(payload) === true)
          return typeof answer !== "string" && answer.value
        })
      for (const payload of [...payloads, "8", "008", " 30005 "]) {
        if (typeof payload !== "number" && (typeof payload !== "string" || !/^\s*\d*\s*$/.test(payload))) continue
        for (const { name } of recognizing(payload))
          yield `${name}: recognizes ${shown(payload)}, which any provider may send`
      }
      for (const payload of cases.flatMap((it) => ("payload" in it ? [it.payload] : []))) {
        const [first, ...others] = recognizing(payload)
        if (first === undefined) continue
        const also = others.map(({ name }) => name).join(" and ")
        if (also !== "") yield `${shown(payload)} is recognized by ${first.name}, and by ${also}`
        const read = attempt(() => first.read(payload, {}))
        if (typeof read !== "string" && read.value === undefined) {
          yield `${first.name}: recognizes ${shown(payload)}, and does not read it`
        }
      }
    }
  }
]
