/**
 * What a request is worth: the time unseen that the requests of late have revealed. All that is planned is planned at
 * this price, so it clears the market: with more to look at than requests to look with, only what reveals more gets one,
 * and the price rises; with requests to spare, they go to what reveals less, and it falls, down to a floor.
 *
 * @module
 */

/** How far one request moves the logarithm of the price towards its target. */
const step = 1 / 48
/** What is due waits for this long, and the target is twice the price. */
const patience = 10_000

/**
 * The price after a request that was expected to reveal `gain`, while what has been due for longest had been so for
 * `overdue`: a sign of more to look at than there are requests for. Milliseconds of unseen time a request.
 */
export const after = (price: number, gain: number, overdue: number, floor: number): number => {
  const target = overdue > 0 ? Math.max(gain, price) * (1 + Math.min(1, overdue / patience)) : gain
  const distance = Math.log(Math.max(target, floor) / price)
  return Math.max(floor, price * Math.exp(step * Math.max(-2, Math.min(2, distance))))
}
