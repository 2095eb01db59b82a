/**
 * Reads moments as the consoles of carriers and aggregators write them into tables.
 *
 * @module
 */
import type * as DateTime from "effect/DateTime"
import * as Result from "effect/Result"
import * as Instant from "./Instant.ts"

/** Which comes first in `05/06/2026`: the day or the month. */
export type DayOrder = "dmy" | "mdy"

/** As e-mails have it (RFC 5322), with its zone. */
const internet = /^(?:[a-z]{3}, )?\d{1,2} [a-z]{3} \d{4} \d{2}:\d{2}(?::\d{2})? (?:[+-]\d{4}|GMT|UTC)$/i

const yearFirst = /^(\d{4})[/.](\d{1,2})[/.](\d{1,2})[ T](.+)$/
const yearLast = /^(\d{1,2})([/.-])(\d{1,2})\2(\d{4}),?[ T]+(.+)$/
const clock = /^(\d{1,2}):(\d{2})(?::(\d{2}))?(?: ?([ap])\.?m\.?)?( ?(?:Z|UTC|GMT|[+-]\d{2}:?\d{2}))?$/i

const two = (digits: string) => digits.padStart(2, "0")

/**
 * Makes a parser, of what {@link Instant} reads, and besides of e-mails' form, of `2026/11/20`, and of dates that end with
 * the year. Of these, `20.11.2026` begins with the day; with other signs it is as `order` says, or as only one reading has
 * such a month. Where both have one, it is refused. Times without a zone are as with {@link Instant.makeParser}.
 */
export const makeParser = (
  timeZone: DateTime.TimeZone | undefined,
  order: DayOrder | undefined
): Instant.InstantParser => {
  const parseIso = Instant.makeParser(timeZone)

  const parse = (year: string, month: string, day: string, time: string): ReturnType<Instant.InstantParser> => {
    const parts = clock.exec(time)
    const [, hour = "", minute, second = "00", half, zone = ""] = parts ?? []
    if (parts === null || (half !== undefined && (Number(hour) < 1 || Number(hour) > 12))) {
      return Result.fail("has no time that can be read: write 2026-11-20T10:00:00Z")
    }
    const hours = half === undefined ? Number(hour) : (Number(hour) % 12) + (half.toLowerCase() === "p" ? 12 : 0)
    return parseIso(`${year}-${two(month)}-${two(day)}T${two(String(hours))}:${minute}:${second}${zone}`)
  }

  return (text) => {
    if (internet.test(text)) {
      const at = Date.parse(text)
      return Number.isNaN(at) ? Result.fail("does not exist in the calendar or on the clock") : Result.succeed(at)
    }
    const first = yearFirst.exec(text)
    if (first !== null) return parse(first[1] as string, first[2] as string, first[3] as string, first[4] as string)
    const last = yearLast.exec(text)
    if (last === null) return parseIso(text)
    const [, a = "", sign, b = "", year = "", time = ""] = last
    const known = order ?? (sign === "." || Number(a) > 12 ? "dmy" : Number(b) > 12 || a === b ? "mdy" : undefined)
    if (known === undefined)
      return Result.fail("may begin with the day or with the month: say --dates dmy or --dates mdy")
    return known === "dmy" ? parse(year, b, a, time) : parse(year, a, b, time)
  }
}
