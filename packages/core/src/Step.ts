/**
 * A step: what one thing that happened did to a message.
 *
 * @module
 */
import type { TrackedMessage } from "./Message.ts"
import type { EventBody } from "./TrackingEvent.ts"

/** A message after something happened to it, and what is to be recorded of that. */
export interface Step {
  readonly message: TrackedMessage
  readonly events: ReadonlyArray<EventBody>
}

/** A step of which nothing is to be recorded. */
export const silent = (message: TrackedMessage): Step => ({ message, events: [] })
