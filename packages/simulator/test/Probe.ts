/** A client that does whatever it is told, and says what it saw. Works over both transports. */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { Effect, type Scope } from "effect"
import { type HttpClient, type HttpClientError, HttpClientRequest } from "effect/http"
import { type Options, Simulator, SimulatorClient, SimulatorServer } from "../src/index.ts"

/** An answer, or how the connection died. */
export interface Seen {
  readonly status: number | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly died: "before" | "within" | undefined
}

export interface Probe {
  readonly get: (path: string, token?: string | undefined) => Effect.Effect<Seen>
  readonly post: (path: string, body: string, headers?: Readonly<Record<string, string>>) => Effect.Effect<Seen>
  readonly delete: (path: string, token: string) => Effect.Effect<Seen>
  /** A new token. */
  readonly token: Effect.Effect<string>
}

export const make = (client: HttpClient.HttpClient, base: string, simulator: Simulator.Simulator): Probe => {
  const see = (request: HttpClientRequest.HttpClientRequest): Effect.Effect<Seen> =>
    client.execute(request).pipe(
      Effect.flatMap((response) =>
        response.text.pipe(
          Effect.map((body): Seen => ({ status: response.status, headers: response.headers, body, died: undefined })),
          Effect.catch((error) => Effect.succeed(dead(error, "within", response.status)))
        )
      ),
      Effect.catch((error) => Effect.succeed(dead(error, "before", undefined)))
    )
  const post: Probe["post"] = (path, body, headers = {}) =>
    see(
      HttpClientRequest.post(base + path).pipe(
        HttpClientRequest.bodyText(body, "application/x-www-form-urlencoded"),
        HttpClientRequest.setHeaders(headers)
      )
    )
  const { clientId, clientSecret } = simulator.settings
  return {
    get: (path, token) =>
      see(
        HttpClientRequest.get(base + path).pipe(
          HttpClientRequest.setHeaders(token === undefined ? {} : { authorization: `Bearer ${token}` })
        )
      ),
    post,
    delete: (path, token) =>
      see(
        HttpClientRequest.delete(base + path).pipe(HttpClientRequest.setHeaders({ authorization: `Bearer ${token}` }))
      ),
    token: post("/oauth/token", "grant_type=client_credentials", basic(`${clientId}:${clientSecret}`)).pipe(
      Effect.map(({ body }) => JSON.parse(body).access_token)
    )
  }
}

/** The header of credentials. */
export const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString("base64")}` })

const dead = (error: HttpClientError.HttpClientError, died: "before" | "within", status: number | undefined): Seen => {
  const expected = died === "before" ? "TransportError" : "DecodeError"
  if (error.reason._tag !== expected) throw error
  return { status, headers: {}, body: "", died }
}

export interface Served extends SimulatorServer.Served {
  readonly probe: Probe
}

/** An undici client for a simulation that is being served. */
export const connect = (served: SimulatorServer.Served): Effect.Effect<Served, never, Scope.Scope> =>
  NodeHttpClient.makeUndici.pipe(
    Effect.provideServiceEffect(NodeHttpClient.Dispatcher, NodeHttpClient.makeDispatcher),
    Effect.map((client) => ({ ...served, probe: make(client, served.url, served) }))
  )

/** Serves a simulation on a free port, with a client for it. Under a test clock the platform's time is virtual. */
export const serve = (options: Options): Effect.Effect<Served, never, Scope.Scope> =>
  SimulatorServer.serve(options).pipe(Effect.orDie, Effect.flatMap(connect))

/** The path of a contact's messages. */
export const messagesOf = (contact: string, query: Readonly<Record<string, string>> = {}): string =>
  `/api/v2/messaging/externalcontacts/${contact}/messages?${new URLSearchParams(query)}`

export interface Entity {
  readonly id: string
  readonly status: string
  readonly statusDetails?: string
}

/** The entities of a page. */
export const entities = (seen: Seen): ReadonlyArray<Entity> => JSON.parse(seen.body).entities

/** The body of an analytics query. */
export const analytics = (ids: ReadonlyArray<string>, interval: string, more: object = {}): string =>
  JSON.stringify({
    interval,
    groupBy: ["messageId", "status", "routingStatus"],
    filter: { type: "and", clauses: [{ type: "in", field: "messageId", values: ids }] },
    size: 500,
    ...more
  })

/** A simulation of the conversations API in process, without a network in between, and a client that has a token. */
export const converse = (options: Options) =>
  Effect.gen(function* () {
    const simulator = yield* Simulator.make({
      api: "conversations",
      never: 0,
      missing: 0,
      tokenLife: 10_000_000,
      ...options
    })
    const client = SimulatorClient.make(simulator, { latency: { min: 0, max: 0 } })
    const probe = make(client, "http://simulator.test", simulator)
    const token = yield* probe.token
    return { ...simulator, probe, token, ...conversing(probe, token) }
  })

/** The endpoints of the conversations API. */
export const conversing = (probe: Probe, token: string) => {
  const post = (path: string, body: unknown) =>
    probe.post(path, typeof body === "string" ? body : JSON.stringify(body), { authorization: `Bearer ${token}` })
  const get = (path: string) => probe.get(path, token)
  return {
    post,
    get,
    bulk: (conversation: string, ids: unknown) => post(`${conversations}/${conversation}/messages/bulk`, ids),
    details: (id: string) => get(`${conversations}/${id}/details`),
    view: (conversation: string) => get(`${conversations}/${conversation}`),
    query: (body: object) => post(`${details}/query`, body)
  }
}

const conversations = "/api/v2/conversations/messages"
const details = "/api/v2/analytics/conversations/details"

/** An answer's JSON. */
// biome-ignore lint/suspicious/noExplicitAny: whatever the platform says
export const json = (seen: Seen): any => JSON.parse(seen.body)
