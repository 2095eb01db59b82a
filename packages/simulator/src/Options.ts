/**
 * What a simulation can be told.
 *
 * @module
 */
import * as Schema from "effect/Schema"
import * as Struct from "effect/Struct"
import { Carrier } from "./Carriers.ts"
import { Profile, Rates } from "./FaultProfile.ts"

const Share = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))
const Positive = Schema.Int.check(Schema.isGreaterThan(0))
const PositiveFinite = Schema.Finite.check(Schema.isGreaterThan(0))
const Span = Schema.Struct({ min: Schema.Natural, max: Schema.Natural }).check(
  Schema.makeFilter(({ min, max }) => (min <= max ? undefined : "min must not be greater than max"))
)

const EndpointLimits = Schema.Struct({
  messages: Schema.optional(Positive),
  conversations: Schema.optional(Positive),
  analytics: Schema.optional(Positive),
  jobs: Schema.optional(Positive),
  agentless: Schema.optional(Positive),
  account: Schema.optional(Positive)
})

/** Options of both APIs. */
const shared = {
  /** `messaging`, the default, is the API that some organizations reach through a gateway; `conversations` the public one. */
  api: Schema.optional(Schema.Literals(["messaging", "conversations"])),
  /** The same seed gives the same simulation. Default 1. */
  seed: Schema.optional(Schema.Union([Schema.Finite, Schema.String])),
  /** How many messages. Default 1,000. */
  messages: Schema.optional(Positive),
  /** How many contacts they are spread over, evenly. Default: one for 25 messages; of conversations, one for each message. */
  contacts: Schema.optional(Positive),
  /** How many campaigns they belong to, evenly. Default 3. */
  campaigns: Schema.optional(Positive),
  /** Length of a message id of the messaging API, 12 (default) to 2,000: long ids make long URLs. */
  messageIdLength: Schema.optional(Schema.Int.check(Schema.isBetween({ minimum: 12, maximum: 2000 }))),
  /** The time after the start within which every receipt that will come has come. Default 60,000. */
  within: Schema.optional(Positive),
  /** The time, from the start, over which messages are sent, evenly. Default: all were sent just before the start. */
  sendingTime: Schema.optional(Positive),
  /** Divides all times that the platform and the carriers take. Default 1. */
  speed: Schema.optional(PositiveFinite),
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
  /**
   * Outages of a carrier, since the start: the final receipts that were to come meanwhile come after it, in their order,
   * within a twentieth of its length, and a share `failed` (default 0) of the deliveries among them are failures then.
   * Default: none.
   */
  carrierOutages: Schema.optional(
    Schema.Array(
      Schema.Struct({
        carrier: Schema.NonEmptyString,
        from: Schema.Natural,
        until: Schema.Natural,
        failed: Schema.optional(Share)
      })
    )
  ),
  /**
   * From when on a carrier sends no final receipt any more, since the start; its messages arrive, or fail, all the same.
   * Default: none.
   */
  silences: Schema.optional(Schema.Array(Schema.Struct({ carrier: Schema.NonEmptyString, from: Schema.Natural }))),
  /** When all tokens so far are revoked, since the start. Default: none; with `auth`, three times within `within`. */
  revocations: Schema.optional(Schema.Array(Schema.Natural)),
  /** How long a token lives, in seconds. Default 3,600; with `auth`, 75 at speed 1. */
  tokenLife: Schema.optional(Positive),
  /** How many tokens are given out in a sliding minute; a further request is answered 400 `invalid_request`. Default: any number. */
  tokensPerMinute: Schema.optional(Positive),
  /** The limit that the platform really enforces in any minute. Default 300. */
  requestsPerMinute: Schema.optional(Positive),
  /** Other limits than `requestsPerMinute`, each from a time since the start on. Default: none. */
  limits: Schema.optional(Schema.Array(Schema.Struct({ from: Schema.Natural, perMinute: Positive }))),
  /** Whether a limit holds in any 60 s (`sliding`, the default), or in each minute counted from the start (`fixed`). */
  limitWindow: Schema.optional(Schema.Literals(["sliding", "fixed"])),
  /** Limits a minute that single endpoints have beside the one of all. Default: none. */
  endpointLimits: Schema.optional(EndpointLimits),
  /** Whether answers carry `inin-ratelimit-*`. Default: those of the conversations API do. */
  rateLimitHeaders: Schema.optional(Schema.Boolean),
  /** The limit that clients are told of, and judged by. Default: `requestsPerMinute`. */
  announcedPerMinute: Schema.optional(Positive),
  /** Permissions that the client lacks, such as `messaging:messages:read`. Default: none. */
  denied: Schema.optional(Schema.Array(Schema.String)),
  /** Default `simulator-client`. */
  clientId: Schema.optional(Schema.NonEmptyString),
  /** Default `simulator-secret`. */
  clientSecret: Schema.optional(Schema.NonEmptyString),
  /** Further clients of the same organization. Each client has the limits to itself. Default: none. */
  clients: Schema.optional(Schema.Array(Schema.Struct({ id: Schema.NonEmptyString, secret: Schema.NonEmptyString }))),
  /** Whether any client is let in, whatever its id and its secret, in a Basic header or in the body. Default false. */
  anyClient: Schema.optional(Schema.Boolean),
  /** How far the platform's clock, as its headers show it, is ahead of the client's. Default 0. */
  clockSkew: Schema.optional(Schema.Int),
  /** How much earlier than agreed a request may arrive because the network was faster this time. Default 500. */
  networkJitter: Schema.optional(Schema.Natural),
  /** How long after an answer requests may arrive that were sent without knowing it. Default 200. */
  inFlight: Schema.optional(Schema.Natural)
}

/** Options that only the conversations API has a use for. */
const ofConversations = {
  /** Share of conversations that hold 2 to 5 messages; the others hold one. Default 0.1. */
  sharedConversations: Schema.optional(Share),
  /** How long after it was sent a message cannot be read yet. Default 0. */
  visibleAfter: Schema.optional(Schema.Natural),
  /** Share of failures whose reason stands with the message; the others' stands in the conversation alone. Default 0.5. */
  reasons: Schema.optional(Share),
  /** Whether messages also have the fields `textBody` and `media`, which the API had once. Default false. */
  legacyShape: Schema.optional(Schema.Boolean),
  /** How long ago that was which analytics shows. Default 60,000, but at most a twelfth of `within`. */
  analyticsLag: Schema.optional(Schema.Natural),
  /** The longest interval of a details query, in days. Default 7. */
  longestDays: Schema.optional(PositiveFinite),
  /** How many conversations a details query may have found, at most. Default 100,000. */
  mostHits: Schema.optional(Positive),
  /** How far back a details query reaches; what is older, jobs alone have. Default 30. */
  syncDays: Schema.optional(PositiveFinite),
  /** How long a job takes, a third of it in the queue. Default 60,000, but at most a twelfth of `within`. */
  jobTime: Schema.optional(Schema.Natural),
  /** How long a job's results are kept. Default 24 hours. */
  jobLife: Schema.optional(Positive),
  /** How long ago that was which jobs show. Default 4 hours, but at most a quarter of `within`. */
  lakeLag: Schema.optional(Schema.Natural)
}

/** What a simulation can be told. Everything has a default; durations are milliseconds unless another unit is named. */
export const Options = Schema.Struct({ ...shared, ...ofConversations })
/** See {@link Options}. */
export type Options = typeof Options.Type

/** An option that the simulator cannot work with. */
export class InvalidOptions extends Schema.TaggedError<InvalidOptions>()("InvalidOptions", {
  detail: Schema.String
}) {
  override get message() {
    return `the simulator cannot use these options: ${this.detail}`
  }
}
