/** Reading and classifying payloads, as whoever has them does. */
import { Classifier, ReceiptProfile, RouteCodes } from "@dlrkit/core"
import { assert } from "@effect/vitest"
import * as Result from "effect/Result"
import { classifier } from "../src/index.ts"

export const smpp = classifier()

/** What is known of a payload beside itself. */
export interface Known {
  readonly profile?: string | null
  readonly field?: string | undefined
  readonly route_codes?: unknown
}

/** A payload as a receipt, or why it is none. */
export const read = (payload: unknown, { field, profile }: Known = { profile: "smpp" }) =>
  ReceiptProfile.read(smpp.profiles ?? [], {
    payload,
    ...(profile === null || profile === undefined ? {} : { profile }),
    ...(field === undefined ? {} : { field })
  })

/** What a payload means, and the code that was kept; fails where it is no receipt, or where a classifier is at fault. */
export const meaning = (payload: unknown, known: Known = { profile: "smpp" }) => {
  const found = read(payload, known)
  if (typeof found === "string") return assert.fail(found)
  const routes = Result.getOrThrow(RouteCodes.decode(known.route_codes ?? []))
  const faults: Array<unknown> = []
  const classification = Classifier.classify([RouteCodes.classifier(routes), smpp], found.receipt, (fault) =>
    faults.push(fault)
  )
  assert.deepStrictEqual(faults, [])
  return { ...classification, code: found.receipt.code }
}

/** State and cause in one text: `failed expired after`, `delivered`. */
export const brief = (payload: unknown, known?: Known): string => {
  const { cause, retryable, state } = meaning(payload, known)
  return [state ?? "unknown", cause, retryable].filter((word) => word !== undefined).join(" ")
}
