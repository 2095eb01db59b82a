import { assert, describe, it } from "@effect/vitest"
import * as DelayCurve from "../src/DelayCurve.ts"
import * as DelayCurves from "../src/DelayCurves.ts"

const truth = DelayCurve.logNormal([{ share: 0.98, median: 25_000, sigma: 1 }])

/** Evenly spread numbers in [0, 1). */
const spread = (index: number) => (index * 0.6180339887498949) % 1

/** Messages that become final as the truth has it, looked at whenever the curves that learn find it worth a price. */
const learn = (curves: DelayCurves.DelayCurves, carrier: string, messages: number) => {
  for (let message = 1; message <= messages; message++) {
    const finalAt = DelayCurve.ageAt(truth, spread(message))
    let since = 0
    while (since < 3_600_000) {
      // A request is had a little later or sooner than is planned.
      const wait = DelayCurve.worthAt(curves.of(carrier), since, 2_000, 1_000) - since
      const age = Math.min(3_600_000, since + wait * (0.8 + 0.4 * spread(message * 7)))
      if (finalAt <= age) {
        curves.final(carrier, since, age)
        break
      }
      curves.open(carrier, since, age)
      since = age
    }
  }
}

const ages = [10_000, 25_000, 60_000, 180_000]

describe("delay curves", () => {
  for (const factor of [1 / 3, 1, 3]) {
    it(`learn from looks at chosen ages, from a default ${factor.toFixed(1)} times the truth`, () => {
      const wrong = DelayCurve.logNormal([{ share: 0.98, median: 25_000 * factor, sigma: 1 }])
      const curves = DelayCurves.make({ carriers: { slow: wrong } })
      learn(curves, "slow", 4_000)
      for (const age of ages) {
        // What happens before the first look stays a guess.
        const near = age < DelayCurve.worthAt(curves.of("slow"), 0, 2_000, 1_000) ? 0.1 : 0.05
        assert.closeTo(DelayCurve.survival(curves.of("slow"), age), DelayCurve.survival(truth, age), near, `${age} ms`)
      }
      assert.closeTo(DelayCurve.survival(curves.of("slow"), 3_600_000), 0.02, 0.01)
    })
  }

  it("learn at once from moments that the platform tells", () => {
    const curves = DelayCurves.make()
    for (let message = 1; message <= 2_000; message++) {
      const finalAt = Math.min(DelayCurve.ageAt(truth, spread(message)), 3_600_000)
      curves.open("exact", 0, finalAt)
      if (finalAt < 3_600_000) curves.final("exact", finalAt, finalAt)
    }
    for (const age of ages) {
      assert.closeTo(DelayCurve.survival(curves.of("exact"), age), DelayCurve.survival(truth, age), 0.03)
    }
  })

  it("lend a carrier that has told little what all have told", () => {
    const curves = DelayCurves.make()
    learn(curves, "known", 2_000)
    assert.closeTo(DelayCurve.survival(curves.of("new"), 25_000), DelayCurve.survival(truth, 25_000), 0.06)
    curves.final("new", 0, 1_000)
    assert.closeTo(DelayCurve.survival(curves.of("new"), 25_000), DelayCurve.survival(truth, 25_000), 0.06)
  })

  it("follow a carrier that changes", () => {
    const curves = DelayCurves.make({ halfLife: 300 })
    for (let message = 0; message < 1_000; message++) curves.final("a", 0, 3_000)
    learn(curves, "a", 2_000)
    assert.closeTo(DelayCurve.survival(curves.of("a"), 25_000), 0.5, 0.08)
  })

  it("say when they have become others, and do not when they stay", () => {
    const curves = DelayCurves.make()
    learn(curves, "a", 2_000)
    curves.of("a")
    const version = curves.version()
    assert.isAbove(version, 0)
    learn(curves, "a", 500)
    assert.strictEqual(curves.version(), version)
  })

  it("are the same after a restart, and pass over what is no snapshot", () => {
    const curves = DelayCurves.make()
    learn(curves, "a", 1_000)
    const again = DelayCurves.make({}, JSON.parse(JSON.stringify(curves.snapshot())))
    for (const age of ages) {
      const [one, other] = [curves, again].map((each) => DelayCurve.survival(each.of("a"), age))
      assert.closeTo(one!, other!, 0.02)
    }
    for (const bad of [
      null,
      7,
      "x",
      [],
      { pool: { events: [-1, "a", null, "1"] }, carriers: { a: 3, b: { events: {} } } }
    ]) {
      const fresh = DelayCurves.make({}, bad)
      for (const carrier of ["a", "b"]) {
        assert.closeTo(
          DelayCurve.survival(fresh.of(carrier), 25_000),
          DelayCurve.survival(DelayCurve.typical, 25_000),
          0.02
        )
      }
    }
  })

  it("keep no more than 500 carriers", () => {
    const curves = DelayCurves.make()
    for (let carrier = 0; carrier < 700; carrier++) curves.final(`c-${carrier}`, 0, 5_000)
    assert.lengthOf(Object.keys(curves.snapshot().carriers), 500)
  })
})
