/**
 * The simulated platform: from the bytes of a request to the bytes of an answer. Both transports use it.
 *
 * @module
 */
import * as AccountEndpoint from "./AccountEndpoint.ts"
import * as Answer from "./Answer.ts"
import type * as Api from "./Api.ts"
import * as ConversationsApi from "./ConversationsApi.ts"
import * as Faults from "./Faults.ts"
import * as Ledger from "./Ledger.ts"
import type { Maker, Message } from "./Message.ts"
import * as MessagingApi from "./MessagingApi.ts"
import * as Report from "./Report.ts"
import * as Seed from "./Seed.ts"
import type { Settings } from "./Settings.ts"
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

/** A request on its way through the platform. */
interface Visit extends Api.Visit {
  /** Makes the answer. `delay` in milliseconds. */
  readonly answer: (draft: Answer.Draft, delay?: number) => Answer.Answer
}

/** Makes the platform of a simulation that starts at `startedAt` (epoch milliseconds). */
export const make = (
  settings: Settings,
  messages: ReadonlyArray<Message>,
  maker: Maker,
  startedAt: number
): Platform => {
  const ledger = Ledger.make(messages)
  const counts = Report.counts(settings)
  const { inflicted, requests, wrong } = counts
  const traffic = new Map<string, Traffic.Traffic>()
  const tokens = Tokens.make(settings, startedAt)
  const faults = Faults.make(settings)
  const details = Seed.make(settings.seed, "details of faults")
  const route = apis[settings.api]({ settings, startedAt, ledger, maker, faults, counts })
  const family = Seed.hash(String(settings.seed)).toString(16).padStart(8, "0")
  let serial = 0

  const trafficOf = (clientId: string) => {
    const own = traffic.get(clientId) ?? Traffic.make(settings, startedAt)
    traffic.set(clientId, own)
    return own
  }

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
    return visit.answer(TokenEndpoint.answer(visit.request, settings, tokens, visit.now))
  }

  /** First judges the request, whatever will be answered; then answers. */
  const api = (visit: Visit): Answer.Answer => {
    const { request, now } = visit
    const call = route(visit)
    requests[call.endpoint] = (requests[call.endpoint] ?? 0) + 1
    const authorization = header(request, "authorization")
    // Whoever has no token is judged with the first client.
    const own = trafficOf(tokens.clientOf(authorization) ?? settings.clientId)
    const arrival = own.arrive(now, call.endpoint)
    if (arrival.overBudget) wrong.overBudget++
    if (arrival.duringRetryAfter) wrong.duringRetryAfter++
    const bad = tokens.check(authorization, now)
    if (bad?.known) wrong.badToken++
    const tooLong = Buffer.byteLength(request.url) > longestUrl
    if (tooLong) wrong.urlTooLong++
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
    const refusal = own.admit(now, call.endpoint) ?? (draw.fault === "throttled" ? throttle(own, now) : undefined)
    const telling = settings.rateLimitHeaders ? withHeaders(visit, own.usage(now, call.endpoint)) : visit
    return refusal === undefined ? admitted(telling, call, draw) : telling.answer(tooMany(own, refusal))
  }

  const admitted = (visit: Visit, call: Api.Call, { fault, delay }: Faults.Draw): Answer.Answer => {
    const part = 0.1 + details.next() * 0.8
    const failure = details.pick(failures)
    if (delay > 0) inflicted.slow++
    if (fault === "failing" || fault === "reset") inflicted[fault]++
    if (fault === "reset") return Answer.reset(delay)
    if (fault === "failing") return visit.answer(failure, delay)
    const denied = call.permissions.filter((permission) => settings.denied.has(permission))
    const answer = visit.answer(denied.length > 0 ? forbidden(denied, call.alternative) : call.draft(), delay)
    if (answer.status >= 300 || answer.body.length === 0 || (fault !== "truncated" && fault !== "cut")) return answer
    inflicted[fault]++
    return fault === "truncated" ? Answer.truncated(answer, part) : Answer.cut(answer, part)
  }

  const throttle = (traffic: Traffic.Traffic, now: number) => {
    inflicted.throttled++
    return traffic.throttle(now, details.whole(settings.retryAfter.min, settings.retryAfter.max))
  }

  const tooMany = (traffic: Traffic.Traffic, refusal: Traffic.Refusal): Answer.Draft => {
    const message = `Rate limit exceeded the maximum. Retry the request in [${refusal.seconds}] seconds`
    const { endpoint } = refusal
    const limit = endpoint && { key: AccountEndpoint.keyOf(endpoint), namespace: AccountEndpoint.namespaceOf(endpoint) }
    return {
      status: 429,
      body: { code: "too.many.requests.retry.after", message, ...(limit && { limit }) },
      headers: { "retry-after": refusal.retryAfter },
      sent: (at) => traffic.refused(at, refusal)
    }
  }

  return { handle, report }
}

const apis = { messaging: MessagingApi.make, conversations: ConversationsApi.make }

/** The answers' headers tell how much of the limit is used. */
const withHeaders = (visit: Visit, { allowed, count, reset }: Traffic.Usage): Visit => {
  const usage = {
    "inin-ratelimit-count": String(count),
    "inin-ratelimit-allowed": String(allowed),
    "inin-ratelimit-reset": String(reset)
  }
  return {
    ...visit,
    answer: (draft, delay) => visit.answer({ ...draft, headers: { ...usage, ...draft.headers } }, delay)
  }
}

const unavailable = Answer.error(503, "service.unavailable", "The service is not available now")

const failures: readonly [Answer.Draft, ...ReadonlyArray<Answer.Draft>] = [
  Answer.error(500, "internal.server.error", "The server encountered an unexpected condition"),
  Answer.error(502, "bad.gateway", "The service behind the gateway gave no proper answer"),
  unavailable,
  Answer.error(504, "request.timeout", "The request timed out")
]

const forbidden = (denied: ReadonlyArray<string>, alternative: string | undefined) =>
  alternative === undefined
    ? Answer.error(
        403,
        "missing.permissions",
        `Unable to perform the requested action. You are missing the following permission(s): ${denied.join(", ")}`
      )
    : Answer.error(
        403,
        "missing.any.permissions",
        `Unable to perform the requested action. You need one of: ${[...denied, alternative].join(", ")}`
      )

const split = (url: string): readonly [path: string, search: string] => {
  const mark = url.indexOf("?")
  return mark < 0 ? [url, ""] : [url.slice(0, mark), url.slice(mark + 1)]
}

const header = (request: Answer.PlatformRequest, name: string): string | undefined => {
  const value = request.headers[name]
  return typeof value === "string" ? value : value?.[0]
}
