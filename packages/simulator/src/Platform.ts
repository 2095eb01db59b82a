/**
 * The simulated platform: from the bytes of a request to the bytes of an answer. Both transports use it.
 *
 * @module
 */
import * as AnalyticsEndpoint from "./AnalyticsEndpoint.ts"
import * as Answer from "./Answer.ts"
import * as Faults from "./Faults.ts"
import * as Ledger from "./Ledger.ts"
import type { Message } from "./Message.ts"
import * as MessagesEndpoint from "./MessagesEndpoint.ts"
import type { Settings } from "./Options.ts"
import { InvalidQuery } from "./Query.ts"
import * as Report from "./Report.ts"
import * as Seed from "./Seed.ts"
import * as TokenEndpoint from "./TokenEndpoint.ts"
import * as Tokens from "./Tokens.ts"
import * as Traffic from "./Traffic.ts"

/** The longest path and query that the platform takes, in bytes. */
const longestUrl = 8192

/** The platform. */
export interface Platform {
  /** Answers a request that arrives at `now` (epoch milliseconds). Never throws. */
  readonly handle: (request: Answer.PlatformRequest, now: number) => Answer.Answer
  /** The truth so far, and what clients did wrong so far. */
  readonly report: () => Report.Report
}

const contactPath = /^\/api\/v2\/messaging\/externalcontacts\/([^/]+)\/messages$/
const analyticsPath = "/api/v2/analytics/message/details/query"

/** A request on its way through the platform. */
interface Visit {
  readonly request: Answer.PlatformRequest
  readonly path: string
  readonly search: string
  readonly now: number
  /** Makes the answer. `delay` in milliseconds. */
  readonly answer: (draft: Answer.Draft, delay?: number) => Answer.Answer
}

/** What an endpoint answers once nothing has gone wrong on the way to it. */
interface Call {
  readonly permissions: ReadonlyArray<string>
  readonly draft: () => Answer.Draft
}

/** Makes the platform of a simulation that starts at `startedAt` (epoch milliseconds). */
export const make = (settings: Settings, messages: ReadonlyArray<Message>, startedAt: number): Platform => {
  const ledger = Ledger.make(messages)
  const counts = Report.counts()
  const { inflicted, requests, wrong } = counts
  const traffic = Traffic.make(settings)
  const tokens = Tokens.make(settings, startedAt)
  const faults = Faults.make(settings)
  const details = Seed.make(settings.seed, "details of faults")
  const family = Seed.hash(String(settings.seed)).toString(16).padStart(8, "0")
  let serial = 0

  const report = () => Report.make(settings, startedAt, counts, ledger.entries)

  const handle = (request: Answer.PlatformRequest, now: number): Answer.Answer => {
    const [path, search] = split(request.url)
    serial++
    const correlationId = `${family}-0000-4000-8000-${serial.toString(16).padStart(12, "0")}`
    const visit: Visit = {
      request,
      path,
      search,
      now,
      answer: (draft, delay = 0) => Answer.complete(draft, correlationId, now + settings.clockSkew, delay)
    }
    if (path.startsWith("/_simulator/")) return visit.answer(own(visit))
    const answer = path === "/oauth/token" ? token(visit) : api(visit)
    const kind = answer.ending === "complete" ? String(answer.status) : answer.ending
    counts.answers[kind] = (counts.answers[kind] ?? 0) + 1
    return answer
  }

  /** The simulator's own pages: never faulty, never counted. */
  const own = ({ request, path }: Visit): Answer.Draft =>
    request.method === "GET" && path === "/_simulator/report"
      ? { status: 200, body: JSON.stringify(report(), undefined, 2) }
      : Answer.error(404, "not.found", "The simulator has GET /_simulator/report")

  const token = (visit: Visit): Answer.Answer => {
    requests.token++
    const { fault, outage } = faults.token(visit.now - startedAt)
    if (fault !== undefined) inflicted[outage ? "outage" : fault]++
    if (fault === "reset") return Answer.reset(0)
    if (fault === "failing") return visit.answer(unavailable)
    return visit.answer(TokenEndpoint.answer(visit.request, settings, () => tokens.issue(visit.now)))
  }

  /** First judges the request, whatever will be answered; then answers. */
  const api = (visit: Visit): Answer.Answer => {
    const { request, now } = visit
    const arrival = traffic.arrive(now)
    if (arrival.overBudget) wrong.overBudget++
    if (arrival.duringRetryAfter) wrong.duringRetryAfter++
    const bad = tokens.check(header(request, "authorization"), now)
    if (bad?.known) wrong.badToken++
    const tooLong = Buffer.byteLength(request.url) > longestUrl
    if (tooLong) wrong.urlTooLong++
    const call = route(visit)
    const draw = faults.request(now - startedAt)

    if (tooLong) return visit.answer(Answer.error(414, "uri.too.long", `The URL is longer than ${longestUrl} bytes`))
    if (draw.outage) {
      inflicted.outage++
      return draw.fault === "reset" ? Answer.reset(0) : visit.answer(unavailable)
    }
    if (bad !== undefined) {
      if (bad.code === "credentials.expired") inflicted.revoked++
      const headers = { "www-authenticate": "Bearer" }
      return visit.answer({ ...Answer.error(401, bad.code, bad.message), headers, sent: bad.rejected })
    }
    const refusal = traffic.admit(now) ?? (draw.fault === "throttled" ? throttle(now) : undefined)
    return refusal === undefined ? admitted(visit, call, draw) : visit.answer(tooMany(refusal))
  }

  const admitted = (visit: Visit, call: Call, { fault, delay }: Faults.Draw): Answer.Answer => {
    const part = 0.1 + details.next() * 0.8
    const failure = details.pick(failures)
    if (delay > 0) inflicted.slow++
    if (fault === "failing" || fault === "reset") inflicted[fault]++
    if (fault === "reset") return Answer.reset(delay)
    if (fault === "failing") return visit.answer(failure, delay)
    const denied = call.permissions.filter((permission) => settings.denied.has(permission))
    const answer = visit.answer(denied.length > 0 ? forbidden(denied) : call.draft(), delay)
    if (answer.status !== 200 || (fault !== "truncated" && fault !== "cut")) return answer
    inflicted[fault]++
    return fault === "truncated" ? Answer.truncated(answer, part) : Answer.cut(answer, part)
  }

  const throttle = (now: number) => {
    inflicted.throttled++
    return traffic.throttle(now, details.whole(settings.retryAfter.min, settings.retryAfter.max))
  }

  const tooMany = (refusal: Traffic.Refusal): Answer.Draft => {
    const message = `Rate limit exceeded the maximum. Retry the request in [${refusal.seconds}] seconds`
    return {
      ...Answer.error(429, "too.many.requests.retry.after", message),
      headers: { "retry-after": refusal.retryAfter },
      sent: (at) => traffic.refused(at, refusal)
    }
  }

  /** Finds the endpoint and reads the query, so that its mistakes are counted whatever is answered. */
  const route = ({ request, path, search, now }: Visit): Call => {
    const contact = contactPath.exec(path)?.[1]
    if (contact !== undefined && request.method === "GET") {
      requests.messages++
      const query = MessagesEndpoint.parse(decodeText(contact), new URLSearchParams(search))
      const permissions = ["messaging:externalcontacts:read", "messaging:messages:read"]
      return { permissions, draft: query instanceof InvalidQuery ? refuse(query) : page(query, now) }
    }
    if (path === analyticsPath && request.method === "POST") {
      requests.analytics++
      const query = AnalyticsEndpoint.parse(request.body)
      const answer = (query: AnalyticsEndpoint.AnalyticsQuery) => () => ({
        status: 200,
        body: AnalyticsEndpoint.answer(query, ledger, settings, now)
      })
      const permissions = ["analytics:reports:read"]
      return { permissions, draft: query instanceof InvalidQuery ? refuse(query) : answer(query) }
    }
    requests.other++
    return { permissions: [], draft: () => Answer.error(404, "not.found", "There is nothing at this address") }
  }

  const refuse = (query: InvalidQuery): Call["draft"] => {
    wrong[query.mistake]++
    return () => Answer.error(400, "bad.request", query.message)
  }

  const page = (query: MessagesEndpoint.MessagesQuery, now: number): Call["draft"] => {
    const selected = MessagesEndpoint.select(query, ledger)
    if (selected === undefined) {
      return () => Answer.error(404, "not.found", `There is no external contact '${query.contact}'`)
    }
    for (const entry of selected) entry.asked++
    // An id that the platform does not know has no end.
    const known = selected.length > 0 && selected.length === (query.ids ?? selected).length
    if (known && selected.every((entry) => now > entry.firstAt + settings.inFlight)) wrong.afterEnd++
    return () => {
      const { body, serve, spoiled } = MessagesEndpoint.page(query, selected, settings, faults, now)
      inflicted.duplicated += spoiled.duplicated
      inflicted.stale += spoiled.stale
      inflicted.contradicted += spoiled.contradicted
      return { status: 200, body, sent: serve }
    }
  }

  return { handle, report }
}

const unavailable = Answer.error(503, "service.unavailable", "The service is not available now")

const failures: readonly [Answer.Draft, ...ReadonlyArray<Answer.Draft>] = [
  Answer.error(500, "internal.server.error", "The server encountered an unexpected condition"),
  Answer.error(502, "bad.gateway", "The service behind the gateway gave no proper answer"),
  unavailable,
  Answer.error(504, "request.timeout", "The request timed out")
]

const forbidden = (permissions: ReadonlyArray<string>) =>
  Answer.error(
    403,
    "missing.permissions",
    `Unable to perform the requested action. You are missing the following permission(s): ${permissions.join(", ")}`
  )

const split = (url: string): readonly [path: string, search: string] => {
  const mark = url.indexOf("?")
  return mark < 0 ? [url, ""] : [url.slice(0, mark), url.slice(mark + 1)]
}

const decodeText = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

const header = (request: Answer.PlatformRequest, name: string): string | undefined => {
  const value = request.headers[name]
  return typeof value === "string" ? value : value?.[0]
}
