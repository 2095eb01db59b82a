/**
 * The audit trail by HTTP: events are posted in batches to a receiver, as NDJSON or as a JSON array.
 *
 * A batch counts as received when the answer's status is 2xx. While the receiver is down the events wait in the journal;
 * an event may come twice, with the same `id`.
 *
 * @module
 */
import { AuditSink, printable, type TrackingEvent } from "@dlrkit/core"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"

/** The options of {@link sink}. */
export interface AuditHttpOptions {
  /** Where batches are posted: an `http:` or `https:` URL. A user and password in it are sent as basic authorization. */
  readonly url: string
  /** The body: a line for each event (`application/x-ndjson`), or one JSON array; `ndjson` by default. */
  readonly format?: "ndjson" | "json"
  /** A bearer token; where it is not defined, none is sent. */
  readonly token?: string | Redacted.Redacted | undefined
  /** More headers; wrap a secret value in `Redacted.make`. */
  readonly headers?: Readonly<Record<string, string | Redacted.Redacted>>
  /** The most events in a request; 500 by default. */
  readonly batchSize?: number
  /** How long a request may take, its answer included; 10 seconds by default. */
  readonly timeout?: Duration.Input
  /** The sink's name, by which the journal remembers how far it has come; a second receiver needs another one. */
  readonly name?: string
}

/** What a part of a URL stands for. */
const decode = (part: string) => {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

const reveal = (value: string | Redacted.Redacted) => (Redacted.isRedacted(value) ? Redacted.value(value) : value)

/** The events as a body, and what kind of body that is. */
const encode = {
  ndjson: (events: ReadonlyArray<TrackingEvent.TrackingEvent>) =>
    HttpClientRequest.bodyText(events.map((event) => `${JSON.stringify(event)}\n`).join(""), "application/x-ndjson"),
  json: (events: ReadonlyArray<TrackingEvent.TrackingEvent>) =>
    HttpClientRequest.bodyText(JSON.stringify(events), "application/json")
}

/**
 * Posts events to a receiver, in order, one request after the other. Each request has an `Idempotency-Key` of its first
 * and last event's `id`. Fails with `AuditError` where an option is wrong; its writes fail so where the receiver cannot be
 * reached, answers anything but 2xx, or takes too long. No error names a credential.
 *
 * @example
 * ```ts
 * import * as AuditHttp from "@dlrkit/audit-http"
 *
 * export default defineTracker({
 *   audit: [AuditHttp.sink({ url: "https://audit.example.com/events", token: process.env.AUDIT_TOKEN })]
 * })
 * ```
 */
export const sink = Effect.fnUntraced(function* (
  options: AuditHttpOptions
): Effect.fn.Return<AuditSink.AuditSink, AuditSink.AuditError, HttpClient.HttpClient> {
  const {
    batchSize = 500,
    format = "ndjson",
    headers = {},
    name = "audit-http",
    timeout = "10 seconds",
    token
  } = options
  const failure = (detail: string) => new AuditSink.AuditError({ sink: name, detail })

  const url = URL.parse(options.url)
  if (url === null || !/^https?:$/.test(url.protocol)) {
    return yield* failure("the option `url` is not an http: or https: URL")
  }
  if (!Number.isSafeInteger(batchSize) || batchSize < 1) {
    return yield* failure(`the option \`batchSize\` is ${batchSize}, not a positive whole number`)
  }
  const target = `${url.origin}${url.pathname}`
  const { password, username } = url
  url.username = url.password = ""

  const client = yield* HttpClient.HttpClient
  const request = HttpClientRequest.post(url).pipe(
    username === "" ? identity : HttpClientRequest.basicAuth(decode(username), decode(password)),
    token === undefined ? identity : HttpClientRequest.bearerToken(token),
    HttpClientRequest.setHeaders(Object.entries(headers).map(([header, value]) => [header, reveal(value)] as const))
  )

  const post = Effect.fnUntraced(
    function* (events: ReadonlyArray<TrackingEvent.TrackingEvent>) {
      const key = `${events[0]!.id}..${events.at(-1)!.id}`
      const response = yield* client.execute(
        request.pipe(HttpClientRequest.setHeader("Idempotency-Key", key), encode[format](events))
      )
      yield* Stream.runDrain(response.stream)
      if (response.status < 200 || response.status > 299) {
        return yield* failure(`POST ${target} was answered with ${response.status}`)
      }
    },
    Effect.catchTag("HttpClientError", ({ reason }) => {
      const cause = reason.cause instanceof Error ? reason.cause : reason
      const detail = cause.message || ("code" in cause ? String(cause.code) : cause.name)
      return Effect.fail(failure(`POST ${target}: ${printable(detail)}`))
    }),
    Effect.timeoutOrElse({
      duration: timeout,
      orElse: () =>
        Effect.fail(failure(`POST ${target} was not answered in time; the option \`timeout\` sets how long`))
    })
  )

  // A batch that failed half-way comes again from its beginning; what the receiver has is not sent twice.
  let received: string | undefined
  return {
    name,
    target,
    write: Effect.fnUntraced(function* (batch) {
      let at = batch.findIndex(({ id }) => id === received) + 1
      for (; at < batch.length; at += batchSize) {
        const events = batch.slice(at, at + batchSize)
        yield* post(events)
        received = events.at(-1)!.id
      }
    })
  }
})
