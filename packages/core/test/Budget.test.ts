import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import * as Budget from "../src/Budget.ts"
import { dice, fixed, minute, mostInWindow, play, type Rule, sliding, wholeSeconds } from "./LimitedPlatform.ts"

const seeds = [1, 2, 3, 4, 5]
const kinds = ["sliding", "fixed"] as const

const limitedBy = (kind: (typeof kinds)[number], limit: (now: number) => number, seed: number) =>
  kind === "sliding" ? sliding(limit) : fixed(limit, Math.floor(dice(seed)() * minute))

const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

describe("the budget", () => {
  it.prop(
    "lets no sliding window hold more than the limit, also after a restart and a clock that jumps",
    {
      limit: between(1, 40),
      window: between(1000, 60_000),
      // How long each run lasts, in thousandths of a window; how long the pause to the next is; how the clock jumps then.
      runs: Schema.Array(Schema.Tuple([between(1, 2500), between(0, 1200), between(-3, 0)])),
      seed: Schema.Int
    },
    ({ limit, runs, seed, window }) => {
      const chance = dice(seed)
      const sent: Array<number> = []
      let now = 0
      let off = 1_000_000_000
      for (const [lasts, pause, jump] of [...runs, [2500, 0, 0] as const]) {
        const clock = () => now + off
        const recent = sent.filter((at) => at > now - window).map((at) => at + off)
        const budget = Budget.make({ limit, window, now: clock(), sent: recent })
        const end = now + Math.ceil((lasts * window) / 1000)
        const jumpAt = now + chance() * (end - now)
        let jumped = jump === 0
        while (now < end) {
          if (!jumped && now > jumpAt) {
            off += jump * 1_000_000
            jumped = true
          }
          const at = budget.slot(clock())
          if (at <= clock()) {
            budget.pay(clock())
            sent.push(now)
          }
          now +=
            Math.max(1, Math.min(at - clock(), window)) + (chance() < 0.2 ? Math.floor(chance() * window * 0.1) : 0)
        }
        now += Math.ceil((pause * window) / 1000)
      }
      assert.isAtMost(mostInWindow(sent, window), limit)
    },
    { arbitrary: { runs: 150 } }
  )

  it("uses nearly all of the limit, evenly", () => {
    const { rate, sent } = play({ seed: 1, rule: () => undefined, minutes: 10 })
    assert.isAtMost(mostInWindow(sent, minute), 300)
    assert.isAtMost(mostInWindow(sent, 1000), 5)
    assert.isAtLeast(rate(0, 10), 0.97 * 300)
  })

  it("counts what was sent by earlier runs", () => {
    const sent = Array.from({ length: 5 }, (_, index) => 60_000 + index * 1000)
    const budget = Budget.make({ limit: 5, window: minute, now: 100_000, sent })
    assert.strictEqual(budget.slot(112_300), 120_001)
  })

  it("keeps a pace of fractions of a millisecond", () => {
    const budget = Budget.make({ limit: 7000, window: minute, now: 0 })
    let sent = 0
    for (let now = 0; now < minute; now++) {
      while (budget.slot(now) <= now) {
        budget.pay(now)
        sent += 1
      }
    }
    assert.isAtLeast(sent, 0.97 * 7000)
    assert.isAtMost(sent, 7000)
  })
})

describe("a clock", () => {
  const hour = 60 * minute
  for (const [name, jump] of [
    ["back", -hour],
    ["forward", hour]
  ] as const) {
    it(`that is set ${name} an hour neither stops the pace nor lets a burst through`, () => {
      const clock = (now: number) => 10 * hour + now + (now >= 5 * minute ? jump : 0)
      const { rate, sent } = play({ seed: 1, rule: () => undefined, minutes: 10, clock })
      assert.isAtMost(mostInWindow(sent, minute), 300)
      assert.isAtMost(mostInWindow(sent, 1000), 6)
      assert.isAtLeast(rate(5, 6), 0.96 * 300)
      assert.isAtLeast(rate(0, 10), 0.97 * 300)
    })
  }

  it("that is set back does not shorten or lengthen a pause", () => {
    const budget = Budget.make({ limit: 300, window: minute, now: 10 * hour })
    budget.close(10 * hour + 30_000)
    assert.strictEqual(budget.slot(9 * hour), 9 * hour + 30_000)
    assert.strictEqual(budget.slot(9 * hour + 30_000), 9 * hour + 30_000)
  })
})

describe("a limit that is lower than we were told", () => {
  for (const kind of kinds) {
    it(`and that comes and goes is used to 95 %, refused less than once in 1,000: ${kind}`, () => {
      for (const seed of seeds) {
        const limit = (now: number) => (now >= 60 * minute && now < 120 * minute ? 150 : 300)
        const { accepted, refused, sent, tooEarly } = play({ seed, rule: limitedBy(kind, limit, seed), minutes: 180 })
        const possible = 60 * (300 + 150 + 300)
        assert.isAtLeast(accepted.length / possible, 0.95, `use, seed ${seed}`)
        assert.isAbove(refused.length, 0)
        assert.isBelow(refused.length / sent.length, 0.001, `refusals, seed ${seed}`)
        assert.strictEqual(tooEarly, 0)
        assert.isAtMost(mostInWindow(sent, minute), 300)
      }
    })

    for (const hidden of [20, 75, 150, 250, 290]) {
      it(`is learned from the first refusal: ${hidden} a minute, ${kind}`, () => {
        for (const seed of seeds) {
          const rule = limitedBy(kind, () => hidden, seed)
          const { limit, rate, refusals, refused } = play({ seed, rule, minutes: 9, latency: [1, 100] })
          assert.isAtMost(refusals(2, 9), 6, `refusals after the first, seed ${seed}`)
          assert.isAbove(refused.length, 0)
          assert.isAtLeast(rate(3, 9), 0.9 * hidden, `use, seed ${seed}`)
          assert.isAtMost(limit, hidden * 1.1 + 1)
        }
      })
    }

    it(`is refused seldom, however often more is tried: ${kind}`, () => {
      for (const seed of seeds) {
        const { accepted, refused } = play({ seed, rule: limitedBy(kind, () => 150, seed), minutes: 12 * 60 })
        assert.isAtMost(refused.length / accepted.length, 0.001, `seed ${seed}`)
        assert.isAtLeast(accepted.length, 0.95 * 150 * 12 * 60)
      }
    })

    it(`may become lower several times: ${kind}`, () => {
      for (const seed of seeds) {
        const limits = [300, 200, 120, 60, 300]
        const limit = (now: number) => limits[Math.floor(now / (20 * minute))] ?? 300
        const { rate, refused, sent } = play({ seed, rule: limitedBy(kind, limit, seed), minutes: 100 })
        for (const [index, most] of limits.entries()) {
          assert.isAtLeast(rate(20 * index + 5, 20 * index + 20), 0.94 * most, `${most}, seed ${seed}`)
        }
        assert.isBelow(refused.length / sent.length, 0.002)
      }
    })
  }

  it("does no lasting harm with slow answers and many senders", () => {
    for (const seed of seeds) {
      const { rate, refused, sent, tooEarly } = play({
        seed,
        senders: Array.from({ length: 8 }, () => undefined),
        latency: [500, 1500],
        minutes: 40,
        rule: sliding((now) => Math.max(60, 300 - 80 * Math.floor(now / (2 * minute))))
      })
      assert.isAtLeast(rate(10, 40), 0.85 * 60)
      assert.isBelow(refused.length / sent.length, 0.1)
      assert.strictEqual(tooEarly, 0)
    }
  })
})

describe("refusals that have nothing to do with a limit", () => {
  /** Refuses one request in so many, for a second or two. */
  const atRandom = (seed: number, share: number): Rule => {
    const chance = dice(seed + 1000)
    return () => (chance() < share ? 1000 + wholeSeconds(chance() * 1000) : undefined)
  }

  for (const share of [0.002, 0.01, 0.05]) {
    // Each costs its Retry-After: so much at least is left of 293 a minute.
    const possible = 293 / (1 + (share * 293 * 3) / 60)

    it(`do not strangle the pace: ${share * 100} % of all requests`, () => {
      for (const seed of seeds) {
        const { rate } = play({ seed, rule: atRandom(seed, share), minutes: 60 })
        for (let from = 0; from < 60; from += 10) {
          assert.isAtLeast(rate(from, from + 10), 0.8 * possible, `minute ${from}, seed ${seed}`)
        }
      }
    })

    it(`do not strangle it when little was asked before: ${share * 100} %`, () => {
      for (const seed of seeds) {
        const idle = (now: number) => (now < 30 * minute ? 40_000 : 0)
        const senders = Array.from({ length: 8 }, () => undefined)
        const { rate } = play({ seed, rule: atRandom(seed, share), minutes: 60, idle, senders })
        assert.isAtMost(rate(0, 30), 13)
        assert.isAtLeast(rate(31, 40), 0.6 * possible, `seed ${seed}`)
        assert.isAtLeast(rate(50, 60), 0.8 * possible, `seed ${seed}`)
      }
    })
  }
})
