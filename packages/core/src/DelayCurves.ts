/**
 * Learns, for each carrier, how long final receipts take, from what looks tell: that a message was still open at one
 * age, and open or final at the next. When in between it became final nobody says, and looks come at ages that were
 * chosen: so it counts, for each bin of age, the time that messages were at risk in it and the receipts that fell into
 * it, a receipt spread over the bins in which it may have come as the present estimate has it. The quotient is the
 * hazard (a life table, by online expectation maximisation), which is right whatever the ages of the looks.
 *
 * Old counts fade. Where a carrier has told little, its hazards are those of all carriers together, and theirs those of
 * a default: counts are taken as a factor upon the parent's hazards, first for a doubling of age, then for each bin.
 *
 * @module
 */
import * as DelayCurve from "./DelayCurve.ts"

/** Settings of the learning. */
export interface DelayCurvesOptions {
  /** Believed of all carriers before anything is known; `DelayCurve.typical` unless told. */
  readonly default?: DelayCurve.DelayCurve
  /** Believed of these carriers before anything is known, in place of what is known of all. */
  readonly carriers?: Readonly<Record<string, DelayCurve.DelayCurve>>
  /** After how many final receipts of a carrier an older one counts half; 4,000 unless told. */
  readonly halfLife?: number
  /** No learning: what is believed at first stays. */
  readonly fixed?: boolean
}

/** Delay curves that learn. */
export interface DelayCurves {
  /** The curve of a carrier, as of now. */
  readonly of: (carrier: string) => DelayCurve.DelayCurve
  /** A message that was open at age `since` is still open at `age`. */
  readonly open: (carrier: string, since: number, age: number) => void
  /** A message that was open at age `since` was final at `age`; both are the same where the moment is known. */
  readonly final: (carrier: string, since: number, age: number) => void
  /** Grows when a curve has become another one: what was planned by the old ones is to be planned anew. */
  readonly version: () => number
  /** Everything learned, for JSON. */
  readonly snapshot: () => Snapshot
}

/** What one carrier has told: for each bin the milliseconds at risk and the final receipts, each weighted by its age. */
interface Counts {
  readonly exposures: ReadonlyArray<number>
  readonly events: ReadonlyArray<number>
}

/** Everything learned, for JSON. */
export interface Snapshot {
  readonly pool: Counts
  readonly carriers: Readonly<Record<string, Counts>>
}

/** Carriers of which counts are kept; those not heard of for longest are forgotten, and share the pool. */
const most = 500
/** How many receipts' worth the belief in the parent's hazards has: for a doubling of age, and for a bin. */
const octaveWeight = 2
const binWeight = 4
const perOctave = 6
/** A curve is built anew after this share of new looks, at least so many. */
const freshShare = 0.02
const freshLeast = 16
/** Learned hazards never fall below this chance for each growth of age by its own length. */
const leastHazard = 1e-3
/** Weights grow in place of old counts fading; beyond this, all are scaled down. */
const heaviest = 1e12

/** Makes delay curves, from what was learned before (anything that is no snapshot, or in part none, is passed over). */
export const make = (options: DelayCurvesOptions = {}, learned?: unknown): DelayCurves => {
  const { carriers: known = {}, fixed = false, halfLife = 4_000 } = options
  const growth = 2 ** (1 / halfLife)
  const roots = options.default ?? DelayCurve.typical
  const saved = record(learned)
  const pool = makeLife(() => roots, growth, saved.pool)
  const lives = new Map<string, Life>()
  const makeCarrier = (carrier: string, counts?: unknown) => {
    const belief = Object.hasOwn(known, carrier) ? known[carrier] : undefined
    return makeLife(belief === undefined ? pool.curve : () => belief, growth, counts)
  }
  for (const [carrier, counts] of Object.entries(record(saved.carriers)).slice(-most)) {
    lives.set(carrier, makeCarrier(carrier, counts))
  }
  let forgotten = 0

  /** The carrier's life table, which is now the one heard of last. */
  const heard = (carrier: string): Life => {
    const life = lives.get(carrier) ?? makeCarrier(carrier)
    lives.delete(carrier)
    lives.set(carrier, life)
    if (lives.size > most) {
      const [oldest, gone] = lives.entries().next().value!
      forgotten += gone.version()
      lives.delete(oldest)
    }
    return life
  }

  return {
    of: (carrier) => lives.get(carrier)?.curve() ?? (Object.hasOwn(known, carrier) ? known[carrier]! : pool.curve()),
    open: (carrier, since, age) => {
      if (fixed || !(age > since)) return
      heard(carrier).open(since, age)
      pool.open(since, age)
    },
    final: (carrier, since, age) => {
      if (fixed || !(age >= since)) return
      heard(carrier).final(since, age)
      pool.final(since, age)
    },
    version: () => {
      let version = forgotten + pool.version()
      for (const life of lives.values()) version += life.version()
      return version
    },
    snapshot: () => ({
      pool: pool.snapshot(),
      carriers: Object.fromEntries(Array.from(lives, ([carrier, life]) => [carrier, life.snapshot()]))
    })
  }
}

/** The life table of a carrier, or of all. */
interface Life {
  readonly curve: () => DelayCurve.DelayCurve
  readonly open: (since: number, age: number) => void
  readonly final: (since: number, age: number) => void
  readonly version: () => number
  readonly snapshot: () => Counts
}

const makeLife = (parent: () => DelayCurve.DelayCurve, growth: number, saved: unknown): Life => {
  const { events: savedEvents, exposures: savedExposures } = record(saved)
  const exposures = numbers(savedExposures)
  const events = numbers(savedEvents)
  let weight = 1
  const isLearned = exposures.some((time) => time > 0) || events.some((count) => count > 0)
  let looks = isLearned ? Math.max(1, sum(events)) : 0
  let fresh = isLearned ? Number.POSITIVE_INFINITY : 0
  let builtOf: DelayCurve.DelayCurve | undefined
  let built = parent()
  let told = built
  let version = 0

  const build = () => {
    builtOf = parent()
    fresh = 0
    built = DelayCurve.make(hazards(builtOf, exposures, events, weight))
    if (differ(told, built)) {
      told = built
      version++
    }
  }

  const look = () => {
    looks++
    fresh++
  }

  return {
    curve: () => {
      const isDue = fresh >= Math.max(freshLeast, freshShare * looks)
      // A carrier with counts follows its parent when it is built itself; one without, at once.
      if (looks === 0) built = parent()
      else if (isDue || builtOf === undefined) build()
      return built
    },
    open: (since, age) => {
      look()
      each(since, age, (bin, from, to) => {
        exposures[bin] = exposures[bin]! + weight * (to - from)
      })
    },
    final: (since, age) => {
      look()
      weight *= growth
      const before = DelayCurve.survival(built, since)
      const after = DelayCurve.survival(built, age)
      const share = before - after
      if (age === since) {
        const bin = DelayCurve.binOf(age)
        events[bin] = events[bin]! + weight
      } else {
        const certain = share > 1e-12 * before
        const areaAfter = DelayCurve.area(built, age)
        let survivalFrom = before
        let areaFrom = DelayCurve.area(built, since)
        each(since, age, (bin, from, to) => {
          const length = to - from
          const survivalTo = to === age ? after : built.survivals[bin + 1]!
          const areaTo = to === age ? areaAfter : built.areas[bin + 1]!
          const chance = certain ? (survivalFrom - survivalTo) / share : length / (age - since)
          const risked = certain ? (areaTo - areaFrom - after * length) / share : length / 2
          events[bin] = events[bin]! + weight * chance
          exposures[bin] = exposures[bin]! + weight * Math.max(0, risked)
          survivalFrom = survivalTo
          areaFrom = areaTo
        })
      }
      if (weight > heaviest) {
        for (let bin = 0; bin < DelayCurve.size; bin++) {
          events[bin] = events[bin]! / weight
          exposures[bin] = exposures[bin]! / weight
        }
        weight = 1
      }
    },
    version: () => version,
    snapshot: () => ({ exposures: rounded(exposures, weight), events: rounded(events, weight) })
  }
}

const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0)

/** Calls with each part of an interval of ages that lies within one bin. */
const each = (since: number, age: number, call: (bin: number, from: number, to: number) => void) => {
  const end = DelayCurve.binOf(age)
  for (let bin = DelayCurve.binOf(since); bin <= end; bin++) {
    const from = Math.max(since, DelayCurve.startOf(bin))
    const to = Math.min(age, DelayCurve.startOf(bin + 1))
    if (to > from) call(bin, from, to)
  }
}

const hazards = (
  { hazards: parents }: DelayCurve.DelayCurve,
  exposures: Float64Array,
  events: Float64Array,
  weight: number
): Float64Array => {
  const result = new Float64Array(DelayCurve.size)
  for (let low = 0; low < DelayCurve.size; low += perOctave) {
    const high = Math.min(DelayCurve.size, low + perOctave)
    let fell = octaveWeight
    let expected = octaveWeight
    for (let bin = low; bin < high; bin++) {
      fell += events[bin]! / weight
      expected += (exposures[bin]! / weight) * least(parents, bin)
    }
    for (let bin = low; bin < high; bin++) {
      const hazard = least(parents, bin)
      const binExpected = (exposures[bin]! / weight) * hazard
      const factor = (events[bin]! / weight + (binWeight * fell) / expected) / (binExpected + binWeight)
      result[bin] = Math.max(hazard * factor, leastHazard / (DelayCurve.startOf(bin) + 1e3))
    }
  }
  return result
}

const least = (parents: Float64Array, bin: number) =>
  Math.max(parents[bin]!, leastHazard / (DelayCurve.startOf(bin) + 1e3))

/** Whether two curves have their final receipts at ages that are far from each other. */
const differ = (a: DelayCurve.DelayCurve, b: DelayCurve.DelayCurve) =>
  [0.25, 0.5, 0.75].some((share) => {
    const [one, other] = [DelayCurve.ageAt(a, share), DelayCurve.ageAt(b, share)]
    return one !== other && !(Math.abs(Math.log(one / other)) < 0.4)
  })

const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {}

const numbers = (value: unknown): Float64Array => {
  const result = new Float64Array(DelayCurve.size)
  if (!Array.isArray(value)) return result
  for (let bin = 0; bin < DelayCurve.size; bin++) {
    const number: unknown = value[bin]
    if (typeof number === "number" && number >= 0 && number < Number.MAX_SAFE_INTEGER) result[bin] = number
  }
  return result
}

const rounded = (values: Float64Array, weight: number) =>
  Array.from(values, (value) => Number((value / weight).toPrecision(4)))
