/**
 * A set of the lines of a file, a bit for each.
 *
 * @module
 */

/** Lines that were added to it. */
export interface LineSet {
  readonly add: (line: number) => void
  readonly has: (line: number) => boolean
}

/** Makes an empty set. */
export const make = (): LineSet => {
  let bits = new Uint8Array(1024)
  return {
    add: (line) => {
      const at = Math.floor(line / 8)
      if (at >= bits.length) {
        const larger = new Uint8Array(Math.max(bits.length * 2, at + 1))
        larger.set(bits)
        bits = larger
      }
      bits[at] = (bits[at] as number) | (1 << (line % 8))
    },
    has: (line) => ((bits[Math.floor(line / 8)] ?? 0) & (1 << (line % 8))) !== 0
  }
}
