/**
 * Durations as the command line takes them: `90s`, `15m`, `72h`, `3d`, `1h30m`.
 *
 * @module
 */

import * as CliError from "effect/cli/CliError"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"

const units = { w: 604_800_000, d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 } as const

const order = Object.keys(units)

/** Ten years: longer than any platform keeps a message. */
const longest = 3650 * units.d

/**
 * Reads a duration to whole milliseconds: a number and a unit (`ms`, `s`, `m`, `h`, `d`, `w`), or several with the
 * largest unit first. More than nothing, and no more than ten years.
 *
 * @returns the milliseconds, or in a few words how to write one
 * @example
 * ```ts
 * parseDuration("1h30m") // Result.succeed(5_400_000)
 * ```
 */
export const parseDuration = (text: string): Result.Result<number, string> => {
  const compact = text.trim().toLowerCase().replace(/\s+/g, "")
  const parts = Array.from(compact.matchAll(/(\d+(?:\.\d+)?)(ms|[wdhms])/g), ([written, amount, unit]) => ({
    written,
    rank: order.indexOf(unit!),
    milliseconds: Number(amount) * units[unit as keyof typeof units]
  }))
  const whole = parts.length > 0 && parts.map(({ written }) => written).join("") === compact
  if (!whole || parts.some(({ rank }, index) => index > 0 && rank <= parts[index - 1]!.rank)) {
    return Result.fail("a number and one of ms, s, m, h, d, w, like 90s, 15m, 72h, 3d or 1h30m")
  }
  const total = parts.reduce((sum, { milliseconds }) => sum + milliseconds, 0)
  const milliseconds = Math.round(total)
  if (milliseconds === 0) return Result.fail("more than no time at all, like 90s")
  if (milliseconds > longest) return Result.fail("no more than ten years, like 72h")
  return Result.succeed(milliseconds)
}

/**
 * Writes a duration as {@link parseDuration} reads it: its two largest units, the smallest a second; below ten seconds with
 * a decimal.
 *
 * @example
 * ```ts
 * durationText(5_430_000) // "1h30m"
 * ```
 */
export const durationText = (milliseconds: number): string => {
  if (milliseconds < 9_950) return `${(milliseconds / 1000).toFixed(1)}s`
  const parts: Array<string> = []
  let left =
    milliseconds >= units.h ? Math.round(milliseconds / units.m) * units.m : Math.round(milliseconds / 1000) * 1000
  for (const unit of ["h", "m", "s"] as const) {
    const whole = Math.floor(left / units[unit])
    left -= whole * units[unit]
    if (whole > 0) parts.push(`${whole}${unit}`)
  }
  return parts.join("")
}

/** A flag that takes a duration, in milliseconds. Anything else is an `InvalidValue` that says how to write one. */
export const durationFlag = (name: string): Flag.Flag<number> =>
  Flag.String(name).pipe(
    Flag.withMetavar("DURATION"),
    Flag.mapEffect((value) =>
      Effect.mapError(
        Effect.fromResult(parseDuration(value)),
        (expected) => new CliError.InvalidValue({ option: name, value, expected, kind: "flag" })
      )
    )
  )
