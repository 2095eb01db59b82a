/**
 * The connection to an organization: who we are to it, and the client that keeps to its budget.
 *
 * @module
 */
import { Auth, type Journal, type JournalStore, PlatformClient, ResiliencePolicy, TokenRequest } from "@dlrkit/core"
import { trusting } from "@dlrkit/core/node"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import type * as Settings from "./Settings.ts"

/** What both APIs are read through. */
export interface Connection {
  /** The source's name. */
  readonly name: string
  /** The API's host, for people. */
  readonly host: string
  readonly settings: Settings.Settings
  readonly policy: ResiliencePolicy.ResiliencePolicy
  readonly client: PlatformClient.PlatformClient
  /** Sends as the platform client does, without its policy: for what must not wait. */
  readonly http: HttpClient.HttpClient
  readonly auth: Auth.AuthService
  /** Until when the last token is good, in epoch milliseconds; nothing where somebody else gives them, or none was fetched. */
  readonly tokenExpiresAt: () => number | undefined
}

/** Connects. Who we are to the platform can be replaced by providing `Auth`. */
export const make = Effect.fnUntraced(function* (
  name: string,
  settings: Settings.Settings,
  options: Settings.SourceOptions
): Effect.fn.Return<Connection, JournalStore.JournalError, HttpClient.HttpClient | Journal.Journal | Scope.Scope> {
  const policy = ResiliencePolicy.make({
    ...options.resilience,
    budget: {
      ...(settings.requestsPerMinute === undefined ? {} : { requests: settings.requestsPerMinute }),
      ...options.resilience?.budget
    }
  })
  const host = new URL(settings.apiUrl).host
  const direct = yield* HttpClient.HttpClient
  const http = settings.authority === undefined ? direct : trusting(settings.authority)(direct)
  let expiresAt: number | undefined
  const auth =
    Option.getOrUndefined(yield* Effect.serviceOption(Auth.Auth)) ??
    (yield* Auth.make(
      (yield* TokenRequest.make({ source: name, policy, request: tokenRequest(settings) }).pipe(
        Effect.provideService(HttpClient.HttpClient, http)
      )).pipe(
        Effect.tap((token) =>
          Effect.sync(() => {
            expiresAt = token.expiresAt
          })
        )
      )
    ))
  const client = yield* PlatformClient.make({ source: name, host, policy, auth }).pipe(
    Effect.provideService(HttpClient.HttpClient, http)
  )
  return { name, host, settings, policy, client, http, auth, tokenExpiresAt: () => expiresAt }
})

const tokenRequest = (settings: Settings.Settings) => {
  const request = HttpClientRequest.acceptJson(HttpClientRequest.post(`${settings.loginUrl}/oauth/token`))
  const grant = { grant_type: "client_credentials" }
  return settings.credentialsIn === "basic"
    ? HttpClientRequest.basicAuth(request, settings.clientId, settings.clientSecret).pipe(
        HttpClientRequest.bodyUrlParams(grant)
      )
    : HttpClientRequest.bodyUrlParams(request, {
        ...grant,
        client_id: settings.clientId,
        client_secret: Redacted.value(settings.clientSecret)
      })
}

/** A request that reads. */
export const get = (settings: Settings.Settings, path: string) =>
  HttpClientRequest.acceptJson(HttpClientRequest.get(`${settings.apiUrl}${path}`))

/** A request that carries a body. */
export const post = (settings: Settings.Settings, path: string, body: unknown) =>
  HttpClientRequest.bodyJsonUnsafe(
    HttpClientRequest.acceptJson(HttpClientRequest.post(`${settings.apiUrl}${path}`)),
    body
  )
