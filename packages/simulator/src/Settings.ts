/**
 * Options with all defaults filled in.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { type Carrier, invented, inventedForConversations } from "./Carriers.ts"
import { type Outage, type Profile, profiles, type Rates } from "./FaultProfile.ts"
import { InvalidOptions, Options } from "./Options.ts"

/** A limit a minute that holds from a time since the start on. */
export interface Limit {
  readonly from: number
  readonly perMinute: number
}

/** Options with all defaults filled in. All times are milliseconds unless named otherwise, and already divided by `speed`. */
export interface Settings {
  readonly api: "messaging" | "conversations"
  readonly seed: string | number
  readonly messages: number
  readonly contacts: number
  readonly campaigns: number
  readonly messageIdLength: number
  readonly within: number
  readonly sendingTime: number | undefined
  readonly speed: number
  readonly carriers: readonly [Carrier, ...ReadonlyArray<Carrier>]
  readonly failed: number | undefined
  readonly never: number | undefined
  readonly missing: number | undefined
  readonly expired: number
  readonly retentionDays: number
  readonly faults: Profile
  readonly rates: Rates
  readonly retryAfter: { readonly min: number; readonly max: number }
  readonly slowAnswers: { readonly min: number; readonly max: number }
  readonly outages: ReadonlyArray<Outage>
  readonly carrierOutages: ReadonlyArray<Outage & { readonly carrier: string; readonly failed: number }>
  readonly silences: NonNullable<Options["silences"]>
  readonly revocations: ReadonlyArray<number>
  readonly tokenLife: number
  readonly tokensPerMinute: number
  readonly requestsPerMinute: number
  /** By their beginnings. Before the first, `requestsPerMinute` holds. */
  readonly limits: ReadonlyArray<Limit>
  readonly limitWindow: "sliding" | "fixed"
  readonly endpointLimits: NonNullable<Options["endpointLimits"]>
  readonly rateLimitHeaders: boolean
  readonly announcedPerMinute: number
  readonly denied: ReadonlySet<string>
  readonly clientId: string
  readonly clientSecret: string
  /** The secrets of all clients, by their ids: the one above and further ones. */
  readonly clients: ReadonlyMap<string, string>
  readonly anyClient: boolean
  readonly clockSkew: number
  readonly networkJitter: number
  readonly inFlight: number
  readonly sharedConversations: number
  readonly visibleAfter: number
  readonly reasons: number
  readonly legacyShape: boolean
  readonly analyticsLag: number
  readonly longestDays: number
  readonly mostHits: number
  readonly syncDays: number
  readonly jobTime: number
  readonly jobLife: number
  readonly lakeLag: number
}

const decode = Schema.decodeUnknownEffect(Options, { onExcessProperty: "error" })

/** Checks options and fills in the defaults. Fails with {@link InvalidOptions} where an option is out of its range. */
export const resolve = (options: Options): Effect.Effect<Settings, InvalidOptions> =>
  decode(options).pipe(
    Effect.mapError((error) => new InvalidOptions({ detail: error.message.replace(/\s*\n\s*/g, " ") })),
    Effect.map(fill),
    Effect.filterOrFail(
      (settings) => strangers(settings).length === 0,
      (settings) =>
        new InvalidOptions({ detail: `carrierOutages and silences name no carrier: ${strangers(settings).join(", ")}` })
    )
  )

/** Whom troubles name although there is no such carrier. */
const strangers = ({ carrierOutages, carriers, silences }: Settings) => {
  const names = new Set(carriers.map(({ name }) => name))
  return [...carrierOutages, ...silences].map(({ carrier }) => carrier).filter((name) => !names.has(name))
}

const fill = (options: Options): Settings => {
  const messages = options.messages ?? 1000
  const faults = options.faults ?? "none"
  const speed = options.speed ?? 1
  const faster = (milliseconds: number) => Math.round(milliseconds / speed)
  const within = Math.max(1, faster(options.within ?? 60_000))
  const part = (share: number) => Math.round(share * within)
  const given = Object.entries(options.rates ?? {}).filter(([, rate]) => rate !== undefined)
  const requestsPerMinute = options.requestsPerMinute ?? 300
  const clientId = options.clientId ?? "simulator-client"
  const clientSecret = options.clientSecret ?? "simulator-secret"
  const publicly = options.api === "conversations"
  return {
    api: options.api ?? "messaging",
    seed: options.seed ?? 1,
    messages,
    contacts: Math.min(messages, options.contacts ?? (publicly ? messages : Math.ceil(messages / 25))),
    campaigns: options.campaigns ?? 3,
    messageIdLength: options.messageIdLength ?? 12,
    within,
    sendingTime: options.sendingTime === undefined ? undefined : faster(options.sendingTime),
    speed,
    carriers: options.carriers ?? (publicly ? inventedForConversations : invented),
    failed: options.failed,
    never: options.never,
    missing: options.missing,
    expired: options.expired ?? 0,
    retentionDays: options.retentionDays ?? 90,
    faults,
    rates: { ...profiles[faults], ...Object.fromEntries(given) },
    retryAfter: options.retryAfter ?? { min: 1, max: 30 },
    slowAnswers: options.slowAnswers ?? { min: 100, max: 1500 },
    outages: options.outages ?? (faults === "outage" ? [{ from: part(8 / 60), until: part(18 / 60) }] : []),
    carrierOutages: (options.carrierOutages ?? []).map(({ failed = 0, ...outage }) => ({ ...outage, failed })),
    silences: options.silences ?? [],
    revocations: [...(options.revocations ?? (faults === "auth" ? [0.15, 0.4, 0.7].map(part) : []))].sort(
      (a, b) => a - b
    ),
    // Clients renew a minute before the end: a life of less than that would have them renew all the time.
    tokenLife:
      options.tokenLife ??
      (faults === "auth" ? Math.min(3600, Math.max(70, Math.round((within * 1.25) / 1000))) : 3600),
    tokensPerMinute: options.tokensPerMinute ?? Number.POSITIVE_INFINITY,
    requestsPerMinute,
    limits: [...(options.limits ?? [])].sort((a, b) => a.from - b.from),
    limitWindow: options.limitWindow ?? "sliding",
    endpointLimits: options.endpointLimits ?? {},
    rateLimitHeaders: options.rateLimitHeaders ?? publicly,
    announcedPerMinute: options.announcedPerMinute ?? requestsPerMinute,
    denied: new Set(options.denied),
    clientId,
    clientSecret,
    clients: new Map([
      [clientId, clientSecret],
      ...(options.clients ?? []).map(({ id, secret }) => [id, secret] as const)
    ]),
    anyClient: options.anyClient ?? false,
    clockSkew: options.clockSkew ?? 0,
    networkJitter: options.networkJitter ?? 500,
    inFlight: options.inFlight ?? 200,
    sharedConversations: options.sharedConversations ?? 0.1,
    visibleAfter: faster(options.visibleAfter ?? 0),
    reasons: options.reasons ?? 0.5,
    legacyShape: options.legacyShape ?? false,
    analyticsLag: options.analyticsLag === undefined ? Math.min(60_000, part(1 / 12)) : faster(options.analyticsLag),
    longestDays: options.longestDays ?? 7,
    mostHits: options.mostHits ?? 100_000,
    syncDays: options.syncDays ?? 30,
    jobTime: options.jobTime === undefined ? Math.min(60_000, part(1 / 12)) : faster(options.jobTime),
    jobLife: faster(options.jobLife ?? 86_400_000),
    lakeLag: options.lakeLag === undefined ? Math.min(4 * 3_600_000, part(1 / 4)) : faster(options.lakeLag)
  }
}
