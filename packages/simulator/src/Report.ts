/**
 * What a simulation has to say for itself: the truth, and what clients did wrong.
 *
 * @module
 */
import type { Profile } from "./FaultProfile.ts"
import type { Fault } from "./Faults.ts"
import type { Entry } from "./Ledger.ts"
import type { Settings } from "./Settings.ts"
import type { Fate, Outcome } from "./Story.ts"

/** What clients did wrong: how many requests, of each kind. One request can be wrong in several ways. */
export interface Wrong {
  /** Arrived when the sliding minute already held as many requests as were announced. */
  readonly overBudget: number
  /** Arrived between a 429 and the end of its Retry-After. */
  readonly duringRetryAfter: number
  /** Asked for larger pages, or for more ids at once, than the endpoint gives. */
  readonly pageTooLarge: number
  /** Path and query were longer than 8,192 bytes. */
  readonly urlTooLong: number
  /** Were refused with 400 for any other reason than that a window was too much for the platform. */
  readonly badQuery: number
  /** Looked up only messages of which nothing was left to be told. */
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
  /** The views of conversations; like the following, only the conversations API has them. */
  readonly conversations?: number
  readonly jobs?: number
  readonly agentless?: number
  /** The organization's limits, and what a token is good for. */
  readonly account?: number
}

/** What a request to the API asks for. */
export type Endpoint = Exclude<keyof Requests, "token">

/** How often each fault was inflicted; `outage` counts requests that arrived during one. */
export type Inflicted = Readonly<
  Record<Fault | "outage" | "slow" | "duplicated" | "stale" | "contradicted" | "revoked", number>
>

/** The truth of one message. */
export interface ReportedMessage {
  readonly id: string
  readonly conversationId: string
  readonly externalContactId: string
  readonly carrier: string
  /** The first final status that was served; absent where none was. */
  readonly status?: Outcome["status"]
  readonly statusDetails?: string
  /** Other reasons that were served for it later: one that says why it failed counts for more than one that does not. */
  readonly otherReasons?: ReadonlyArray<string>
  /** Final statuses that were served later and contradict the first. */
  readonly conflicts: ReadonlyArray<Outcome>
  /** When the first final status was served, as ISO 8601. */
  readonly servedAt?: string
  /** What becomes of it, whether served or not. */
  readonly fate: Fate
  /** It reaches its recipient, whether or not a receipt says so. */
  readonly arrived: boolean
  /** When its final receipt comes, as ISO 8601; absent where none comes. */
  readonly finalAt?: string
  /** How many requests looked it up, by its id or as one of its contact's or conversation's. */
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
  readonly requests: Partial<Record<keyof Requests, number>> & { -readonly [K in keyof Requests]: Requests[K] }
  readonly answers: Record<string, number>
  readonly inflicted: { -readonly [K in keyof Inflicted]: Inflicted[K] }
}

/** Counts that start at nothing. */
export const counts = (settings: Settings): Counts => ({
  wrong: { overBudget: 0, duringRetryAfter: 0, pageTooLarge: 0, urlTooLong: 0, badQuery: 0, afterEnd: 0, badToken: 0 },
  requests: {
    messages: 0,
    analytics: 0,
    token: 0,
    other: 0,
    ...(settings.api === "conversations" && { conversations: 0, jobs: 0, agentless: 0, account: 0 })
  },
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
  messages: entries.map(({ message, first, firstAt, otherReasons, conflicts, asked }) => ({
    id: message.id,
    conversationId: message.conversationId,
    externalContactId: message.externalContactId,
    carrier: message.carrier,
    ...first,
    ...(otherReasons.size > 0 && { otherReasons: Array.from(otherReasons) }),
    conflicts: [...conflicts],
    ...(first && { servedAt: new Date(firstAt).toISOString() }),
    fate: message.fate,
    arrived: message.arrived,
    ...(message.outcome && { finalAt: new Date(message.finalAt).toISOString() }),
    asked
  }))
})
