import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import { cases } from "./Cases.ts"
import { classify, meaning, profiles } from "./Providers.ts"

const pick = <A>(items: ReadonlyArray<A>) =>
  Effect.map(Random.nextIntBetween(0, items.length - 1), (index) => items[index] as A)

const spaces = ["", "", " ", "  ", "\t", "\n"]

/** A text in another letter case, with white space around it; digits stay. */
const varied = (text: string): Effect.Effect<string> =>
  Effect.gen(function* () {
    const letters = yield* Effect.forEach([...text], (letter) =>
      Effect.map(Random.nextBoolean, (upper) => (upper ? letter.toUpperCase() : letter.toLowerCase()))
    )
    return `${yield* pick(spaces)}${letters.join("")}${yield* pick(spaces)}`
  })

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null

/** JSON within a payload stays JSON. */
const variedText = (text: string): Effect.Effect<string> =>
  text.startsWith("{") ? Effect.map(variedPayload(JSON.parse(text)), (value) => JSON.stringify(value)) : varied(text)

/** The same payload with names and words in another letter case, white space around them, and its fields in another order. */
const variedPayload = (value: unknown): Effect.Effect<unknown> =>
  Effect.gen(function* () {
    if (typeof value === "string") return yield* variedText(value)
    if (Array.isArray(value)) return yield* Effect.forEach(value, variedPayload)
    if (!isObject(value)) return value
    const entries = yield* Random.shuffle(Object.entries(value))
    return Object.fromEntries(
      yield* Effect.forEach(entries, ([name, inner]) => Effect.all([varied(name), variedPayload(inner)]))
    )
  })

const isFlat = (payload: unknown): payload is Record<string, string> =>
  isObject(payload) && !Array.isArray(payload) && Object.values(payload).every((value) => typeof value === "string")

/** One of the forms that a payload may come in. */
const inSomeForm = (payload: unknown): Effect.Effect<unknown> =>
  Effect.gen(function* () {
    const forms = [payload, JSON.stringify(payload)]
    if (isFlat(payload) && Object.keys(payload).length > 1) forms.push(new URLSearchParams(payload).toString())
    return yield* pick(forms)
  })

/** A form is varied before it is one: its fields are the payload's. */
const fieldsOf = (payload: unknown) =>
  typeof payload === "string" ? Object.fromEntries(new URLSearchParams(payload)) : payload

describe("letter case, white space, order and form", () => {
  it.effect.each([1, 2, 3])("change no meaning (seed %s)", (seed) =>
    Effect.gen(function* () {
      for (let round = 0; round < 10; round++) {
        for (const { id, means, payload, previous, profile } of cases) {
          const other = yield* Effect.flatMap(variedPayload(fieldsOf(payload)), inSomeForm)
          const name = profile === undefined ? undefined : yield* varied(profile)
          assert.strictEqual(meaning(name, other, previous), means, `${id}: ${JSON.stringify(other)}`)
        }
      }
    }).pipe(Random.withSeed(`variations ${seed}`))
  )
})

/** Values that no provider sends there. */
const junk: ReadonlyArray<unknown> = [
  undefined,
  null,
  0,
  -1,
  Number.NaN,
  1e300,
  true,
  "",
  " ",
  "__proto__",
  "constructor",
  "toString",
  "/",
  "//",
  "{",
  "[",
  "[{}]",
  '{"error_code":{}}',
  "=&=",
  "x".repeat(10_000),
  [],
  [[]],
  [null],
  {},
  { id: {} },
  { groupId: "constructor", id: "__proto__" },
  { code: "toString" },
  Symbol("junk"),
  () => 1,
  new Date(Number.NaN),
  10n
]

const names = [
  ...new Set(
    cases.flatMap(({ payload }) => {
      const found: Array<string> = []
      JSON.stringify(fieldsOf(payload), (name, value: unknown) => {
        found.push(name)
        return value
      })
      return found
    })
  )
]

describe("junk", () => {
  it("is no receipt, or one that says nothing new, and nothing throws", () => {
    for (const profile of profiles) {
      for (const payload of junk) {
        const found = profile.read(payload, {})
        if (found !== undefined) classify(found.receipt)
        assert.isBoolean(profile.recognizes?.(payload) ?? false)
      }
    }
  })

  it.effect.each([1, 2])("in known fields is survived too (seed %s)", (seed) =>
    Effect.gen(function* () {
      for (let round = 0; round < 1_000; round++) {
        const fields = yield* Effect.replicateEffect(Effect.all([pick(names), pick(junk)]), 4)
        const payload = Object.fromEntries(fields)
        for (const profile of profiles) {
          profile.recognizes?.(payload)
          const found = profile.read(payload, {})
          if (found === undefined) continue
          const { code, externalMessageId, providerStatus } = found.receipt
          for (const text of [code, externalMessageId, providerStatus]) assert.isAtMost((text ?? "").length, 80)
          classify(found.receipt)
        }
      }
    }).pipe(Random.withSeed(`junk ${seed}`))
  )
})
