/**
 * Many seeds, tried by as many processes as there are processors, until one does not hold.
 *
 * @module
 */
import { type ChildProcess, fork } from "node:child_process"
import { availableParallelism } from "node:os"
import { fileURLToPath } from "node:url"
import type { Changes } from "./Scenario.ts"
import type { Verdict } from "./Trial.ts"

/** How to hunt. */
export interface HuntOptions {
  readonly changes?: Changes
  /** How long a seed may take: one that takes longer does not end. Milliseconds; five minutes. */
  readonly longest?: number
  /** Arguments for the Node of each worker. */
  readonly execArgv?: ReadonlyArray<string>
  readonly env?: Readonly<Record<string, string>>
  /** Told of each seed that has been tried. */
  readonly onVerdict?: (verdict: Verdict) => void
}

const program = fileURLToPath(new URL("worker.ts", import.meta.url))

/** Most of what a play makes is soon garbage: with more room for it, less of it is copied. */
const youngLong = ["--max-semi-space-size=64"]

const endless = (seed: string | number): Verdict => ({
  seed,
  story: `seed ${seed}: 1 violations\n  it does not come to its end`,
  events: 0,
  processes: 0,
  digest: ""
})

/** Has a seed tried by a process, which is killed where that does not end. */
const ask = (worker: ChildProcess, seed: string | number, changes: Changes, longest: number): Promise<Verdict> =>
  new Promise((resolve, reject) => {
    const done = () => {
      clearTimeout(timer)
      worker.removeAllListeners()
    }
    const timer = setTimeout(() => {
      done()
      worker.kill("SIGKILL")
      resolve(endless(seed))
    }, longest)
    worker.once("message", (verdict: Verdict) => {
      done()
      resolve(verdict)
    })
    worker.once("exit", (code, signal) => {
      done()
      reject(new Error(`the process that tried seed ${seed} ended with ${code ?? signal}`))
    })
    worker.send({ seed, changes })
  })

/**
 * Tries seeds in order. Gives the verdict on the first that does not hold, once all before it have been tried;
 * `undefined` where all hold.
 */
export const hunt = async (
  seeds: ReadonlyArray<string | number>,
  { changes = {}, env = {}, execArgv = [], longest = 300_000, onVerdict = () => {} }: HuntOptions = {}
): Promise<Verdict | undefined> => {
  const left = seeds.map((seed, index) => ({ seed, index })).reverse()
  const found: Array<{ readonly index: number; readonly verdict: Verdict }> = []
  const workers = Array.from({ length: Math.min(seeds.length, availableParallelism()) }, () =>
    fork(program, { execArgv: [...youngLong, ...execArgv], env: { ...process.env, ...env } })
  )
  /** Where one does not hold, the seeds after it matter no more. */
  const work = async (worker: ChildProcess) => {
    for (let next = left.pop(); next !== undefined && found.length === 0; next = left.pop()) {
      const verdict = await ask(worker, next.seed, changes, longest)
      onVerdict(verdict)
      if (verdict.story !== undefined) found.push({ index: next.index, verdict })
    }
  }
  try {
    await Promise.all(workers.map(work))
  } finally {
    for (const worker of workers) worker.kill()
  }
  return found.sort((a, b) => a.index - b.index)[0]?.verdict
}
