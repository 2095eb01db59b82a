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
  /** Arguments for the Node of each worker. */
  readonly execArgv?: ReadonlyArray<string>
  readonly env?: Readonly<Record<string, string>>
  /** Told of each seed that has been tried. */
  readonly onVerdict?: (verdict: Verdict) => void
}

const program = fileURLToPath(new URL("worker.ts", import.meta.url))

/**
 * Tries seeds in order. Gives the verdict on the first that does not hold, once all before it have been tried;
 * `undefined` where all hold.
 */
export const hunt = (
  seeds: ReadonlyArray<string | number>,
  { changes = {}, env = {}, execArgv = [], onVerdict = () => {} }: HuntOptions = {}
): Promise<Verdict | undefined> =>
  new Promise((resolve, reject) => {
    let next = 0
    let broken: { readonly index: number; readonly verdict: Verdict } | undefined
    const workers: Array<ChildProcess> = []
    let idle = 0
    const finish = () => {
      for (const worker of workers) worker.removeAllListeners("exit").kill()
      resolve(broken?.verdict)
    }
    for (let count = Math.min(seeds.length, availableParallelism()); count > 0; count--) {
      const worker = fork(program, { execArgv: [...execArgv], env: { ...process.env, ...env } })
      workers.push(worker)
      let index = -1
      const give = () => {
        // Where one does not hold, the seeds after it matter no more.
        index = broken === undefined ? next++ : seeds.length
        const seed = seeds[index]
        if (seed !== undefined) return void worker.send({ seed, changes })
        idle += 1
        if (idle === workers.length) finish()
      }
      worker.on("message", (verdict: Verdict) => {
        onVerdict(verdict)
        if (verdict.story !== undefined && index < (broken?.index ?? Number.POSITIVE_INFINITY))
          broken = { index, verdict }
        give()
      })
      worker.on("error", reject)
      worker.on("exit", (code, signal) => {
        for (const other of workers) other.removeAllListeners("exit").kill()
        reject(new Error(`the process that tried seed ${seeds[index]} ended with ${code ?? signal}`))
      })
      give()
    }
  })
