/**
 * Reading queries, and refusing them.
 *
 * @module
 */

/** Why a query is refused with 400, and which of the client's mistakes that is. */
export class InvalidQuery {
  readonly mistake: "badQuery" | "pageTooLarge"
  readonly message: string
  constructor(mistake: "badQuery" | "pageTooLarge", message: string) {
    this.mistake = mistake
    this.message = message
  }
}

/** Whether a value is a JSON object. */
export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** Whether a value is a list of texts, none of them empty. */
export const isTexts = (value: unknown): value is ReadonlyArray<string> =>
  Array.isArray(value) && value.every((item) => typeof item === "string" && item !== "")

/** A body's JSON; nothing where it is none. */
export const readJson = (body: Uint8Array): unknown => {
  try {
    return JSON.parse(Buffer.from(body).toString())
  } catch {
    return undefined
  }
}

/** A time span, in epoch milliseconds; its end is no part of it. */
export interface Interval {
  readonly from: number
  readonly until: number
}

const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/

const readInstant = (text: string | undefined) =>
  text !== undefined && instant.test(text) ? Date.parse(text) : Number.NaN

/** An interval in ISO 8601; nothing where it is none. */
export const readInterval = (text: unknown): Interval | undefined => {
  const ends = typeof text === "string" ? text.split("/") : []
  const [from, until] = [readInstant(ends[0]), readInstant(ends[1])]
  return ends.length === 2 && from < until ? { from, until } : undefined
}

/** What is wrong with an interval that is none. */
export const noInterval = "interval is not two ISO 8601 instants, the earlier first, joined by '/'"
