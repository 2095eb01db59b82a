/**
 * The kinds of plugin that can be written.
 *
 * @module
 */

/** What is known of a kind. */
export interface Kind {
  /** As the flag `--kind` names it; also the folder of its templates. */
  readonly name: string
  /** In words. */
  readonly words: string
  /** What it is for, in a line. */
  readonly purpose: string
}

/** All kinds, the one that most people write first. */
export const kinds: ReadonlyArray<Kind> = [
  { name: "classifier", words: "classifier", purpose: "says what a carrier's codes mean" },
  { name: "audit-sink", words: "audit sink", purpose: "takes every event to where it is kept" },
  { name: "exporter", words: "exporter", purpose: "writes a row for each message when a run ends" },
  { name: "metrics", words: "metric exporter", purpose: "publishes what a tracker counts" },
  { name: "source", words: "source", purpose: "reads delivery receipts from a platform" },
  { name: "journal", words: "journal", purpose: "stores everything that happened" }
]

/** How many letters must change to make one word of another (Levenshtein's distance). */
const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const changed = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(changed, (row[j] as number) + 1, (next[j - 1] as number) + 1))
    }
    row = next
  }
  return row[b.length] as number
}

/** The kind of a name, or why there is none, with the nearest one. */
export const kindOf = (text: string): Kind | string => {
  const name = text.trim().toLowerCase().replace(/[ _]/g, "-")
  const found = kinds.find((kind) => kind.name === name)
  if (found !== undefined) return found
  const far = (kind: Kind) => distance(name, kind.name)
  const nearest = kinds.reduce((best, kind) => (far(kind) < far(best) ? kind : best))
  const meant = far(nearest) <= 3 ? `; did you mean ${nearest.name}?` : ""
  return `there is no kind "${text}"${meant} (kinds: ${kinds.map(({ name }) => name).join(", ")})`
}
