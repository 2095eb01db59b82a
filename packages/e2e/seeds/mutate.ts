/**
 * Preloaded into a process: puts the bug that `SEEDS_MUTANT` names into the code that it loads.
 *
 * @module
 */
import { registerHooks } from "node:module"
import { mutants } from "./MutantList.ts"

const mutant = mutants.find(({ name }) => name === process.env.SEEDS_MUTANT)
if (mutant === undefined) throw new Error(`there is no mutant ${process.env.SEEDS_MUTANT}`)
const url = new URL(`../../../${mutant.file}`, import.meta.url).href

registerHooks({
  load: (loaded, context, next) => {
    const result = next(loaded, context)
    if (loaded !== url) return result
    const source = String(result.source)
    if (source.split(mutant.from).length !== 2) {
      throw new Error(`${mutant.file} does not hold this once any more: ${mutant.from}`)
    }
    return { ...result, source: source.replace(mutant.from, () => mutant.to) }
  }
})
