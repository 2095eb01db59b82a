/**
 * The analytics details jobs: what the data lake holds of an interval, which lags far behind. A job waits in a queue,
 * runs, keeps its results for a while, and reads conversations whose lifetime overlaps its interval.
 *
 * @module
 */
import * as Answer from "./Answer.ts"
import * as Api from "./Api.ts"
import type { Conversation, Conversations } from "./Conversations.ts"
import * as DetailsQuery from "./DetailsQuery.ts"
import { permission } from "./DetailsQueryEndpoint.ts"
import * as Page from "./Page.ts"
import { InvalidQuery, isRecord, readJson } from "./Query.ts"
import * as Session from "./Session.ts"

const day = 86_400_000
const largestPage = 1000

/** One job. Times are epoch milliseconds. */
interface Job {
  readonly query: DetailsQuery.DetailsQuery
  /** Only conversations that started within the interval. */
  readonly byStart: boolean
  readonly submittedAt: number
  cancelledAt: number
  /** Made when first asked for. */
  results: ReadonlyArray<Session.Session> | undefined
}

/** The endpoints. */
export interface Jobs {
  readonly submit: (body: Uint8Array, now: number) => Api.Call
  readonly status: (id: string, now: number) => Api.Call
  readonly results: (id: string, parameters: URLSearchParams, now: number) => Api.Call
  readonly cancel: (id: string, now: number) => Api.Call
  readonly availability: (now: number) => Api.Call
}

const iso = (at: number) => new Date(at).toISOString()

/** Makes the endpoints. */
export const make = (world: Api.World, conversations: Conversations): Jobs => {
  const { faults, settings } = world
  const jobs = new Map<string, Job>()

  const startsAt = (job: Job) => job.submittedAt + Math.floor(settings.jobTime / 3)
  const endsAt = (job: Job) => job.submittedAt + settings.jobTime
  const expiresAt = (job: Job) => endsAt(job) + settings.jobLife
  /** As of when a job shows its conversations. */
  const dataOf = (job: Job) => endsAt(job) - settings.lakeLag

  const stateOf = (job: Job, now: number) => {
    if (job.cancelledAt <= now) return "CANCELLED"
    if (now < startsAt(job)) return "QUEUED"
    if (now < endsAt(job)) return "PENDING"
    return now < expiresAt(job) ? "FULFILLED" : "EXPIRED"
  }

  const read = (job: Job): ReadonlyArray<Session.Session> => {
    const at = dataOf(job)
    const oldest = endsAt(job) - settings.retentionDays * day
    const { from, matches, until } = job.query
    const isMeant = ({ entries, startedAt }: Conversation) =>
      startedAt >= oldest &&
      startedAt < until &&
      (startedAt >= from || (!job.byStart && Session.endOf(entries.at(-1)?.message.sentAt ?? startedAt) > from))
    const found = conversations.ordered
      .filter(isMeant)
      .flatMap((conversation) => Session.at(conversation, at, settings) ?? [])
      .filter(matches)
    return job.query.descending ? found.reverse() : found
  }

  const results = (job: Job, from: number, pageSize: number): Answer.Draft => {
    job.results ??= read(job)
    const sessions = job.results.slice(from, from + pageSize)
    const next = from + pageSize
    const cursor = next < job.results.length ? { cursor: writeCursor(next) } : {}
    const page = Page.make(sessions.map(Session.item), settings, faults.page)
    Api.inflict(world, page.spoiled)
    const rest = JSON.stringify({ ...cursor, dataAvailabilityDate: iso(dataOf(job)) })
    return { status: 200, body: `{"conversations":[${page.body}],${rest.slice(1)}`, sent: page.serve }
  }

  const call = (draft: Api.Call["draft"]): Api.Call => ({ endpoint: "jobs", ...permission, draft })
  const unknown = (id: string) => Answer.error(404, "not.found", `There is no job '${id}'`)
  const bad = (message: string) => call(Api.refuse(world, new InvalidQuery("badQuery", message)))

  return {
    submit: (bytes, now) => {
      const body = readJson(bytes)
      const query = DetailsQuery.parse(body)
      if (query instanceof InvalidQuery) return call(Api.refuse(world, query))
      const byStart = isRecord(body) && body.startOfDayIntervalMatching === true
      return call(() => {
        const id = `a1b2c3d4-0000-4000-8000-${(jobs.size + 1).toString(16).padStart(12, "0")}`
        jobs.set(id, { query, byStart, submittedAt: now, cancelledAt: Number.POSITIVE_INFINITY, results: undefined })
        return { status: 202, body: JSON.stringify({ jobId: id }) }
      })
    },
    status: (id, now) =>
      call(() => {
        const job = jobs.get(id)
        if (job === undefined) return unknown(id)
        const state = stateOf(job, now)
        const isDone = state === "FULFILLED" || state === "EXPIRED"
        return {
          status: 200,
          body: JSON.stringify({
            state,
            submissionDate: iso(job.submittedAt),
            ...(isDone && { completionDate: iso(endsAt(job)), expirationDate: iso(expiresAt(job)) })
          })
        }
      }),
    results: (id, parameters, now) => {
      const pageSize = Number(parameters.get("pageSize") ?? largestPage)
      const from = readCursor(parameters.get("cursor"))
      if (!Number.isInteger(pageSize) || pageSize < 1) return bad("pageSize is not a whole number from 1 on")
      if (from === undefined) return bad("cursor is none that was given out")
      if (pageSize > largestPage) {
        const mistake = new InvalidQuery("pageTooLarge", `pageSize ${pageSize} is greater than ${largestPage}`)
        return call(Api.refuse(world, mistake))
      }
      const job = jobs.get(id)
      const state = job && stateOf(job, now)
      if (state === "QUEUED" || state === "PENDING") return bad(`job '${id}' is ${state}: it has no results yet`)
      return call(() => (job === undefined || state !== "FULFILLED" ? unknown(id) : results(job, from, pageSize)))
    },
    cancel: (id, now) =>
      call(() => {
        const job = jobs.get(id)
        if (job === undefined) return unknown(id)
        job.cancelledAt = Math.min(job.cancelledAt, now)
        return { status: 204, body: "" }
      }),
    availability: (now) =>
      call(() => ({ status: 200, body: JSON.stringify({ dataAvailabilityDate: iso(now - settings.lakeLag) }) }))
  }
}

const writeCursor = (from: number) => Buffer.from(`from ${from}`).toString("base64url")

const readCursor = (cursor: string | null): number | undefined => {
  if (cursor === null) return 0
  const match = /^from (\d+)$/.exec(Buffer.from(cursor, "base64url").toString())
  return match === null ? undefined : Number(match[1])
}
