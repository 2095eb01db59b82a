import { readFileSync } from "node:fs"
import * as path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { noneDeliveredOf } from "../src/Alerts.ts"
import { Category, type CauseInfo, causes } from "../src/Taxonomy.ts"

const page = readFileSync(path.join(import.meta.dirname, "..", "..", "..", "docs", "failures.md"), "utf8")

/** The text below a heading, up to the next one. */
const below = (heading: string) => page.split(/^#+ /m).find((part) => part.startsWith(`${heading}\n`)) ?? ""

/** The rows of the table in a text, without its heads; each cell without its quotes. */
const rowsOf = (text: string) =>
  Array.from(text.matchAll(/^\| (.*) \|$/gm), ([, row = ""]) => row.split(" | ").map((cell) => cell.trim())).slice(2)

const code = (text: string) => `\`${text}\``

const words = (seconds: number): string => {
  const units = { day: 86_400, hour: 3600, minute: 60, second: 1 }
  const [unit, size] = Object.entries(units).find(([, size]) => seconds % size === 0) ?? ["second", 1]
  return seconds === size ? `1 ${unit}` : `${seconds / size} ${unit}s`
}

const sendAgain = ({ delay, resend }: CauseInfo): string => {
  if (resend !== "later") return resend === "after_fix" ? "after a fix" : resend
  if (delay === undefined) return assert.fail("a delay is missing")
  const { first, stopAfter, then } = delay
  if (then === undefined) return `once, after ${words(first)}`
  return `after ${words(first)}, then every ${words(then).replace(/^1 /, "")}, for ${words(stopAfter)} at most`
}

describe("docs/failures.md", () => {
  it.each(["recipient", "sender", "carrier", "platform"] as const)(
    "says of each cause for which the %s must act what the taxonomy says",
    (actor) => {
      const wanted = Object.entries<CauseInfo>(causes)
        .filter(([, info]) => info.actor === actor)
        .map(([cause, info]) => {
          const { action, category, definition, retryable } = info
          return [code(cause), definition, code(category), retryable, sendAgain(info), action]
        })
      assert.deepStrictEqual(rowsOf(below(`The ${actor}`)), wanted)
    }
  )

  it("lists the categories with their causes", () => {
    const wanted = Category.literals.map((category) => [
      code(category),
      Object.entries(causes)
        .filter(([, info]) => info.category === category)
        .map(([cause]) => code(cause))
        .join(", ")
    ])
    assert.deepStrictEqual(
      rowsOf(below("The five categories")).map(([category, , of]) => [category, of]),
      wanted
    )
  })

  it("counts right", () => {
    assert.include(page, `## The ${Object.keys(causes).length} causes`)
    assert.strictEqual(Category.literals.length, 5)
    assert.include(page, `none of a carrier's last ${noneDeliveredOf} messages`)
  })
})
