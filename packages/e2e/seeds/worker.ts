/**
 * Tries the seeds that its parent sends, one after the other.
 *
 * @module
 */
import type { Changes } from "./Scenario.ts"
import * as Trial from "./Trial.ts"

process.on("disconnect", () => process.exit())
process.on("message", ({ changes, seed }: { readonly seed: string | number; readonly changes: Changes }) => {
  void Trial.of(seed, changes).then((verdict) => process.send?.(verdict))
})
