/**
 * Errors in free text, `{"error": "…"}`, for what comes without any code: the last resort.
 *
 * A text is searched for markers, the first of which decides. Numbers in it are never taken for codes. The text itself goes
 * no further than its reader: the receipt keeps the marker alone.
 *
 * @module
 */
import { type Classifier, defineClassifier, PayloadFields, type ReceiptProfile, type Taxonomy } from "@dlrkit/core"

/** The profile's name. */
const name = "prose"

/** The field of the payload that holds the text, and the receipt's status. */
const field = "error"

/**
 * The markers of each cause, in the order in which they are looked for: a STOP first, because it binds; then what passes,
 * because it outranks a phrase about a dead number ("invalid number returned upstream, temporary failure": one sender lost
 * good numbers that way, https://github.com/JXalent1/sms-marketing-platform); then what somebody has to change. A marker
 * begins at the beginning of a word, and may end within one.
 */
export const markers: ReadonlyArray<readonly [Taxonomy.Cause, ReadonlyArray<string>]> = [
  [
    "opted_out",
    [
      "opted out",
      "opt out",
      "opted-out",
      "opt-out",
      "unsubscribed",
      "do not disturb",
      "do-not-disturb",
      "replied stop",
      "sent stop"
    ]
  ],
  ["rate_limited", ["rate limit", "rate-limit", "rate exceeded", "too many requests", "throttl", "queue full"]],
  ["quota_exceeded", ["quota", "daily limit", "daily cap", "monthly limit"]],
  [
    "handset_unreachable",
    [
      "unreachable",
      "not reachable",
      "switched off",
      "powered off",
      "absent subscriber",
      "subscriber absent",
      "out of coverage",
      "memory full",
      "inbox full",
      "handset busy"
    ]
  ],
  [
    "network_failure",
    [
      "temporar",
      "timeout",
      "timed out",
      "time-out",
      "congest",
      "try again",
      "will retry",
      "retry later",
      "network error",
      "network failure",
      "unavailable"
    ]
  ],
  ["platform_error", ["internal error", "internal server error", "system error"]],
  ["expired", ["expired", "validity period"]],
  [
    "unsupported_destination",
    // Telnyx's words for both (https://support.telnyx.com/en/articles/6505121-telnyx-messaging-error-codes, 40001).
    ["landline", "land line", "not a mobile", "not routable", "non-routable", "sms not supported", "not sms capable"]
  ],
  ["content_filtered", ["spam", "content filter", "content blocked", "message filtered", "carrier filter"]],
  ["fraud_blocked", ["fraud", "pumping"]],
  [
    "sender_unregistered",
    ["unregistered", "not registered", "campaign not", "toll-free not verified", "unverified toll-free"]
  ],
  ["sender_rejected", ["invalid sender", "invalid from", "invalid source", "sender id", "from number"]],
  [
    "account_problem",
    [
      "insufficient funds",
      "insufficient credit",
      "insufficient balance",
      "out of credit",
      "account suspended",
      "unauthorized"
    ]
  ],
  [
    "invalid_number",
    [
      "invalid phone",
      "invalid number",
      "invalid destination",
      "invalid recipient",
      "invalid msisdn",
      "invalid to phone",
      "invalid to number",
      "number is invalid",
      "not a valid phone",
      "not a valid mobile",
      "not a valid number",
      "unknown subscriber",
      "unknown number",
      "does not exist",
      "not in service",
      "no longer in service",
      "disconnected",
      "deactivated"
    ]
  ],
  ["message_invalid", ["message too long", "invalid message", "malformed", "invalid encoding"]],
  ["routing_failure", ["no route", "routing"]],
  ["refused_unspecified", ["blocked", "blacklist", "blocklist", "rejected", "refused"]]
]

const causes: ReadonlyMap<string, Taxonomy.Cause> = new Map(
  markers.flatMap(([cause, words]) => words.map((word) => [word, cause] as const))
)

/** The longest text that is searched: what is longer is cut. */
const longest = 4_000

/** The first marker in a text. */
const markerIn = (text: string): string | undefined => {
  const plain = ` ${text
    .slice(0, longest)
    .toLowerCase()
    .replace(/[^\p{L}\p{N}-]+/gu, " ")}`
  for (const word of causes.keys()) if (plain.includes(` ${word}`)) return word
  return undefined
}

/** A word that is none of a code: `EC_603` and `21b` have none. */
const hasWord = (text: string) => /(?:^|[\s"'(])\p{L}{3,}(?=$|[\s.,;:!?"')])/u.test(text.slice(0, longest))

/** The text of an object that has an error and nothing else. */
const textOf = (payload: unknown): string | undefined => {
  const fields = PayloadFields.of(payload)
  const text = fields?.names.size === 1 ? fields.text(field) : undefined
  return text !== undefined && hasWord(text) ? text : undefined
}

/** How free text is read: from an object, or as it is where the profile is named. */
export const profile: ReceiptProfile.ReceiptProfile = {
  name,
  read: (payload) => {
    const isText = typeof payload === "string" && PayloadFields.of(payload) === undefined && hasWord(payload)
    const text = textOf(payload) ?? (isText ? payload : undefined)
    if (text === undefined) return undefined
    const code = markerIn(text)
    return {
      receipt: {
        profile: name,
        providerStatus: field,
        status: "failed",
        code,
        field: code === undefined ? undefined : field
      }
    }
  },
  recognizes: (payload) => textOf(payload) !== undefined
}

/** The classifier for receipts of the profile `prose`. A text without a marker is left `unexplained`. */
export const classifier = (): Classifier.Classifier =>
  defineClassifier({
    name,
    classify: ({ code = "", profile: of, status }) => {
      const cause = of === name && status === "failed" ? causes.get(code) : undefined
      return cause && { cause, rule: code, why: `the text says "${code}"` }
    },
    profiles: [profile],
    rules: [...causes].map(([rule, cause]) => ({ rule, profile: name, field, code: rule, cause }))
  })
