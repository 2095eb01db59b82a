import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { scenario } from "../crash/AtBoundaries.ts"
import * as Trial from "../crash/Trial.ts"

/** Kills the same journal's tracker at each of these boundaries, and judges what is left. `npm run crash` kills at all. */
const survives = (seed: string, boundaries: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const trial = yield* Trial.begin(seed, { ...scenario, messages: 30, contacts: 3, within: 300 })
    for (const killAt of boundaries) {
      assert.isTrue((yield* trial.run({ killAt, calm: true })).killed, `not killed at ${killAt}`)
    }
    const { events, messages, wrong } = yield* trial.conclude
    assert.deepStrictEqual(wrong, [])
    assert.strictEqual(messages, 30)
    assert.isAbove(events, 60)
  })

describe.concurrent("a tracker that is killed", { timeout: 60_000 }, () => {
  it.live("where it commits and moves a cursor loses nothing", () =>
    survives("cursor", ["after transact 2", "before a cursor moves 1", "after a cursor moves 1"])
  )

  it.live("where it writes to a file and flushes it loses nothing, and leaves no torn line", () =>
    survives("file", ["half a writeAll 1", "before truncate 1", "before ledger 1"])
  )
})
