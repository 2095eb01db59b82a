/**
 * Decides what the next request is spent on, so that it is expected to reveal the most time that a final receipt has
 * gone unseen: the gain of a request is the sum of what `DelayCurve.unseen` says of each message it covers.
 *
 * Nothing here holds or scans what is pending. Each message has a moment at which it becomes worth a request at the
 * current price (`dueAt`), by which the journal orders them; of the soonest due, whose true gain is computed anew, the
 * best is asked for. Where a request is to be had and nothing is due, the best of what is soonest due is asked for
 * before its time, unless its gain is under the floor: then the planner waits.
 *
 * All times in milliseconds; moments since the epoch.
 *
 * @module
 */
import * as DelayCurve from "./DelayCurve.ts"
import type { DelayCurves } from "./DelayCurves.ts"
import * as Price from "./Price.ts"

/** A message without a final receipt, as far as we know. */
export interface OpenMessage {
  readonly carrier: string
  /** When it was sent. */
  readonly bornAt: number
  /** When the platform last showed it open; `bornAt` where it never has. */
  readonly openAt: number
}

/** A look-up that could be made: the open messages that one request would read. */
export interface LookUp {
  readonly messages: ReadonlyArray<OpenMessage>
}

/** What a decision was made of, for debug logs and metrics. */
export interface Reasons {
  /** The expected unseen time that a request reveals, and that of the best request of the other kind. */
  readonly gain: number
  readonly price: number
}

/** What to do next. */
export type Decision =
  | (Reasons & { readonly kind: "lookup"; readonly index: number })
  | (Reasons & { readonly kind: "wait"; readonly until: number })

/** The moment and state of planning for which the due moments in the journal were computed. */
export interface Basis {
  readonly price: number
  readonly version: number
}

/** The planner. */
export interface RequestPlanner {
  /** When a message is worth a request at the current price, if one request reads so many messages; maybe never. */
  readonly dueAt: (message: OpenMessage, together?: number) => number
  /** How long the final receipt of a message is expected to have gone unseen by now. */
  readonly gain: (message: OpenMessage, now: number) => number
  /** Decides on the next request, given some look-ups that are the soonest due. */
  readonly choose: (now: number, lookUps: ReadonlyArray<LookUp>) => Decision
  /** The request that was decided on has left: the price moves. */
  readonly sent: (decision: Decision) => void
  /** A look showed how a message was at that moment: the curves learn. */
  readonly observed: (message: OpenMessage, at: number, final: boolean) => void
  readonly price: () => number
  /** What due moments computed now are based on. */
  readonly basis: () => Basis
  /** Whether due moments on this basis are too far from the present to keep: all are to be computed anew. */
  readonly isStale: (basis: Basis) => boolean
}

/** Settings of the planner. */
export interface RequestPlannerOptions {
  /** A request with a smaller expected gain is not sent. */
  readonly floor: number
  readonly curves: DelayCurves
}

/** Waiting ends after so long at the latest, since what was soonest due may have been computed at another price. */
const longestWait = 60_000

/** Makes a planner. */
export const make = ({ curves, floor }: RequestPlannerOptions): RequestPlanner => {
  let price = floor

  const gain = ({ bornAt, carrier, openAt }: OpenMessage, now: number) =>
    DelayCurve.unseen(curves.of(carrier), openAt - bornAt, now - bornAt)

  const worthAt = ({ bornAt, carrier, openAt }: OpenMessage, price: number) =>
    bornAt + DelayCurve.worthAt(curves.of(carrier), openAt - bornAt, price)

  const gainOf = ({ messages }: LookUp, now: number) => {
    let sum = 0
    for (const message of messages) sum += gain(message, now)
    return sum
  }

  /** When the gain of a look-up reaches the floor. */
  const floorAt = (lookUp: LookUp, now: number) => {
    let high = Math.min(now + longestWait, ...lookUp.messages.map((message) => worthAt(message, floor)))
    if (lookUp.messages.length === 1) return high
    let low = now
    while (high - low > 20) {
      const middle = (low + high) / 2
      if (gainOf(lookUp, middle) < floor) low = middle
      else high = middle
    }
    return high
  }

  return {
    dueAt: (message, together = 1) => worthAt(message, price / together),
    gain,
    choose: (now, lookUps) => {
      let best = -1
      let bestGain = 0
      for (let index = 0; index < lookUps.length; index++) {
        const sum = gainOf(lookUps[index]!, now)
        if (sum <= bestGain) continue
        best = index
        bestGain = sum
      }
      if (bestGain >= floor) return { kind: "lookup", index: best, gain: bestGain, price }
      let until = now + longestWait
      for (const lookUp of lookUps) until = Math.min(until, floorAt(lookUp, now))
      return { kind: "wait", until: Math.max(until, now + 1), gain: bestGain, price }
    },
    sent: (decision) => {
      price = Price.after(price, decision.gain, floor)
    },
    observed: ({ bornAt, carrier, openAt }, at, final) => {
      if (final) curves.final(carrier, openAt - bornAt, at - bornAt)
      else curves.open(carrier, openAt - bornAt, at - bornAt)
    },
    price: () => price,
    basis: () => ({ price, version: curves.version() }),
    isStale: (basis) => price < basis.price / 2 || curves.version() !== basis.version
  }
}
