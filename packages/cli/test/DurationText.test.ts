import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Result } from "effect"
import { Command } from "effect/cli"
import { durationFlag, parseDuration } from "../src/DurationText.ts"

describe("DurationText", () => {
  it("reads a number and a unit, and several of them", () => {
    const expected = {
      "500ms": 500,
      "90s": 90_000,
      "15m": 900_000,
      "72h": 259_200_000,
      "3d": 259_200_000,
      "2w": 1_209_600_000,
      "1h30m": 5_400_000,
      " 1H 30M ": 5_400_000,
      "1.5h": 5_400_000,
      "1m5ms": 60_005
    }
    for (const [text, milliseconds] of Object.entries(expected)) {
      assert.deepStrictEqual(parseDuration(text), Result.succeed(milliseconds), text)
    }
  })

  it("refuses anything else", () => {
    for (const text of [
      "",
      "90",
      "s",
      "-1h",
      "1h-30m",
      "1.h",
      ".5h",
      "1e3s",
      "30m1h",
      "1h1h",
      "1y",
      "90 seconds",
      "Infinity"
    ]) {
      assert.include(Result.getOrThrow(Result.flip(parseDuration(text))), "like 90s, 15m, 72h, 3d or 1h30m", text)
    }
    assert.include(Result.getOrThrow(Result.flip(parseDuration("0s"))), "more than no time")
    assert.include(Result.getOrThrow(Result.flip(parseDuration("0.1ms"))), "more than no time")
    assert.include(Result.getOrThrow(Result.flip(parseDuration("521w4d"))), "no more than ten years")
    assert.include(Result.getOrThrow(Result.flip(parseDuration(`${"9".repeat(400)}s`))), "no more than ten years")
  })

  it.live("is a flag in milliseconds, whose error says how to write one", () =>
    Effect.gen(function* () {
      const parse = (text: string) => durationFlag("deadline").parse({ arguments: [], flags: { deadline: [text] } })
      assert.deepStrictEqual((yield* parse("1h30m"))[1], 5_400_000)
      assert.strictEqual(
        (yield* Effect.flip(parse("soon"))).message,
        'Invalid value for flag --deadline: "soon". Expected: a number and one of ms, s, m, h, d, w, ' +
          "like 90s, 15m, 72h, 3d or 1h30m"
      )
      let given: number | undefined
      const command = Command.make("track", { deadline: durationFlag("deadline") }, ({ deadline }) =>
        Effect.sync(() => {
          given = deadline
        })
      )
      yield* Command.runWith(command, { version: "0" })(["--deadline", "72h"])
      assert.strictEqual(given, 259_200_000)
    }).pipe(Effect.provide(NodeServices.layer))
  )
})
