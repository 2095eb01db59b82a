/**
 * What a request is worth: the time unseen that the requests of late have revealed. All that is planned is planned at
 * this price, so it clears the market: with more to look at than requests to look with, only what reveals more gets one,
 * and the price rises; with requests to spare, they go to what reveals less, and it falls, down to a floor.
 *
 * @module
 */

/** How far one request moves the logarithm of the price towards its target. */
const step = 1 / 48
/** How long what is due may wait, besides twice the price, before the price is to rise by half above what is revealed. */
const patience = 5_000

/**
 * The price after a request that was expected to reveal `gain`, while what has been due for longest had been so for
 * `overdue`: a sign of more to look at than there are requests for. Milliseconds of unseen time a request.
 */
export const after = (price: number, gain: number, overdue: number, floor: number): number => {
  const target = gain * (1 + 0.5 * Math.min(1, Math.max(0, overdue) / (patience + 2 * price)))
  const distance = Math.log(Math.max(target, floor) / price)
  return Math.max(floor, price * Math.exp(step * Math.max(-2, Math.min(2, distance))))
}
