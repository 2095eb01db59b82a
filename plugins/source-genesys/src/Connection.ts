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

/** A set of credentials, with what is known of its token. */
export interface Access {
  /** The client's id, or a word for whoever else gives the tokens. */
  readonly name: string
  readonly auth: Auth.AuthService
  /** Until when the last token is good, in epoch milliseconds; nothing where somebody else gives them, or none was fetched. */
  readonly tokenExpiresAt: () => number | undefined
}

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
  /** At least one. */
  readonly accesses: ReadonlyArray<Access>
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
      ...(options.limitUnit === undefined ? {} : { per: options.limitUnit }),
      ...options.resilience?.budget
    }
  })
  const host = new URL(settings.apiUrl).host
  const direct = yield* HttpClient.HttpClient
  const http = settings.authority === undefined ? direct : trusting(settings.authority)(direct)
  const given = Option.getOrUndefined(yield* Effect.serviceOption(Auth.Auth))
  const accesses =
    given === undefined
      ? yield* Effect.forEach(settings.clients, (client) => access(name, policy, settings, client)).pipe(
          Effect.provideService(HttpClient.HttpClient, http)
        )
      : [{ name: "provided", auth: given, tokenExpiresAt: () => undefined }]
  const client = yield* PlatformClient.make({ source: name, host, policy, credentials: accesses }).pipe(
    Effect.provideService(HttpClient.HttpClient, http)
  )
  return { name, host, settings, policy, client, http, accesses }
})

const access = Effect.fnUntraced(function* (
  source: string,
  policy: ResiliencePolicy.ResiliencePolicy,
  settings: Settings.Settings,
  client: Settings.Client
): Effect.fn.Return<Access, never, HttpClient.HttpClient | Journal.Journal | Scope.Scope> {
  let expiresAt: number | undefined
  const fetch = yield* TokenRequest.make({ source, policy, request: tokenRequest(settings, client) })
  const auth = yield* Auth.make(
    Effect.tap(fetch, (token) =>
      Effect.sync(() => {
        expiresAt = token.expiresAt
      })
    )
  )
  return { name: client.clientId, auth, tokenExpiresAt: () => expiresAt }
})

const tokenRequest = ({ credentialsIn, loginUrl }: Settings.Settings, { clientId, clientSecret }: Settings.Client) => {
  const request = HttpClientRequest.acceptJson(HttpClientRequest.post(`${loginUrl}/oauth/token`))
  const grant = { grant_type: "client_credentials" }
  return credentialsIn === "basic"
    ? HttpClientRequest.bodyUrlParams(HttpClientRequest.basicAuth(request, clientId, clientSecret), grant)
    : HttpClientRequest.bodyUrlParams(request, {
        ...grant,
        client_id: clientId,
        client_secret: Redacted.value(clientSecret)
      })
}

/** What the audit trail says of a connection; no secrets. */
export const describe = ({ policy, settings }: Connection): Readonly<Record<string, unknown>> => ({
  api: settings.api,
  apiUrl: settings.apiUrl,
  loginUrl: settings.loginUrl,
  clientId: clientIds(settings),
  policy: ResiliencePolicy.describe(policy)
})

/** The ids of the clients, for people. */
export const clientIds = ({ clients }: Settings.Settings): string => clients.map(({ clientId }) => clientId).join(", ")

/** A request that reads. */
export const get = (settings: Settings.Settings, path: string) =>
  HttpClientRequest.acceptJson(HttpClientRequest.get(`${settings.apiUrl}${path}`))

/** A request that carries a body. */
export const post = (settings: Settings.Settings, path: string, body: unknown) =>
  HttpClientRequest.bodyJsonUnsafe(
    HttpClientRequest.acceptJson(HttpClientRequest.post(`${settings.apiUrl}${path}`)),
    body
  )
