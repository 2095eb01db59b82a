/**
 * One kill at each durable boundary of a small run: before and after each commit, write, flush and cursor move.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import { type Outcome, outcomeOf, tell } from "./Outcome.ts"
import * as Trial from "./Trial.ts"

/** All receipts within a second, of a dozen contacts; the platform makes no mistakes. */
export const scenario: Trial.Scenario = {
  messages: 60,
  contacts: 12,
  within: 1000,
  never: 0,
  missing: 0,
  requestsPerMinute: 2400
}

/** The kinds of boundaries that a run passed, and how often it passed each. */
const kindsOf = (boundaries: ReadonlyArray<string>) => {
  const kinds = new Map<string, number>()
  for (const boundary of boundaries) {
    const kind = boundary.slice(0, boundary.lastIndexOf(" "))
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
  }
  return kinds
}

/** So many of the numbers from 1 to `count`, evenly spread; the first and the last among them. */
const spread = (count: number, most: number): ReadonlyArray<number> =>
  count <= most
    ? Array.from({ length: count }, (_, index) => index + 1)
    : Array.from({ length: most }, (_, index) => 1 + Math.round((index * (count - 1)) / Math.max(1, most - 1)))

/** How many runs are begun for a boundary that chance keeps out of reach. */
const mostTries = 8

/** Kills the tracker of a new journal where it passes a boundary for the n-th time, and judges. */
const killAt = Effect.fnUntraced(function* (seed: string, kind: string, number: number) {
  const trial = yield* Trial.begin(seed, scenario)
  let killed = 0
  // A run is never quite like another: where one does not come so far, the next is killed earlier.
  for (let at = number, tries = 0; killed === 0 && tries < mostTries; at = Math.max(1, Math.floor(at / 2)), tries++) {
    if ((yield* trial.run({ killAt: `${kind} ${at}` })).killed) killed = 1
  }
  return yield* tell(trial, killed, yield* trial.conclude)
}, Effect.scoped)

/** What came of it, and how many boundaries of which kinds there were. */
export interface BoundariesOutcome extends Outcome {
  readonly passed: number
  readonly kinds: ReadonlyMap<string, number>
  readonly planned: number
}

/** Kills at so many boundaries of each kind, two journals at a time. */
export const run = Effect.fnUntraced(function* (most: number, seed: string) {
  const first = yield* Effect.scoped(Effect.flatMap(Trial.begin(seed, scenario), (trial) => trial.run({ calm: false })))
  const kinds = kindsOf(first.boundaries)
  const planned = Array.from(kinds).flatMap(([kind, count]) => spread(count, most).map((number) => ({ kind, number })))
  const outcomes = yield* Effect.forEach(planned, ({ kind, number }) => killAt(seed, kind, number), { concurrency: 2 })
  const outcome: BoundariesOutcome = {
    ...outcomeOf(outcomes),
    passed: first.boundaries.length,
    kinds,
    planned: planned.length
  }
  return outcome
}, Effect.orDie)
