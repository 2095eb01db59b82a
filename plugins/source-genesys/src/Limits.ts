/**
 * The limits that an organization really has, as it tells them.
 *
 * Source: `GET /api/v2/organizations/limits/namespaces/{namespace}` and `Limit` of `purecloud-platform-client-v2` 262.0.0;
 * the keys, https://developer.genesys.cloud/organization/organization/limits.
 *
 * @module
 */
import { printable, type ReceiptSource, type ResiliencePolicy } from "@dlrkit/core"
import * as Duration from "effect/Duration"
import { fieldsOf, isRecord, listOf, numberOf, textOf } from "./Json.ts"

/** The namespaces that are looked at: of requests in all, and of what is read. */
export const namespaces = ["platform.api", "messaging", "analytics"] as const

/** A namespace of limits. */
export type Namespace = (typeof namespaces)[number]

/** Where the limits of a namespace are read. */
export const path = (namespace: Namespace): string => `/api/v2/organizations/limits/namespaces/${namespace}`

/** A limit. */
export interface Limit {
  readonly key: string
  readonly value: number
}

/** Reads the limits of a namespace. */
export const decode = (body: unknown): ReadonlyArray<Limit> | undefined =>
  isRecord(body) && Array.isArray(body.entities)
    ? listOf(body.entities).flatMap((entity) => {
        const key = textOf(fieldsOf(entity).key)
        const value = numberOf(fieldsOf(entity).value)
        return key === undefined || value === undefined ? [] : [{ key: printable(key), value }]
      })
    : undefined

/** What a client-credentials token may send in a minute, as the limits of `platform.api` tell. */
export const requestsPerMinute = (limits: ReadonlyArray<Limit>): number | undefined =>
  ["client.credentials.token.rate.per.minute", "token.rate.per.minute"]
    .map((key) => limits.find((limit) => limit.key === key)?.value)
    .find((value) => value !== undefined && value >= 1)

/** What a policy allows each set of credentials in a minute. */
export const perMinute = ({ budget }: ResiliencePolicy.ResiliencePolicy): number =>
  Math.round((budget.requests * 60_000) / Duration.toMillis(Duration.fromInputUnsafe(budget.window)))

/** A limit a minute, in the windows that a policy counts by. */
export const perWindow = (limit: number, { budget }: ResiliencePolicy.ResiliencePolicy): number =>
  Math.max(1, Math.floor((limit * Duration.toMillis(Duration.fromInputUnsafe(budget.window))) / 60_000))

/** How many limits of one namespace are shown. */
const shown = 8

/** What is to be said of the limits of a namespace; `limits` is absent where they are not told, and `reason` says why. */
export const findings = (
  told: {
    readonly namespace: Namespace
    readonly limits: ReadonlyArray<Limit> | undefined
    readonly reason: string | undefined
  },
  policy: ResiliencePolicy.ResiliencePolicy
): ReadonlyArray<ReceiptSource.Finding> => {
  const { limits = [], namespace, reason } = told
  const check = `limits of ${namespace}`
  if (namespace !== "platform.api") {
    const rates = limits.filter(({ key }) => /rate|per\.(minute|second|day)|max/.test(key)).slice(0, shown)
    return rates.length === 0
      ? []
      : [{ check, outcome: "ok", detail: rates.map(({ key, value }) => `${key} ${value}`).join(", ") }]
  }
  const allowed = requestsPerMinute(limits)
  const set = perMinute(policy)
  if (allowed === undefined) {
    return [
      {
        check,
        outcome: "warning",
        detail: `not told${reason === undefined ? "" : ` (${reason})`}; ${set} requests a minute are assumed`,
        advice:
          "ask the organization's administrator for the limit of client-credentials tokens, and set GENESYS_REQUESTS_PER_MINUTE"
      }
    ]
  }
  return [
    allowed === set
      ? { check, outcome: "ok", detail: `${allowed} requests a minute for each token, as is set` }
      : {
          check,
          outcome: "warning",
          detail: `${allowed} requests a minute are allowed for each token, and ${set} are set`,
          advice: `set GENESYS_REQUESTS_PER_MINUTE=${allowed}`
        }
  ]
}
