/**
 * What a seed plays: a platform, its messages, and what goes wrong at every seam.
 *
 * @module
 */
import { type Options, Seed } from "@dlrkit/simulator"

const second = 1000
const minute = 60 * second
const hour = 60 * minute

/**
 * When a process is killed: at a moment since the start; before or after the n-th thing that it does for good; or in the
 * pause after the n-th refusal, to be started again at once.
 */
export type Kill =
  | { readonly at: number }
  | { readonly boundary: number; readonly when: "before" | "after" }
  | { readonly refusal: number }

/** How often something fails, and a span of time in which it always does. */
export interface Trouble {
  readonly rate: number
  readonly from: number
  readonly until: number
}

/** A scenario. Times are milliseconds since the start. */
export interface Scenario {
  readonly seed: string | number
  readonly journal: "memory" | "SQLite"
  readonly simulator: Options
  readonly latency: { readonly min: number; readonly max: number }
  readonly deadline: number
  readonly floor: number
  /** One for each process, until there are none left: then it runs to its end. */
  readonly kills: ReadonlyArray<Kill>
  /** After a kill the power goes too: what was not synced is lost. */
  readonly powerCut: boolean
  /** How long nobody notices that the tracker has ended. */
  readonly down: { readonly min: number; readonly max: number }
  /** Writes of the journal that fail, half of them after they have been committed. */
  readonly journalTrouble: Trouble
  /** Writes to the disk, and syncs, that fail. */
  readonly diskTrouble: Trouble
  /** Batches that a sink does not take, takes without saying so, or hangs on. */
  readonly sinkTrouble: Trouble
  /** How many faults of the journal there may be in all: each ends a run. */
  readonly journalFaults: number
  /** The tracker's clock is set to another time. */
  readonly clockJumps: ReadonlyArray<{ readonly at: number; readonly by: number }>
}

/** How long a scenario lasts. */
const length = 72 * hour

/** What of a scenario is not the seed's to say. */
export interface Changes {
  readonly messages?: number | undefined
  readonly journal?: Scenario["journal"] | undefined
}

/** The scenario of a seed. */
export const of = (seed: string | number, changes: Changes = {}): Scenario => {
  const chance = Seed.make(seed, "scenario")
  const { happens, pick, whole } = chance
  /** Mostly nothing of the kind. */
  const trouble = (share: number, rate: number, longest: number): Trouble => {
    const there = happens(share)
    const from = whole(0, length)
    const span = whole(0, longest)
    const drawn = chance.next() * rate
    return there ? { rate: drawn, from, until: from + span } : { rate: 0, from: 0, until: 0 }
  }
  const sqlite = happens(0.4)
  const api = happens(0.25) ? ("conversations" as const) : ("messaging" as const)
  const announcedPerMinute = pick([300, 300, 120, 60])
  const latency = pick([
    { min: 20, max: 120 },
    { min: 5, max: 3000 }
  ])
  return {
    seed,
    journal: changes.journal ?? (sqlite ? "SQLite" : "memory"),
    simulator: {
      api,
      seed,
      messages: changes.messages ?? 300,
      contacts: pick([300, 100, 30, 5]),
      within: whole(12 * hour, 56 * hour),
      sendingTime: whole(minute, 8 * hour),
      announcedPerMinute,
      requestsPerMinute: happens(0.25) ? Math.ceil(announcedPerMinute / whole(2, 5)) : announcedPerMinute,
      limitWindow: pick(["sliding", "fixed"]),
      faults: pick(["none", "chaos", "chaos", "outage", "auth"]),
      rates: happens(0.5)
        ? {}
        : {
            throttled: 0.05 * chance.next(),
            failing: 0.1 * chance.next(),
            reset: 0.1 * chance.next(),
            truncated: 0.05 * chance.next(),
            cut: 0.05 * chance.next(),
            slow: 0.1 * chance.next(),
            duplicated: 0.3 * chance.next(),
            stale: 0.3 * chance.next(),
            contradicted: 0.2 * chance.next()
          },
      retryAfter: pick([
        { min: 1, max: 30 },
        { min: 1, max: 600 }
      ]),
      missing: 0.05 * chance.next(),
      never: 0.05 * chance.next(),
      expired: happens(0.3) ? 0.05 : 0,
      networkJitter: 500 + latency.max,
      inFlight: 200 + latency.max,
      clockSkew: happens(0.3) ? whole(-10 * minute, 10 * minute) : 0
    },
    latency,
    deadline: whole(20 * hour, 58 * hour),
    floor: pick([45 * minute, 90 * minute, 2 * hour]),
    kills: Array.from({ length: pick([0, 0, 1, 2, 4, 8]) }, (): Kill => {
      const [at, refusal] = [whole(0, length), whole(1, 3)]
      const boundary = { boundary: whole(1, pick([20, 500])), when: pick(["before", "after"] as const) }
      return pick<Kill>([{ at }, { at }, boundary, boundary, { refusal }])
    }),
    powerCut: happens(0.5),
    down: pick([
      { min: second, max: minute },
      { min: minute, max: 6 * hour }
    ]),
    journalTrouble: trouble(0.3, 0.02, 0),
    journalFaults: whole(1, 5),
    diskTrouble: trouble(0.4, 0.2, 6 * hour),
    sinkTrouble: trouble(0.7, 0.5, 12 * hour),
    clockJumps: Array.from({ length: pick([0, 0, 0, 1, 2]) }, () => ({
      at: whole(0, length),
      by: pick([-1, 1]) * whole(second, 2 * hour)
    }))
  }
}
