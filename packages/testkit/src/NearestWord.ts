/**
 * The word that somebody may have meant.
 *
 * @module
 */
import { Spelling } from "@dlrkit/core"

/** The end of a sentence that says which word was meant; where none is near, which ones there are. */
export const nearest = (word: string, words: Iterable<string>): string => {
  const known = Array.from(words)
  const [best] = known
    .map((one) => ({ one, far: Spelling.slips(word.toLowerCase().slice(0, 100), one.toLowerCase()) }))
    .sort((a, b) => a.far - b.far)
  if (best === undefined) return ""
  return best.far <= Math.max(2, best.one.length / 3)
    ? `; did you mean ${best.one}?`
    : `; there are ${known.join(", ")}`
}
