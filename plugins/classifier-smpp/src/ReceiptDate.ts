/**
 * The dates of receipt texts, which come in four forms: `YYMMDDhhmm`, the same with seconds, `YYYYMMDDhhmmss`, and SMPP's
 * absolute time `YYMMDDhhmmsstnnp` (tenths, quarter hours ahead of UTC or behind it). The first three name no time zone,
 * and are taken as UTC.
 *
 * Sources of the forms: https://github.com/jookies/jasmin/issues/447, https://github.com/funbox/smppex/issues/46, SMPP 3.4
 * §7.1.1.
 *
 * @module
 */

const forms: ReadonlyArray<RegExp> = [
  /^(?<year>\d\d)(?<month>\d\d)(?<day>\d\d)(?<hour>\d\d)(?<minute>\d\d)(?<second>\d\d)?$/,
  /^(?<year>\d{4})(?<month>\d\d)(?<day>\d\d)(?<hour>\d\d)(?<minute>\d\d)(?<second>\d\d)$/,
  /^(?<year>\d\d)(?<month>\d\d)(?<day>\d\d)(?<hour>\d\d)(?<minute>\d\d)(?<second>\d\d)(?<tenths>\d)(?<quarters>\d\d)(?<sign>[+-])$/
]

const quarterHour = 15 * 60_000

/** A date in epoch milliseconds; `undefined` where it is none, as `0000000000` is. */
export const epochOf = (text: string): number | undefined => {
  for (const form of forms) {
    const parts = form.exec(text)?.groups
    if (parts === undefined) continue
    const number = (name: string) => Number(parts[name] ?? "0")
    const [month, day, hour, minute, second] = ["month", "day", "hour", "minute", "second"].map(number) as [
      number,
      number,
      number,
      number,
      number
    ]
    const year = number("year") < 100 ? 2000 + number("year") : number("year")
    const local = Date.UTC(year, month - 1, day, hour, minute, second, 100 * number("tenths"))
    // A month 13 or a 30 February would become another day without a word.
    const isDay = new Date(local).getUTCMonth() === month - 1 && new Date(local).getUTCDate() === day
    if (!isDay || hour > 23 || minute > 59 || second > 59 || number("quarters") > 48) return undefined
    return local - (parts.sign === "-" ? -1 : 1) * number("quarters") * quarterHour
  }
  return undefined
}
