/**
 * Route codes: what a code means on one route alone, where no published list has it.
 *
 * A message centre may give numbers of its own, such as the 256 values of `command_status` that SMPP leaves to vendors.
 * Whoever hands over a receipt says with it what they mean there; such a code goes before every list.
 *
 * @module
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { type Classifier, defineClassifier, type Verdict } from "./Classifier.ts"
import { Actor, Cause, Retryable } from "./Taxonomy.ts"

/** What one code of one field means on a route. */
export const RouteCode = Schema.Struct({
  /** The field that the code stands in, such as `command_status` or `err`. */
  field: Schema.NonEmptyString,
  /** The code; a text also where it is a number. */
  code: Schema.NonEmptyString,
  cause: Cause,
  /** Only where it is not what follows from the cause. */
  retryable: Schema.optionalKey(Retryable),
  /** Only where it is not what follows from the cause. */
  actor: Schema.optionalKey(Actor)
})
/** See {@link RouteCode}. */
export type RouteCode = typeof RouteCode.Type

const decodeCodes = Schema.decodeUnknownResult(Schema.Array(RouteCode))

/** Reads route codes from what a user or a file gives; the failure is one line that says where and what was expected. */
export const decode = (input: unknown): Result.Result<ReadonlyArray<RouteCode>, string> =>
  Result.mapError(decodeCodes(input), ({ message }) => `route codes: ${message.replace(/\s*\n\s*/g, " ")}`)

/** A code as it is compared: `0x410` and `0x00000410` are one number; `008` and `8` are two codes. */
const comparable = (code: string): string => {
  const text = code.trim().toUpperCase()
  return /^0X[\dA-F]+$/.test(text) ? text.replace(/^0X0*(?=.)/, "0X") : text
}

const keyOf = (field: string, code: string) => `${field.trim().toLowerCase()} ${comparable(code)}`

/**
 * A classifier over a route's codes, named `route`; ask it before the others. It answers for failures, and for receipts
 * with a status that nobody knows. Of two entries for the same field and code, the first one counts.
 */
export const classifier = (codes: ReadonlyArray<RouteCode>): Classifier => {
  const verdicts = new Map<string, Verdict>()
  for (const { actor, cause, code, field, retryable } of codes) {
    const key = keyOf(field, code)
    const rule = `${field} ${code}`
    if (verdicts.has(key)) continue
    verdicts.set(key, { state: "failed", cause, retryable, actor, rule, why: "the route's own code" })
  }
  return defineClassifier({
    name: "route",
    classify: ({ code, field, status }) =>
      code === undefined || field === undefined || (status !== "failed" && status !== undefined)
        ? undefined
        : verdicts.get(keyOf(field, code)),
    rules: codes.map(({ cause, code, field }) => ({ rule: `${field} ${code}`, field, code, cause }))
  })
}
