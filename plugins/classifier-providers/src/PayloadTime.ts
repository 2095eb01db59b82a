/**
 * Moments as providers write them, in epoch milliseconds.
 *
 * @module
 */

const iso =
  /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2})?)(?:[.,](\d{1,3})\d*)?(?: ?(Z|UTC|[+-]\d{2}(?::?\d{2})?))?$/i
/** Seconds of this century up to 2033, or milliseconds: ten digits that begin otherwise are a date without its century. */
const epoch = /^(1\d{9})(?:[.,]\d+)?$|^(1\d{12})$/
const internet = /^[a-z]{3}, \d{1,2} [a-z]{3} \d{4} \d{2}:\d{2}:\d{2} (?:[+-]\d{4}|GMT|UTC)$/i

/** An offset as ISO 8601 writes it in full. */
const zoneOf = (zone: string) =>
  /^[+-]/.test(zone) ? `${zone.slice(0, 3)}:${zone.slice(3).replace(":", "") || "00"}` : "Z"

/**
 * Reads ISO 8601 (`2026-11-20T10:00:00.000+0000`, also with a blank in the middle), the form of e-mails
 * (`Fri, 20 Nov 2026 10:00:00 +0000`), and seconds or milliseconds since 1970. A moment without a time zone counts only
 * where the provider documents that its times are `UTC`. `undefined` for whatever else.
 */
export const epochOf = (text: string | undefined, unzoned?: "UTC"): number | undefined => {
  if (text === undefined) return undefined
  const [, seconds, milliseconds] = epoch.exec(text) ?? []
  if (seconds !== undefined) return Number(seconds) * 1000
  if (milliseconds !== undefined) return Number(milliseconds)
  const [, date, time, fraction = "0", zone = unzoned] = iso.exec(text) ?? []
  const whole =
    date !== undefined && zone !== undefined ? `${date}T${time}.${fraction.padEnd(3, "0")}${zoneOf(zone)}` : ""
  const at = Date.parse(internet.test(text) ? text : whole.replace(/T(\d{2}:\d{2})\./, "T$1:00."))
  return at >= 0 ? at : undefined
}
