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
export const longestUrl = 8192

/** The platform. */
export interface Platform {
  /** Answers a request that arrives at `now` (epoch milliseconds). Never throws. */
  readonly handle: (request: Answer.PlatformRequest, now: number) => Answer.Answer
  /** The truth so far, and what clients did wrong so far. */
  readonly report: () => Report.Report
}

const contactPath = /^\/api\/v2\/messaging\/externalcontacts\/([^/]+)\/messages$/
const analyticsPath = "/api/v2/analytics/message/details/query"

/** What an endpoint answers once nothing has gone wrong on the way to it. */
interface Call {
  readonly permissions: ReadonlyArray<string>
  /** `undefined` where there is nothing at this address. */
  readonly draft: (correlationId: string) => Answer.Draft | undefined
}

/** Makes the platform of a simulation that starts at `startedAt` (epoch milliseconds). */
export const make = (settings: Settings, messages: ReadonlyArray<Message>, startedAt: number): Platform => {
  const ledger = Ledger.make(messages)
  const counts = Report.counts()
  const traffic = Traffic.make(settings)
  const tokens = Tokens.make(settings, startedAt)
  const faults = Faults.make(settings)
  const positions = Seed.make(settings.seed, "positions")
  const family = Seed.hash(String(settings.seed)).toString(16).padStart(8, "0")
  let serial = 0

  const report = () => Report.make(settings, startedAt, counts, ledger.entries)

  const handle = (request: Answer.PlatformRequest, now: number): Answer.Answer => {
    const [path = "", search = ""] = split(request.url)
    serial++
    const correlationId = `${family}-0000-4000-8000-${serial.toString(16).padStart(12, "0")}`
    const finish = (draft: Answer.Draft, delay = 0) =>
      Answer.complete(draft, correlationId, now + settings.clockSkew, delay)
    if (path.startsWith("/_simulator/")) return finish(own(request.method, path, correlationId))
    const answer =
      path === "/oauth/token"
        ? tokenAnswer(request, correlationId, finish, now)
        : apiAnswer(request, path, search, correlationId, finish, now)
    const kind = answer.ending === "complete" ? String(answer.status) : answer.ending
    counts.answers[kind] = (counts.answers[kind] ?? 0) + 1
    return answer
  }

  /** The simulator's own pages: never faulty, never counted. */
  const own = (method: string, path: string, correlationId: string): Answer.Draft =>
    method === "GET" && path === "/_simulator/report"
      ? { status: 200, body: JSON.stringify(report(), undefined, 2) }
      : error(404, "not.found", "the simulator has GET /_simulator/report", correlationId)

  type Finish = (draft: Answer.Draft, delay?: number) => Answer.Answer

  const tokenAnswer = (request: Answer.PlatformRequest, correlationId: string, finish: Finish, now: number) => {
    counts.requests.token++
    const since = now - startedAt
    if (settings.outages.some(({ from, until }) => since >= from && since < until)) counts.inflicted.outage++
    const fault = faults.token(since)
    if (fault !== undefined) counts.inflicted[fault]++
    if (fault === "reset") return Answer.reset(0)
    if (fault === "failing") return finish(unavailable(503, correlationId))
    return finish(TokenEndpoint.answer(request, settings, () => tokens.issue(now), correlationId))
  }

  const apiAnswer = (
    request: Answer.PlatformRequest,
    path: string,
    search: string,
    correlationId: string,
    finish: Finish,
    now: number
  ): Answer.Answer => {
    const { wrong, inflicted } = counts
    const arrival = traffic.arrive(now)
    if (arrival.overBudget) wrong.overBudget++
    if (arrival.duringRetryAfter) wrong.duringRetryAfter++
    const { fault, outage, delay } = faults.request(now - startedAt)
    const part = 0.1 + positions.next() * 0.8
    const failure = [500, 502, 503, 504][positions.whole(0, 3)] as number
    const bad = tokens.check(header(request, "authorization"), now)
    if (bad?.known) wrong.badToken++
    const long = Buffer.byteLength(request.url) > longestUrl
    if (long) wrong.urlTooLong++
    const call = route(request, path, search, now)

    if (long) return finish(error(414, "uri.too.long", `the URL is longer than ${longestUrl} bytes`, correlationId))
    if (outage) {
      inflicted.outage++
      return fault === "reset" ? Answer.reset(0) : finish(unavailable(503, correlationId))
    }
    if (bad !== undefined) {
      if (bad.code === "credentials.expired") inflicted.revoked++
      const draft = error(401, bad.code, bad.message, correlationId)
      return finish({ ...draft, headers: { "www-authenticate": "Bearer" }, sent: bad.rejected })
    }
    const refusal = traffic.admit(now) ?? (fault === "throttled" ? throttle(now) : undefined)
    if (refusal !== undefined) return finish(tooMany(refusal, correlationId))
    if (delay > 0) inflicted.slow++
    if (fault === "failing" || fault === "reset") inflicted[fault]++
    if (fault === "reset") return Answer.reset(delay)
    if (fault === "failing") return finish(unavailable(failure, correlationId), delay)
    const missing = call.permissions.filter((permission) => settings.denied.has(permission))
    if (missing.length > 0) {
      const message = `Unable to perform the requested action. You are missing the following permission(s): ${missing.join(", ")}`
      return finish(error(403, "missing.permissions", message, correlationId), delay)
    }
    const draft = call.draft(correlationId)
    const answer = finish(draft ?? error(404, "not.found", "There is nothing at this address", correlationId), delay)
    if (answer.status !== 200 || (fault !== "truncated" && fault !== "cut")) return answer
    inflicted[fault]++
    return fault === "truncated" ? Answer.truncated(answer, part) : Answer.cut(answer, part)
  }

  const throttle = (now: number) => {
    counts.inflicted.throttled++
    return traffic.throttle(now, positions.whole(settings.retryAfter.min, settings.retryAfter.max))
  }

  const tooMany = (refusal: Traffic.Refusal, correlationId: string): Answer.Draft => ({
    ...error(
      429,
      "too.many.requests.retry.after",
      `Rate limit exceeded the maximum. Retry the request in [${refusal.seconds}] seconds`,
      correlationId
    ),
    headers: { "retry-after": refusal.retryAfter },
    sent: (at) => traffic.refused(at, refusal)
  })

  /** Finds the endpoint and reads the query, so that its mistakes are counted whatever is answered. */
  const route = (request: Answer.PlatformRequest, path: string, search: string, now: number): Call => {
    const contact = contactPath.exec(path)?.[1]
    if (contact !== undefined && request.method === "GET") {
      counts.requests.messages++
      return messagesCall(MessagesEndpoint.parse(decodeText(contact), new URLSearchParams(search)), now)
    }
    if (path === analyticsPath && request.method === "POST") {
      counts.requests.analytics++
      const query = AnalyticsEndpoint.parse(request.body)
      return {
        permissions: ["analytics:reports:read"],
        draft:
          query instanceof InvalidQuery
            ? refuse(query)
            : () => ({ status: 200, body: AnalyticsEndpoint.answer(query, ledger, settings, now) })
      }
    }
    counts.requests.other++
    return { permissions: [], draft: () => undefined }
  }

  const messagesCall = (query: MessagesEndpoint.MessagesQuery | InvalidQuery, now: number): Call => {
    const permissions = ["messaging:externalcontacts:read", "messaging:messages:read"]
    if (query instanceof InvalidQuery) return { permissions, draft: refuse(query) }
    const selected = MessagesEndpoint.select(query, ledger)
    if (selected === undefined) {
      const message = `There is no external contact '${query.contact}'`
      return { permissions, draft: (correlationId) => error(404, "not.found", message, correlationId) }
    }
    for (const entry of selected) entry.asked++
    // An id that the platform does not know has no end.
    const known = selected.length > 0 && selected.length === (query.ids ?? selected).length
    if (known && selected.every((entry) => now > entry.firstAt + settings.inFlight)) counts.wrong.afterEnd++
    return {
      permissions,
      draft: () => {
        const { body, serve, spoiled } = MessagesEndpoint.page(query, selected, settings, faults, now)
        counts.inflicted.duplicated += spoiled.duplicated
        counts.inflicted.stale += spoiled.stale
        counts.inflicted.contradicted += spoiled.contradicted
        return { status: 200, body, sent: serve }
      }
    }
  }

  const refuse = (query: InvalidQuery) => {
    counts.wrong[query.mistake]++
    return (correlationId: string) => error(400, "bad.request", query.message, correlationId)
  }

  return { handle, report }
}

const split = (url: string): ReadonlyArray<string> => {
  const mark = url.indexOf("?")
  return mark < 0 ? [url] : [url.slice(0, mark), url.slice(mark + 1)]
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

const error = (status: number, code: string, message: string, correlationId: string): Answer.Draft => ({
  status,
  body: Answer.errorBody(status, code, message, correlationId)
})

const unavailable = (status: number, correlationId: string): Answer.Draft =>
  status === 500
    ? error(status, "internal.server.error", "The server encountered an unexpected condition", correlationId)
    : error(status, "service.unavailable", "The service is not available now", correlationId)
