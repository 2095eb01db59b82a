/**
 * What a client can ask about itself: the organization's limits, and what its token is good for.
 *
 * @module
 */
import * as Answer from "./Answer.ts"
import type * as Api from "./Api.ts"
import type { Endpoint } from "./Report.ts"
import type { Settings } from "./Settings.ts"
import * as Traffic from "./Traffic.ts"

/** The namespace that an endpoint's own limit stands in. */
export const namespaceOf = (endpoint: Endpoint): string => {
  if (endpoint === "analytics" || endpoint === "jobs") return "analytics"
  return endpoint === "account" ? "organization" : "messaging"
}

/** The key of an endpoint's own limit. */
export const keyOf = (endpoint: Endpoint): string => `${endpoint}.rate.per.minute`

interface Limit {
  readonly key: string
  readonly namespace: string
  readonly value: number
}

/** The platform's own default (facts: 300 a minute for each token of a client). */
const usual = 300

const tokenLimits = (value: number): ReadonlyArray<Limit> =>
  ["client.credentials.token.rate.per.minute", "token.rate.per.minute"].map((key) => ({
    key,
    namespace: "platform.api",
    value
  }))

/** Those that hold at a time since the start. */
const effective = (settings: Settings, since: number): ReadonlyArray<Limit> => [
  ...tokenLimits(Traffic.limitAt(settings, since)),
  ...Object.entries(settings.endpointLimits).flatMap(([endpoint, value]) =>
    value === undefined
      ? []
      : [{ key: keyOf(endpoint as Endpoint), namespace: namespaceOf(endpoint as Endpoint), value }]
  )
]

const namespaces = ["analytics", "conversation", "messaging", "organization", "platform.api"]

const json = (body: unknown): Answer.Draft => ({ status: 200, body: JSON.stringify(body) })

const account = (draft: Api.Call["draft"]): Api.Call => ({ endpoint: "account", permissions: [], draft })

/** The names of all namespaces. */
export const listNamespaces = (): Api.Call =>
  account(() => json({ entities: namespaces, pageSize: 25, pageNumber: 1, total: namespaces.length, pageCount: 1 }))

/** The limits of a namespace: those that hold now, or those that hold where nothing else was agreed. */
export const namespace = (
  { settings, startedAt }: Api.World,
  name: string,
  which: "effective" | "defaults",
  now: number
): Api.Call =>
  account(() => {
    if (!namespaces.includes(name)) return Answer.error(404, "not.found", `There is no namespace '${name}'`)
    const limits = which === "defaults" ? tokenLimits(usual) : effective(settings, now - startedAt)
    return json({ entities: limits.filter((limit) => limit.namespace === name) })
  })

/** What a token is good for. */
export const token = ({ settings }: Api.World): Api.Call =>
  account(() => {
    const organization = { id: "06060606-0000-4000-8000-000000000001", name: "Simulated organization" }
    return json({
      organization,
      homeOrganization: organization,
      authorizedScope: [],
      OAuthClient: { id: settings.clientId, name: "Simulated client", authorizedGrantType: "CLIENT_CREDENTIALS" }
    })
  })
