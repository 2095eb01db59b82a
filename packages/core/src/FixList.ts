/**
 * The list of what is to be fixed: one row for each cause of failure that occurs, with its count, whom it concerns, who
 * must act, and what to do; the most frequent first.
 *
 * @module
 */
import { type ListRow, timeText } from "./ListRow.ts"
import type { TrackedMessage } from "./Message.ts"
import { type Actor, type Cause, causes } from "./Taxonomy.ts"

/** The columns of the list, in their order. */
export const columns = [
  "cause",
  "failures",
  "share",
  "mustAct",
  "action",
  "resend",
  "category",
  "carriers",
  "codes",
  "firstAt",
  "lastAt"
] as const

/** A row of the list. */
export type FixRow = ListRow<(typeof columns)[number]>

/** What failures of one cause have in common. */
interface Failures {
  count: number
  readonly actors: Map<Actor, number>
  readonly carriers: Map<string, number>
  readonly codes: Map<string, number>
  firstAt: number
  lastAt: number
}

/** How many codes, and carriers, a row names. */
const named = 5

/** The list as it grows. */
export interface FixList {
  /** Counts a message, where it failed. */
  readonly note: (message: TrackedMessage) => void
  readonly rows: () => ReadonlyArray<FixRow>
}

const countIn = <K>(counts: Map<K, number>, name: K) => counts.set(name, (counts.get(name) ?? 0) + 1)

const mostFrequent = <K>(counts: ReadonlyMap<K, number>) => Array.from(counts).sort(([, a], [, b]) => b - a)

/** The most frequent of these with their counts, and how many more there are. */
const told = (counts: ReadonlyMap<string, number>): string => {
  const shown = mostFrequent(counts).slice(0, named)
  const more = counts.size > named ? `, and ${counts.size - named} more` : ""
  return shown.map(([name, count]) => `${name} (${count})`).join(", ") + more
}

/** Begins a list; of one carrier alone, where it is named. */
export const make = (carrier?: string): FixList => {
  const byCause = new Map<Cause, Failures>()
  let all = 0
  return {
    note: (message) => {
      if (message.resolution !== "failed" || (carrier !== undefined && message.carrier !== carrier)) return
      const { cause = "unexplained", code, finalAt = message.registeredAt, profile } = message
      const failures = byCause.get(cause) ?? {
        count: 0,
        actors: new Map(),
        carriers: new Map(),
        codes: new Map(),
        firstAt: finalAt,
        lastAt: finalAt
      }
      byCause.set(cause, failures)
      all += 1
      failures.count += 1
      failures.firstAt = Math.min(failures.firstAt, finalAt)
      failures.lastAt = Math.max(failures.lastAt, finalAt)
      countIn(failures.actors, message.actor ?? causes[cause].actor)
      countIn(failures.carriers, message.carrier)
      // The same number is another code in another list.
      if (code !== undefined) countIn(failures.codes, profile === undefined ? code : `${profile} ${code}`)
    },
    rows: () =>
      Array.from(byCause)
        .sort(([, a], [, b]) => b.count - a.count)
        .map(([cause, { actors, carriers, codes, count, firstAt, lastAt }]) => ({
          values: {
            cause,
            failures: String(count),
            share: `${((100 * count) / all).toFixed(1)} %`,
            mustAct: mostFrequent(actors)
              .map(([actor]) => actor)
              .join(" "),
            action: causes[cause].action,
            resend: causes[cause].resend,
            category: causes[cause].category,
            carriers: told(carriers),
            codes: told(codes),
            firstAt: timeText(firstAt),
            lastAt: timeText(lastAt)
          },
          labels: {}
        }))
  }
}
