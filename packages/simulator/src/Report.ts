/**
 * What a simulation has to say for itself: the truth, and what clients did wrong.
 *
 * @module
 */
import type { Profile } from "./FaultProfile.ts"
import type { Fault } from "./Faults.ts"
import type { Entry } from "./Ledger.ts"
import type { Fate, Outcome } from "./Message.ts"
import type { Settings } from "./Options.ts"

/** What clients did wrong: how many requests, of each kind. One request can be wrong in several ways. */
export interface Wrong {
  /** Arrived when the sliding minute already held as many requests as were announced. */
  readonly overBudget: number
  /** Arrived between a 429 and the end of its Retry-After. */
  readonly duringRetryAfter: number
  /** Asked for pages of more than 100, or for more than 500 ids or results of analytics. */
  readonly pageTooLarge: number
  /** Path and query were longer than 8,192 bytes. */
  readonly urlTooLong: number
  /** Were refused with 400 for any other reason. */
  readonly badQuery: number
  /** Asked only for messages whose final status had been served. */
  readonly afterEnd: number
  /** Came without a token, or with one that the client must have known to be bad. */
  readonly badToken: number
}

/** How many requests arrived, by what they asked for. `other`: paths that the platform does not have. */
export interface Requests {
  readonly messages: number
  readonly analytics: number
  readonly token: number
  readonly other: number
}

/** How often each fault was inflicted; `outage` counts requests that arrived during one. */
export type Inflicted = Readonly<
  Record<Fault | "outage" | "slow" | "duplicated" | "stale" | "contradicted" | "revoked", number>
>

/** The truth of one message. */
export interface ReportedMessage {
  readonly id: string
  readonly externalContactId: string
  readonly carrier: string
  /** The first final status that was served; absent where none was. */
  readonly status?: Outcome["status"]
  readonly statusDetails?: string
  /** Final statuses that were served later and contradict the first. */
  readonly conflicts: ReadonlyArray<Outcome>
  /** When the first final status was served, as ISO 8601. */
  readonly servedAt?: string
  /** What becomes of it, whether served or not. */
  readonly fate: Fate
  /** When its final receipt comes, as ISO 8601; absent where none comes. */
  readonly finalAt?: string
  /** How many requests asked for it, by its id or as one of its contact's. */
  readonly asked: number
}

/** The whole report, as `GET /_simulator/report` answers it. */
export interface Report extends Wrong {
  readonly seed: string | number
  readonly profile: Profile
  /** ISO 8601. */
  readonly startedAt: string
  readonly requests: Requests
  /** How many answers of each HTTP status were given; `reset` and `cut` for connections that died. */
  readonly answers: Readonly<Record<string, number>>
  readonly inflicted: Inflicted
  readonly messages: ReadonlyArray<ReportedMessage>
}

/** What a simulation counts while it runs. */
export interface Counts {
  readonly wrong: { -readonly [K in keyof Wrong]: Wrong[K] }
  readonly requests: { -readonly [K in keyof Requests]: Requests[K] }
  readonly answers: Record<string, number>
  readonly inflicted: { -readonly [K in keyof Inflicted]: Inflicted[K] }
}

/** Counts that start at nothing. */
export const counts = (): Counts => ({
  wrong: { overBudget: 0, duringRetryAfter: 0, pageTooLarge: 0, urlTooLong: 0, badQuery: 0, afterEnd: 0, badToken: 0 },
  requests: { messages: 0, analytics: 0, token: 0, other: 0 },
  answers: {},
  inflicted: {
    throttled: 0,
    failing: 0,
    reset: 0,
    truncated: 0,
    cut: 0,
    outage: 0,
    slow: 0,
    duplicated: 0,
    stale: 0,
    contradicted: 0,
    revoked: 0
  }
})

/** What clients did wrong, of a report. */
export const wrongOf = (report: Report): Wrong => {
  const { afterEnd, badQuery, badToken, duringRetryAfter, overBudget, pageTooLarge, urlTooLong } = report
  return { overBudget, duringRetryAfter, pageTooLarge, urlTooLong, badQuery, afterEnd, badToken }
}

/** Makes the report. */
export const make = (
  settings: Settings,
  startedAt: number,
  { wrong, ...counts }: Counts,
  entries: ReadonlyArray<Entry>
): Report => ({
  seed: settings.seed,
  profile: settings.faults,
  startedAt: new Date(startedAt).toISOString(),
  ...wrong,
  ...structuredClone(counts),
  messages: entries.map(({ message, first, firstAt, conflicts, asked }) => ({
    id: message.id,
    externalContactId: message.externalContactId,
    carrier: message.carrier,
    ...first,
    conflicts: [...conflicts],
    ...(first && { servedAt: new Date(firstAt).toISOString() }),
    fate: message.fate,
    ...(message.outcome && { finalAt: new Date(message.finalAt).toISOString() }),
    asked
  }))
})
