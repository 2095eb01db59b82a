/**
 * Chance that can be repeated.
 *
 * @module
 */

/** Chance from a seed: the same seed gives the same again. */
export interface Chance {
  /** A whole number from 0 to below `end`. */
  readonly below: (end: number) => number
  /** One of some values; there must be one. */
  readonly one: <A>(values: ReadonlyArray<A>) => A
  /** The values in another order. */
  readonly shuffled: <A>(values: ReadonlyArray<A>) => ReadonlyArray<A>
}

/** Makes chance from a seed (mulberry32, a generator in the public domain). */
export const make = (seed: number): Chance => {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (end: number) => Math.floor(next() * end)
  return {
    below,
    one: (values) => values[below(values.length)]!,
    shuffled: (values) => {
      const mixed = [...values]
      for (let at = mixed.length - 1; at > 0; at--) {
        const other = below(at + 1)
        ;[mixed[at], mixed[other]] = [mixed[other]!, mixed[at]!]
      }
      return mixed
    }
  }
}
