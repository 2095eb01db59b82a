/** The messaging API in process, answering as a test tells it: an `HttpClient` that keeps what it was asked. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientResponse from "effect/http/HttpClientResponse"

/** An answer: 200 with this body, or another status. */
export interface Answer {
  readonly status?: number
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** A request as it arrived. */
export interface Seen {
  readonly at: number
  readonly method: string
  readonly url: URL
  /** Path and query as sent. */
  readonly address: string
  readonly authorization: string | undefined
  readonly body: string
}

/** Makes the platform. It gives tokens by itself, unless the answer to `/oauth/token` is another. */
export const make = (answer: (request: Seen, count: number) => Answer | undefined) => {
  const seen: Array<Seen> = []
  const client = HttpClient.make(
    Effect.fnUntraced(function* (request, url) {
      const arrived: Seen = {
        at: yield* Clock.currentTimeMillis,
        method: request.method,
        url,
        address: url.pathname + url.search,
        authorization: request.headers.authorization,
        body: request.body._tag === "Uint8Array" ? new TextDecoder().decode(request.body.body) : ""
      }
      seen.push(arrived)
      const isToken = url.pathname === "/oauth/token"
      const count = seen.filter(({ url: { pathname } }) => (pathname === "/oauth/token") === isToken).length
      const {
        body = {},
        headers,
        status
      } = answer(arrived, count) ?? {
        body: { access_token: `token-${count}`, expires_in: 3600 }
      }
      const response = HttpClientResponse.fromWeb(
        request,
        new Response(null, { status: status ?? 200, headers: { ...headers } })
      )
      // Virtual time does not wait for promises, through which a web response is read.
      return Object.defineProperty(response, "text", { value: Effect.succeed(JSON.stringify(body)) })
    })
  )
  return {
    client,
    seen,
    lookups: () => seen.filter(({ url }) => url.pathname.startsWith("/api/v2/messaging/")),
    logins: () => seen.filter(({ url }) => url.pathname === "/oauth/token")
  }
}
