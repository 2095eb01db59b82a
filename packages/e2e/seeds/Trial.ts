/**
 * A seed, played and judged.
 *
 * @module
 */
import { createHash } from "node:crypto"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as TestClock from "effect/testing/TestClock"
import { violations } from "./Judge.ts"
import * as Scenario from "./Scenario.ts"
import { tell } from "./Telling.ts"
import { play } from "./World.ts"

/** What came of a seed. */
export interface Verdict {
  readonly seed: string | number
  /** The story, where something did not hold. */
  readonly story: string | undefined
  readonly events: number
  readonly processes: number
  /** Of the audit file and of the export: the same for a seed wherever it is played. */
  readonly digest: string
}

/** Plays a seed, and judges it. */
export const of = async (seed: string | number, changes: Scenario.Changes = {}): Promise<Verdict> => {
  const scenario = Scenario.of(seed, changes)
  const exit = await Effect.runPromise(
    Effect.exit(play(scenario)).pipe(Effect.provide(TestClock.layer({ warningDelay: "1 hour" })))
  )
  if (Exit.isFailure(exit)) {
    const story = `seed ${seed}: it does not come to its end\n  ${Cause.pretty(exit.cause)}\nthe scenario: ${JSON.stringify(scenario)}`
    return { seed, story, events: 0, processes: 0, digest: "" }
  }
  const played = exit.value
  const wrong = violations(played)
  return {
    seed,
    story: wrong.length === 0 ? undefined : tell(played, wrong),
    events: played.events.length,
    processes: played.codes.length,
    digest: createHash("sha256").update(played.auditFile).update(played.exported).digest("hex")
  }
}
