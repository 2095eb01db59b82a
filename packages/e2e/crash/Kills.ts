/**
 * Kills at moments that chance chooses: from before the command has begun to after it has ended.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import type { Running } from "../test/command.ts"
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

/** How long a run that has begun lasts at the most, where none has ended by itself. Milliseconds. */
const longest = 2000

/** How often it is looked whether a run has begun. Milliseconds. */
const glance = 10

/** When a run is to be killed. Times are milliseconds. */
interface Moment {
  /** Counted from the start of the process, not from what it does first. */
  readonly early: boolean
  readonly at: number
  /** It is asked to stop first, and has so long for it. */
  readonly grace: number | undefined
}

const momentOf = (seed: string, number: number, length: number): Moment => {
  const early = draw(seed, "early", number) < 0.1
  return {
    early,
    at: draw(seed, "kill", number) * (early ? 1000 : length),
    grace: draw(seed, "stopped", number) < 0.2 ? draw(seed, "grace", number) * 600 : undefined
  }
}

/** Kills a process at a moment, and gives what calls that off. */
const killAt = ({ at, early, grace }: Moment, { child }: Running, hasBegun: () => boolean) => {
  let timer: NodeJS.Timeout
  const stop = () => {
    child.kill(grace === undefined ? "SIGKILL" : "SIGTERM")
    if (grace !== undefined) timer = setTimeout(() => child.kill("SIGKILL"), grace)
  }
  const look = () => {
    timer = early || hasBegun() ? setTimeout(stop, at) : setTimeout(look, glance)
  }
  look()
  return () => clearTimeout(timer)
}

/** Kills the tracker of one journal so often, and judges. */
const ofJournal = Effect.fnUntraced(function* (seed: string, kills: number) {
  const trial = yield* Trial.begin(seed, scenario)
  let killed = 0
  let length = longest
  for (let number = 1; killed < kills; number++) {
    const moment = momentOf(seed, number, length)
    let callOff = () => {}
    const run = yield* trial.run({
      whileRunning: (running, hasBegun) => {
        callOff = killAt(moment, running, hasBegun)
      }
    })
    callOff()
    if (run.killed) killed += 1
    // What is left to do grows less: so that a kill comes in time, the next is measured by this one.
    else if (moment.grace === undefined) length = Math.max(200, length * 0.7)
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
