/**
 * What a platform says of its limits with an answer: headers, and the limit that an error names.
 *
 * `inin-ratelimit-allowed` is the limit, `inin-ratelimit-count` what has been used of it in the present window, by whoever
 * shares it, and `inin-ratelimit-reset` the seconds until that window ends (seen in the trace of
 * MyPureCloud/platform-client-sdk-python's README: 180, 1 and 61). Anything else than plain numbers in their place says
 * nothing.
 *
 * @module
 */
import type * as Headers from "effect/http/Headers"

/** What the headers say. */
export interface RateHeaders {
  /** Requests in a window. */
  readonly allowed?: number
  /** Used of it so far. */
  readonly count?: number
  /** Until the window ends. Milliseconds. */
  readonly reset?: number
}

/** More than this in a minute, or longer than this in seconds, is no limit that anybody has. */
const mostRequests = 1_000_000
const longestReset = 120

/** Reads the headers. */
export const read = (headers: Headers.Headers): RateHeaders => {
  const allowed = whole(headers["inin-ratelimit-allowed"], 1, mostRequests)
  const count = whole(headers["inin-ratelimit-count"], 0, mostRequests)
  const reset = whole(headers["inin-ratelimit-reset"], 1, longestReset)
  return {
    ...(allowed === undefined ? {} : { allowed }),
    ...(count === undefined || reset === undefined ? {} : { count, reset: reset * 1000 })
  }
}

/** The limit of requests a minute that the body of an error names: `{ limit: { key, namespace, value } }`. */
export const ofErrorBody = (body: unknown): number | undefined => {
  const limit = typeof body === "object" && body !== null ? (body as { limit?: unknown }).limit : undefined
  if (typeof limit !== "object" || limit === null) return undefined
  const { key, value } = limit as { key?: unknown; value?: unknown }
  // Others are of sizes, or of requests a second.
  return typeof key === "string" && key.endsWith(".per.minute") ? whole(String(value), 1, mostRequests) : undefined
}

const whole = (text: string | undefined, least: number, most: number): number | undefined => {
  if (text === undefined || !/^\s*\d{1,9}\s*$/.test(text)) return undefined
  const value = Number(text)
  return value >= least && value <= most ? value : undefined
}
