/**
 * The configuration that the next run of the command line loads: `dlrkit.config.ts` exports whatever it is then.
 *
 * @module
 */
import { TrackerDefinition } from "@dlrkit/core"

export let current: TrackerDefinition.TrackerDefinition = TrackerDefinition.make({})

/** Sets the configuration. */
export const use = (definition: TrackerDefinition.TrackerDefinition): void => {
  current = definition
}
