/**
 * A platform in process that answers as a test tells it: an `HttpClient` under virtual time that keeps what it was asked.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientError from "effect/http/HttpClientError"
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpClientResponse from "effect/http/HttpClientResponse"

/** An answer; 200 with an empty object, at once, where nothing else is said. */
export interface Answer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** Text as it is; anything else as JSON. */
  readonly body?: unknown
  /** How long it takes. Milliseconds. */
  readonly delay?: number
  /** The connection breaks before the head, or within the body; or nothing ever comes. */
  readonly ending?: "reset" | "cut" | "silent"
  /** What the connection broke with. */
  readonly cause?: Error
}

/** A request as it arrived. */
export interface Seen {
  /** Counts up from 0. */
  readonly index: number
  /** Epoch milliseconds. */
  readonly at: number
  readonly url: URL
  readonly token: string | undefined
}

/** The platform, and every request that it has seen. */
export interface ScriptedPlatform {
  readonly client: HttpClient.HttpClient
  readonly seen: ReadonlyArray<Seen>
}

/** Makes a platform from its answers. */
export const make = (answer: (request: Seen) => Answer): ScriptedPlatform => {
  const seen: Array<Seen> = []
  const client = HttpClient.make(
    Effect.fnUntraced(function* (request, url) {
      const arrived: Seen = {
        index: seen.length,
        at: yield* Clock.currentTimeMillis,
        url,
        token: request.headers.authorization?.replace(/^Bearer /, "")
      }
      seen.push(arrived)
      const answered = answer(arrived)
      if (answered.ending === "silent") return yield* Effect.never
      if (answered.delay !== undefined) yield* Effect.sleep(answered.delay)
      if (answered.ending === "reset") {
        const cause = answered.cause ?? Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" })
        return yield* failure(new HttpClientError.TransportError({ request, cause }))
      }
      return response(request, answered)
    })
  )
  return { client, seen }
}

const failure = (reason: HttpClientError.HttpClientErrorReason) => new HttpClientError.HttpClientError({ reason })

/** Virtual time does not wait for promises, through which a web response is read: so its text is there at once. */
const response = (request: HttpClientRequest.HttpClientRequest, { body = {}, ending, headers, status }: Answer) => {
  const made = HttpClientResponse.fromWeb(
    request,
    new Response(null, { status: status ?? 200, headers: { ...headers } })
  )
  const text =
    ending === "cut"
      ? failure(new HttpClientError.DecodeError({ request, response: made, cause: new Error("other side closed") }))
      : Effect.succeed(typeof body === "string" ? body : JSON.stringify(body))
  return Object.defineProperty(made, "text", { value: text })
}
