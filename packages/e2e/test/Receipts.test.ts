import { readFileSync } from "node:fs"
import * as GenesysCodes from "@dlrkit/classifier-genesys"
import * as Providers from "@dlrkit/classifier-providers"
import * as Smpp from "@dlrkit/classifier-smpp"
import { ClassifiedReceipt, Taxonomy } from "@dlrkit/core"
import { assert, describe, it } from "@effect/vitest"

/** A case of `receipts.cases.json`: a receipt, what is known around it, and what it means. */
interface Case {
  readonly id: string
  readonly kind: "classify" | "matching" | "multipart"
  readonly raw: string
  readonly receipt: unknown
  readonly also?: ReadonlyArray<unknown>
  readonly parts?: ReadonlyArray<{ readonly part: number; readonly receipt: unknown }>
  readonly state: ClassifiedReceipt.ClassifiedReceipt["state"]
  readonly cause: Taxonomy.Cause | null
  readonly retryable: ClassifiedReceipt.ClassifiedReceipt["retryable"]
  readonly same_message?: boolean
}

const { cases }: { readonly cases: ReadonlyArray<Case> } = JSON.parse(
  readFileSync(new URL("receipts.cases.json", import.meta.url), "utf8")
)

const { explain } = ClassifiedReceipt.make(
  [...Providers.classifiers(), Smpp.classifier(), GenesysCodes.classifier()],
  (fault) => assert.fail(`${fault.classifier}: ${fault.detail}`)
)

/** What must come of a line. */
const isRight = (line: object, { cause, retryable, same_message, state }: Case) => {
  const answer = explain(line)
  if (typeof answer === "string") return assert.fail(`${answer}: ${JSON.stringify(line)}`)
  const category = cause === null ? null : Taxonomy.causes[cause].category
  const expected = { state, cause, retryable, category, ...(same_message === undefined ? {} : { same_message }) }
  assert.deepInclude(answer, expected, `${JSON.stringify(line)}: ${answer.explain?.join("; ")}`)
}

/** The lines of a case: its own, and one for each further receipt with the same meaning. */
const linesOf = (one: Case): ReadonlyArray<object> => [one, ...(one.also ?? []).map((receipt) => ({ ...one, receipt }))]

describe("the cases", () => {
  it("are all there", () => assert.strictEqual(cases.length, 70))

  it.each(cases.map((one) => [one.id, one.raw, one] as const))("%s %s", (_id, _raw, one) => {
    for (const line of linesOf(one)) isRight(line, one)
  })
})

/** Chance that can be repeated. */
const dice = (seed: number) => {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/**
 * Writes receipts in other ways that mean the same: letters in any case, white space around texts, fields in any order.
 * Digits stay.
 */
const varied = (chance: () => number) => {
  const cased = (text: string) =>
    Array.from(text, (letter) => (chance() < 0.5 ? letter.toLowerCase() : letter.toUpperCase())).join("")
  const space = () => " ".repeat(Math.floor(chance() * 3))
  const shuffled = <A>(items: ReadonlyArray<A>): ReadonlyArray<A> =>
    items
      .map((item) => ({ item, place: chance() }))
      .sort((a, b) => a.place - b.place)
      .map(({ item }) => item)

  /** A receipt's text in the short message: each field is a label, a colon and its value, which ends at the next label. */
  const smppText = (text: string): string => {
    const fields = text.split(/\s+(?=(?:id|sub|dlvrd|submit date|done date|stat|err|text):)/i)
    // What stands in the text itself may look like a field: it stays at the end, as it came.
    const isText = (field: string) => /^text:\s*\S/i.test(field)
    const labelled = fields.map((field) => {
      const [label = "", ...value] = field.split(":")
      return isText(field) ? `${cased(label)}:${value.join(":")}` : `${cased(label)}:${cased(value.join(":"))}`
    })
    const last = labelled.filter(isText)
    return [...shuffled(labelled.filter((field) => !isText(field))), ...last].join(` ${space()}`)
  }

  const textOf = (text: string): string => {
    if (/\b(stat|id):/i.test(text)) return `${space()}${smppText(text)}${space()}`
    if (text.startsWith("{")) return JSON.stringify(valueOf(JSON.parse(text)))
    return `${space()}${cased(text)}${space()}`
  }

  const valueOf = (value: unknown): unknown => {
    if (typeof value === "string") return value === "" ? "" : textOf(value)
    if (Array.isArray(value)) return value.map(valueOf)
    if (typeof value !== "object" || value === null) return value
    return Object.fromEntries(shuffled(Object.entries(value)).map(([name, inner]) => [cased(name), valueOf(inner)]))
  }
  return valueOf
}

describe("letter case, white space and the order of fields", () => {
  it.each(cases.map((one) => [one.id, one] as const))("do not matter in %s", (id, one) => {
    for (let round = 1; round <= 20; round++) {
      const vary = varied(dice(Number(id.slice(1)) * 1000 + round))
      for (const line of linesOf(one) as ReadonlyArray<Case>) {
        const parts = line.parts?.map(({ part, receipt }) => ({ part, receipt: vary(receipt) }))
        const receipt = line.receipt === null ? null : vary(line.receipt)
        isRight({ ...line, receipt, ...(parts === undefined ? {} : { parts }) }, one)
      }
    }
  })
})
