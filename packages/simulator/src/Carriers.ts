/**
 * Carriers: how long their receipts take, why their messages fail, and what they lose.
 *
 * @module
 */
import * as Schema from "effect/Schema"

const Share = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))

/** One carrier. Shares are from 0 to 1; delays are fractions of the simulator's `within`. */
export const Carrier = Schema.Struct({
  name: Schema.NonEmptyString,
  /** Its part of the messages, relative to the other carriers' weights. */
  weight: Schema.Finite.check(Schema.isGreaterThan(0)),
  /** The number or short code that its messages are sent from. */
  from: Schema.NonEmptyString,
  /** Log-normal: half of the final receipts have come after `median`; a larger `spread` has a longer tail. */
  delay: Schema.Struct({ median: Share, spread: Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0)) }),
  /** Share of the receipts that report a failure. */
  failed: Share,
  /** Share of the messages whose final receipt never comes: they stay `sent`. */
  never: Share,
  /** Share of the messages that the platform does not return at all. */
  missing: Share,
  /** The words of its failures, each with a weight. */
  failures: Schema.NonEmptyArray(Schema.Tuple([Schema.NonEmptyString, Schema.Finite.check(Schema.isGreaterThan(0))]))
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
