/**
 * One HTTP exchange, read whole: what came back, or why nothing usable did, as a reason of a {@link SourceError}.
 *
 * @module
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Headers from "effect/http/Headers"
import type * as HttpClient from "effect/http/HttpClient"
import type { HttpClientError } from "effect/http/HttpClientError"
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as RateHeaders from "./RateHeaders.ts"
import { printable } from "./Redaction.ts"
import {
  BadRequest,
  NotFound,
  Refused,
  type SourceErrorReason,
  Throttled,
  Unavailable,
  Unreachable
} from "./SourceError.ts"

/** The head of an answer. */
export interface Head {
  readonly status: number
  /** The platform's id of the request. */
  readonly correlationId?: string
  /** What it says of the limit. */
  readonly rate: RateHeaders.RateHeaders
}

/** The host that a request goes to. */
export const hostOf = (request: HttpClientRequest.HttpClientRequest): string =>
  URL.canParse(request.url) ? new URL(request.url).host : request.url

/**
 * Sends a request, reads the whole answer within the time-out, and parses it. Anything but a 2xx with JSON that `decode`
 * takes fails with a reason.
 */
export const read = <A>(
  http: HttpClient.HttpClient,
  request: HttpClientRequest.HttpClientRequest,
  timeout: Duration.Input,
  decode: (body: unknown) => A | undefined,
  onHead: (head: Head) => void
): Effect.Effect<A, SourceErrorReason> => {
  const host = () => hostOf(request)
  /** The id of an answer whose body cannot be used. */
  let ids: Ids = {}
  return http.execute(request).pipe(
    Effect.flatMap((response) => {
      ids = idsOf(response.headers)
      onHead({ status: response.status, ...ids, rate: RateHeaders.read(response.headers) })
      return Effect.map(response.text, (text) => ({ status: response.status, headers: response.headers, text }))
    }),
    Effect.mapError((error) => transportReason(host(), error, ids)),
    Effect.timeoutOrElse({
      duration: timeout,
      orElse: () =>
        Effect.fail(
          new Unreachable({
            what: "timed-out",
            host: host(),
            detail: Duration.format(Duration.fromInputUnsafe(timeout))
          })
        )
    }),
    Effect.flatMap(({ headers, status, text }) =>
      status >= 200 && status < 300
        ? parse(host, text, ids, decode)
        : Effect.flatMap(Clock.currentTimeMillis, (now) =>
            Effect.fail(statusReason(host(), status, headers, text, now))
          )
    )
  )
}

/** What the platform calls an answer. */
interface Ids {
  readonly contextId?: string
  readonly correlationId?: string
}

const idsOf = (headers: Headers.Headers): Ids => {
  const correlationId = identifier(headers["inin-correlation-id"])
  return correlationId === undefined ? {} : { correlationId }
}

/** An id, safe to print: a UUID as it is, though it may have long numbers in it. */
const identifier = (text: string | undefined): string | undefined => {
  if (text === undefined || text.trim() === "") return undefined
  return /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text) ? text : printable(text).slice(0, 64)
}

const parse = <A>(host: () => string, text: string, ids: Ids, decode: (body: unknown) => A | undefined) =>
  Effect.suspend(() => {
    let body: unknown
    try {
      body = JSON.parse(text)
    } catch {
      return Effect.fail(new Unavailable({ host: host(), detail: "its answer is no JSON, or was cut off", ...ids }))
    }
    const value = decode(body)
    return value === undefined
      ? Effect.fail(new Unavailable({ host: host(), detail: "its answer is not what was asked for", ...ids }))
      : Effect.succeed(value)
  })

const certificateCodes =
  /^(CERT_|DEPTH_ZERO_SELF_SIGNED|SELF_SIGNED|UNABLE_TO_|ERR_TLS_CERT|HOSTNAME_MISMATCH|INVALID_CA)/

const transportReason = (host: string, error: HttpClientError, ids: Ids): SourceErrorReason => {
  if (error.reason._tag === "DecodeError") {
    return new Unavailable({ host, detail: "the connection broke in the middle of its answer", ...ids })
  }
  const causes = chain(error.reason)
  const codes = causes.map((cause) => String((cause as { code?: unknown }).code ?? ""))
  const certificate = codes.find((code) => certificateCodes.test(code))
  if (certificate !== undefined) return new Unreachable({ what: "bad-certificate", host, detail: certificate })
  if (causes.some((cause) => /407/.test(cause.message) && /proxy/i.test(cause.message))) {
    return new Unreachable({ what: "proxy-refused", host, detail: "407" })
  }
  if (codes.some((code) => code === "ENOTFOUND" || code === "EAI_AGAIN")) {
    return new Unreachable({ what: "unknown-host", host, detail: "no such name" })
  }
  const code = codes.find((code) => code !== "")
  const detail = code ?? printable(causes.at(-1)?.message ?? "no connection")
  return new Unreachable({ what: "no-connection", host, detail })
}

/** An error, its causes, and the parts of an aggregate, outermost first. */
const chain = (error: unknown, depth = 0): Array<Error> => {
  if (!(error instanceof Error) || depth > 8) return []
  const parts = error instanceof AggregateError ? error.errors.flatMap((part) => chain(part, depth + 1)) : []
  return [error, ...parts, ...chain(error.cause, depth + 1)]
}

const statusReason = (
  host: string,
  status: number,
  headers: Headers.Headers,
  text: string,
  now: number
): SourceErrorReason => {
  const { code, contextId, limit, message } = errorBody(text)
  const detail = message ?? code ?? "no reason given"
  const ids = { ...(contextId === undefined ? {} : { contextId }), ...idsOf(headers) }
  const retryAfterMs = retryAfter(headers, now)
  const wait = retryAfterMs === undefined ? {} : { retryAfterMs }
  // The token endpoint throttles with 400 (seen in MyPureCloud/terraform-provider-genesyscloud, provider.go).
  const throttled = status === 400 && code === "invalid_request" && /rate limit exceeded/i.test(detail)
  if (status === 429 || throttled) {
    return new Throttled({ host, ...wait, ...(limit === undefined ? {} : { limit }), ...ids })
  }
  switch (status) {
    case 401:
    case 403:
      return new Refused({ host, status, detail, ...ids })
    case 404:
      return new NotFound({ host, detail, ...ids })
    case 407:
      return new Unreachable({ what: "proxy-refused", host, detail: "407" })
    case 408:
      return new Unavailable({ host, status, detail: "408", ...ids })
    default:
      return status >= 400 && status < 500
        ? new BadRequest({ host, status, detail, ...(code === undefined ? {} : { code }), ...ids })
        : new Unavailable({ host, status, detail: `${status}`, ...wait, ...ids })
  }
}

/**
 * How long `Retry-After` asks to wait, in milliseconds: seconds, or an HTTP date, which is measured from the answer's own
 * `Date`, so that a clock that is off does no harm.
 */
export const retryAfter = (headers: Headers.Headers, now: number): number | undefined => {
  const text = headers["retry-after"]?.trim()
  if (text === undefined || text === "") return undefined
  if (/^\d{1,9}(\.\d+)?$/.test(text)) return Math.ceil(Number(text) * 1000)
  const until = /[a-z]{3}/i.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(until)) return undefined
  const theirs = Date.parse(headers.date ?? "")
  return Math.max(0, until - (Number.isNaN(theirs) ? now : theirs))
}

/** The fields of the platform's error body, made safe to print: one line, no long numbers, not endless. */
const errorBody = (text: string): { code?: string; message?: string; contextId?: string; limit?: number } => {
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    return {}
  }
  if (typeof body !== "object" || body === null) return {}
  const field = (...names: ReadonlyArray<string>) => {
    for (const name of names) {
      const value = (body as Record<string, unknown>)[name]
      if (typeof value === "string" && value !== "") return value
    }
    return undefined
  }
  const code = field("code", "error")
  const message = field("message", "error_description", "description")
  const contextId = identifier(field("contextId"))
  const limit = RateHeaders.ofErrorBody(body)
  return {
    ...(code === undefined ? {} : { code: printable(code) }),
    ...(message === undefined ? {} : { message: printable(message) }),
    ...(contextId === undefined ? {} : { contextId }),
    ...(limit === undefined ? {} : { limit })
  }
}

/** The reason in the cause of a failed exchange; nothing where it was interrupted. */
export const reasonOf = (cause: Cause.Cause<SourceErrorReason>): SourceErrorReason | undefined => {
  const error = Cause.findErrorOption(cause)
  return error._tag === "Some" ? error.value : undefined
}

/** The word for a failed exchange in the record of the request. */
export const outcomeOf = (cause: Cause.Cause<SourceErrorReason>): string => {
  const reason = reasonOf(cause)
  switch (reason?._tag) {
    case undefined:
      return "interrupted"
    case "Throttled":
      return "throttled"
    case "Unavailable":
      return reason.status === undefined ? "bad-body" : "server-error"
    case "Unreachable":
      return reason.what
    case "Refused":
      return reason.status === 401 ? "unauthorized" : "forbidden"
    case "NotFound":
      return "not-found"
    case "BadRequest":
      return "bad-request"
    case "InvalidQuery":
      return "invalid-query"
    case "CircuitOpen":
    case "PauseTooLong":
      return "not-sent"
  }
}
