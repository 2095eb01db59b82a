/**
 * What an API of the platform is to the platform: a way from a request to what it is answered.
 *
 * @module
 */
import * as Answer from "./Answer.ts"
import type { Faults } from "./Faults.ts"
import type { Ledger } from "./Ledger.ts"
import type { Maker } from "./Message.ts"
import type { InvalidQuery } from "./Query.ts"
import type { Counts, Endpoint } from "./Report.ts"
import type { Settings } from "./Settings.ts"

/** A request on its way to an endpoint. */
export interface Visit {
  readonly request: Answer.PlatformRequest
  readonly path: string
  readonly search: string
  /** When it arrived (epoch milliseconds). */
  readonly now: number
}

/** What an endpoint answers once nothing has gone wrong on the way to it. */
export interface Call {
  readonly endpoint: Endpoint
  /** What the client needs, all of it. */
  readonly permissions: ReadonlyArray<string>
  /** A permission that would do as well, and that the client has not. */
  readonly alternative?: string
  readonly draft: () => Answer.Draft
}

/** Finds the endpoint and reads the query, so that its mistakes are counted whatever is answered. */
export type Api = (visit: Visit) => Call

/** What an API works with. */
export interface World {
  readonly settings: Settings
  /** Epoch milliseconds. */
  readonly startedAt: number
  readonly ledger: Ledger
  readonly maker: Maker
  readonly faults: Faults
  readonly counts: Counts
}

/** What a query that cannot be answered is answered, and that it is counted. */
export const refuse = ({ counts }: World, query: InvalidQuery): Call["draft"] => {
  counts.wrong[query.mistake]++
  return () => Answer.error(400, "bad.request", query.message)
}

/** What there is at an address that the platform does not have. */
export const nowhere: Call = {
  endpoint: "other",
  permissions: [],
  draft: () => Answer.error(404, "not.found", "There is nothing at this address")
}

/** What of a page was spoilt: how many entities stood twice, were stale, contradicted an earlier one. */
export interface Spoiled {
  readonly duplicated: number
  readonly stale: number
  readonly contradicted: number
}

/** Counts what was spoilt. */
export const inflict = ({ counts: { inflicted } }: World, spoiled: Spoiled): void => {
  inflicted.duplicated += spoiled.duplicated
  inflicted.stale += spoiled.stale
  inflicted.contradicted += spoiled.contradicted
}

/** A part of a path as text. */
export const decodeText = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
