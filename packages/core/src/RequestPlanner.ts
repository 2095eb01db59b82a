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
  /** Read all pages of this window; `gain` is that of each page. */
  | (Reasons & { readonly kind: "sweep"; readonly window: Window; readonly pages: number })
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

/** How long after the sweep that it is left to a message is considered again. */
const afterSweep = 5_000

/** While there is something to sweep, waiting ends sooner. */
const longestWaitForSweep = 5_000

/** Makes a planner. */
export const make = ({ curves, floor, sweep }: RequestPlannerOptions): RequestPlanner => {
  let price = floor
  const cells = sweep === undefined ? undefined : SweepCells.make(sweep, curves, floor)

  /** Up to which age a message is known to have been open: by look-ups, or by sweeps. */
  const sinceOf = ({ alone, bornAt, openAt }: OpenMessage) =>
    (alone === true && cells !== undefined ? Math.max(openAt, cells.seenAt(bornAt)) : openAt) - bornAt

  /**
   * What a look-up of a message reveals. Of what the next sweep will show anyway, it only reveals what is left until
   * then; that falls from some age on, so that there is nothing to wait for.
   */
  const gain = (message: OpenMessage, now: number) => {
    const { alone, bornAt, carrier } = message
    const [curve, since, age] = [curves.of(carrier), sinceOf(message), now - bornAt]
    const unseen = DelayCurve.unseen(curve, since, age)
    if (alone !== true || cells === undefined) return unseen
    const sweptAt = cells.nextAt(bornAt, now, price) - bornAt
    const spared = DelayCurve.chance(curve, since, age) * Math.max(0, sweptAt - age)
    return age >= DelayCurve.onlyLookAt(curve, since, sweptAt) ? spared : Math.min(unseen, spared)
  }

  const worthAt = (message: OpenMessage, wanted: number, now: number) => {
    const { alone, bornAt, carrier } = message
    const [curve, since] = [curves.of(carrier), sinceOf(message)]
    const age = DelayCurve.worthAt(curve, since, wanted)
    if (alone !== true || cells === undefined) return bornAt + age
    const sweptAt = cells.nextAt(bornAt, now, price) - bornAt
    const best = Math.max(now - bornAt, Math.min(age, DelayCurve.onlyLookAt(curve, since, sweptAt)))
    if (best < sweptAt && DelayCurve.chance(curve, since, best) * (sweptAt - best) >= wanted) return bornAt + best
    // Left to the sweep: looked at again once that is over.
    return bornAt + Math.max(age, sweptAt + afterSweep)
  }

  const gainOf = ({ messages }: LookUp, now: number) => {
    let sum = 0
    for (const message of messages) sum += gain(message, now)
    return sum
  }

  /** When the gain of a look-up reaches so much, if it does so before `latest`. */
  const reaches = (lookUp: LookUp, wanted: number, now: number, latest: number) => {
    let high = latest
    for (const message of lookUp.messages) high = Math.min(high, worthAt(message, wanted, now))
    if (lookUp.messages.length === 1) return high
    let low = now
    while (high - low > 20) {
      const middle = (low + high) / 2
      if (gainOf(lookUp, middle) < wanted) low = middle
      else high = middle
    }
    return high
  }

  const dueAt = (lookUp: LookUp, now: number) => Math.max(now + 1, reaches(lookUp, price, now, now + never))

  return {
    dueAt: (message, now, together = 1) => Math.max(now, worthAt(message, price / together, now)),
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
      const swept = cells?.best(now, price)
      if (swept !== undefined && swept.gain > bestGain && swept.gain >= floor) {
        return { ...reasons, ...swept, kind: "sweep" }
      }
      if (bestGain >= floor) return { ...reasons, kind: "lookup", index: best }
      let until = now + (swept === undefined ? longestWait : longestWaitForSweep)
      for (const lookUp of lookUps) until = Math.min(until, reaches(lookUp, floor, now, until))
      return { ...reasons, kind: "wait", until: Math.max(until, now + 1) }
    },
    sent: ({ gain, overdue }) => {
      price = Price.after(price, gain, overdue, floor)
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
