/**
 * What a request is worth: the time unseen that the requests of late have revealed. All that is planned is planned at
 * this price, so it clears the market: with more to look at than requests to look with, only what reveals more gets one,
 * and the price rises; with requests to spare, they go to what reveals less, and it falls, down to a floor.
 *
 * @module
 */

/** How far one request moves the logarithm of the price towards what it was expected to reveal. */
const step = 1 / 48

/** The price after a request that was expected to reveal `gain`. Milliseconds of unseen time a request. */
export const after = (price: number, gain: number, floor: number): number => {
  const distance = Math.log(Math.max(gain, floor) / price)
  return Math.max(floor, price * Math.exp(step * Math.max(-2, Math.min(2, distance))))
}
