/**
 * What goes wrong on the platform's side, request by request.
 *
 * @module
 */

import * as Seed from "./Seed.ts"
import type { Settings } from "./Settings.ts"

/** A fault that befalls a whole request. */
export type Fault = "throttled" | "failing" | "reset" | "truncated" | "cut"

const requestFaults = ["throttled", "failing", "reset", "truncated", "cut"] as const

/** What befalls one request. */
export interface Draw {
  readonly fault: Fault | undefined
  /** During an outage nothing else is looked at. */
  readonly outage: boolean
  /** Milliseconds that the answer takes longer. */
  readonly delay: number
}

/** Draws what befalls each request. */
export interface Faults {
  /** For a request to the API that arrives `since` milliseconds after the start. */
  readonly request: (since: number) => Draw
  /** For a token request: it can only fail or be reset. */
  readonly token: (since: number) => Draw
  /** For the entities of a page. */
  readonly page: Seed.Chance
}

/** Makes the faults of a simulation. */
export const make = (settings: Settings): Faults => {
  const { rates } = settings
  const requests = Seed.make(settings.seed, "requests")
  const tokens = Seed.make(settings.seed, "tokens")
  const sum = requestFaults.reduce((sum, name) => sum + rates[name], 0)
  const weights = [
    [undefined, Math.max(0, 1 - sum)] as const,
    ...requestFaults.map((name) => [name, rates[name]] as const)
  ] as const
  const isOut = (since: number) => settings.outages.some(({ from, until }) => since >= from && since < until)
  const broken = (chance: Seed.Chance): Fault => (chance.happens(0.5) ? "failing" : "reset")
  return {
    request: (since) => {
      const outageFault = broken(requests)
      const fault = requests.weighted(weights)
      const slow = requests.happens(rates.slow)
      const delay = requests.whole(settings.slowAnswers.min, settings.slowAnswers.max)
      return isOut(since)
        ? { fault: outageFault, outage: true, delay: 0 }
        : { fault, outage: false, delay: slow ? delay : 0 }
    },
    token: (since) => {
      const fault = broken(tokens)
      const fails = tokens.happens(rates.tokenFailing)
      const outage = isOut(since)
      return { fault: fails || outage ? fault : undefined, outage, delay: 0 }
    },
    page: Seed.make(settings.seed, "pages")
  }
}
