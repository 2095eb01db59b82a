/**
 * The taxonomy of failures: 22 causes, each in one of five categories.
 *
 * A cause says why a message failed; its category is the coarse answer that dashboards count. Where a status stops
 * (`failed`) and a cause begins is kept apart: a message that was delivered has no cause.
 *
 * The causes were drawn from the published code lists of 24 providers (Twilio, Vonage, Infobip, Sinch, Telnyx,
 * Bandwidth, Plivo, AWS, Azure, Genesys Cloud, SMPP 3.4, 3GPP TS 23.040 and others); the five categories are those
 * that contact centres report by.
 *
 * @module
 */
import * as Schema from "effect/Schema"

/** The five categories of failure. */
export const Category = Schema.Literals([
  "invalid_destination",
  "permanent_block",
  "carrier_throttle",
  "temporary_network",
  "unknown"
])
/** One of the five categories of failure. */
export type Category = typeof Category.Type

/**
 * Whether sending the same message again can help: `yes` at once, `after` a delay or a change of circumstances, `no`.
 */
export const Retryable = Schema.Literals(["yes", "no", "after"])
/** See {@link Retryable}. */
export type Retryable = typeof Retryable.Type

/** Who must act before sending again can succeed. */
export const Actor = Schema.Literals(["recipient", "sender", "carrier", "platform"])
/** See {@link Actor}. */
export type Actor = typeof Actor.Type

/**
 * What the cause says of sending the message again: `later` (after its {@link Delay}), `after_fix` (somebody must change
 * something first), `never` (a dead number, a STOP), or `ask` (it may have arrived, or may be stale: somebody decides).
 */
export const Resend = Schema.Literals(["later", "after_fix", "never", "ask"])
/** See {@link Resend}. */
export type Resend = typeof Resend.Type

/** When to send again. Seconds after the failure. */
export interface Delay {
  /** Not before. */
  readonly first: number
  /** And then every so often; once only where it is `undefined`. */
  readonly then: number | undefined
  /** Not any more. */
  readonly stopAfter: number
}

/** What is true of a cause, whichever carrier reported it. */
export interface CauseInfo {
  readonly category: Category
  /** What happened, in a sentence. */
  readonly definition: string
  readonly retryable: Retryable
  readonly resend: Resend
  /** Only where `resend` is `later`. */
  readonly delay: Delay | undefined
  readonly actor: Actor
  /** What the actor should do, as an imperative. */
  readonly action: string
}

const minute = 60
const hour = 60 * minute
const day = 24 * hour

/** Every cause with its meaning. */
export const causes = {
  handset_unreachable: {
    category: "temporary_network",
    definition: "The line exists and takes SMS, but the device is off, out of coverage, busy or its inbox is full.",
    retryable: "after",
    resend: "later",
    delay: { first: 45 * minute, then: 4 * hour, stopAfter: 2 * day },
    actor: "recipient",
    action: "wait and send again"
  },
  recipient_barred: {
    category: "permanent_block",
    definition:
      "The subscription refuses the message now: suspended, barred, no prepaid credit, roaming, age limit, closed group.",
    retryable: "after",
    resend: "later",
    delay: { first: day, then: day, stopAfter: 7 * day },
    actor: "recipient",
    action: "try daily for a week, then another channel"
  },
  invalid_number: {
    category: "invalid_destination",
    definition: "The number does not exist, is deactivated or malformed.",
    retryable: "no",
    resend: "never",
    delay: undefined,
    actor: "sender",
    action: "remove or correct the number"
  },
  unsupported_destination: {
    category: "invalid_destination",
    definition: "A real line that cannot take this message: landline, no SMS service, no MMS, no short codes.",
    retryable: "no",
    resend: "never",
    delay: undefined,
    actor: "sender",
    action: "use voice or another channel"
  },
  opted_out: {
    category: "permanent_block",
    definition: "The recipient said STOP or is on a do-not-disturb register.",
    retryable: "no",
    resend: "never",
    delay: undefined,
    actor: "sender",
    action: "suppress the number now"
  },
  consent_missing: {
    category: "permanent_block",
    definition: "The sender has no recorded consent that this route demands.",
    retryable: "no",
    resend: "after_fix",
    delay: undefined,
    actor: "sender",
    action: "obtain consent and record it"
  },
  content_filtered: {
    category: "permanent_block",
    definition: "Stopped because of what it says or how it looks: spam, phishing, keyword, short link.",
    retryable: "no",
    resend: "after_fix",
    delay: undefined,
    actor: "sender",
    action: "change the text or the link"
  },
  fraud_blocked: {
    category: "permanent_block",
    definition: "A fraud or pumping guard stopped it, by destination risk rather than content.",
    retryable: "after",
    resend: "later",
    delay: { first: 30 * minute, then: 30 * minute, stopAfter: day },
    actor: "platform",
    action: "wait, and look at the protection rules"
  },
  sender_unregistered: {
    category: "permanent_block",
    definition: "Sender, campaign, header or template is not registered, verified or active.",
    retryable: "no",
    resend: "after_fix",
    delay: undefined,
    actor: "sender",
    action: "register the sender or campaign; hold the queue"
  },
  sender_rejected: {
    category: "permanent_block",
    definition: "The source address itself is invalid, not owned or blocklisted.",
    retryable: "no",
    resend: "after_fix",
    delay: undefined,
    actor: "sender",
    action: "change the sender, or appeal"
  },
  message_invalid: {
    category: "permanent_block",
    definition: "The request or message is malformed, too long, wrongly coded, or a parameter is missing.",
    retryable: "no",
    resend: "after_fix",
    delay: undefined,
    actor: "sender",
    action: "fix the request"
  },
  rate_limited: {
    category: "carrier_throttle",
    definition: "Per-second or queue limit passed.",
    retryable: "after",
    resend: "later",
    delay: { first: 10, then: minute, stopAfter: hour },
    actor: "sender",
    action: "send more slowly"
  },
  quota_exceeded: {
    category: "carrier_throttle",
    definition: "A daily, monthly or per-recipient allowance is used up.",
    retryable: "after",
    resend: "later",
    delay: { first: day, then: day, stopAfter: 3 * day },
    actor: "sender",
    action: "wait until the allowance resets"
  },
  account_problem: {
    category: "permanent_block",
    definition: "Our account or its settings: no funds, suspended, bad credentials, region not enabled.",
    retryable: "no",
    resend: "after_fix",
    delay: undefined,
    actor: "sender",
    action: "fix the account; pause the queue"
  },
  network_failure: {
    category: "temporary_network",
    definition: "A node or link between operators failed, timed out or is congested.",
    retryable: "after",
    resend: "later",
    delay: { first: minute, then: 5 * minute, stopAfter: hour },
    actor: "carrier",
    action: "send again"
  },
  routing_failure: {
    category: "temporary_network",
    definition: "No usable route, or portability or roaming data is wrong.",
    retryable: "after",
    resend: "later",
    delay: { first: 5 * minute, then: undefined, stopAfter: 5 * minute },
    actor: "platform",
    action: "send once more, on another route"
  },
  platform_error: {
    category: "temporary_network",
    definition: "The provider broke.",
    retryable: "yes",
    resend: "later",
    delay: { first: minute, then: 5 * minute, stopAfter: day },
    actor: "platform",
    action: "send again when the provider has recovered"
  },
  expired: {
    category: "temporary_network",
    definition: "Validity ran out before delivery; the reason behind it is not given.",
    retryable: "after",
    resend: "ask",
    delay: undefined,
    actor: "sender",
    action: "send again only if the text is still worth it"
  },
  cancelled: {
    category: "permanent_block",
    definition: "Deleted or replaced before delivery.",
    retryable: "no",
    resend: "never",
    delay: undefined,
    actor: "sender",
    action: "nothing"
  },
  duplicate_or_loop: {
    category: "permanent_block",
    definition: "Repeated id, repeated message or two robots answering each other.",
    retryable: "no",
    resend: "after_fix",
    delay: undefined,
    actor: "sender",
    action: "find the loop"
  },
  refused_unspecified: {
    category: "permanent_block",
    definition: "Refused on purpose, reason withheld.",
    retryable: "no",
    resend: "never",
    delay: undefined,
    actor: "carrier",
    action: "investigate when a pattern shows"
  },
  unexplained: {
    category: "unknown",
    definition: "A failure whose cause nobody states or whose code is not in the table.",
    retryable: "after",
    resend: "later",
    delay: { first: hour, then: undefined, stopAfter: hour },
    actor: "platform",
    action: "send once more; report the code"
  }
} as const satisfies Record<string, CauseInfo>

/** One of the 22 causes. */
export type Cause = keyof typeof causes

/** One of the 22 causes. */
export const Cause = Schema.Literals(Object.keys(causes) as [Cause, ...Array<Cause>])

/** A map is several times as fast as the object, where every failure asks it. */
const byWord: ReadonlyMap<string, CauseInfo> = new Map(Object.entries(causes))

/** Whether a word is one of the 22 causes. */
export const isCause = (word: string): word is Cause => byWord.has(word)

/** What follows from a cause, as a classifier may narrow it. */
export interface Advice {
  readonly category: Category
  readonly retryable: Retryable
  /** Seconds after the failure before which sending again is of no use; `undefined` where waiting alone does not help. */
  readonly retryAfterSeconds: number | undefined
  readonly resend: Resend
  readonly actor: Actor
  readonly action: string
}

/**
 * What to do about a failure. `resend` and `action` are the cause's; `retryable`, `actor` and the wait are the carrier's
 * own where it tells them. Where the two differ, `retryable: "no"` outranks `resend: "later"`: the same message would fail
 * again until somebody changes something.
 */
export const adviceOf = (
  cause: Cause,
  told: {
    readonly retryable?: Retryable | undefined
    readonly retryAfterSeconds?: number | undefined
    readonly actor?: Actor | undefined
  } = {}
): Advice => {
  const { action, actor, category, delay, resend, retryable } = byWord.get(cause) as CauseInfo
  const narrowed = told.retryable ?? retryable
  return {
    category,
    retryable: narrowed,
    retryAfterSeconds: narrowed === "no" ? undefined : (told.retryAfterSeconds ?? delay?.first),
    resend,
    actor: told.actor ?? actor,
    action
  }
}

/** Whether sending the same message again, once its wait is over, may be done without asking anybody. */
export const mayResend = ({ resend, retryable }: Pick<Advice, "resend" | "retryable">): boolean =>
  resend === "later" && retryable !== "no"
