/**
 * `npm run seeds -- 1..1000`: plays each seed, and prints the story of the first that does not hold.
 *
 *     npm run seeds -- 1..1000
 *     npm run seeds -- 17
 *     npm run seeds -- random:20
 *     npm run seeds -- 1 --messages 10000 --journal SQLite
 */
import { randomInt } from "node:crypto"
import { parseArgs } from "node:util"
import { hunt } from "./Hunt.ts"

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { messages: { type: "string" }, journal: { type: "string" } }
})

/** The seeds of an argument: one, a range of them, or so many that nobody has tried. */
const seedsOf = (text: string): ReadonlyArray<string | number> | undefined => {
  const range = /^(\d+)(?:\.\.(\d+))?$/.exec(text)
  if (range !== null) {
    const [from, to] = [Number(range[1]), Number(range[2] ?? range[1])]
    return Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index)
  }
  const random = /^random:(\d+)$/.exec(text)
  return random === null ? undefined : Array.from({ length: Number(random[1]) }, () => randomInt(2 ** 40))
}

const [wanted = "1..100"] = positionals
const seeds = seedsOf(wanted)
const journal = values.journal
const messages = values.messages === undefined ? undefined : Number(values.messages)
if (
  seeds === undefined ||
  seeds.length === 0 ||
  (journal !== undefined && journal !== "memory" && journal !== "SQLite") ||
  (messages !== undefined && !(Number.isInteger(messages) && messages > 0))
) {
  process.stderr.write("seeds: say which: 1..1000, 17, random:20; and --messages N, --journal memory|SQLite\n")
  process.exitCode = 2
} else {
  const startedAt = performance.now()
  let [tried, events, processes] = [0, 0, 0]
  if (wanted.startsWith("random")) process.stdout.write(`seeds: ${seeds.join(" ")}\n`)
  const broken = await hunt(seeds, {
    changes: { messages, journal },
    onVerdict: (verdict) => {
      tried += 1
      events += verdict.events
      processes += verdict.processes
      if (seeds.length === 1) process.stdout.write(`seed ${verdict.seed}: audit and export ${verdict.digest}\n`)
      if (tried % 50 === 0) process.stderr.write(`${tried} of ${seeds.length}\n`)
    }
  })
  if (broken !== undefined) process.stdout.write(`${broken.story}\n`)
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  process.stdout.write(
    `seeds: ${tried} played, ${broken === undefined ? "all hold" : `${broken.seed} does NOT hold`}; ${processes} processes, ${events} events; ${seconds} s\n`
  )
  process.exitCode = broken === undefined ? 0 : 1
}
