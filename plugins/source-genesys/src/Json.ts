/**
 * What a platform's JSON holds, looked at without trust: a field of another kind than it should be is absent.
 *
 * @module
 */

/** A field by its name. */
export type Fields = Readonly<Record<string, unknown>>

/** Whether a value has fields. */
export const isRecord = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** The fields of a value; none where it has none. */
export const fieldsOf = (value: unknown): Fields => (isRecord(value) ? value : {})

/** The entries of a list; none where it is no list. */
export const listOf = (value: unknown): ReadonlyArray<unknown> => (Array.isArray(value) ? value : [])

/** A text that is not empty. */
export const textOf = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined

/** A number that is one. */
export const numberOf = (value: unknown): number | undefined =>
  typeof value === "number" && Number.isFinite(value) ? value : undefined

/** A moment, written as ISO 8601, in epoch milliseconds. */
export const timeOf = (value: unknown): number | undefined => {
  if (typeof value !== "string" || !/^\d{4}-\d\d-\d\dT/.test(value)) return undefined
  const millis = Date.parse(value)
  return Number.isNaN(millis) ? undefined : millis
}
