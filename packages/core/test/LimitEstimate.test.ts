import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import * as LimitEstimate from "../src/LimitEstimate.ts"

const minute = 60_000
const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

describe("the belief in a limit", () => {
  it.prop(
    "stays between one request and the most that is allowed, whatever happens",
    {
      ceiling: between(1, 1000),
      happenings: Schema.Array(Schema.Tuple([between(0, 3), between(0, 1200), between(0, 10 * minute)]))
    },
    ({ ceiling, happenings }) => {
      let most = ceiling
      let now = 0
      let estimate = LimitEstimate.of(ceiling)
      for (const [kind, number, wait] of happenings) {
        now += wait
        const before = estimate
        if (kind === 0) estimate = LimitEstimate.refused(estimate, now, minute, number)
        else if (kind === 1) estimate = LimitEstimate.tried(estimate, now, minute, () => number)
        else if (kind === 2) {
          most = number + 1
          estimate = LimitEstimate.bounded(estimate, most)
        } else estimate = LimitEstimate.shifted(estimate, wait)
        assert.isAtLeast(estimate.limit, 1)
        assert.isAtMost(estimate.limit, most)
        assert.isTrue(Number.isInteger(estimate.limit))
        // A refusal may raise it only by the belief that refusals have other reasons.
        if (kind === 0 && estimate.deafUntil === before.deafUntil) assert.isAtMost(estimate.limit, before.limit)
      }
    },
    { arbitrary: { runs: 300 } }
  )

  const learned = LimitEstimate.refused(LimitEstimate.of(300), 0, minute, 150)
  const never = () => 0

  it("is what one refusal tells", () => {
    assert.strictEqual(learned.limit, 150)
  })

  it("is tried at twice the pace after three windows, and the more seldom the longer it stands", () => {
    assert.strictEqual(LimitEstimate.tried(learned, 3 * minute - 1, minute, never).limit, 150)
    assert.strictEqual(LimitEstimate.tried(learned, 3 * minute, minute, never).limit, 300)
    let estimate = learned
    const tries: Array<number> = []
    for (let now = 0; now < 300 * minute; now += 1000) {
      const next = LimitEstimate.tried(estimate, now, minute, never)
      if (next !== estimate) tries.push(now)
      estimate = next === estimate ? estimate : LimitEstimate.refused(next, now, minute, 150)
    }
    const gaps = tries.slice(1).map((at, index) => (at - (tries[index] as number)) / minute)
    assert.strictEqual(gaps[0], 3)
    for (const [index, gap] of gaps.slice(1).entries()) assert.isAtLeast(gap, gaps[index] as number)
    assert.strictEqual(gaps.at(-1), 10)
  })

  it("rises only where more was accepted than it allowed", () => {
    const trying = LimitEstimate.tried(learned, 3 * minute, minute, never)
    assert.strictEqual(LimitEstimate.settled(trying), 150)
    const idle = LimitEstimate.tried(trying, 10 * minute, minute, () => 150)
    assert.strictEqual(LimitEstimate.settled(idle), 150)
    const proven = LimitEstimate.tried(trying, 4.2 * minute, minute, () => 151)
    assert.strictEqual(LimitEstimate.settled(proven), 300)
  })

  it("is given up where refusals go on at any limit, and taken up again where nearly all is refused", () => {
    let estimate = learned
    for (let count = 1; count <= 3; count++) estimate = LimitEstimate.refused(estimate, count * 1000, minute, 140)
    assert.strictEqual(estimate.limit, 300)
    for (let count = 1; count <= 5; count++) {
      estimate = LimitEstimate.refused(estimate, 4000 + count, minute, 20)
      assert.strictEqual(estimate.limit, 300)
    }
    assert.strictEqual(LimitEstimate.refused(estimate, 5000, minute, 20).limit, 20)
  })
})
