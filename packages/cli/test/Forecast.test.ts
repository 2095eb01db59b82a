import { DelayCurve } from "@dlrkit/core"
import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import { durationText, parseDuration } from "../src/DurationText.ts"
import * as ForecastCommand from "../src/ForecastCommand.ts"

const carriers = [{ name: "fast", share: 1, curve: DelayCurve.logNormal([{ share: 0.98, median: 6_000, sigma: 1 }]) }]

const question = {
  messages: 2_000,
  perHour: 6_000,
  requestsPerMinute: 300,
  credentials: 1,
  api: "messaging",
  deadline: 3_600_000
} as const

describe("a forecast", () => {
  it("tells lag, time and requests, and how many credentials a lag takes", () => {
    const told = ForecastCommand.tell(question, carriers)
    assert.isUndefined(told.wanted)
    assert.isAbove(told.p95LagMs, told.meanLagMs)
    assert.isAtLeast(told.endMs, told.lastKnownMs)
    assert.isAtLeast(told.requests, 2_000)
    assert.deepStrictEqual(ForecastCommand.tell({ ...question, lag: told.p95LagMs + 1 }, carriers).wanted, {
      p95LagMs: told.p95LagMs + 1,
      credentials: 1
    })
    assert.deepStrictEqual(ForecastCommand.tell({ ...question, lag: 1 }, carriers).wanted, {
      p95LagMs: 1,
      credentials: null
    })
  })

  it("counts with sweeps where the API has them", () => {
    const busy = { ...question, perHour: 60_000, messages: 1_000, deadline: 240_000 }
    const lookups = ForecastCommand.tell(busy, carriers)
    const both = ForecastCommand.tell({ ...busy, api: "conversations" }, carriers)
    assert.isBelow(both.meanLagMs, lookups.meanLagMs)
  })

  it("is a few lines for people", () => {
    const told = { ...question, meanLagMs: 4_210, p95LagMs: 61_400, lastKnownMs: 5_430_000, endMs: 264_000_000 }
    const text = ForecastCommand.render({ ...told, requests: 2_500, wanted: { p95LagMs: 30_000, credentials: 3 } })
    assert.deepStrictEqual(text.split("\n"), [
      "2000 messages, 6000 an hour; 300 requests a minute for each of 1 credential",
      "lag from a final receipt to knowing it: mean 4.2s, 95th percentile 1m1s",
      "the last receipt is known after 1h31m; every message has its end after 73h20m",
      "2500 requests",
      "a 95th percentile of 30s takes 3 credentials"
    ])
    const never = ForecastCommand.render({ ...told, requests: 1, wanted: { p95LagMs: 1, credentials: null } })
    assert.include(never, "a 95th percentile of 0.0s is not reached, however many credentials there are")
  })
})

it("durations are written as they are read", () => {
  for (const text of ["10s", "1m", "59m59s", "1h30m", "72h"]) {
    assert.strictEqual(durationText(Result.getOrThrow(parseDuration(text))), text)
  }
  assert.deepStrictEqual([0, 40, 9_940, 59_700, 3_599_900].map(durationText), ["0.0s", "0.0s", "9.9s", "1m", "1h"])
})
