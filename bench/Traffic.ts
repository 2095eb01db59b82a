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
const random = (seed: number) => {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Messages, each in a conversation of its own, sent at random (Poisson) for some hours. */
export const single = (perHour: number, hours: number, seed: number): PlannedRun.Traffic => {
  const next = random(seed)
  return traffic(
    arrivals(perHour, hours, next).map((sentAt, conversation) => ({ sentAt, conversation, carrier: pick(next) })),
    next
  )
}

/** The same, where every tenth conversation has two to five messages, a minute from each other in the mean. */
export const conversations = (perHour: number, hours: number, seed: number): PlannedRun.Traffic => {
  const next = random(seed)
  // 0.9 with one message, 0.1 with 3.5 in the mean.
  const sent = arrivals(perHour / 1.25, hours, next).flatMap((startedAt, conversation) => {
    const carrier = pick(next)
    const messages = next() < 0.1 ? 2 + Math.floor(next() * 4) : 1
    let sentAt = startedAt
    return Array.from({ length: messages }, (_, index) => {
      if (index > 0) sentAt += exponential(60_000, next)
      return { sentAt, conversation, carrier }
    })
  })
  return traffic(
    sent.sort((a, b) => a.sentAt - b.sentAt),
    next
  )
}

const exponential = (mean: number, next: () => number) => -Math.log(1 - next()) * mean

const arrivals = (perHour: number, hours: number, next: () => number) => {
  const moments: Array<number> = []
  for (let at = exponential(hour / perHour, next); at < hours * hour; at += exponential(hour / perHour, next)) {
    moments.push(at)
  }
  return moments
}

const pick = (next: () => number) => {
  let draw = next()
  let which = 0
  while (which < carriers.length - 1 && draw >= carriers[which]!.share) draw -= carriers[which++]!.share
  return which
}

const traffic = (
  sent: ReadonlyArray<{ readonly sentAt: number; readonly conversation: number; readonly carrier: number }>,
  next: () => number
): PlannedRun.Traffic => ({
  carriers: carriers.map(({ name }) => name),
  carrier: Uint16Array.from(sent, ({ carrier }) => carrier),
  conversation: Int32Array.from(sent, ({ conversation }) => conversation),
  sentAt: Float64Array.from(sent, ({ sentAt }) => sentAt),
  finalAt: Float64Array.from(sent, ({ carrier, sentAt }) => {
    const normal = Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())
    const delay = carriers[carrier]!.median * Math.exp(sigma * normal)
    return next() < answered ? sentAt + delay : Number.POSITIVE_INFINITY
  })
})
