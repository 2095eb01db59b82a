/**
 * The nearest known word, for whoever mistyped one.
 *
 * @module
 */
import { Spelling } from "@dlrkit/core"

/** Longer words are no slips of a known one. */
const longest = 40

/** The known word that a word is most likely meant to be; `undefined` where it is like none. */
export const nearest = (word: string, known: ReadonlyArray<string>): string | undefined => {
  const written = word
    .trim()
    .toLowerCase()
    .replace(/[\s-]+/g, "_")
  if (written.length > longest) return undefined
  let best: string | undefined
  let fewest = Math.floor(Math.max(2, written.length / 3)) + 1
  for (const candidate of known) {
    const count = Spelling.slips(written, candidate)
    if (count < fewest && count < candidate.length) {
      best = candidate
      fewest = count
    }
  }
  return best
}
