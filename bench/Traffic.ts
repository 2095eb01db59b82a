/** The messages of the planner's benchmark: random, and the same each time for a seed. */
import { DelayCurve, type PlannedRun } from "@dlrkit/core"

export const hour = 3_600_000

/** Log-normal delays, sigma 1.0 of the natural logarithm, 2 % never answered. */
export const carriers = [
  { name: "seconds", share: 0.6, median: 4_000 },
  { name: "half-minutes", share: 0.3, median: 25_000 },
  { name: "minutes", share: 0.1, median: 600_000 }
] as const
const sigma = 1
const answered = 0.98

/** The true curves, or those of medians that are wrong by a factor. */
export const curves = (factor = 1): Readonly<Record<string, DelayCurve.DelayCurve>> =>
  Object.fromEntries(
    carriers.map(({ median, name }) => [
      name,
      DelayCurve.logNormal([{ share: answered, median: median * factor, sigma }])
    ])
  )

/** Numbers in [0, 1), the same for a seed: mulberry32, by Tommy Ettinger, in the public domain. */
export const random = (seed: number) => {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Messages sent at random (Poisson) for some hours. */
export const poisson = (perHour: number, hours: number, seed: number): PlannedRun.Traffic => {
  const next = random(seed)
  const sent: Array<number> = []
  for (let at = 0; ; ) {
    at += (-Math.log(1 - next()) * hour) / perHour
    if (at >= hours * hour) break
    sent.push(at)
  }
  const sentAt = Float64Array.from(sent)
  const carrier = new Uint16Array(sent.length)
  const finalAt = new Float64Array(sent.length)
  for (let index = 0; index < sent.length; index++) {
    let draw = next()
    let which = 0
    while (which < carriers.length - 1 && draw >= carriers[which]!.share) draw -= carriers[which++]!.share
    carrier[index] = which
    const normal = Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())
    finalAt[index] =
      next() < answered ? sentAt[index]! + carriers[which]!.median * Math.exp(sigma * normal) : Number.POSITIVE_INFINITY
  }
  return { carriers: carriers.map(({ name }) => name), carrier, sentAt, finalAt }
}
