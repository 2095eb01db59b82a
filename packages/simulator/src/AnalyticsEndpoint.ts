/**
 * The analytics export: what the platform says of up to 500 messages in one answer.
 *
 * @module
 */
import * as Ledger from "./Ledger.ts"
import { InvalidQuery, isRecord, isTexts, noInterval, readInterval, readJson } from "./Query.ts"
import * as Seed from "./Seed.ts"
import type { Settings } from "./Settings.ts"
import { statusAt } from "./Story.ts"

/** What a request asks for. Times are epoch milliseconds. */
export interface AnalyticsQuery {
  readonly from: number
  readonly until: number
  readonly ids: ReadonlyArray<string>
  readonly size: number
}

const groups = ["messageId", "status", "routingStatus"]

/** Reads a query, or says what is wrong with it. */
export const parse = (body: Uint8Array): AnalyticsQuery | InvalidQuery => {
  const query = readJson(body)
  if (!isRecord(query)) return new InvalidQuery("badQuery", "the body is not a JSON object")
  const interval = readInterval(query.interval)
  if (interval === undefined) return new InvalidQuery("badQuery", noInterval)
  const groupBy = query.groupBy ?? groups
  if (!isTexts(groupBy) || groupBy.some((name) => !groups.includes(name))) {
    return new InvalidQuery("badQuery", `groupBy is not a list of ${groups.join(", ")}`)
  }
  const clauses = isRecord(query.filter) && query.filter.type === "and" ? query.filter.clauses : undefined
  const clause = Array.isArray(clauses) && clauses.length === 1 ? clauses[0] : undefined
  if (!isRecord(clause) || clause.type !== "in" || clause.field !== "messageId" || !isTexts(clause.values)) {
    return new InvalidQuery("badQuery", "filter is not one 'and' of one 'in' clause of messageId")
  }
  const size = query.size ?? 500
  if (typeof size !== "number" || !Number.isInteger(size) || size < 1) {
    return new InvalidQuery("badQuery", "size is not a whole number from 1 to 500")
  }
  if (size > 500) return new InvalidQuery("pageTooLarge", `size ${size} is greater than 500`)
  if (clause.values.length > 500)
    return new InvalidQuery("pageTooLarge", `${clause.values.length} ids are more than 500`)
  return { ...interval, ids: [...new Set(clause.values)], size }
}

/** Makes the answer: messages sent within the interval, at most `size` of them. */
export const answer = (query: AnalyticsQuery, ledger: Ledger.Ledger, settings: Settings, now: number): string => {
  const oldest = now - settings.retentionDays * 86_400_000
  const entities = query.ids
    .map((id) => ledger.byId.get(id))
    .filter((entry) => entry !== undefined && Ledger.isVisible(entry, oldest, now))
    .filter((entry) => entry !== undefined && entry.message.sentAt >= query.from && entry.message.sentAt < query.until)
    .slice(0, query.size)
    .map((entry) => describe(entry as Ledger.Entry, settings, now))
  return JSON.stringify({ entities })
}

const describe = ({ message }: Ledger.Entry, settings: Settings, now: number) => {
  const status = statusAt(message, now)
  const final = status === "delivered" || status === "failed"
  // Drawn from the message itself, so that the same question gets the same answer.
  const wrong = final && Seed.make(settings.seed, `analytics ${message.id}`).happens(settings.rates.misreported)
  const told = wrong ? (status === "delivered" ? "failed" : "delivered") : status
  return {
    messageId: message.id,
    status: told,
    routingStatus: status === "pending" ? "queued" : "routed",
    createdDate: new Date(message.sentAt).toISOString(),
    ...(status !== "pending" && { sentDate: new Date(message.pendingUntil).toISOString() }),
    ...(final && { [`${told}Date`]: new Date(message.finalAt).toISOString() })
  }
}
