/**
 * Chance from a seed: the same seed and name give the same draws, on every machine.
 *
 * @module
 */

/** A stream of draws. */
export interface Chance {
  /** A number from 0 (included) to 1 (excluded). */
  readonly next: () => number
  /** Whether something with this probability happens. Draws once, whatever the rate. */
  readonly happens: (rate: number) => boolean
  /** A whole number from `min` to `max`, both included. */
  readonly whole: (min: number, max: number) => number
  /** One of a list that is not empty. */
  readonly pick: <A>(list: readonly [A, ...ReadonlyArray<A>]) => A
  /** One of a list that is not empty; the second of each pair is its weight. */
  readonly weighted: <A>(list: readonly [readonly [A, number], ...ReadonlyArray<readonly [A, number]>]) => A
  /** A draw from the normal distribution with mean 0 and deviation 1. */
  readonly normal: () => number
}

/** A 32-bit number that stands for a text (FNV-1a). */
export const hash = (text: string): number => {
  let value = 0x811c9dc5
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193)
  return value >>> 0
}

/** Draws of their own for each name, so that one part of the simulator does not disturb another. */
export const make = (seed: string | number, name: string): Chance => {
  let state = hash(`${name}/${seed}`)
  // Mulberry32.
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
  return {
    next,
    happens: (rate) => next() < rate,
    whole: (min, max) => min + Math.floor(next() * (max - min + 1)),
    pick: (list) => list[Math.floor(next() * list.length)] ?? list[0],
    weighted: (list) => {
      let left = next() * list.reduce((sum, [, weight]) => sum + weight, 0)
      for (const [value, weight] of list) {
        left -= weight
        if (left < 0) return value
      }
      return list[0][0]
    },
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())
  }
}
