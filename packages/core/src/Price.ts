/**
 * What a request is worth. All that is planned is planned at this price, so it clears the market: while what is due has
 * to wait for requests, it rises, and only what reveals more is due; where requests are to be had for what is not due
 * yet, it falls, down to a floor.
 *
 * @module
 */

/** How far one request moves the logarithm of the price, of the way that it has to go. */
const step = 1 / 48
/** The farthest that it is taken to have to go: down, and up. */
const fastest = 2
const fastestRise = 0.5
/** It is not taken for more than so many times what the best request is worth. */
const mostOfBest = 1.5
/** The price rises fastest when something has been due for this long, and for this share of the time since its look. */
const patience = 5_000
const patientShare = 0.25

/** A request that was sent. */
export interface Sent {
  /** What it was worth. */
  readonly worth: number
  /** How long what was due soonest had been due (negative where it was not yet), and how long not looked at. */
  readonly overdue: number
  readonly openFor: number
}

/** The price after a request. Milliseconds of unseen time a request. */
export const after = (price: number, { openFor, overdue, worth }: Sent, floor: number): number => {
  const late = Math.max(0, overdue) / (patience + patientShare * openFor)
  const rise = price < mostOfBest * worth ? fastestRise * Math.min(1, late) : 0
  const fall = Math.max(-fastest, Math.min(0, Math.log(Math.max(worth, floor) / price)))
  return Math.max(floor, price * Math.exp(step * (rise + fall)))
}
