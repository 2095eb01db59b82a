import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Random from "effect/Random"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"
import * as Budget from "../src/Budget.ts"

const minute = 60_000

/** The most moments that any window of this length holds. */
const mostInWindow = (moments: ReadonlyArray<number>, window: number) => {
  const sorted = [...moments].sort((a, b) => a - b)
  let most = 0
  let from = 0
  for (const [index, at] of sorted.entries()) {
    while ((sorted[from] as number) <= at - window) from += 1
    most = Math.max(most, index - from + 1)
  }
  return most
}

/** What the platform says to a request that arrives now: nothing, or how long to wait. Milliseconds. */
type Rule = (now: number) => number | undefined

const whole = (millis: number) => Math.ceil(millis / 1000) * 1000

/** Allows so many requests in any minute. */
const sliding = (limit: (now: number) => number): Rule => {
  const accepted: Array<number> = []
  return (now) => {
    while (accepted.length > 0 && (accepted[0] as number) <= now - minute) accepted.shift()
    const oldest = accepted[accepted.length - limit(now)]
    if (oldest !== undefined) return whole(oldest + minute - now)
    accepted.push(now)
    return undefined
  }
}

/** Allows so many requests in each minute of its own clock. */
const fixed = (limit: (now: number) => number, phase: number): Rule => {
  let begun = 0
  let used = 0
  return (now) => {
    const start = now - ((now + phase) % minute)
    if (start !== begun) used = 0
    begun = start
    if (used >= limit(now)) return whole(start + minute - now)
    used += 1
    return undefined
  }
}

interface Play {
  readonly limit: number
  readonly rule: Rule
  readonly minutes: number
  readonly workers?: number
  /** How long a request and its answer take at most, each. Milliseconds. */
  readonly latency?: number
  /** How long a worker pauses between requests. Milliseconds. */
  readonly idle?: (now: number) => number
}

/** Workers that send as the budget lets them, to a platform that refuses as its rule says. */
const play = Effect.fnUntraced(function* (given: Play) {
  const sent: Array<number> = []
  const accepted: Array<number> = []
  const refused: Array<number> = []
  const tooEarly: Array<number> = []
  let closedUntil = 0
  const budget = yield* Budget.make({ limit: given.limit, window: minute, sent: [], probeAfter: 10 * minute })
  const travel = Effect.flatMap(Random.nextIntBetween(1, given.latency ?? 100), Effect.sleep)
  const worker = Effect.gen(function* () {
    const [sentAt] = yield* budget.take(Effect.void)
    sent.push(sentAt)
    if (sentAt < closedUntil) tooEarly.push(sentAt)
    yield* travel
    const now = yield* Clock.currentTimeMillis
    const wait = given.rule(now)
    yield* travel
    if (wait === undefined) {
      accepted.push(now)
      yield* budget.accepted(sentAt)
    } else {
      refused.push(now)
      closedUntil = Math.max(closedUntil, (yield* Clock.currentTimeMillis) + wait)
      yield* budget.refused(sentAt, wait)
    }
    yield* Effect.sleep(given.idle?.(now) ?? 0)
  })
  yield* Effect.forkChild(Effect.forever(worker)).pipe(Effect.repeat({ times: (given.workers ?? 8) - 1 }))
  yield* TestClock.adjust(given.minutes * minute)
  const between = (moments: ReadonlyArray<number>, from: number, to: number) =>
    moments.filter((at) => at > from * minute && at <= to * minute).length
  return {
    sent,
    accepted,
    refused,
    tooEarly,
    /** Accepted requests a minute, from one minute to another. */
    rate: (from: number, to: number) => between(accepted, from, to) / (to - from),
    refusals: (from: number, to: number) => between(refused, from, to),
    limit: yield* budget.limit
  }
})

/** When a request was let go that needs nothing else. */
const taken = (budget: Budget.Budget) => Effect.map(budget.take(Effect.void), ([sentAt]) => sentAt)

const seeds = ["a", "b", "c"]

/** Plays with each seed, in a time of its own. */
const withSeeds = <A>(body: (seed: string) => Effect.Effect<A>) =>
  Effect.forEach(seeds, (seed) => body(seed).pipe(Random.withSeed(seed), Effect.provide(TestClock.layer())), {
    discard: true
  })

const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

describe("the budget", () => {
  it.effect.prop(
    "lets no sliding window hold more than the limit, however slow the answers, also after a restart",
    {
      limit: between(1, 40),
      window: between(1000, 60_000),
      workers: between(1, 12),
      latency: between(1, 20_000),
      // How long each run lasts, in thousandths of a window; and how long the pause to the next is.
      runs: Schema.Array(Schema.Tuple([between(1, 2500), between(0, 1200)])),
      seed: Schema.Int
    },
    ({ latency, limit, runs, seed, window, workers }) =>
      Effect.gen(function* () {
        const sent: Array<number> = []
        for (const [lasts, pause] of [...runs, [2500, 0] as const]) {
          const now = yield* Clock.currentTimeMillis
          const budget = yield* Budget.make({
            limit,
            window,
            sent: sent.filter((at) => at > now - window),
            probeAfter: 600_000
          })
          const worker = Effect.gen(function* () {
            const [sentAt] = yield* budget.take(Effect.void)
            sent.push(sentAt)
            yield* Effect.sleep(yield* Random.nextIntBetween(1, latency + 1))
            yield* budget.accepted(sentAt)
          })
          const workers_ = yield* Effect.forEach(Array.from({ length: workers }), () =>
            Effect.forkChild(Effect.forever(worker))
          )
          yield* TestClock.adjust(Math.ceil((lasts * window) / 1000))
          yield* Fiber.interruptAll(workers_)
          yield* TestClock.adjust(Math.ceil((pause * window) / 1000))
        }
        assert.isAtMost(mostInWindow(sent, window), limit)
      }).pipe(Random.withSeed(String(seed))),
    { arbitrary: { runs: 150 } }
  )

  it.effect("uses nearly all of the limit", () =>
    Effect.gen(function* () {
      const { accepted, rate, sent } = yield* play({ limit: 300, rule: () => undefined, minutes: 10 })
      assert.isAtMost(mostInWindow(sent, minute), 300)
      assert.isAtLeast(rate(0, 10), 0.97 * 300)
      assert.isAtLeast(accepted.length, 1)
    })
  )

  it.effect("counts what was sent by earlier runs", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(100_000)
      const earlier = Array.from({ length: 5 }, (_, index) => 60_000 + index * 1000)
      const budget = yield* Budget.make({ limit: 5, window: minute, sent: earlier, probeAfter: 600_000 })
      const taking = yield* Effect.forkChild(taken(budget))
      yield* TestClock.adjust(20_000)
      assert.isUndefined(taking.pollUnsafe())
      yield* TestClock.adjust(10_000)
      assert.isAtLeast(yield* Fiber.join(taking), 120_001)
    })
  )
})

describe("a refusal", () => {
  it.effect("closes the gate until its Retry-After has passed, for those already waiting too", () =>
    Effect.gen(function* () {
      const budget = yield* Budget.make({ limit: 300, window: minute, sent: [], probeAfter: 600_000 })
      yield* TestClock.adjust(1000)
      const sentAt = yield* taken(budget)
      const waiting = yield* Effect.forEach([1, 2, 3], () => Effect.forkChild(taken(budget)))
      yield* budget.refused(sentAt, 30_000)
      yield* TestClock.adjust(40_000)
      const moments = yield* Fiber.joinAll(waiting)
      assert.isAtLeast(Math.min(...moments), 31_000)
      assert.isAtMost(Math.max(...moments), 32_000)
    })
  )

  it.effect("is not shortened by one that says less", () =>
    Effect.gen(function* () {
      const budget = yield* Budget.make({ limit: 300, window: minute, sent: [], probeAfter: 600_000 })
      yield* budget.refused(0, 30_000)
      yield* budget.refused(0, 1000)
      const waiting = yield* Effect.forkChild(taken(budget))
      yield* TestClock.adjust(60_000)
      assert.isAtLeast(yield* Fiber.join(waiting), 30_000)
    })
  )

  it.effect("that does not say how long is waited out longer each time, up to about a minute", () =>
    Effect.gen(function* () {
      const budget = yield* Budget.make({ limit: 300, window: minute, sent: [], probeAfter: 600_000 })
      const waits: Array<number> = []
      for (let count = 0; count < 9; count++) {
        const refusedAt = yield* Clock.currentTimeMillis
        yield* budget.refused(refusedAt, undefined)
        const taking = yield* Effect.forkChild(taken(budget))
        yield* TestClock.adjust(70_000)
        waits.push((yield* Fiber.join(taking)) - refusedAt)
      }
      for (const [index, expected] of [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000].entries()) {
        assert.isAtLeast(waits[index] as number, expected)
        assert.isAtMost(waits[index] as number, expected * 1.11)
      }
      yield* budget.accepted(yield* Clock.currentTimeMillis)
      const refusedAt = yield* Clock.currentTimeMillis
      yield* budget.refused(refusedAt, undefined)
      const taking = yield* Effect.forkChild(taken(budget))
      yield* TestClock.adjust(70_000)
      assert.isAtMost((yield* Fiber.join(taking)) - refusedAt, 1110)
    })
  )

  it.effect("is never followed by a request before its time", () =>
    withSeeds((seed) =>
      Effect.gen(function* () {
        const { refused, sent, tooEarly } = yield* play({
          limit: 300,
          minutes: 15,
          latency: 3000,
          rule: sliding((now) => (now > 5 * minute ? 60 : 200))
        })
        assert.isAbove(refused.length, 0)
        assert.deepStrictEqual(tooEarly, [], `seed ${seed}`)
        assert.isAtMost(mostInWindow(sent, minute), 300)
      })
    )
  )
})

describe("what a request needs", () => {
  it.effect("is made ready when its slot has come, once", () =>
    Effect.gen(function* () {
      const budget = yield* Budget.make({ limit: 60, window: minute, sent: [], probeAfter: 600_000 })
      const made: Array<number> = []
      const ready = Effect.tap(Clock.currentTimeMillis, (now) => Effect.sync(() => made.push(now)))
      const taking = yield* Effect.forEach([1, 2], () => Effect.forkChild(budget.take(ready)))
      yield* TestClock.adjust(10_000)
      const slots = yield* Fiber.joinAll(taking)
      assert.deepStrictEqual(made, [1025, 2050])
      assert.deepStrictEqual(slots, [
        [1025, 1025],
        [2050, 2050]
      ])
    })
  )

  it.effect("may take long: the moment of sending is the one after it, and the gate may have closed", () =>
    Effect.gen(function* () {
      const budget = yield* Budget.make({ limit: 60, window: minute, sent: [], probeAfter: 600_000 })
      const taking = yield* Effect.forkChild(budget.take(Effect.sleep(5000)))
      yield* TestClock.adjust(2000)
      yield* budget.refused(0, 30_000)
      yield* TestClock.adjust(60_000)
      const [sentAt] = yield* Fiber.join(taking)
      assert.isAtLeast(sentAt, 32_000)
    })
  )

  it.effect("that cannot be had costs nothing", () =>
    Effect.gen(function* () {
      const budget = yield* Budget.make({ limit: 1, window: minute, sent: [], probeAfter: 600_000 })
      const failing = yield* Effect.forkChild(Effect.flip(budget.take(Effect.fail("no token"))))
      yield* TestClock.adjust(62_000)
      assert.strictEqual(yield* Fiber.join(failing), "no token")
      assert.strictEqual(yield* taken(budget), 62_000)
    })
  )
})

describe("a limit that is lower than we were told", () => {
  for (const hidden of [20, 100, 150, 250]) {
    for (const kind of ["sliding", "fixed"] as const) {
      it.effect(`is learned from the first refusal: ${hidden} a minute, ${kind}`, () =>
        withSeeds((seed) =>
          Effect.gen(function* () {
            const phase = yield* Random.nextIntBetween(0, minute)
            const rule = kind === "sliding" ? sliding(() => hidden) : fixed(() => hidden, phase)
            const { limit, rate, refusals, refused } = yield* play({ limit: 300, rule, minutes: 9 })
            assert.isAbove(refused.length, 0)
            assert.isAtMost(refusals(2, 9), 4, `refusals after the first, seed ${seed}`)
            assert.isAtLeast(rate(3, 9), 0.9 * hidden, `use, seed ${seed}`)
            assert.isAtMost(limit, hidden * 1.1 + 1)
          })
        )
      )
    }
  }

  it.effect("is refused seldom, however often more is tried", () =>
    withSeeds((seed) =>
      Effect.gen(function* () {
        const { accepted, refused } = yield* play({ limit: 300, rule: sliding(() => 150), minutes: 90 })
        assert.isAtMost(refused.length / accepted.length, 0.002, `seed ${seed}`)
        assert.isAtLeast(accepted.length, 0.95 * 150 * 90)
      })
    )
  )

  for (const kind of ["sliding", "fixed"] as const) {
    it.effect(`is tried upwards after a while, and forgotten where it is gone: ${kind}`, () =>
      withSeeds(() =>
        Effect.gen(function* () {
          const hidden = (now: number) => (now < 5 * minute ? 100 : 300)
          const rule = kind === "sliding" ? sliding(hidden) : fixed(hidden, 0)
          const { limit, rate, refused } = yield* play({ limit: 300, rule, minutes: 40 })
          assert.isAbove(refused.length, 0)
          assert.isAtMost(rate(2, 5), 101)
          assert.isAtLeast(rate(30, 40), 0.97 * 300)
          assert.strictEqual(limit, 300)
        })
      )
    )
  }
})

describe("refusals that have nothing to do with a limit", () => {
  /** Refuses one request in so many, for a second or two. */
  const atRandom = (seed: string, share: number): Rule => {
    let state = Array.from(seed).reduce((sum, letter) => sum + letter.charCodeAt(0), 1)
    const next = () => {
      state = (state * 48_271) % 2_147_483_647
      return state / 2_147_483_647
    }
    return () => (next() < share ? 1000 + whole(next() * 1000) : undefined)
  }

  for (const share of [0.002, 0.01, 0.05]) {
    it.effect(`do not strangle the pace: ${share * 100} % of all requests`, () =>
      withSeeds((seed) =>
        Effect.gen(function* () {
          const { rate } = yield* play({ limit: 300, rule: atRandom(seed, share), minutes: 60 })
          // Each costs its Retry-After: so much at least is left of 293 a minute.
          const possible = 293 / (1 + (share * 293 * 3) / 60)
          for (let from = 0; from < 60; from += 10) {
            assert.isAtLeast(rate(from, from + 10), 0.8 * possible, `minute ${from}, seed ${seed}`)
          }
        })
      )
    )

    it.effect(`do not strangle it when little was asked before: ${share * 100} %`, () =>
      withSeeds((seed) =>
        Effect.gen(function* () {
          const { rate } = yield* play({
            limit: 300,
            rule: atRandom(seed, share),
            minutes: 60,
            idle: (now) => (now < 30 * minute ? 40_000 : 0)
          })
          const possible = 293 / (1 + (share * 293 * 3) / 60)
          assert.isAtMost(rate(0, 30), 13)
          assert.isAtLeast(rate(31, 40), 0.5 * possible, `seed ${seed}`)
          assert.isAtLeast(rate(50, 60), 0.8 * possible, `seed ${seed}`)
        })
      )
    )
  }
})
