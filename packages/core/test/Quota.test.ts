import { assert, describe, it } from "@effect/vitest"
import * as Quota from "../src/Quota.ts"
import { dice, fixed, minute, mostInWindow, play, type Rule, sliding } from "./LimitedPlatform.ts"

const seeds = [1, 2, 3]
const both = ["messages", "messages", "analytics", "analytics"]

/** A limit for one endpoint, and one for all. */
const rules =
  (endpoint: string, own: Rule, all: Rule): Rule =>
  (now, asked) =>
    (asked === endpoint ? own(now, asked) : undefined) ?? all(now, asked)

describe("what headers say", () => {
  for (const allowed of [150, 600]) {
    it(`of the limit is believed where none was set, without a refusal: ${allowed}`, () => {
      const { rate, refused, limit } = play({
        seed: 1,
        explicit: false,
        rule: sliding(() => allowed),
        minutes: 10,
        headers: () => ({ allowed })
      })
      assert.strictEqual(limit, allowed)
      assert.strictEqual(refused.length, 0)
      assert.isAtLeast(rate(1, 10), 0.97 * allowed)
    })
  }

  it("of the limit lowers a limit that was set, and never raises it", () => {
    const playing = (allowed: number) =>
      play({ seed: 1, rule: sliding(() => allowed), minutes: 5, headers: () => ({ allowed }) })
    assert.strictEqual(playing(150).limit, 150)
    assert.strictEqual(playing(150).refused.length, 0)
    assert.strictEqual(playing(600).limit, 300)
    assert.isAtMost(mostInWindow(playing(600).sent, minute), 300)
  })

  it("of a limit that changes is followed at once", () => {
    const limit = (now: number) => (now > 5 * minute && now < 10 * minute ? 150 : 300)
    const { rate } = play({
      seed: 1,
      explicit: false,
      rule: sliding(limit),
      minutes: 15,
      headers: (now) => ({ allowed: limit(now) })
    })
    assert.isAtLeast(rate(6, 10), 0.96 * 150)
    assert.isAtLeast(rate(10, 15), 0.95 * 300)
  })

  it("of requests that others send is left over for them: no refusals, and what remains is used", () => {
    for (const seed of seeds) {
      for (const share of [0, 60, 150, 240]) {
        // Others use so much of each minute, evenly, and then no more.
        const phase = Math.floor(dice(seed)() * minute)
        let begun = 0
        let ours = 0
        const theirs = (now: number) =>
          now > 20 * minute ? 0 : Math.floor((share * ((now + phase) % minute)) / minute)
        const roll = (now: number) => {
          const start = now - ((now + phase) % minute)
          if (start !== begun) ours = 0
          begun = start
        }
        const left = (now: number) => begun + minute - now
        const { rate, refused } = play({
          seed,
          explicit: false,
          minutes: 24,
          rule: (now) => {
            roll(now)
            if (ours + theirs(now) >= 300) return Math.ceil(left(now) / 1000) * 1000
            ours += 1
            return undefined
          },
          headers: (now) => ({ allowed: 300, count: ours + theirs(now), reset: Math.ceil(left(now) / 1000) * 1000 })
        })
        assert.isAtLeast(rate(2, 20), 0.9 * (300 - share), `use beside ${share}, seed ${seed}`)
        assert.isAtLeast(rate(21, 24), 0.95 * 300, `use afterwards, seed ${seed}`)
        assert.isAtMost(refused.length, 20, `refusals beside ${share}, seed ${seed}`)
      }
    }
  })

  it("of a window that slides does no harm", () => {
    const accepted: Array<number> = []
    const rule = sliding(() => 300)
    const { rate } = play({
      seed: 1,
      explicit: false,
      minutes: 10,
      rule: (now) => {
        const wait = rule(now, undefined)
        if (wait === undefined) accepted.push(now)
        return wait
      },
      headers: (now) => ({ allowed: 300, count: accepted.filter((at) => at > now - minute).length, reset: minute })
    })
    assert.isAtLeast(rate(0, 10), 0.97 * 300)
  })
})

describe("an endpoint with a limit of its own", () => {
  for (const kind of ["sliding", "fixed"] as const) {
    const own = (seed: number): Rule =>
      kind === "sliding" ? sliding(() => 60) : fixed(() => 60, Math.floor(dice(seed)() * minute))

    it(`that headers tell does not slow the others: ${kind}`, () => {
      for (const seed of seeds) {
        const { rateOf, refused } = play({
          seed,
          senders: both,
          explicit: false,
          minutes: 10,
          rule: rules(
            "analytics",
            own(seed),
            sliding(() => 300)
          ),
          headers: (_, endpoint) => ({ allowed: endpoint === "analytics" ? 60 : 300 })
        })
        assert.isAtMost(refused.length, 4)
        assert.isAtLeast(rateOf("analytics", 2, 10), 0.9 * 60)
        assert.isAtLeast(rateOf("messages", 2, 10), 0.9 * 240)
      }
    })

    it(`that only refusals tell does not slow the others for long: ${kind}`, () => {
      for (const seed of seeds) {
        const { rate, rateOf, refused, sent, tooEarly } = play({
          seed,
          senders: both,
          minutes: 60,
          rule: rules(
            "analytics",
            own(seed),
            sliding(() => 300)
          )
        })
        assert.strictEqual(tooEarly, 0)
        assert.isAtLeast(rateOf("analytics", 5, 60), 0.75 * 60, `seed ${seed}`)
        assert.isAtLeast(rate(5, 60), 0.9 * 300, `seed ${seed}`)
        assert.isBelow(refused.length / sent.length, 0.005)
      }
    })
  }

  it("is not taken for the reason where the credentials' limit is: two endpoints are refused", () => {
    for (const seed of seeds) {
      const { limit, rate, rateOf, refused } = play({ seed, senders: both, minutes: 30, rule: sliding(() => 150) })
      assert.isAtMost(Math.abs(limit - 150), 8, `seed ${seed}`)
      assert.isAtLeast(rate(3, 30), 0.93 * 150)
      assert.isAtLeast(rateOf("messages", 3, 30), 30)
      assert.isAtMost(refused.length, 60)
    }
  })

  it("that was taken for the reason wrongly is not any more, once another one is refused", () => {
    const quota = Quota.make({ limit: 300, explicit: true, window: minute, now: 0 })
    let now = 0
    const next = (endpoint: string) => {
      now = quota.slot(endpoint, now)
      quota.pay(endpoint, now)
    }
    const refuse = (endpoint: string) => {
      next(endpoint)
      quota.refused(endpoint, now, now, { retryAfter: 1000, jitter: 1 })
    }
    for (let count = 0; now < 2 * minute; count++) {
      const endpoint = count % 2 === 0 ? "messages" : "analytics"
      next(endpoint)
      quota.accepted(endpoint, now, now)
    }
    /** How long after a request to an endpoint the next one may follow. */
    const pause = (endpoint: string) => {
      next(endpoint)
      return quota.slot(endpoint, now) - now
    }
    refuse("analytics")
    assert.isAtLeast(pause("analytics"), 400)
    assert.isAtMost(pause("messages"), 210)
    refuse("messages")
    assert.isAtMost(pause("analytics"), 230)
    assert.isAtMost(quota.limit(), 293)
  })

  it("is closed by a refusal that names its limit, alone", () => {
    const quota = Quota.make({ limit: 300, explicit: true, window: minute, now: 0 })
    quota.pay("analytics", 1000)
    quota.refused("analytics", 1000, 1100, { retryAfter: 30_000, limit: 60, jitter: 1 })
    assert.strictEqual(quota.slot("analytics", 2000), 31_100)
    assert.isAtMost(quota.slot("messages", 2000), 2500)
    quota.refused("messages", 2000, 2100, { retryAfter: 10_000, jitter: 1 })
    assert.strictEqual(quota.slot("messages", 3000), 12_100)
    assert.strictEqual(quota.slot(undefined, 3000), 12_100)
  })

  it("is paced by the limit that the platform states of it", () => {
    const quota = Quota.make({ limit: 300, explicit: true, window: minute, now: 0 })
    quota.learn("analytics", 60)
    quota.learn("messages", 3000)
    quota.pay("analytics", 10_000)
    assert.strictEqual(quota.slot("analytics", 10_000), 11_025)
    assert.strictEqual(quota.slot("messages", 10_000), 10_205)
    quota.learn(undefined, 30)
    assert.strictEqual(quota.limit(), 30)
  })
})

describe("a refusal", () => {
  const make = () => Quota.make({ limit: 300, explicit: true, window: minute, now: 0 })

  it("closes the gate until its Retry-After has passed, and is not shortened by one that says less", () => {
    const quota = make()
    quota.refused(undefined, 0, 0, { retryAfter: 30_000, jitter: 1 })
    quota.refused(undefined, 0, 0, { retryAfter: 1000, jitter: 1 })
    assert.strictEqual(quota.slot(undefined, 1000), 30_000)
    assert.strictEqual(quota.closedUntil(), 30_000)
  })

  it("that does not say how long is waited out longer each time, up to about a minute", () => {
    const quota = make()
    let now = 0
    for (const expected of [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]) {
      quota.refused(undefined, now, now, { jitter: 1.1 })
      const at = quota.slot(undefined, now)
      assert.strictEqual(at - now, Math.ceil(expected * 1.1))
      now = at
    }
    quota.accepted(undefined, now, now)
    quota.refused(undefined, now, now, { jitter: 1 })
    assert.strictEqual(quota.slot(undefined, now), now + 1000)
  })
})
