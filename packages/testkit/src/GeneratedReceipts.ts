/**
 * Receipts from a seed: the codes that a classifier knows in every status, and whatever else may come.
 *
 * @module
 */
import type { Classifier, DeliveryReceipt } from "@dlrkit/core"
import * as Chance from "./Chance.ts"
import { texts } from "./Junk.ts"
import { statuses as given } from "./ReceiptShape.ts"

type Receipt = DeliveryReceipt.DeliveryReceipt

/** Every status that a receipt can have, and none. */
const statuses: ReadonlyArray<Receipt["status"]> = [undefined, ...given]
const histories: ReadonlyArray<Receipt["previous"]> = [
  undefined,
  [],
  ["in_progress"],
  ["in_progress", "failed"],
  ["delivered"]
]

const anyCode = (chance: Chance.Chance) =>
  chance.one([undefined, "", "0", String(chance.below(1000)), `00${chance.below(10)}`, `ERR_${chance.below(1e6)}`])

/** A receipt without the fields that say nothing: a source may leave them out as well. */
const withoutHoles = (receipt: Receipt): Receipt =>
  Object.fromEntries(Object.entries(receipt).filter(([, value]) => value !== undefined)) as unknown as Receipt

/** The profiles whose receipts a classifier may answer for, as far as it and its cases tell, and one that is nobody's. */
const profilesOf = ({ profiles = [], rules = [] }: Classifier.Classifier, known: ReadonlyArray<Receipt>) =>
  Array.from(
    new Set([
      ...profiles.map(({ name }) => name),
      ...rules.flatMap(({ profile }) => profile ?? []),
      ...known.map(({ profile }) => profile),
      "nobody's"
    ])
  )

/** The carriers whose receipts a classifier may answer for, as far as its cases tell (the first few), and none. */
const carriersOf = (known: ReadonlyArray<Receipt>): ReadonlyArray<string | undefined> => [
  undefined,
  ...Array.from(new Set(known.flatMap(({ carrier }) => carrier ?? []))).slice(0, 5)
]

/** Receipts with what a classifier may know: the codes of its rules and of its cases, in every status. */
const expected = (classifier: Classifier.Classifier, known: ReadonlyArray<Receipt>, chance: Chance.Chance) => {
  const [someone = "nobody's"] = profilesOf(classifier, known)
  const ruled = (classifier.rules ?? []).flatMap(({ code, field, profile = someone }) =>
    carriersOf(known).map((carrier): Receipt => ({ profile, providerStatus: code ?? "", code, field, carrier }))
  )
  return [...known, ...ruled].flatMap((receipt) =>
    statuses.map((status) => ({ ...receipt, status, previous: chance.one(histories) }))
  )
}

/** Receipts that nobody can know. */
const unexpected = (classifier: Classifier.Classifier, known: ReadonlyArray<Receipt>, chance: Chance.Chance) => {
  const profiles = profilesOf(classifier, known)
  const carriers = [...carriersOf(known), "nobody's"]
  const fields = Array.from(
    new Set([
      ...(classifier.rules ?? []).flatMap(({ field }) => field ?? []),
      ...known.flatMap(({ field }) => field ?? [])
    ])
  )
  return Array.from({ length: 500 }, (): Receipt => {
    const profile = chance.one(profiles)
    return {
      profile,
      providerStatus: chance.one(["", "failed", "UNDELIV", "delivered", chance.one(texts)]),
      status: chance.one(statuses),
      code: anyCode(chance),
      field: chance.one([undefined, ...fields]),
      previous: chance.one(histories),
      carrier: chance.one(carriers),
      messageId: chance.one([undefined, "m-1"]),
      occurredAt: chance.one([undefined, 0, 1_700_000_000_000])
    }
  })
}

/** Receipts with texts that no code has, in each place where one may stand. */
export const junk = (classifier: Classifier.Classifier, known: ReadonlyArray<Receipt>): ReadonlyArray<Receipt> =>
  texts.flatMap((text): ReadonlyArray<Receipt> => {
    const failed = { providerStatus: "", status: "failed", code: text } as const
    const withCarriers = carriersOf(known).flatMap((carrier) => [
      { ...failed, profile: text, carrier },
      ...profilesOf(classifier, known).flatMap((profile) => [
        { ...failed, profile, carrier, providerStatus: text },
        { profile, carrier, providerStatus: text }
      ])
    ])
    const odd = profilesOf(classifier, known).map((profile) => ({ ...failed, profile, field: text, carrier: text }))
    return [...withCarriers, ...odd].map(withoutHoles)
  })

/** Some thousand receipts, always the same ones for a classifier and its cases. */
export const make = (classifier: Classifier.Classifier, known: ReadonlyArray<Receipt>): ReadonlyArray<Receipt> => {
  const chance = Chance.make(20_240_611)
  return [...expected(classifier, known, chance), ...unexpected(classifier, known, chance)].map((receipt) =>
    chance.below(2) === 0 ? receipt : withoutHoles(receipt)
  )
}
