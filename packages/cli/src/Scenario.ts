/**
 * The outages that can be rehearsed: what goes wrong, from when until when. Times are milliseconds since the first sending.
 *
 * @module
 */
import type { Options } from "@dlrkit/simulator"
import { durationText } from "./DurationText.ts"

/** The names of the scenarios. */
export const names = ["carrier-outage", "platform-outage", "rate-limit", "silent-carrier"] as const
/** See {@link names}. */
export type Name = (typeof names)[number]

/** What goes wrong. */
export interface Scenario {
  readonly name: Name
  readonly from: number
  /** `undefined` where it has no end. */
  readonly until: number | undefined
  /** Whose it is, where it is a carrier's. */
  readonly carrier: string | undefined
  /** The requests that the platform grants in a minute meanwhile, where it grants fewer. */
  readonly perMinute: number | undefined
  /** The trouble as the simulator takes it. */
  readonly trouble: Pick<Options, "carrierOutages" | "limits" | "outages" | "silences">
  /** What happens, in a sentence. */
  readonly story: string
  /** The same as the beginning of a conclusion. */
  readonly subject: string
}

/** What a scenario is made for. */
export interface Setting {
  /** How long messages are sent. */
  readonly over: number
  /** The carrier that has most of them. */
  readonly carrier: string
  /** What the platform grants in a minute as long as all is well. */
  readonly perMinute: number
}

const hour = 3_600_000

/** How long each lasts; the silence of a carrier never ends. */
const lasts = { "carrier-outage": 4 * hour, "platform-outage": 2 * hour, "rate-limit": 6 * hour }

/** The share of the deliveries that fail where a carrier is out. */
const failed = 0.1
/** The share of the announced limit that is left. */
const granted = 0.1

/** Makes a scenario. It begins when half of the sending time has passed. */
export const make = (name: Name, { carrier, over, perMinute }: Setting): Scenario => {
  const from = Math.round(over / 2)
  const begin = `${durationText(from)} after the first sending`
  if (name === "silent-carrier") {
    return {
      ...{ name, from, until: undefined, carrier, perMinute: undefined },
      trouble: { silences: [{ carrier, from }] },
      story: `from ${begin} on, ${carrier} sends no final receipt any more`,
      subject: `the silence of ${carrier}`
    }
  }
  const length = lasts[name]
  const until = from + length
  const long = durationText(length)
  switch (name) {
    case "carrier-outage":
      return {
        ...{ name, from, until, carrier, perMinute: undefined },
        trouble: { carrierOutages: [{ carrier, from, until, failed }] },
        story: `for ${long}, from ${begin}, ${carrier} sends no final receipts; they come in ${durationText(length / 20)} after it, and ${100 * failed} % of its deliveries are failures then`,
        subject: `an outage of ${carrier} of ${long}`
      }
    case "platform-outage":
      return {
        ...{ name, from, until, carrier: undefined, perMinute: undefined },
        trouble: { outages: [{ from, until }] },
        story: `for ${long}, from ${begin}, the platform answers every request with 503 or not at all`,
        subject: `an outage of the platform of ${long}`
      }
    case "rate-limit": {
      const left = Math.max(1, Math.round(perMinute * granted))
      return {
        ...{ name, from, until, carrier: undefined, perMinute: left },
        trouble: {
          limits: [
            { from, perMinute: left },
            { from: until, perMinute }
          ]
        },
        story: `for ${long}, from ${begin}, the platform grants ${left} requests a minute in place of ${perMinute}, and refuses others with 429 and Retry-After`,
        subject: `a limit of ${left} requests a minute for ${long}`
      }
    }
  }
}
