/**
 * How long final receipts take: the distribution of the time from sending to the final receipt, as a hazard that is
 * constant within bins whose width grows with age. What the planner asks of it (how long may a receipt have gone unseen,
 * when is it worth a request to look) is answered from tables, without a loop over the bins.
 *
 * All times in milliseconds; an age is the time since sending.
 *
 * @module
 */

/** Bins to a doubling of age. */
const perOctave = 6
/** Where the first bin ends. Nothing is asked for sooner. */
const first = 250
/** No receipt is told from another beyond this age: 60 days. */
const last = 60 * 86_400_000

/** How many bins a curve has. The last one has no end. */
export const size = Math.ceil(Math.log2(last / first) * perOctave) + 2

const starts = Float64Array.from({ length: size }, (_, bin) => (bin === 0 ? 0 : first * 2 ** ((bin - 1) / perOctave)))

/** The age at which a bin starts; the one after the last starts never. */
export const startOf = (bin: number): number => (bin < size ? starts[bin]! : Number.POSITIVE_INFINITY)

/** The bin that an age lies in. */
export const binOf = (age: number): number => {
  if (!(age >= first)) return 0
  const bin = Math.min(size - 1, 1 + Math.floor(Math.log2(age / first) * perOctave))
  // The logarithm may be off by a bit at the very edge.
  return age < starts[bin]! ? bin - 1 : bin + 1 < size && age >= starts[bin + 1]! ? bin + 1 : bin
}

/** Beyond so many natural logarithms of survival, numbers would lose their meaning: the rest comes ever more slowly. */
const deepest = 18

/** A distribution of the time to the final receipt. */
export interface DelayCurve {
  /** The chance of becoming final, for each millisecond, of a message that is still open: one number a bin. */
  readonly hazards: Float64Array
  /** The share that is still open where a bin starts. */
  readonly survivals: Float64Array
  /** The integral of the survival up to where a bin starts. */
  readonly areas: Float64Array
}

/** Makes a curve of its hazards: one a bin, none negative. */
export const make = (hazards: ArrayLike<number>): DelayCurve => {
  const curve = {
    hazards: new Float64Array(size),
    survivals: new Float64Array(size),
    areas: new Float64Array(size)
  }
  let depth = 0
  let area = 0
  for (let bin = 0; bin < size; bin++) {
    const start = starts[bin]!
    const width = startOf(bin + 1) - start
    const hazard =
      depth < deepest ? Math.min(hazards[bin]!, (deepest + 1 - depth) / Math.min(width, last)) : 1e-3 / start
    const survival = Math.exp(-depth)
    curve.hazards[bin] = hazard
    curve.survivals[bin] = survival
    curve.areas[bin] = area
    depth += hazard * width
    area += areaWithin(survival, hazard, width)
  }
  return curve
}

/** The integral of a survival that starts at `survival` and falls with a constant hazard. */
const areaWithin = (survival: number, hazard: number, width: number) => {
  const fallen = hazard * width
  return fallen < 1e-9 ? survival * width : (-survival * Math.expm1(-fallen)) / hazard
}

/** Makes a curve of the share that has become final by each age. */
export const fromShares = (shareAt: (age: number) => number): DelayCurve => {
  const hazards = new Float64Array(size)
  for (let bin = 0; bin < size - 1; bin++) {
    const before = 1 - shareAt(starts[bin]!)
    const after = 1 - shareAt(starts[bin + 1]!)
    hazards[bin] = before > 1e-12 ? Math.log(before / Math.max(after, 1e-12)) / (starts[bin + 1]! - starts[bin]!) : 0
  }
  return make(hazards)
}

/** A part of a mixture of log-normal delays. */
export interface LogNormal {
  /** Its share of all messages; what is missing to 1 is never answered. */
  readonly share: number
  readonly median: number
  /** Standard deviation of the natural logarithm. */
  readonly sigma: number
}

/** A mixture of log-normal delays. */
export const logNormal = (parts: ReadonlyArray<LogNormal>): DelayCurve =>
  fromShares((age) =>
    age <= 0
      ? 0
      : parts.reduce((sum, { share, median, sigma }) => sum + share * normalShare(Math.log(age / median) / sigma), 0)
  )

/** The share of a normal distribution below `x`: Abramowitz and Stegun, Handbook of Mathematical Functions, 26.2.17. */
const normalShare = (x: number): number => {
  const t = 1 / (1 + 0.2316419 * Math.abs(x))
  const poly = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
  const tail = (Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)) * poly
  return x < 0 ? tail : 1 - tail
}

/**
 * What is believed of a carrier before anything is known: of a hundred messages, 85 are final within seconds, 10 within
 * minutes, 3 within hours, and 2 never.
 */
export const typical: DelayCurve = logNormal([
  { share: 0.85, median: 8_000, sigma: 1.4 },
  { share: 0.1, median: 300_000, sigma: 1.4 },
  { share: 0.03, median: 2 * 3_600_000, sigma: 1.4 }
])

/** The share that is still open at an age. */
export const survival = (curve: DelayCurve, age: number): number => {
  const bin = binOf(age)
  return curve.survivals[bin]! * Math.exp(-curve.hazards[bin]! * (age - starts[bin]!))
}

/** The integral of the survival up to an age. */
export const area = (curve: DelayCurve, age: number): number => {
  const bin = binOf(age)
  return curve.areas[bin]! + areaWithin(curve.survivals[bin]!, curve.hazards[bin]!, age - starts[bin]!)
}

/** The age by which this share of all messages is final; infinite where it never is. */
export const ageAt = (curve: DelayCurve, share: number): number => {
  const open = 1 - share
  let low = 0
  let high = size
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (curve.survivals[middle]! >= open) low = middle
    else high = middle
  }
  const hazard = curve.hazards[low]!
  const age = starts[low]! + Math.log(curve.survivals[low]! / open) / hazard
  return low === size - 1 || !(hazard > 0) ? Number.POSITIVE_INFINITY : age
}

/** The chance that a message that was open at age `since` is final by `age`. */
export const chance = (curve: DelayCurve, since: number, age: number): number =>
  age <= since ? 0 : 1 - survival(curve, age) / survival(curve, since)

/** How long the final receipt of a message that was open at age `since` is expected to have gone unseen at `age`. */
export const unseen = (curve: DelayCurve, since: number, age: number): number =>
  age <= since ? 0 : Math.max(0, age - since - (area(curve, age) - area(curve, since)) / survival(curve, since))

/**
 * The same for a reading that shows how things were `lag` ago: a receipt counts where it was there by then, and with
 * the whole time up to `age`.
 */
export const unseenBehind = (curve: DelayCurve, since: number, age: number, lag: number): number =>
  unseen(curve, since, age - lag) + lag * chance(curve, since, age - lag)

/**
 * What a look at `age` is worth: the price that it may have. At least the time unseen that it reveals. Where the message
 * is likely to be final by now and little more is to come, it is more: a look is to be paid for sooner or later, and
 * waiting no longer makes a second one less likely. With F the chance that it is final and f its density, that is
 * F²/f less the time unseen: there a look costs as much as waiting would save (Barlow, Hunter and Proschan, Optimum
 * checking procedures, 1963, for a hazard that changes little between two looks).
 */
export const worth = (curve: DelayCurve, since: number, age: number): number => {
  const revealed = unseen(curve, since, age)
  if (revealed === 0) return 0
  const open = survival(curve, since)
  return worthOf(curve, since, open, age, survival(curve, age) / open, revealed)
}

/** No look is worth more than so many times what it reveals: where nothing more comes, the quotient has no bound. */
const most = 6

/** The density is that of some bins around, since a bin's own is learned from little. */
const around = 2

const worthOf = (curve: DelayCurve, since: number, open: number, age: number, still: number, revealed: number) => {
  const bin = binOf(age)
  const low = Math.max(0, bin - around)
  const high = Math.min(size - 1, bin + around)
  const from = Math.max(since, starts[low]!)
  const fell = ((from === since ? open : curve.survivals[low]!) - curve.survivals[high]!) / open
  const density = fell / (starts[high]! - from)
  return Math.max(revealed, Math.min(most * revealed, (1 - still) ** 2 / Math.max(density, 1e-12) - revealed))
}

/**
 * The age at which a look is worth a price, and reveals at least `floor` of time unseen; infinite where it is not within
 * 60 days.
 */
export const worthAt = (curve: DelayCurve, since: number, price: number, floor: number): number => {
  const open = survival(curve, since)
  const earliest = unseenAt(curve, since, Math.min(price, Math.max(floor, price / most)))
  if (price <= floor || earliest === Number.POSITIVE_INFINITY) return earliest
  if (worth(curve, since, earliest) >= price) return earliest
  const areaBefore = area(curve, since)
  for (let bin = binOf(earliest) + 1; bin < size; bin++) {
    const age = starts[bin]!
    const revealed = age - since - (curve.areas[bin]! - areaBefore) / open
    // By the end of this bin at the latest; within it, at the latest when that much has gone unseen.
    if (worthOf(curve, since, open, age, curve.survivals[bin]! / open, revealed) >= price) {
      return Math.min(age, unseenAt(curve, since, price))
    }
  }
  return unseenAt(curve, since, price)
}

/** The age at which so much is expected to have gone unseen; infinite where it is not within 60 days. */
export const unseenAt = (curve: DelayCurve, since: number, wanted: number): number => {
  const open = survival(curve, since)
  const areaBefore = area(curve, since)
  let low = binOf(since)
  let high = size
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (starts[middle]! - since - (curve.areas[middle]! - areaBefore) / open < wanted) low = middle
    else high = middle
  }
  if (high === size) return Number.POSITIVE_INFINITY
  // Convex and rising within the bin: Newton's method from its end comes down to the age, and never past it.
  const start = starts[low]!
  const hazard = curve.hazards[low]!
  let age = starts[high]!
  for (let step = 0; step < 20; step++) {
    const here = curve.survivals[low]! * Math.exp(-hazard * (age - start))
    const areaHere = curve.areas[low]! + areaWithin(curve.survivals[low]!, hazard, age - start)
    const over = age - since - (areaHere - areaBefore) / open - wanted
    const slope = 1 - here / open
    if (!(slope > 0)) break
    const next = Math.max(age - over / slope, since, start)
    if (age - next < 0.5) return next
    age = next
  }
  return age
}

/**
 * The best age for the only look at a message before something else shows it at age `until`: when waiting on costs as
 * much as it brings. Infinite where there is none.
 */
export const onlyLookAt = (curve: DelayCurve, since: number, until: number): number => {
  const open = survival(curve, since)
  for (let bin = binOf(since) + 1; bin < size && starts[bin]! < until; bin++) {
    const still = curve.survivals[bin]! / open
    if (1 - still >= curve.hazards[bin]! * still * (until - starts[bin]!)) return starts[bin]!
  }
  return Number.POSITIVE_INFINITY
}
