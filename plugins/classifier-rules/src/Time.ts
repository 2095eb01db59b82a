/**
 * Times as people write them into a file of rules: dates and moments for a window, and how long to wait.
 *
 * @module
 */
import * as Result from "effect/Result"

/** What a date or a date with a time covers, in epoch milliseconds: from `start` up to, and without, `end`. */
export interface Span {
  readonly start: number
  /** Of a date, the midnight after it; of a moment, the moment itself. */
  readonly end: number
}

const day = 86_400_000

const written =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,3}))?)?(?: ?(Z|[+-](\d{2}):?(\d{2})))?)?$/i

/**
 * Reads `2026-03-01`, which is a whole day in UTC, or a moment with its zone: `2026-03-01T08:00Z`,
 * `2026-03-01 08:00+01:00`. Fails with what is wrong with it.
 */
export const parseSpan = (text: string): Result.Result<Span, string> => {
  const parts = written.exec(text)
  if (parts === null) return Result.fail("is no time: write 2026-03-01, or 2026-03-01T08:00Z")
  const [year, month, date, hour, minute, second] = parts.slice(1, 7).map((part) => Number(part ?? 0)) as Six
  const local = Date.UTC(year, month - 1, date, hour, minute, second, Number((parts[7] ?? "0").padEnd(3, "0")))
  const read = new Date(local)
  const exists = read.getUTCMonth() === month - 1 && read.getUTCDate() === date
  if (!exists || hour > 23 || minute > 59 || second > 59) {
    return Result.fail("does not exist in the calendar or on the clock")
  }
  if (parts[4] === undefined) return Result.succeed({ start: local, end: local + day })
  const [zone, hours, minutes] = parts.slice(8)
  if (zone === undefined) return Result.fail("has a time and no zone: write 2026-03-01T08:00Z, or +01:00 for the Z")
  const offset = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * (zone.startsWith("-") ? -1 : 1)
  if (Math.abs(offset) > 14 * 60) return Result.fail("has an offset that no time zone has")
  const moment = local - offset * 60_000
  return Result.succeed({ start: moment, end: moment })
}

type Six = [number, number, number, number, number, number]

const units = { d: 86_400, h: 3600, m: 60, s: 1 } as const

/** A month: whoever waits for longer does not wait. */
const longestWait = 31 * units.d

/** Reads how long to wait, to seconds: `90s`, `30m`, `2h`, `1d`, `1h30m`. Fails with what is wrong with it. */
export const parseWait = (text: string): Result.Result<number, string> => {
  const parts = /^(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/i.exec(text.replace(/\s+/g, ""))
  if (parts === null) return Result.fail("is no time to wait: write a number and s, m, h or d, such as 30m or 1h30m")
  const seconds = Object.values(units).reduce((sum, unit, index) => sum + unit * Number(parts[index + 1] ?? 0), 0)
  if (seconds === 0) return Result.fail("is no time at all: write such as 30m, or leave it out")
  return seconds > longestWait ? Result.fail("is longer than 31 days") : Result.succeed(seconds)
}
