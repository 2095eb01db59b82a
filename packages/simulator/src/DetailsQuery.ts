/**
 * Queries for conversations, as the details query and its jobs take them.
 *
 * @module
 */
import { type Interval, InvalidQuery, isRecord, noInterval, readInterval } from "./Query.ts"
import { conversationDimensions, type Session, segmentDimensions } from "./Session.ts"

/** Which conversations are meant. */
export interface DetailsQuery extends Interval {
  /** The newest first. */
  readonly descending: boolean
  readonly matches: (session: Session) => boolean
  /** The only conversations that can match, where the filters name them. */
  readonly ids: ReadonlyArray<string> | undefined
  /** The same text for the same filters. */
  readonly key: string
}

/** Which page of them. */
export interface Paging {
  readonly pageSize: number
  readonly pageNumber: number
}

type Test = (session: Session) => boolean
type Dimensions = Readonly<Record<string, (session: Session) => string | undefined>>

const bad = (message: string) => new InvalidQuery("badQuery", message)

/** Reads what both take, or says what is wrong with it. */
export const parse = (body: unknown): DetailsQuery | InvalidQuery => {
  if (!isRecord(body)) return bad("the body is not a JSON object")
  const interval = readInterval(body.interval)
  if (interval === undefined) return bad(noInterval)
  const { conversationFilters, order = "asc", orderBy = "conversationStart", segmentFilters } = body
  if (order !== "asc" && order !== "desc" && order !== "unordered") return bad("order is not asc, desc or unordered")
  if (orderBy !== "conversationStart") return bad("the simulator orders by conversationStart alone")
  const ofConversations = readFilters("conversationFilters", conversationFilters, conversationDimensions)
  if (ofConversations instanceof InvalidQuery) return ofConversations
  const ofSegments = readFilters("segmentFilters", segmentFilters, segmentDimensions)
  if (ofSegments instanceof InvalidQuery) return ofSegments
  return {
    ...interval,
    descending: order === "desc",
    matches: (session) => ofConversations(session) && ofSegments(session),
    ids: namedIds(conversationFilters),
    key: JSON.stringify([conversationFilters, segmentFilters])
  }
}

/** Reads which page is asked for, or says what is wrong with it. */
export const parsePaging = (body: unknown): Paging | InvalidQuery => {
  const paging = isRecord(body) ? (body.paging ?? {}) : undefined
  if (!isRecord(paging)) return bad("paging is not a JSON object")
  const { pageNumber = 1, pageSize = 25 } = paging
  if (!isCount(pageSize) || !isCount(pageNumber)) return bad("pageSize and pageNumber are not whole numbers from 1 on")
  return pageSize > 100
    ? new InvalidQuery("pageTooLarge", `pageSize ${pageSize} is greater than 100`)
    : { pageSize, pageNumber }
}

const isCount = (value: unknown): value is number => typeof value === "number" && Number.isInteger(value) && value > 0

/** All filters of a list must match. */
const readFilters = (name: string, filters: unknown, dimensions: Dimensions): Test | InvalidQuery => {
  if (filters === undefined || filters === null) return () => true
  if (!Array.isArray(filters)) return bad(`${name} is not a list`)
  return every(filters.map((filter) => readFilter(filter, dimensions)))
}

/** A filter joins its predicates and clauses by its own type; a clause is a filter that has no clauses. */
const readFilter = (filter: unknown, dimensions: Dimensions): Test | InvalidQuery => {
  if (!isRecord(filter)) return bad("a filter is not a JSON object")
  const { clauses = [], predicates = [], type } = filter
  if (type !== "and" && type !== "or") return bad("a filter's type is not 'and' or 'or'")
  if (!Array.isArray(predicates) || !Array.isArray(clauses)) return bad("predicates or clauses are not a list")
  const tests = [
    ...predicates.map((predicate) => readPredicate(predicate, dimensions)),
    ...clauses.map((clause) => readFilter(clause, dimensions))
  ]
  return type === "and" ? every(tests) : some(tests)
}

const readPredicate = (predicate: unknown, dimensions: Dimensions): Test | InvalidQuery => {
  if (!isRecord(predicate)) return bad("a predicate is not a JSON object")
  const { dimension, operator = "matches", type = "dimension", value } = predicate
  if (type !== "dimension") return bad(`predicates of type '${type}' are not known to the simulator`)
  const read = typeof dimension === "string" ? dimensions[dimension] : undefined
  if (read === undefined) return bad(`dimension '${dimension}' is not one of ${Object.keys(dimensions).join(", ")}`)
  if (operator === "exists") return (session) => read(session) !== undefined
  if (operator === "notExists") return (session) => read(session) === undefined
  if (operator !== "matches") return bad(`operator '${operator}' is not matches, exists or notExists`)
  if (typeof value !== "string") return bad(`dimension '${dimension}' has no value to match`)
  return (session) => read(session) === value
}

const every = (tests: ReadonlyArray<Test | InvalidQuery>) =>
  joined(tests, (all, session) => all.every((test) => test(session)))

const some = (tests: ReadonlyArray<Test | InvalidQuery>) =>
  joined(tests, (all, session) => all.some((test) => test(session)))

const joined = (
  tests: ReadonlyArray<Test | InvalidQuery>,
  join: (tests: ReadonlyArray<Test>, session: Session) => boolean
): Test | InvalidQuery => {
  const sound: Array<Test> = []
  for (const test of tests) {
    if (test instanceof InvalidQuery) return test
    sound.push(test)
  }
  return (session) => join(sound, session)
}

/** The ids of the first filter that consists of ids alone: whatever else is asked for, only these can match. */
const namedIds = (filters: unknown): ReadonlyArray<string> | undefined => {
  if (!Array.isArray(filters)) return undefined
  for (const { clauses = [], predicates = [] } of filters) {
    const ids = predicates.flatMap(({ dimension, operator = "matches", value }: Readonly<Record<string, unknown>>) =>
      dimension === "conversationId" && operator === "matches" ? [value] : []
    )
    if (ids.length > 0 && ids.length === predicates.length && clauses.length === 0) return [...new Set<string>(ids)]
  }
  return undefined
}
