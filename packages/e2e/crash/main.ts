/**
 * Kills the tracker's own process again and again, and looks whether anything is lost:
 *
 *   npm run crash                      both of the following
 *   npm run crash -- kills 200 [SEED]       at moments that chance chooses
 *   npm run crash -- boundaries 6 [SEED]    at so many boundaries of each kind; `all` for each one
 *
 * Prints a line of counts for each, and exits with 1 where something is lost; the story is above then, and the folder is
 * kept.
 */
import * as Effect from "effect/Effect"
import * as AtBoundaries from "./AtBoundaries.ts"
import * as Kills from "./Kills.ts"
import { type Outcome, textOf } from "./Outcome.ts"

const print = (line: string) => void process.stdout.write(`${line}\n`)

const conclude = (name: string, { kills, survived, ...rest }: Outcome, planned: number, startedAt: number) => {
  const seconds = Math.round((performance.now() - startedAt) / 1000)
  print(`${name}: ${textOf({ kills: planned, survived, ...rest })} (${seconds} s)`)
  if (survived !== planned || kills !== planned) process.exitCode = 1
}

const kills = async (count: number, seed: string) => {
  const startedAt = performance.now()
  conclude("kills", await Effect.runPromise(Kills.run(count, seed)), count, startedAt)
}

const boundaries = async (most: number, seed: string) => {
  const startedAt = performance.now()
  const outcome = await Effect.runPromise(AtBoundaries.run(most, seed))
  for (const [kind, count] of Array.from(outcome.kinds).sort()) print(`  ${kind}: ${count}`)
  print(`boundaries: ${outcome.passed} in a run, of ${outcome.kinds.size} kinds; ${outcome.planned} tried`)
  conclude("boundaries", outcome, outcome.planned, startedAt)
}

const [part, amount, seed = "1"] = process.argv.slice(2)
const number = (otherwise: number) => (amount === "all" ? Number.MAX_SAFE_INTEGER : Number(amount ?? otherwise))
const usage = part !== undefined && part !== "kills" && part !== "boundaries"
if (usage || !(number(1) > 0)) {
  process.stderr.write("crash: name `kills COUNT [SEED]`, `boundaries COUNT|all [SEED]`, or neither for both\n")
  process.exitCode = 2
} else {
  if (part !== "kills") await boundaries(part === undefined ? 6 : number(6), seed)
  if (part !== "boundaries") await kills(part === undefined ? 200 : number(200), seed)
}
