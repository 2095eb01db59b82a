/**
 * Kills at moments that chance chooses: from before the command has begun to after it has ended.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import { draw } from "./Draw.ts"
import { type Outcome, outcomeOf, tell } from "./Outcome.ts"
import * as Trial from "./Trial.ts"

/** How often one journal's tracker is killed. */
const killsOfJournal = 10

const scenario: Trial.Scenario = {
  messages: 200,
  within: 8000,
  never: 0,
  missing: 0,
  faults: "chaos",
  // A contradiction that was served to a process which died of it is the first that the next one hears.
  rates: { contradicted: 0 },
  retryAfter: { min: 1, max: 1 },
  slowAnswers: { min: 20, max: 300 }
}

/** How long a run lasts at the most before it is killed, where none has ended by itself. Milliseconds. */
const longest = 2600

/** Kills the tracker of one journal so often, and judges. */
const ofJournal = Effect.fnUntraced(function* (seed: string, kills: number) {
  const trial = yield* Trial.begin(seed, scenario)
  let killed = 0
  let length = longest
  for (let number = 1; killed < kills; number++) {
    const at = draw(seed, "kill", number) * length
    const stopped = draw(seed, "stopped", number) < 0.2
    const timers: Array<NodeJS.Timeout> = []
    const run = yield* trial.run({
      whileRunning: ({ child }) => {
        if (stopped) timers.push(setTimeout(() => child.kill("SIGTERM"), at))
        const grace = stopped ? draw(seed, "grace", number) * 600 : 0
        timers.push(setTimeout(() => child.kill("SIGKILL"), at + grace))
      }
    })
    timers.forEach(clearTimeout)
    if (run.killed) killed += 1
    else length = Math.min(longest, run.lasted)
  }
  return yield* tell(trial, killed, yield* trial.conclude)
}, Effect.scoped)

/** Kills so often, two journals at a time. */
export const run = (kills: number, seed: string): Effect.Effect<Outcome> =>
  Effect.forEach(
    Array.from({ length: Math.ceil(kills / killsOfJournal) }, (_, index) => index),
    (index) => ofJournal(`${seed} ${index}`, Math.min(killsOfJournal, kills - index * killsOfJournal)),
    { concurrency: 2 }
  ).pipe(Effect.map(outcomeOf), Effect.orDie)
