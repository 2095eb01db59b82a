import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import type { TrackedMessage } from "../src/Message.ts"
import { make, wilson } from "../src/Scorecard.ts"
import { type Cause, causes } from "../src/Taxonomy.ts"
import { message } from "./Samples.ts"

const scorecard = (messages: ReadonlyArray<Partial<TrackedMessage>>) => {
  const counting = make()
  for (const changes of messages) counting.note(message({ carrier: "acme", ...changes }))
  return counting.scorecard()
}

const delivered = { status: "delivered", resolution: "delivered" } as const
const failed = (cause: Cause) => ({ status: "failed", resolution: "failed", cause }) as const
const unconfirmed = { status: "sent", resolution: "unconfirmed" } as const

const many = <A>(count: number, one: A) => Array.from({ length: count }, () => one)

/** What took so many milliseconds. */
const after = (millis: number) => ({ ...delivered, sentAt: 1000, finalAt: 1000 + millis })

describe("the interval of a share", () => {
  // The first four are the textbook's: R. G. Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
  it.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
    [29, 29, 0.883, 1],
    [1, 1, 0.2065, 1]
  ])("%i of %i", (part, whole, from, to) => {
    const interval = wilson(part, whole)
    assert.approximately(interval?.from ?? -1, from, 0.00005)
    assert.approximately(interval?.to ?? -1, to, 0.00005)
  })

  it("is none where there is nothing to share", () => assert.isUndefined(wilson(0, 0)))

  it.prop(
    "holds the share, lies within 0 and 1, and is the narrower the more there are",
    { whole: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1_000_000 })), part: Schema.Finite },
    ({ part: given, whole }) => {
      const part = Math.abs(Math.trunc(given)) % (whole + 1)
      const { from, to } = wilson(part, whole) ?? assert.fail("none")
      assert.isAtLeast(from, 0)
      assert.isAtMost(to, 1)
      assert.isAtMost(from, part / whole + 1e-12)
      assert.isAtLeast(to, part / whole - 1e-12)
      const ten = wilson(10 * part, 10 * whole) ?? assert.fail("none")
      assert.isBelow(ten.to - ten.from, to - from)
    }
  )
})

describe("a scorecard", () => {
  it("counts what is open apart, and what is unconfirmed as ended without a delivery", () => {
    const { all, byCarrier } = scorecard([
      ...many(6, delivered),
      ...many(2, failed("expired")),
      ...many(2, unconfirmed),
      ...many(5, { status: "sent" } as const),
      { carrier: "other" }
    ])
    const counts = { open: 5, ended: 10, delivered: 6, failed: 2, unconfirmed: 2, deliveredOfEnded: 0.6 }
    assert.deepInclude(byCarrier.acme, { registered: 15, ...counts })
    assert.deepInclude(byCarrier.other, { registered: 1, open: 1, ended: 0, failed: 0, topCauses: [] })
    assert.isUndefined(byCarrier.other?.deliveredOfEnded)
    assert.isUndefined(byCarrier.other?.interval)
    assert.deepInclude(all, { registered: 16, ...counts, open: 6 })
    assert.deepStrictEqual(Object.keys(byCarrier), ["acme", "other"])
  })

  it("tells the exact quantiles of the time to final, of messages whose times are known", () => {
    const times = Array.from({ length: 200 }, (_, index) => 10 * ((index * 37) % 200) + 10)
    const { all } = scorecard([
      ...times.map(after),
      { ...failed("expired"), sentAt: 0, finalAt: 5 },
      { ...delivered, finalAt: 5 },
      after(-1),
      { ...unconfirmed, sentAt: 0, finalAt: 9_999_999 },
      { sentAt: 0 }
    ])
    assert.deepStrictEqual(all.timeToFinal, { messages: 201, unknown: 2, p50: 1000, p95: 1900 })
    const one = scorecard([after(7)]).all.timeToFinal
    assert.deepStrictEqual(one, { messages: 1, unknown: 0, p50: 7, p95: 7 })
    assert.deepStrictEqual(scorecard([delivered]).all.timeToFinal, {
      messages: 0,
      unknown: 1,
      p50: undefined,
      p95: undefined
    })
  })

  it("names the three most frequent causes, with what to do", () => {
    const { byCarrier } = scorecard([
      ...many(2, failed("expired")),
      ...many(5, failed("opted_out")),
      failed("cancelled"),
      ...many(2, { ...failed("network_failure"), actor: "platform" as const })
    ])
    assert.deepStrictEqual(
      byCarrier.acme?.topCauses.map(({ action, cause, failures, mustAct, share }) => [
        cause,
        failures,
        share,
        mustAct,
        action
      ]),
      [
        ["opted_out", 5, 0.5, "sender", causes.opted_out.action],
        ["expired", 2, 0.2, "sender", causes.expired.action],
        ["network_failure", 2, 0.2, "platform", causes.network_failure.action]
      ]
    )
  })

  it("holds the carriers' own word against what was tracked, where both are final", () => {
    const report = (state: "delivered" | "failed" | "in_progress") => ({
      report: { state, profile: "p", providerStatus: "said", recordedAt: 0 }
    })
    const { all } = scorecard([
      { ...delivered, ...report("delivered") },
      { ...failed("expired"), ...report("failed") },
      { ...failed("expired"), ...report("delivered") },
      { ...delivered, ...report("in_progress") },
      { ...unconfirmed, ...report("delivered") },
      delivered
    ])
    assert.deepStrictEqual(all.ownWord, { messages: 3, agree: 2 })
  })

  it("counts a carrier with an odd name like any other", () => {
    const { byCarrier } = scorecard([{ carrier: "__proto__" }, { carrier: "constructor" }])
    assert.deepStrictEqual(Object.keys(byCarrier), ["__proto__", "constructor"])
  })
})
