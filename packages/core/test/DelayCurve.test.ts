import { assert, describe, it } from "@effect/vitest"
import * as DelayCurve from "../src/DelayCurve.ts"

const curve = DelayCurve.logNormal([
  { share: 0.6, median: 4_000, sigma: 1 },
  { share: 0.38, median: 600_000, sigma: 1 }
])

/** Numeric integration of what `unseen` is by definition: the chance of being final at each moment, summed up. */
const summed = (since: number, age: number) => {
  const steps = 20_000
  let sum = 0
  for (let step = 0; step < steps; step++) {
    sum += DelayCurve.chance(curve, since, since + ((step + 0.5) * (age - since)) / steps)
  }
  return (sum * (age - since)) / steps
}

describe("a delay curve", () => {
  it("has the shares that it was made of", () => {
    for (const share of [0.1, 0.3, 0.5, 0.7, 0.9]) {
      const age = DelayCurve.ageAt(curve, share)
      assert.closeTo(1 - DelayCurve.survival(curve, age), share, 1e-9)
    }
    const one = DelayCurve.logNormal([{ share: 1, median: 25_000, sigma: 1 }])
    assert.closeTo(DelayCurve.ageAt(one, 0.5), 25_000, 250)
    assert.strictEqual(DelayCurve.ageAt(curve, 0.99), Number.POSITIVE_INFINITY)
  })

  it("tells how long a receipt has gone unseen, as summing up tells it", () => {
    for (const [since, age] of [
      [0, 3_000],
      [0, 90_000],
      [2_500, 4_100],
      [60_000, 1_000_000],
      [3_600_000, 50_000_000]
    ] as const) {
      const expected = summed(since, age)
      assert.closeTo(DelayCurve.unseen(curve, since, age) / expected, 1, 1e-3)
    }
  })

  it("counts what a late reading shows with the whole time", () => {
    const expected = DelayCurve.unseen(curve, 1_000, 30_000) + 60_000 * DelayCurve.chance(curve, 1_000, 30_000)
    assert.strictEqual(DelayCurve.unseenBehind(curve, 1_000, 90_000, 60_000), expected)
    assert.strictEqual(DelayCurve.unseenBehind(curve, 1_000, 60_500, 60_000), 0)
  })

  it("finds when a look is worth a price, and no sooner than it reveals the floor", () => {
    for (const since of [0, 1_700, 30_000, 900_000]) {
      const atFloor = DelayCurve.worthAt(curve, since, 1_000, 1_000)
      assert.closeTo(DelayCurve.unseen(curve, since, atFloor), 1_000, 2)
      for (const price of [1_500, 20_000, 600_000]) {
        const age = DelayCurve.worthAt(curve, since, price, 1_000)
        assert.isAtLeast(age, atFloor)
        assert.isAtLeast(DelayCurve.worth(curve, since, age), 0.99 * price)
      }
    }
  })

  it("never finds a look worth it where nothing more is to come", () => {
    const done = DelayCurve.logNormal([{ share: 0.98, median: 4_000, sigma: 1 }])
    assert.strictEqual(DelayCurve.worthAt(done, 86_400_000, 1_000, 1_000), Number.POSITIVE_INFINITY)
  })

  it("expects the typical receipt in seconds, and some never", () => {
    assert.isBelow(DelayCurve.ageAt(DelayCurve.typical, 0.5), 15_000)
    assert.closeTo(DelayCurve.survival(DelayCurve.typical, 10 * 86_400_000), 0.02, 0.002)
  })
})
