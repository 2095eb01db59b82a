/**
 * What must hold at sizes that no test suite has the time for. Prints a line for each, and exits with 1 where one does not.
 */
import * as Memory from "./Memory.ts"
import * as Plays from "./Plays.ts"

const parts = { campaign: Plays.campaign, truth: Plays.truth, memory: Memory.measure }

const wanted = process.argv.slice(2)
for (const [name, part] of Object.entries(parts)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  const startedAt = performance.now()
  const { holds, text } = await part()
  const seconds = Math.round((performance.now() - startedAt) / 1000)
  process.stdout.write(`${name}: ${holds ? "holds" : "DOES NOT HOLD"}: ${text} (${seconds} s)\n`)
  if (!holds) process.exitCode = 1
}
