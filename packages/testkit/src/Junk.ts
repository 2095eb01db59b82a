/**
 * What comes where nobody expects it: texts and payloads that a careless plugin falls over.
 *
 * @module
 */
import { hostile } from "./Samples.ts"

/** The names that every object has: a table that is a plain object finds them though nobody put them there. */
const prototypeNames: ReadonlyArray<string> = [
  "constructor",
  "__proto__",
  "prototype",
  "toString",
  "valueOf",
  "hasOwnProperty"
]

const huge = 100_000

/** Texts that are no code of anybody. */
export const texts: ReadonlyArray<string> = [
  ...hostile,
  ...prototypeNames,
  "",
  " ",
  "NaN",
  "undefined",
  "-1",
  "1e999",
  "(",
  "[a-",
  "\\",
  "\ud800",
  "\u202e\ufeff",
  "İıſK",
  "=1+1",
  "a".repeat(huge),
  " ".repeat(huge),
  `${"0".repeat(huge)}!`
]

const nested = (depth: number): unknown => (depth === 0 ? 0 : { message: nested(depth - 1) })

/** Payloads that are no receipt of anybody. */
export const payloads: ReadonlyArray<unknown> = [
  undefined,
  null,
  true,
  0,
  8,
  -1,
  1.5,
  Number.NaN,
  [],
  {},
  [[]],
  [null],
  ...texts,
  "{",
  "{}",
  "[]",
  '{"a":',
  "a=b&=c&%zz=%",
  "id:1 stat:",
  "<xml/>",
  ...prototypeNames.map((name) => JSON.parse(`{${JSON.stringify(name)}:{"status":"x"}}`)),
  nested(100),
  { status: null, code: [], error: 0, errors: "", message: [null] },
  { status: {}, code: {}, error: {}, errors: {}, message: {} },
  Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`field-${index}`, index]))
]

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** A payload with each of its fields taken out, and with each of them turned into something else. */
export const spoiled = (payload: unknown): ReadonlyArray<unknown> => {
  if (typeof payload === "string") {
    return [payload.slice(0, payload.length >> 1), payload.slice(payload.length >> 1), `${payload}\u0000`]
  }
  if (!isObject(payload)) return []
  return Object.keys(payload).flatMap((name) => {
    const { [name]: _, ...rest } = payload
    return [rest, ...[null, {}, [], 0, "", true].map((value) => ({ ...payload, [name]: value }))]
  })
}

/** A value that nobody can change, nor anything within. */
export const frozen = <A>(value: A): A => {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value
  Object.freeze(value)
  for (const within of Object.values(value)) frozen(within)
  return value
}
