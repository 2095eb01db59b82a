/**
 * How alike two words are, for whoever mistyped one.
 *
 * @module
 */

/** Longer texts are sentences, and no slips of a known word. */
const longest = 60

const folded = (word: string) => word.toUpperCase().replace(/[^A-Z0-9]/g, "")

/** How many letters have to be put in, taken out, changed or swapped with their neighbour to make one word of another. */
export const slips = (a: string, b: string): number => {
  let before: ReadonlyArray<number> = []
  let last: ReadonlyArray<number> = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const changed = last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      row.push(Math.min(last[j]! + 1, row[j - 1]! + 1, changed, isSwap ? before[j - 2]! + 1 : changed))
    }
    before = last
    last = row
  }
  return last[b.length]!
}

/** How many letters make one word of another, whatever their letter case and signs; `undefined` where they are too many. */
export const apart = (word: string, other: string): number | undefined => {
  const a = folded(word)
  const b = folded(other)
  const atMost = Math.max(1, Math.floor(Math.min(a.length, b.length) / 3))
  if (a.length > longest || Math.abs(a.length - b.length) > atMost) return undefined
  const count = slips(a, b)
  return count <= atMost ? count : undefined
}

/** The word that is most like another, of those that few letters make of it; `undefined` where none is. */
export const nearest = (word: string, known: ReadonlyArray<string>): string | undefined =>
  known
    .flatMap((one) => {
      const count = apart(word, one)
      return count === undefined ? [] : { one, count }
    })
    .sort((a, b) => a.count - b.count)[0]?.one
