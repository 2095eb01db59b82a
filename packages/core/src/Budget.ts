/**
 * A budget: how many requests one limit of the platform allows in a window, and when the next may be sent.
 *
 * Requests are paced evenly, and no sliding window ever holds more of them than the limit, counting those of earlier
 * runs. A refusal closes the gate until its `Retry-After` has passed. A plain object that is told the time: whoever asks
 * waits, see {@link Quota.Quota} and {@link Credentials.Credentials}.
 *
 * @module
 */
import * as LimitEstimate from "./LimitEstimate.ts"
import type { RateHeaders } from "./RateHeaders.ts"

/** A budget's settings. Milliseconds. */
export interface BudgetOptions {
  /** Requests in a window. */
  readonly limit: number
  readonly window: number
  /** Now. Epoch milliseconds, as are all moments. */
  readonly now: number
  /** When each request of the last window was sent, oldest first. */
  readonly sent?: ReadonlyArray<number> | undefined
  /** The platform has asked for nothing before this moment. */
  readonly notBefore?: number | undefined
}

/** A budget of requests. */
export interface Budget {
  /** The moment at which the next request may be sent: this one, or one to come. */
  readonly slot: (now: number) => number
  /** A request is sent now. */
  readonly pay: (now: number) => void
  /** The platform took the request that was sent at a moment. */
  readonly accepted: (sentAt: number, now: number) => void
  /** Nobody knows what became of the request that was sent at a moment. */
  readonly lost: (sentAt: number) => void
  /** The platform refused it, and said how long to wait: what that tells of the limit is learned. */
  readonly refused: (sentAt: number, now: number, retryAfter: number) => void
  /** Nothing is sent before a moment. */
  readonly close: (until: number) => void
  /** The most that may be believed from now on: requests in a window. */
  readonly bound: (ceiling: number) => void
  /** What an answer's headers say of the requests that others send: they count against the limit as ours do. */
  readonly shared: (now: number, headers: RateHeaders) => void
  /** How many requests were accepted after a moment, those under way included. */
  readonly acceptedSince: (moment: number) => number
  /** Nothing is sent before this moment. */
  readonly closedUntil: () => number
  /** The limit that we believe in; a step upwards that is only being tried aside. */
  readonly limit: () => number
}

/** The pace leaves this share of the window free, so that jitter on the way does not break the platform's count. */
const margin = 1.025

/** Who sends less than this share of what the pace allows asks for little. */
const littleAsked = 0.25

/** What whole seconds in headers, and the way of an answer, may be off by. Milliseconds. */
const rounding = 1500

/** Makes a budget. */
export const make = (options: BudgetOptions): Budget => {
  const { window } = options
  let estimate = LimitEstimate.of(options.limit)
  /** The latest moment that we were told. */
  let latest = options.now
  // Moments, oldest first, none of them later than now: a clock may have been set back since they were noted.
  let sent = (options.sent ?? []).map((at) => Math.min(at, latest))
  let accepted = sent.slice()
  let underWay: Array<number> = []
  let observedSince = sent[0] ?? latest
  let notBefore = options.notBefore ?? 0
  /** The platform's window, as its headers tell it since a moment. */
  let theirs = { end: 0, toldSince: 0 }
  /** Others share the limit: so many requests they leave to us in the platform's window, which began and will end. */
  let others = { leave: 0, since: 0, until: 0 }

  /** Between two requests. Whole microseconds, so that a pace of fractions of a millisecond is kept, everywhere alike. */
  const pause = () => Math.round((window / estimate.limit) * margin * 1000)
  let nextSlot = latest * 1000 + pause()

  /** A clock that is set back takes what we remember along: as if no time had passed. */
  const observe = (now: number) => {
    const back = latest - now
    latest = now
    if (back <= 0) return
    const shift = (at: number) => at - back
    sent = sent.map(shift)
    accepted = accepted.map(shift)
    underWay = underWay.map(shift)
    observedSince -= back
    notBefore -= back
    nextSlot -= back * 1000
    theirs = { end: theirs.end - back, toldSince: theirs.toldSince - back }
    others = { leave: others.leave, since: others.since - back, until: others.until - back }
    estimate = LimitEstimate.shifted(estimate, back)
  }

  const since = (moments: ReadonlyArray<number>, moment: number) => {
    const first = moments.findIndex((at) => at > moment)
    return first === -1 ? 0 : moments.length - first
  }

  /** What was accepted after a moment; what is under way is taken for accepted where it was sent before another one. */
  const acceptedSince = (moment: number, sentBefore = Number.POSITIVE_INFINITY) =>
    since(accepted, moment) + underWay.filter((at) => at > moment && at < sentBefore).length

  /** Whether we asked for much between two moments. */
  const busy = (from: number, to: number) =>
    since(sent, from) - since(sent, to) >= littleAsked * ((to - from) / (pause() / 1000))

  const answered = (sentAt: number) => {
    const index = underWay.indexOf(sentAt)
    if (index !== -1) underWay.splice(index, 1)
  }

  const slot = (now: number): number => {
    observe(now)
    estimate = LimitEstimate.tried(estimate, now, window, (moment) => since(accepted, moment))
    dropBefore(sent, now - window)
    const { limit } = estimate
    const slid = sent.length < limit ? 0 : (sent[sent.length - limit] as number) + window + 1
    // What others leave over is spread over the rest of their window.
    const left = now < others.until ? others.leave - since(sent, others.since) : Number.POSITIVE_INFINITY
    const spread =
      left < 1 ? others.until : now < others.until ? (sent.at(-1) ?? 0) + (others.until - now) / (left + 1) : 0
    return Math.max(
      Math.min(Math.floor(nextSlot / 1000), now + 1 + Math.ceil(pause() / 1000)),
      slid,
      Math.ceil(spread),
      notBefore
    )
  }

  return {
    slot,
    pay: (now) => {
      observe(now)
      // A slot that was missed is lost.
      nextSlot = Math.max(nextSlot, now * 1000) + pause()
      sent.push(now)
      dropBefore(underWay, now - window)
      underWay.push(now)
    },
    accepted: (sentAt, now) => {
      observe(now)
      answered(sentAt)
      // About when the platform counted it.
      insert(accepted, Math.min(now, (sentAt + now) / 2))
      dropBefore(accepted, now - 2 * window)
    },
    lost: answered,
    refused: (sentAt, now, retryAfter) => {
      observe(now)
      answered(sentAt)
      // Where others fill the window, too, what is left of it tells no limit.
      if (now < others.until) return
      // The window that is full began a window before it will have room again. Whole seconds have been rounded up.
      const roomAt = Math.min(now, (sentAt + now) / 2) + retryAfter - (retryAfter >= 1000 ? 500 : 0)
      const began = roomAt - window
      const full = acceptedSince(began, sentAt)
      // Only a window that we saw whole can tell, and only if we filled it, from its beginning: where we ask for little,
      // a refusal has other reasons.
      if (began >= observedSince - 2000 && busy(began, began + (now - began) / 4) && busy(began, now)) {
        estimate = LimitEstimate.refused(estimate, now, window, full)
      }
    },
    close: (until) => {
      notBefore = Math.max(notBefore, until)
    },
    bound: (ceiling) => {
      estimate = LimitEstimate.bounded(estimate, ceiling)
    },
    shared: (now, { allowed, count, reset }) => {
      observe(now)
      if (count === undefined || reset === undefined) return
      const until = now + reset
      // Only a window whose end stands still can be planned by.
      if (Math.abs(until - theirs.end) > rounding) theirs = { end: until, toldSince: now }
      if (now - theirs.toldSince < 2 * rounding) return
      // Its seconds are whole ones, so it may have begun a second sooner.
      const began = until - window - 1000
      const foreign = count - since(sent, began)
      others = { leave: (allowed ?? estimate.ceiling) - foreign, since: began, until: foreign > 0 ? until : 0 }
    },
    acceptedSince,
    closedUntil: () => notBefore,
    limit: () => LimitEstimate.settled(estimate)
  }
}

const dropBefore = (moments: Array<number>, moment: number) => {
  const kept = moments.findIndex((at) => at > moment)
  moments.splice(0, kept === -1 ? moments.length : kept)
}

/** Puts a moment where it belongs: answers may overtake each other. */
const insert = (moments: Array<number>, moment: number) => {
  let index = moments.length
  while (index > 0 && (moments[index - 1] as number) > moment) index -= 1
  moments.splice(index, 0, moment)
}
