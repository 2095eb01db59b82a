/**
 * Carriers: how long their receipts take, why their messages fail, and what they lose.
 *
 * @module
 */
import * as Schema from "effect/Schema"

const Share = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))

const Spread = Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0))
const Weight = Schema.Finite.check(Schema.isGreaterThan(0))

/** A share of the receipts, and how long they take. */
const Spell = Schema.Struct({
  /** Its part of the final receipts, relative to the other spells' weights. */
  weight: Weight,
  /** Half of them have come after so many milliseconds. */
  median: Schema.Finite.check(Schema.isGreaterThan(0)),
  spread: Spread
})

/**
 * How long after a message was sent (or after the start, where that is later) its final receipt comes. All delays are
 * log-normal: half have come after `median`, and `spread`, the deviation of the natural logarithm, makes a longer tail.
 *
 * - `{ median, spread }`: a fraction of the simulator's `within`, which bounds it.
 * - A list of spells: milliseconds, bounded by nothing. What never comes is no spell but the carrier's `never`.
 */
export const Delay = Schema.Union([Schema.Struct({ median: Share, spread: Spread }), Schema.NonEmptyArray(Spell)])
/** See {@link Delay}. */
export type Delay = typeof Delay.Type

/** One carrier. Shares are from 0 to 1. */
export const Carrier = Schema.Struct({
  name: Schema.NonEmptyString,
  /** Its part of the messages, relative to the other carriers' weights. */
  weight: Weight,
  /** The number or short code that its messages are sent from. */
  from: Schema.NonEmptyString,
  delay: Delay,
  /** Share of the receipts that report a failure. */
  failed: Share,
  /** Share of the messages whose final receipt never comes: they stay `sent`. */
  never: Share,
  /** Share of the messages that the platform does not return at all. */
  missing: Share,
  /** The words of its failures, each with a weight. The conversations API calls them codes. */
  failures: Schema.NonEmptyArray(Schema.Tuple([Schema.NonEmptyString, Weight]))
})
/** See {@link Carrier}. */
export type Carrier = typeof Carrier.Type

/** Five invented carriers: a good one, an ordinary one, a strict one, a slow one and a bad one. */
export const invented: readonly [Carrier, ...ReadonlyArray<Carrier>] = [
  {
    name: "aldermoor",
    weight: 34,
    from: "72201",
    delay: { median: 0.05, spread: 0.6 },
    failed: 0.03,
    never: 0.004,
    missing: 0.002,
    failures: [
      ["INVALID_NUMBER", 6],
      ["NETWORK_ERROR", 3],
      ["TIMEOUT", 1]
    ]
  },
  {
    name: "brightfen",
    weight: 24,
    from: "+12065550142",
    delay: { median: 0.1, spread: 0.7 },
    failed: 0.06,
    never: 0.01,
    missing: 0.002,
    failures: [
      ["INVALID_NUMBER", 4],
      ["CARRIER_REJECTED", 3],
      ["TIMEOUT", 2],
      ["SOMETHING_ODD", 1]
    ]
  },
  {
    name: "corvalt",
    weight: 18,
    from: "+442079460150",
    delay: { median: 0.15, spread: 0.5 },
    failed: 0.12,
    never: 0.006,
    missing: 0.004,
    failures: [
      ["UNREGISTERED_SENDER", 5],
      ["CARRIER_REJECTED", 3],
      ["MESSAGE_BLOCKED", 2],
      ["BAD_DESTINATION", 1]
    ]
  },
  {
    name: "dunmere",
    weight: 14,
    from: "+61491570156",
    delay: { median: 0.35, spread: 0.6 },
    failed: 0.08,
    never: 0.03,
    missing: 0.01,
    failures: [
      ["THROTTLED_BY_CARRIER", 5],
      ["GATEWAY_CONGESTION", 3],
      ["timeout waiting for the handset", 2]
    ]
  },
  {
    name: "hollin",
    weight: 10,
    from: "38383",
    delay: { median: 0.08, spread: 1.2 },
    failed: 0.25,
    never: 0.04,
    missing: 0.01,
    failures: [
      ["TEMPORARY_FAILURE", 3],
      ["CARRIER_LIMIT_EXCEEDED", 3],
      ["CARRIER_REJECTED", 2],
      ["ERR-7741", 2]
    ]
  }
]

type Failures = Carrier["failures"]

/** The same carriers' failures in the codes of the platform's SMS receipts (its article "SMS delivery receipts"). */
const receiptCodes: Readonly<Record<string, Failures>> = {
  aldermoor: [
    ["DEST_ADDR_INVALID", 6],
    ["CARRIER_CONGESTED", 3],
    ["NETWORK_TIMEOUT", 1]
  ],
  brightfen: [
    ["DEST_ADDR_INVALID", 4],
    ["CARRIER_DELIVERY_FAILED", 3],
    ["EXPIRED", 2],
    ["DEFAULT", 1]
  ],
  corvalt: [
    ["OPERATION_NOT_ALLOWED", 5],
    ["CARRIER_DELIVERY_FAILED", 3],
    ["RECIPIENT_OPTED_OUT", 2],
    ["DEST_ADDR_IS_LANDLINE", 1]
  ],
  dunmere: [
    ["FLOW_CONTROL_TIMEOUT", 5],
    ["CARRIER_CONGESTED", 3],
    ["RECIPIENT_HANDSET_TEMP_FAILURE", 2]
  ],
  hollin: [
    ["OTHER_TEMPORARY_FAILURE", 3],
    ["RECIPIENT_FLOODED", 3],
    ["CARRIER_DELIVERY_FAILED", 2],
    ["ERR-7741", 2]
  ]
}

/** {@link invented}, with failures that are told in receipt codes: the conversations API's. */
export const inventedForConversations = invented.map((carrier) => ({
  ...carrier,
  failures: receiptCodes[carrier.name] as Failures
})) as [Carrier, ...Array<Carrier>]
