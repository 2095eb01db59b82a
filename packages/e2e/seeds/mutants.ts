/**
 * `npm run seeds:mutants`: puts each known bug back, and hunts until a seed notices. The last line says how many were
 * caught; `-- NAME` tries those alone whose name holds it.
 */
import { fileURLToPath } from "node:url"
import { hunt } from "./Hunt.ts"
import { mutants } from "./MutantList.ts"

/** A bug must show within so many seeds. */
const seeds = Array.from({ length: 100 }, (_, index) => index + 1)

const preload = fileURLToPath(new URL("mutate.ts", import.meta.url))
const [wanted = ""] = process.argv.slice(2)
const tried = mutants.filter(({ name }) => name.includes(wanted))

let caught = 0
for (const { name } of tried) {
  const startedAt = performance.now()
  const broken = await hunt(seeds, { longest: 30_000, execArgv: ["--import", preload], env: { SEEDS_MUTANT: name } })
  const seconds = Math.round((performance.now() - startedAt) / 1000)
  if (broken !== undefined) caught += 1
  const [, violation = ""] = broken?.story?.split("\n") ?? []
  process.stdout.write(
    broken === undefined
      ? `${name}: NOT caught by ${seeds.length} seeds (${seconds} s)\n`
      : `${name}: caught by seed ${broken.seed} (${seconds} s): ${violation.trim().slice(0, 120)}\n`
  )
}
process.stdout.write(`mutants: ${caught} of ${tried.length} caught\n`)
process.exitCode = caught === tried.length && tried.length > 0 ? 0 : 1
