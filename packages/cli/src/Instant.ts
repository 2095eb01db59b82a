/**
 * Reads moments as people write them into tables: ISO 8601, with its time zone or in one that the user names.
 *
 * @module
 */
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import * as Result from "effect/Result"

const pattern =
  /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(?: ?(Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?))?$/i

const quarterHour = 15 * 60_000
const maxOffset = 14 * 60

/**
 * Reads an IANA zone (`Europe/Berlin`) or an offset (`+02:00`), as `--time-zone` takes it.
 *
 * @returns the zone, or one line that says how to write one
 */
export const parseTimeZone = (text: string): Result.Result<DateTime.TimeZone, string> => {
  const zone = Option.getOrUndefined(DateTime.zoneFromString(text))
  return zone === undefined || (zone._tag === "Offset" && Math.abs(zone.offset) > maxOffset * 60_000)
    ? Result.fail(`unknown time zone ${JSON.stringify(text)}: write one like Europe/Berlin, UTC or +02:00`)
    : Result.succeed(zone)
}

/** Reads a moment to epoch milliseconds, or says in a few words what is wrong with it. */
export type InstantParser = (text: string) => Result.Result<number, string>

/**
 * Makes a parser. `2026-11-20T10:00:00Z` and `2026-11-20 10:00+02:00` are read as they are; `2026-11-20T10:00:00` is
 * local time in `timeZone`, and refused where none is given. Of an hour that occurs twice, when clocks go back, the
 * first is taken; a time that they skip does not exist.
 */
export const makeParser = (timeZone: DateTime.TimeZone | undefined): InstantParser => {
  /** The zone's offset by quarter of an hour: a zone's rules are slow to ask. */
  const offsets = new Map<number, number | undefined>()

  const offsetAt = (local: number, zone: DateTime.TimeZone): number | undefined => {
    const slot = Math.floor(local / quarterHour)
    if (!offsets.has(slot)) {
      const start = slot * quarterHour
      const zoned = DateTime.makeZonedUnsafe(start, { timeZone: zone, adjustForTimeZone: true })
      const offset = DateTime.zonedOffset(zoned)
      const exists = DateTime.toEpochMillis(zoned) + offset === start
      offsets.set(slot, exists ? offset : undefined)
    }
    return offsets.get(slot)
  }

  return (text) => {
    const parts = pattern.exec(text)
    if (parts === null) return Result.fail("is no date with a time: write 2026-11-20T10:00:00Z")
    const [year, month, day, hour, minute, second] = parts.slice(1, 7).map((part) => Number(part ?? 0)) as Six
    const milliseconds = Math.floor(Number(`0.${parts[7] ?? 0}`) * 1000)
    const local = Date.UTC(year, month - 1, day, hour, minute, second, milliseconds)
    const date = new Date(local)
    if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day || hour > 23 || minute > 59 || second > 59) {
      return Result.fail("does not exist in the calendar or on the clock")
    }
    if (year < 1970) return Result.fail("is before 1970")
    const zone = parts[8]
    if (zone !== undefined) {
      const offset = minutesOf(zone)
      return Math.abs(offset) > maxOffset
        ? Result.fail("has an offset that no time zone has")
        : Result.succeed(local - offset * 60_000)
    }
    if (timeZone === undefined) {
      return Result.fail("has no time zone: write 2026-11-20T10:00:00Z, or say --time-zone Europe/Berlin")
    }
    const offset = offsetAt(local, timeZone)
    return offset === undefined
      ? Result.fail(`does not exist in ${DateTime.zoneToString(timeZone)}: clocks skip it`)
      : Result.succeed(local - offset)
  }
}

type Six = [number, number, number, number, number, number]

const minutesOf = (zone: string): number => {
  if (!/^[+-]/.test(zone)) return 0
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3).replace(":", ""))
  return zone.startsWith("-") ? -minutes : minutes
}
