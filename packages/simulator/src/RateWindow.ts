/**
 * What happened within the last while, counted.
 *
 * @module
 */

/** Counts moments (epoch milliseconds) that must come in their order. */
export interface RateWindow {
  readonly add: (now: number) => void
  /** How many moments lie in the window that `now` is in. */
  readonly count: (now: number) => number
  /** How long until fewer than `limit` of those are left, were none added. 0 where that is so already. */
  readonly wait: (now: number, limit: number) => number
  /** How long until the first of those leaves the window. */
  readonly left: (now: number) => number
}

/** A window that ends now and is `length` milliseconds long. */
export const sliding = (length: number): RateWindow => {
  let moments: Array<number> = []
  let first = 0
  const count = (now: number) => {
    while (first < moments.length && (moments[first] as number) <= now - length) first++
    if (first > 4096 && first * 2 > moments.length) {
      moments = moments.slice(first)
      first = 0
    }
    return moments.length - first
  }
  return {
    add: (now) => {
      moments.push(now)
    },
    count,
    wait: (now, limit) => {
      const surplus = count(now) - limit
      return surplus < 0 ? 0 : (moments[first + surplus] as number) + length - now
    },
    left: (now) => (count(now) === 0 ? length : (moments[first] as number) + length - now)
  }
}

/** Windows that follow one another, the first of which begins at `start` (epoch milliseconds). */
export const fixed = (length: number, start: number): RateWindow => {
  let current = Number.NEGATIVE_INFINITY
  let counted = 0
  const count = (now: number) => {
    const window = Math.floor((now - start) / length)
    if (window !== current) counted = 0
    current = window
    return counted
  }
  const left = (now: number) => start + (Math.floor((now - start) / length) + 1) * length - now
  return {
    add: (now) => {
      counted = count(now) + 1
    },
    count,
    wait: (now, limit) => (count(now) < limit ? 0 : left(now)),
    left
  }
}
