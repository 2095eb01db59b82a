import { assert, it } from "@effect/vitest"
import { cases } from "./PublishedCases.ts"
import { type Known, meaning } from "./Receipts.ts"

/** A seeded generator: numbers below a limit. */
const seeded = (seed: number) => {
  let state = seed
  return (limit: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * limit)
  }
}
type Below = ReturnType<typeof seeded>

const shuffled = <A>(items: ReadonlyArray<A>, below: Below): ReadonlyArray<A> => {
  const rest = [...items]
  return items.map(() => rest.splice(below(rest.length), 1)[0] as A)
}

const recased = (text: string, below: Below) =>
  [...text].map((letter) => (below(2) === 0 ? letter.toLowerCase() : letter.toUpperCase())).join("")

const gap = (below: Below) => ["", " ", "  ", "\t", "\n", " \r\n "][below(6)] as string

const field = /(?=(?<!\S)(?:id|sub|dlvrd|submit date|done date|stat|err|text):)/i

/** The same receipt text, otherwise written. */
const textVariant = (text: string, below: Below): string =>
  shuffled(text.split(field), below)
    .map((part) => {
      const [name = "", ...value] = part.split(":")
      return recased(value.length === 0 ? name : `${name}${gap(below)}:${gap(below)}${value.join(":")}`, below)
    })
    .join(` ${gap(below)}`)

/** The same payload, otherwise written. */
const variant = (payload: unknown, below: Below): unknown => {
  if (typeof payload === "string") {
    return field.test(payload) ? textVariant(payload, below) : `${gap(below)}${recased(payload, below)}${gap(below)}`
  }
  if (typeof payload !== "object" || payload === null) return payload
  const entries = Object.entries(payload).map(([name, value]) => [recased(name, below), variant(value, below)] as const)
  return Object.fromEntries(shuffled(entries, below))
}

const answer = (payload: unknown, known: Known) => {
  const { code, why: _, ...rest } = meaning(payload, known)
  return { ...rest, code: code?.trim().toUpperCase() }
}

it.each(cases)("$id means the same in any letter case, white space and order", (one) => {
  const below = seeded(Number(one.id.slice(1)))
  const expected = answer(one.receipt, one)
  for (let round = 0; round < 200; round++) {
    const payload = variant(one.receipt, below)
    assert.deepStrictEqual(answer(payload, one), expected, JSON.stringify(payload))
  }
})
