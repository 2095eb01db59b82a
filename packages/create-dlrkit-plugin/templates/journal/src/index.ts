/**
 * A journal in {{NAME}}.
 *
 * @module
 */
import { JournalStore, JournalStoreMemory, Plugin } from "@dlrkit/core"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

/** The options of {@link journal}. */
export interface JournalOptions {
  /** Where it is, for people. */
  readonly location?: string
}

/**
 * The journal. It begins as the one in memory, which does all that a journal must but to last: put operations of your own
 * in its place, one by one, and let the tests say whether they do the same. `JournalStoreService` says what each must do.
 */
export const journal = (options: JournalOptions = {}): Layer.Layer<JournalStore.JournalStore> =>
  Plugin.stamp("{{NAME}}", Layer.effect(JournalStore.JournalStore, make(options)))

const make = ({ location = "{{NAME}}" }: JournalOptions) =>
  Effect.map(JournalStoreMemory.make, (memory) => JournalStore.JournalStore.of({ ...memory, location }))
