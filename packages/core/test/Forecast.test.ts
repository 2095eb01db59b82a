import { assert, describe, it } from "@effect/vitest"
import * as DelayCurve from "../src/DelayCurve.ts"
import * as Forecast from "../src/Forecast.ts"

const options: Forecast.ForecastOptions = {
  ...{ messages: 3_000, perHour: 6_000, perMinute: 293, credentials: 1, floor: 1_000, deadline: 4 * 3_600_000 },
  carriers: [
    { name: "fast", share: 0.7, curve: DelayCurve.logNormal([{ share: 0.98, median: 6_000, sigma: 1 }]) },
    { name: "slow", share: 0.3, curve: DelayCurve.logNormal([{ share: 0.98, median: 120_000, sigma: 1 }]) }
  ]
}

describe("the forecast", () => {
  it("is the same each time, and shorter with more credentials", () => {
    const one = Forecast.predict(options)
    assert.deepStrictEqual(Forecast.predict(options), one)
    const two = Forecast.predict({ ...options, credentials: 2 })
    assert.isBelow(two.lag95, one.lag95)
    assert.isBelow(two.meanLag, one.meanLag)
    assert.isAtLeast(one.end, one.lastKnown)
    assert.isAtMost(one.requests, (one.end / 60_000) * 293)
  })

  it("takes part of many messages where the lag stays the same", () => {
    const [some, many] = [50_000, 500_000].map((messages) =>
      Forecast.predict({ ...options, messages, perHour: 2_000, floor: 20_000, deadline: 3_600_000 })
    )
    assert.strictEqual(some?.lag95, many?.lag95)
    assert.closeTo(many!.requests / some!.requests, 10, 0.01)
    assert.closeTo((many!.end - some!.end) / 3_600_000, 225, 0.1)
  })

  it("finds the fewest credentials for a lag, and says where none are enough", () => {
    const much = { ...options, perHour: 20_000 }
    assert.strictEqual(Forecast.credentialsFor(much, 30_000), 3)
    assert.isAtMost(Forecast.predict({ ...much, credentials: 3 }).lag95, 30_000)
    assert.isAbove(Forecast.predict({ ...much, credentials: 2 }).lag95, 30_000)
    assert.isUndefined(Forecast.credentialsFor(options, 10))
  })
})
