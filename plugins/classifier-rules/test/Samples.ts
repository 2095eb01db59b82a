import type { DeliveryReceipt } from "@dlrkit/core"
import * as Result from "effect/Result"
import * as Rules from "../src/index.ts"

/** A failed receipt. */
export const receipt = (overrides: Partial<DeliveryReceipt.DeliveryReceipt> = {}): DeliveryReceipt.DeliveryReceipt => ({
  profile: "smpp",
  providerStatus: "UNDELIV",
  status: "failed",
  ...overrides
})

/** A file as it is read. */
export const parse = (text: string | Uint8Array, file = "rules.yaml") =>
  Rules.parse(file, typeof text === "string" ? new TextEncoder().encode(text) : text)

/** A file that must be right. */
export const load = (text: string, file?: string): Rules.RuleFile => Result.getOrThrow(parse(text, file))

/** What is wrong with a file, a text each. */
export const problems = (text: string | Uint8Array, file?: string): ReadonlyArray<string> => {
  const read = parse(text, file)
  return Result.isFailure(read) ? read.failure.problems.map(Rules.problemText) : []
}
