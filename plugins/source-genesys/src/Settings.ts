/**
 * Where the source is and who we are to it: from the options, else from the environment.
 *
 * @module
 */
import type { ResiliencePolicy } from "@dlrkit/core"
import * as Config from "effect/Config"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Region from "./Region.ts"

/** An API that receipts are read from. `conversations` is Genesys Cloud's public one. */
export type Api = "conversations" | "messaging"

/** The options of the source. Each that is left out comes from the environment variable that it names. */
export interface SourceOptions {
  /** Which API is read (`GENESYS_API`): `conversations` by default where a region is named, else `messaging`. */
  readonly api?: Api | undefined
  /** The region, such as `eu_central_1`, `eu-central-1` or `mypurecloud.de` (`GENESYS_REGION`). */
  readonly region?: string | undefined
  /** The API's address, where it is not the region's (`GENESYS_API_URL`). */
  readonly apiUrl?: string | undefined
  /** Where tokens come from, where it is not the region's login (`GENESYS_LOGIN_URL`); else the API's address. */
  readonly loginUrl?: string | undefined
  /** The OAuth client's id (`GENESYS_CLIENT_ID`). */
  readonly clientId?: string | undefined
  /** The OAuth client's secret (`GENESYS_CLIENT_SECRET`). */
  readonly clientSecret?: string | Redacted.Redacted<string> | undefined
  /** A file that holds the secret and nothing else (`GENESYS_CLIENT_SECRET_FILE`). */
  readonly clientSecretFile?: string | undefined
  /** Several OAuth clients, each with a budget of its own. The environment's is not used then. */
  readonly credentials?: ReadonlyArray<ClientOptions> | undefined
  /**
   * What the platform counts requests by: each `token`, each `client` (the default), or the `organization`, in which all
   * credentials share one budget.
   */
  readonly limitUnit?: "token" | "client" | "organization" | undefined
  /**
   * How the token request carries the credentials: in a `basic` header, or in its `body`. By default as the API wants it:
   * `basic` for `conversations`, `body` for `messaging`.
   */
  readonly credentialsIn?: "body" | "basic" | undefined
  /** The contact of messages that name none (`GENESYS_EXTERNAL_CONTACT_ID`). */
  readonly externalContactId?: string | undefined
  /** Requests that the platform allows a minute (`GENESYS_REQUESTS_PER_MINUTE`); 300 by default. */
  readonly requestsPerMinute?: number | undefined
  /** How far back the platform keeps receipts, by contract 30 to 365 days; 90 days by default. */
  readonly retention?: Duration.Input | undefined
  /** How old the state is that the analytics show; 60 s by default. This and the next four: `conversations` alone. */
  readonly analyticsLag?: Duration.Input | undefined
  /** The widest window that is asked for in one query; 7 days by default. Wider ones are split. */
  readonly longestInterval?: Duration.Input | undefined
  /** The most conversations that one query is read for, page after page; 10,000 by default. Windows with more are halved. */
  readonly sweepMost?: number | undefined
  /** What lies further back is read by jobs, as is whatever the platform says that its query does not serve; 31 days by default. */
  readonly historyAfter?: Duration.Input | undefined
  /** How long a job may take; 30 minutes by default. */
  readonly historyTimeout?: Duration.Input | undefined
  /** A certificate authority besides the well-known ones: PEM text, or the name of a file that holds it. */
  readonly ca?: string | undefined
  /** Settings of the resilience policy that differ from the defaults. */
  readonly resilience?: ResiliencePolicy.Overrides | undefined
}

/** An OAuth client among several: its id, and its secret or the file that holds it. */
export type ClientOptions = Required<Pick<SourceOptions, "clientId">> &
  Pick<SourceOptions, "clientSecret" | "clientSecretFile">

/** The options and the environment together do not say enough, or say something wrong. */
export class GenesysConfigError extends Schema.TaggedError<GenesysConfigError>()("GenesysConfigError", {
  problems: Schema.Array(Schema.String)
}) {
  override get message() {
    return `the Genesys Cloud source is not configured: ${this.problems.join("; ")}`
  }
}

/** An OAuth client. */
export interface Client {
  readonly clientId: string
  readonly clientSecret: Redacted.Redacted<string>
}

/** Everything that the source needs to know. */
export interface Settings {
  readonly api: Api
  readonly credentialsIn: "body" | "basic"
  readonly apiUrl: string
  readonly loginUrl: string
  /** At least one. */
  readonly clients: ReadonlyArray<Client>
  readonly externalContactId: string | undefined
  readonly requestsPerMinute: number | undefined
  /** Milliseconds. */
  readonly analyticsLag: number
  /** Certificate authorities besides the well-known ones; PEM. */
  readonly authority: string | undefined
}

/** What the environment says; an empty variable counts as absent. */
const environment = Config.all({
  clientId: text("GENESYS_CLIENT_ID"),
  clientSecret: text("GENESYS_CLIENT_SECRET"),
  clientSecretFile: text("GENESYS_CLIENT_SECRET_FILE"),
  region: text("GENESYS_REGION"),
  apiUrl: text("GENESYS_API_URL"),
  loginUrl: text("GENESYS_LOGIN_URL"),
  api: text("GENESYS_API"),
  externalContactId: text("GENESYS_EXTERNAL_CONTACT_ID"),
  requestsPerMinute: text("GENESYS_REQUESTS_PER_MINUTE"),
  analyticsLag: text("GENESYS_ANALYTICS_LAG")
})

function text(name: string) {
  return Config.String(name).pipe(
    Config.option,
    Config.map((value) => Option.getOrUndefined(value)?.trim() || undefined)
  )
}

/** Reads the settings, and names everything that is missing or wrong at once. */
export const read = Effect.fnUntraced(function* (
  options: SourceOptions
): Effect.fn.Return<Settings, GenesysConfigError, FileSystem.FileSystem> {
  const problems: Array<string> = []
  const env = yield* environment.pipe(
    Effect.mapError(
      (error) => new GenesysConfigError({ problems: [`the environment cannot be read (${error.message})`] })
    )
  )

  const regionText = options.region ?? env.region
  const api = options.api ?? env.api ?? (regionText === undefined ? "messaging" : "conversations")
  if (api !== "messaging" && api !== "conversations")
    problems.push(`GENESYS_API is ${JSON.stringify(api)}; it can be "conversations" or "messaging"`)

  const region = regionText === undefined ? undefined : Region.parse(regionText)
  const ofRegion = region === undefined ? undefined : Region.addresses(region)
  const apiUrl = options.apiUrl ?? env.apiUrl ?? ofRegion?.apiUrl
  const loginUrl = options.loginUrl ?? env.loginUrl ?? ofRegion?.loginUrl ?? apiUrl
  if (apiUrl === undefined) {
    problems.push(
      regionText === undefined
        ? "set GENESYS_REGION, or GENESYS_API_URL and GENESYS_LOGIN_URL"
        : `the region ${JSON.stringify(regionText)} is unknown (one of ${Object.keys(Region.hosts).join(", ")})`
    )
  }
  for (const [name, url] of [["GENESYS_API_URL", apiUrl] as const, ["GENESYS_LOGIN_URL", loginUrl] as const]) {
    if (url !== undefined && !isHttpUrl(url)) problems.push(`${name} is no http or https address`)
  }

  const clients = yield* Effect.forEach(clientsOf(options, env), (client) => readClient(client, problems)).pipe(
    Effect.map((read) => read.flatMap((client) => client ?? []))
  )
  const ids = clients.map(({ clientId }) => clientId)
  if (new Set(ids).size < ids.length) problems.push("credentials name the same client twice, whose budget is one")

  const requestsPerMinute =
    options.requestsPerMinute ?? (env.requestsPerMinute === undefined ? undefined : Number(env.requestsPerMinute))
  if (requestsPerMinute !== undefined && !(Number.isInteger(requestsPerMinute) && requestsPerMinute > 0)) {
    problems.push("GENESYS_REQUESTS_PER_MINUTE must be a whole number above 0")
  }

  const lagSeconds = env.analyticsLag === undefined ? undefined : Number(env.analyticsLag)
  if (lagSeconds !== undefined && !(Number.isFinite(lagSeconds) && lagSeconds >= 0)) {
    problems.push("GENESYS_ANALYTICS_LAG must be a number of seconds")
  }

  if (options.sweepMost !== undefined && !(Number.isInteger(options.sweepMost) && options.sweepMost >= 100)) {
    problems.push("sweepMost must be a whole number of at least 100")
  }

  const authority =
    options.ca === undefined || options.ca.includes("-----BEGIN") ? options.ca : yield* readText(options.ca)
  if (options.ca !== undefined && authority === undefined) problems.push(`ca names ${options.ca}, which cannot be read`)

  if (problems.length > 0 || apiUrl === undefined || loginUrl === undefined) {
    return yield* new GenesysConfigError({ problems })
  }
  return {
    api: api === "messaging" ? api : "conversations",
    credentialsIn: options.credentialsIn ?? (api === "messaging" ? "body" : "basic"),
    apiUrl: withoutSlash(apiUrl),
    loginUrl: withoutSlash(loginUrl),
    clients,
    externalContactId: options.externalContactId ?? env.externalContactId,
    requestsPerMinute,
    analyticsLag: Duration.toMillis(Duration.fromInputUnsafe(options.analyticsLag ?? (lagSeconds ?? 60) * 1000)),
    authority
  }
})

/** An OAuth client as it is configured, and what its settings are called. */
interface ConfiguredClient {
  readonly clientId: string | undefined
  readonly clientSecret: string | Redacted.Redacted<string> | undefined
  readonly clientSecretFile: string | undefined
  readonly names: { readonly id: string; readonly secret: string; readonly file: string }
}

const clientsOf = (
  options: SourceOptions,
  env: Partial<Record<"clientId" | "clientSecret" | "clientSecretFile", string | undefined>>
): ReadonlyArray<ConfiguredClient> => {
  const { credentials } = options
  if (credentials !== undefined && credentials.length > 0) {
    const own = options.clientId === undefined ? [] : [{ ...options, clientId: options.clientId }]
    return [...own, ...credentials].map(({ clientId, clientSecret, clientSecretFile }, index) => ({
      clientId: clientId === "" ? undefined : clientId,
      clientSecret,
      clientSecretFile,
      names: {
        id: `clientId of credentials ${index + 1}`,
        secret: `clientSecret of ${clientId}`,
        file: `clientSecretFile of ${clientId}`
      }
    }))
  }
  return [
    {
      clientId: options.clientId ?? env.clientId,
      clientSecret: options.clientSecret ?? (options.clientSecretFile === undefined ? env.clientSecret : undefined),
      clientSecretFile: options.clientSecretFile ?? env.clientSecretFile,
      names: {
        id: "GENESYS_CLIENT_ID",
        secret: "GENESYS_CLIENT_SECRET",
        file: "GENESYS_CLIENT_SECRET_FILE"
      }
    }
  ]
}

/** A client with its secret, wherever that is; what is missing or wrong is added to the problems. */
const readClient = Effect.fnUntraced(function* (
  { clientId, clientSecret, clientSecretFile, names }: ConfiguredClient,
  problems: Array<string>
): Effect.fn.Return<Client | undefined, never, FileSystem.FileSystem> {
  if (clientId === undefined) problems.push(`set ${names.id}`)
  if (clientSecret !== undefined) {
    const secret = typeof clientSecret === "string" ? Redacted.make(clientSecret) : clientSecret
    return clientId === undefined ? undefined : { clientId, clientSecret: secret }
  }
  if (clientSecretFile === undefined) {
    problems.push(`set ${names.secret}, or ${names.file}`)
    return undefined
  }
  const secret = yield* readText(clientSecretFile)
  if (secret === undefined) problems.push(`${names.file} names ${clientSecretFile}, which cannot be read`)
  else if (secret.trim() === "") problems.push(`${names.file} names ${clientSecretFile}, which is empty`)
  else if (clientId !== undefined) return { clientId, clientSecret: Redacted.make(secret.trim()) }
  return undefined
})

const readText = (file: string) =>
  FileSystem.FileSystem.use((fs) => fs.readFileString(file)).pipe(Effect.option, Effect.map(Option.getOrUndefined))

const isHttpUrl = (url: string) => URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)

const withoutSlash = (url: string) => url.replace(/\/+$/, "")
