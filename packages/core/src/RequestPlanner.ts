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
import type { SweepOptions, Window } from "./SweepCells.ts"
import * as SweepCells from "./SweepCells.ts"

/** A message without a final receipt, as far as we know. */
export interface OpenMessage {
  readonly carrier: string
  /** When it was sent. */
  readonly bornAt: number
  /** When the platform last showed it open; `bornAt` where it never has. */
  readonly openAt: number
  /** Whether it is the only message of its conversation, so that a sweep can settle it too. */
  readonly alone?: boolean
}

/** A look-up that could be made: the open messages that one request would read. */
export interface LookUp {
  /** The moment that it is in the index for. */
  readonly dueAt: number
  readonly messages: ReadonlyArray<OpenMessage>
}

/** What a decision was made of, for debug logs and metrics, and what is to be done besides. */
export interface Reasons {
  /** The unseen time that the request is expected to reveal; nothing where none is worth the floor. */
  readonly gain: number
  /** What it is worth: the gain, and more where a look is better made now than later. */
  readonly worth: number
  /** What a request has been worth of late. */
  readonly price: number
  /** How long the look-up that was due soonest has been due, and how long none has been made of it. */
  readonly overdue: number
  readonly openFor: number
  /** Look-ups that are not worth a request yet, and when they are: to be written to the index. */
  readonly later: ReadonlyArray<{ readonly index: number; readonly dueAt: number }>
}

/** What to do next. */
export type Decision =
  | (Reasons & { readonly kind: "lookup"; readonly index: number })
  /** Read all pages of this window; `gain` is that of each page. */
  | (Reasons & { readonly kind: "sweep"; readonly window: Window; readonly pages: number })
  /** Many of the look-ups given are not worth a request yet: once `later` is written, better ones may be soonest due. */
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
  /** The request (of a sweep, each page) that was decided on has left: the price moves. */
  readonly sent: (decision: Decision) => void
  /** A look showed how a message was at that moment: the curves learn. */
  readonly observed: (message: OpenMessage, at: number, final: boolean) => void
  /** What sweeps could settle; nothing is counted where there are none. */
  readonly cells: SweepCells.SweepCells | undefined
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
  /** Left out where sweeps are not to be had. */
  readonly sweep?: SweepOptions | undefined
}

/** Waiting ends after so long at the latest, since what was soonest due may have been computed at another price. */
const longestWait = 60_000

/** Beyond this, nothing is planned. */
const never = 60 * 86_400_000
/** A look-up is not moved to later in the index for less, nor for less than this share of the time since it was made. */
const shortestMove = 1_000
const leastMove = 0.1
/** Where this share of the look-ups given is to be moved, there may be better ones behind them. */
const staleShare = 0.25
/** What is worth less than this share of the price does not stay in the way of others. */
const farShare = 0.25

/** How long after the sweep that it is left to a message is considered again. */
const afterSweep = 5_000

/** While there is something to sweep, waiting ends sooner, but lasts so long at the least, and this share of the floor. */
const leastWaitForSweep = 5_000
const leastWaitShare = 0.02

/** Makes a planner. */
export const make = ({ curves, floor, sweep }: RequestPlannerOptions): RequestPlanner => {
  let price = floor
  const cells = sweep === undefined ? undefined : SweepCells.make(sweep, curves, floor)

  /** Up to which age a message is known to have been open: by look-ups, or by sweeps. */
  const sinceOf = ({ alone, bornAt, openAt }: OpenMessage) =>
    (alone === true && cells !== undefined ? Math.max(openAt, cells.seenAt(bornAt)) : openAt) - bornAt

  const gain = (message: OpenMessage, now: number) =>
    DelayCurve.unseen(curves.of(message.carrier), sinceOf(message), now - message.bornAt)

  /**
   * What a look-up of a message is worth. Of what the next sweep will show anyway, it only reveals what is left until
   * then; that falls from some age on, so that there is nothing to wait for.
   */
  const worth = (message: OpenMessage, now: number) => {
    const { alone, bornAt, carrier } = message
    const [curve, since, age] = [curves.of(carrier), sinceOf(message), now - bornAt]
    const value = DelayCurve.worth(curve, since, age)
    if (alone !== true || cells === undefined) return value
    const sweptAt = cells.nextAt(bornAt, now, price) - bornAt
    const spared = DelayCurve.chance(curve, since, age) * Math.max(0, sweptAt - age)
    return age >= DelayCurve.onlyLookAt(curve, since, sweptAt) ? spared : Math.min(value, spared)
  }

  const worthAt = (message: OpenMessage, wanted: number, now: number) => {
    const { alone, bornAt, carrier } = message
    const [curve, since] = [curves.of(carrier), sinceOf(message)]
    const age = DelayCurve.worthAt(curve, since, wanted, floor)
    if (alone !== true || cells === undefined) return bornAt + age
    const sweptAt = cells.nextAt(bornAt, now, price) - bornAt
    const earliest = DelayCurve.unseenAt(curve, since, floor)
    const best = Math.max(now - bornAt, earliest, Math.min(age, DelayCurve.onlyLookAt(curve, since, sweptAt)))
    if (best < sweptAt && DelayCurve.chance(curve, since, best) * (sweptAt - best) >= wanted) return bornAt + best
    // Left to the sweep: looked at again once that is over.
    return bornAt + Math.max(age, sweptAt + afterSweep)
  }

  const sum = ({ messages }: LookUp, of: (message: OpenMessage, now: number) => number, now: number) => {
    let total = 0
    for (const message of messages) total += of(message, now)
    return total
  }

  /** When a look-up is worth so much, and reveals what a request must, if that is before `latest`. */
  const reaches = (lookUp: LookUp, wanted: number, now: number, latest: number) => {
    let high = latest
    for (const message of lookUp.messages) high = Math.min(high, worthAt(message, wanted, now))
    if (lookUp.messages.length === 1) return high
    // In whole milliseconds, so that the same story comes of it at any time of day.
    high = Math.round(Math.min(high, now + never))
    let low = now
    while (high - low > 20) {
      const middle = low + Math.floor((high - low) / 2)
      if (sum(lookUp, worth, middle) < wanted || sum(lookUp, gain, middle) < floor) low = middle
      else high = middle
    }
    return high
  }

  const openForOf = ({ messages }: LookUp, now: number) => {
    let last = Number.NEGATIVE_INFINITY
    for (const { openAt } of messages) last = Math.max(last, openAt)
    return now - last
  }

  const dueAt = (lookUp: LookUp, now: number) => Math.max(now + 1, reaches(lookUp, price, now, now + never))

  return {
    dueAt: (message, now, together = 1) => Math.max(now, worthAt(message, price / together, now)),
    gain,
    choose: (now, lookUps) => {
      let best = -1
      let bestWorth = 0
      let overdue = Number.NEGATIVE_INFINITY
      let openFor = 0
      const worths = lookUps.map((lookUp, index) => {
        const value = sum(lookUp, worth, now)
        if (now - lookUp.dueAt > overdue) {
          overdue = now - lookUp.dueAt
          openFor = openForOf(lookUp, now)
        }
        if (value > bestWorth && sum(lookUp, gain, now) >= floor) {
          best = index
          bestWorth = value
        }
        return value
      })
      const later: Array<{ readonly index: number; readonly dueAt: number }> = []
      worths.forEach((value, index) => {
        const lookUp = lookUps[index]!
        if (value >= price || lookUp.dueAt > now) return
        const due = dueAt(lookUp, now)
        const least = Math.max(shortestMove, leastMove * openForOf(lookUp, now))
        // What is worth it sooner than the backlog is done would only be moved in vain, unless it is far from worth it.
        if (value < farShare * price) later.push({ index, dueAt: Math.max(due, now + least) })
        else if (due - now > Math.max(overdue, least)) later.push({ index, dueAt: due })
      })
      const lookUp = lookUps[best]
      const gainOf = lookUp === undefined ? 0 : sum(lookUp, gain, now)
      const reasons = { gain: gainOf, worth: bestWorth, price, overdue, openFor, later }
      if (later.length > 0 && later.length >= staleShare * lookUps.length) return { ...reasons, kind: "again" }
      const swept = cells?.best(now, price)
      if (swept !== undefined && swept.gain > bestWorth && swept.gain >= floor) {
        return { ...reasons, ...swept, worth: swept.gain, kind: "sweep" }
      }
      if (lookUp !== undefined) return { ...reasons, kind: "lookup", index: best }
      let until = now + longestWait
      if (swept !== undefined && cells !== undefined) {
        until = Math.min(until, Math.max(cells.nextDue(now), now + Math.max(leastWaitForSweep, leastWaitShare * floor)))
      }
      for (const lookUp of lookUps) until = Math.min(until, reaches(lookUp, floor, now, until))
      return { ...reasons, kind: "wait", until: Math.max(until, now + 1) }
    },
    sent: (decision) => {
      price = Price.after(price, decision, floor)
    },
    observed: (message, at, final) => {
      const { bornAt, carrier } = message
      if (final) curves.final(carrier, sinceOf(message), at - bornAt)
      else curves.open(carrier, sinceOf(message), at - bornAt)
    },
    cells,
    price: () => price,
    basis: () => ({ price, version: curves.version() }),
    isStale: (basis) => price < basis.price / 2 || curves.version() !== basis.version
  }
}
