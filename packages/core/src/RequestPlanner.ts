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
  /** The moment that it is in the index for. */
  readonly dueAt: number
  readonly messages: ReadonlyArray<OpenMessage>
}

/** What a decision was made of, for debug logs and metrics, and what is to be done besides. */
export interface Reasons {
  /** The expected unseen time that the request reveals; where none is sent, that the best would have revealed. */
  readonly gain: number
  /** What a request is worth now. */
  readonly price: number
  /** How long the look-up that was due soonest has been due. */
  readonly overdue: number
  /** Look-ups that are not worth a request yet, and when they are: to be written to the index. */
  readonly later: ReadonlyArray<{ readonly index: number; readonly dueAt: number }>
}

/** What to do next. */
export type Decision =
  | (Reasons & { readonly kind: "lookup"; readonly index: number })
  /** None of the look-ups given is worth a request yet: once `later` is written, others may be. */
  | (Reasons & { readonly kind: "again" })
  | (Reasons & { readonly kind: "wait"; readonly until: number })

/** The moment and state of planning for which the due moments in the journal were computed. */
export interface Basis {
  readonly price: number
  readonly version: number
}

/** The planner. */
export interface RequestPlanner {
  /** When, from now on, a message is worth a request, if one request reads so many messages; infinite for never. */
  readonly dueAt: (message: OpenMessage, now: number, together?: number) => number
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

/** A look-up is not moved to later in the index for less, nor for less than this share of the time since it was made. */
const shortestMove = 1_000
const leastMove = 0.1

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

  /** When the gain of a look-up reaches so much, if it does so before `latest`. */
  const reaches = (lookUp: LookUp, wanted: number, now: number, latest: number) => {
    let high = latest
    for (const message of lookUp.messages) high = Math.min(high, worthAt(message, wanted))
    if (lookUp.messages.length === 1) return high
    let low = now
    while (high - low > 20) {
      const middle = (low + high) / 2
      if (gainOf(lookUp, middle) < wanted) low = middle
      else high = middle
    }
    return high
  }

  const dueAt = (lookUp: LookUp, now: number) =>
    Math.max(now + 1, reaches(lookUp, price, now, Number.POSITIVE_INFINITY))

  return {
    dueAt: (message, now, together = 1) => Math.max(now, worthAt(message, price / together)),
    gain,
    choose: (now, lookUps) => {
      let best = -1
      let bestGain = 0
      let overdue = 0
      const gains = lookUps.map((lookUp, index) => {
        const sum = gainOf(lookUp, now)
        overdue = Math.max(overdue, now - lookUp.dueAt)
        if (sum > bestGain) {
          best = index
          bestGain = sum
        }
        return sum
      })
      const later: Array<{ readonly index: number; readonly dueAt: number }> = []
      gains.forEach((sum, index) => {
        const lookUp = lookUps[index]!
        if (sum >= price || lookUp.dueAt > now) return
        const due = dueAt(lookUp, now)
        // What is worth it sooner than the backlog is done would only be moved in vain.
        const openFor = now - Math.max(...lookUp.messages.map(({ openAt }) => openAt))
        if (due - now > Math.max(overdue, shortestMove, leastMove * openFor)) later.push({ index, dueAt: due })
      })
      const reasons = { gain: bestGain, price, overdue, later }
      if (later.length > 0 && later.length === lookUps.length) return { ...reasons, kind: "again" }
      if (bestGain >= floor) return { ...reasons, kind: "lookup", index: best }
      let until = now + longestWait
      for (const lookUp of lookUps) until = Math.min(until, reaches(lookUp, floor, now, until))
      return { ...reasons, kind: "wait", until: Math.max(until, now + 1) }
    },
    sent: ({ gain, overdue }) => {
      price = Price.after(price, gain, overdue, floor)
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
