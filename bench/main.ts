/** The benchmarks: all, or the one that is named. See README.md. */
import * as ClassifyBench from "./ClassifyBench.ts"
import * as Ingest from "./Ingest.ts"
import * as PlannerBench from "./PlannerBench.ts"

const parts: Readonly<Record<string, () => void | Promise<void>>> = {
  planner: PlannerBench.run,
  classify: ClassifyBench.run,
  ingest: Ingest.run
}

const [name] = process.argv.slice(2)
if (name !== undefined && !Object.hasOwn(parts, name)) {
  console.error(`bench: no part "${name}"; there are ${Object.keys(parts).join(", ")}`)
  process.exitCode = 2
} else {
  for (const [part, run] of Object.entries(parts)) if (name === undefined || name === part) await run()
}
