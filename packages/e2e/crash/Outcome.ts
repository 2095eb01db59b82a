/**
 * What came of the kills, in numbers.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import type { Trial } from "./Trial.ts"
import type { Verdict } from "./Verdict.ts"

/** The sums of several trials. */
export interface Outcome {
  readonly kills: number
  /** Kills in trials in which nothing is wrong. */
  readonly survived: number
  readonly messages: number
  readonly events: number
  readonly duplicates: number
  readonly wrong: number
}

/** Sums up. */
export const outcomeOf = (all: ReadonlyArray<Outcome>): Outcome => {
  const sum = (of: (outcome: Outcome) => number) => all.reduce((total, outcome) => total + of(outcome), 0)
  return {
    kills: sum(({ kills }) => kills),
    survived: sum(({ survived }) => survived),
    messages: sum(({ messages }) => messages),
    events: sum(({ events }) => events),
    duplicates: sum(({ duplicates }) => duplicates),
    wrong: sum(({ wrong }) => wrong)
  }
}

/** How many of the things that are wrong in a trial are told. */
const told = 10

/** The outcome of one trial. Where something is wrong in it, its story is printed, and its folder kept. */
export const tell = (trial: Trial, kills: number, { wrong, ...counts }: Verdict): Effect.Effect<Outcome> =>
  Effect.sync(() => {
    if (wrong.length > 0) {
      const more = wrong.length > told ? [`and ${wrong.length - told} more`] : []
      process.stdout.write(`${[...wrong.slice(0, told), ...more, trial.keep()].join("\n")}\n\n`)
    }
    return { kills, survived: wrong.length === 0 ? kills : 0, ...counts, wrong: wrong.length }
  })

/** The outcome in a line. */
export const textOf = ({ duplicates, events, kills, messages, survived, wrong }: Outcome): string =>
  `${survived} of ${kills} survived; ${messages} messages, ${events} events, ${duplicates} duplicates with equal ids, ${wrong} lost or wrong`
