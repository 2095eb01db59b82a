import { assert, describe, it } from "@effect/vitest"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Deadlines from "../src/Deadlines.ts"
import { layer, track } from "./TrackedRun.ts"

const read = (settings: Deadlines.DeadlineSettings) => Result.getOrThrow(Deadlines.make(settings))

describe("deadlines", () => {
  it("are those of the carrier, else that of all, else 72 hours", () => {
    const deadlines: Readonly<Record<string, Duration.Input>> = Object.fromEntries([
      ["acme", "24 hours"],
      ["constructor", "1 minute"]
    ])
    const { describe, of } = read({ deadline: "2 days", deadlines })
    assert.deepStrictEqual(
      ["acme", "other", "constructor", "toString"].map(of),
      [86_400_000, 172_800_000, 60_000, 172_800_000]
    )
    assert.deepStrictEqual(describe, {
      deadlineMs: 172_800_000,
      deadlinesMs: { acme: 86_400_000, constructor: 60_000 }
    })
    assert.deepStrictEqual(read({}).describe, { deadlineMs: 259_200_000 })
  })

  it("are the message's own before all", () => {
    const at = (ref: object) => Deadlines.deadlineAt({ ref, registeredAt: 10 }, 500)
    assert.deepStrictEqual([at({}), at({ sentAt: 3 })], [510, 503])
    assert.deepStrictEqual([at({ deadline: 20 }), at({ deadline: 20, sentAt: 3 })], [30, 23])
    assert.deepStrictEqual([at({ deadlineAt: 7, sentAt: 3 }), at({ deadlineAt: 7, deadline: 9 })], [7, 7])
    assert.strictEqual(at({ deadline: Number.POSITIVE_INFINITY }), 8.64e15)
    assert.strictEqual(at({ sentAt: 8.64e15 }), 8.64e15)
  })

  it("that are no durations are refused, with their names", () => {
    const refused = (settings: unknown) => Result.flip(Deadlines.make(settings as Deadlines.DeadlineSettings))
    const message = (settings: unknown) => Result.getOrThrow(refused(settings)).message
    assert.strictEqual(
      message({ deadlines: { acme: "48h" } }),
      'the setting deadlines["acme"] is "48h": write a duration that is longer than nothing, like "72 hours"'
    )
    for (const bad of [0, -1, Number.NaN, "soon", "Infinity", null, {}, [], true]) {
      assert.match(message({ deadline: bad }), /^the setting deadline is .+: write a duration/)
    }
  })
})

describe("a tracker", () => {
  it.effect("is not made of settings that are no durations", () =>
    Effect.gen(function* () {
      for (const [name, settings] of [
        ["deadline", { deadline: "soon" as Duration.Input }],
        ['deadlines["a\\nb"]', { deadlines: { "a\nb": "soon" as Duration.Input } }],
        ["floor", { floor: "soon" as Duration.Input }]
      ] as const) {
        const error = yield* Effect.flip(Effect.provide(track([]), layer(settings)))
        assert.strictEqual(error._tag, "DurationError")
        assert.include(error.message, `the setting ${name} is "soon"`)
        assert.notInclude(error.message, "\n")
      }
    })
  )
})
