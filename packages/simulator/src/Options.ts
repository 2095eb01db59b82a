/**
 * The simulator's options, and what they come to.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Struct from "effect/Struct"
import { Carrier, invented } from "./Carriers.ts"
import { type Outage, Profile, profiles, Rates } from "./FaultProfile.ts"

const Share = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))
const Positive = Schema.Int.check(Schema.isGreaterThan(0))
const Span = Schema.Struct({ min: Schema.Natural, max: Schema.Natural }).check(
  Schema.makeFilter(({ min, max }) => (min <= max ? undefined : "min must not be greater than max"))
)

/** What a simulation can be told. Everything has a default; durations are milliseconds unless another unit is named. */
export const Options = Schema.Struct({
  /** The same seed gives the same simulation. Default 1. */
  seed: Schema.optional(Schema.Union([Schema.Finite, Schema.String])),
  /** How many messages. Default 1,000. */
  messages: Schema.optional(Positive),
  /** How many contacts they are spread over, evenly. Default: one for 25 messages. */
  contacts: Schema.optional(Positive),
  /** Length of a message id, 12 (default) to 2,000: long ids make long URLs. */
  messageIdLength: Schema.optional(Schema.Int.check(Schema.isBetween({ minimum: 12, maximum: 2000 }))),
  /** The time after the start within which every receipt that will come has come. Default 60,000. */
  within: Schema.optional(Positive),
  /** Divides `within`. Default 1. */
  speed: Schema.optional(Schema.Finite.check(Schema.isGreaterThan(0))),
  /** The carriers. Default: five invented ones. */
  carriers: Schema.optional(Schema.NonEmptyArray(Carrier)),
  /** Share of failed receipts, in place of each carrier's own. */
  failed: Schema.optional(Share),
  /** Share of messages whose final receipt never comes, in place of each carrier's own. */
  never: Schema.optional(Share),
  /** Share of messages that the platform does not return, in place of each carrier's own. */
  missing: Schema.optional(Share),
  /** Share of messages that are older than the retention window. Default 0. */
  expired: Schema.optional(Share),
  /** How far back the platform remembers messages. Default 90. */
  retentionDays: Schema.optional(Positive),
  /** A set of fault rates and times. Default `none`. */
  faults: Schema.optional(Profile),
  /** Single rates in place of the profile's. */
  rates: Schema.optional(Rates.mapFields(Struct.map(Schema.optional))),
  /** The `Retry-After` of a `throttled` fault, in seconds. Default 1 to 30. */
  retryAfter: Schema.optional(Span),
  /** How much longer a `slow` answer takes. Default 100 to 1,500. */
  slowAnswers: Schema.optional(Span),
  /** When everything answers 503 or resets, since the start. Default: none; with `outage`, from 8/60 to 18/60 of `within`. */
  outages: Schema.optional(Schema.Array(Schema.Struct({ from: Schema.Natural, until: Schema.Natural }))),
  /** When all tokens so far are revoked, since the start. Default: none; with `auth`, three times within `within`. */
  revocations: Schema.optional(Schema.Array(Schema.Natural)),
  /** How long a token lives, in seconds. Default 3,600; with `auth`, 75 at speed 1. */
  tokenLife: Schema.optional(Positive),
  /** The limit that the platform really enforces in any sliding minute. Default 300. */
  requestsPerMinute: Schema.optional(Positive),
  /** The limit that clients are told of, and judged by. Default: `requestsPerMinute`. */
  announcedPerMinute: Schema.optional(Positive),
  /** Permissions that the client lacks, such as `messaging:messages:read`. Default: none. */
  denied: Schema.optional(Schema.Array(Schema.String)),
  /** Default `simulator-client`. */
  clientId: Schema.optional(Schema.NonEmptyString),
  /** Default `simulator-secret`. */
  clientSecret: Schema.optional(Schema.NonEmptyString),
  /** How far the platform's clock, as its headers show it, is ahead of the client's. Default 0. */
  clockSkew: Schema.optional(Schema.Int),
  /** How much earlier than agreed a request may arrive because the network was faster this time. Default 500. */
  networkJitter: Schema.optional(Schema.Natural),
  /** How long after an answer requests may arrive that were sent without knowing it. Default 200. */
  inFlight: Schema.optional(Schema.Natural)
})
/** See {@link Options}. */
export type Options = typeof Options.Type

/** Options with all defaults filled in. `within` is already divided by `speed`. */
export interface Settings {
  readonly seed: string | number
  readonly messages: number
  readonly contacts: number
  readonly messageIdLength: number
  readonly within: number
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
  readonly revocations: ReadonlyArray<number>
  readonly tokenLife: number
  readonly requestsPerMinute: number
  readonly announcedPerMinute: number
  readonly denied: ReadonlySet<string>
  readonly clientId: string
  readonly clientSecret: string
  readonly clockSkew: number
  readonly networkJitter: number
  readonly inFlight: number
}

/** An option that the simulator cannot work with. */
export class InvalidOptions extends Schema.TaggedError<InvalidOptions>()("InvalidOptions", {
  detail: Schema.String
}) {
  override get message() {
    return `the simulator cannot use these options: ${this.detail}`
  }
}

const decode = Schema.decodeUnknownEffect(Options, { onExcessProperty: "error" })

/** Checks options and fills in the defaults. Fails with {@link InvalidOptions} where an option is out of its range. */
export const resolve = (options: Options): Effect.Effect<Settings, InvalidOptions> =>
  decode(options).pipe(
    Effect.mapError((error) => new InvalidOptions({ detail: error.message.replace(/\s*\n\s*/g, " ") })),
    Effect.map(fill)
  )

const fill = (options: Options): Settings => {
  const messages = options.messages ?? 1000
  const faults = options.faults ?? "none"
  const within = Math.max(1, Math.round((options.within ?? 60_000) / (options.speed ?? 1)))
  const part = (share: number) => Math.round(share * within)
  const given = Object.entries(options.rates ?? {}).filter(([, rate]) => rate !== undefined)
  const requestsPerMinute = options.requestsPerMinute ?? 300
  return {
    seed: options.seed ?? 1,
    messages,
    contacts: Math.min(messages, options.contacts ?? Math.ceil(messages / 25)),
    messageIdLength: options.messageIdLength ?? 12,
    within,
    carriers: options.carriers ?? invented,
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
    revocations: [...(options.revocations ?? (faults === "auth" ? [0.15, 0.4, 0.7].map(part) : []))].sort(
      (a, b) => a - b
    ),
    // Clients renew a minute before the end: a life of less than that would have them renew all the time.
    tokenLife:
      options.tokenLife ??
      (faults === "auth" ? Math.min(3600, Math.max(70, Math.round((within * 1.25) / 1000))) : 3600),
    requestsPerMinute,
    announcedPerMinute: options.announcedPerMinute ?? requestsPerMinute,
    denied: new Set(options.denied),
    clientId: options.clientId ?? "simulator-client",
    clientSecret: options.clientSecret ?? "simulator-secret",
    clockSkew: options.clockSkew ?? 0,
    networkJitter: options.networkJitter ?? 500,
    inFlight: options.inFlight ?? 200
  }
}
