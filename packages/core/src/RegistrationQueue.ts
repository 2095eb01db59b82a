/**
 * Messages on their way from a plain program to a run: kept until a run takes them, batch by batch.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import * as Stream from "effect/Stream"
import type { MessageRef } from "./Message.ts"

interface Batch {
  readonly refs: ReadonlyArray<MessageRef>
  /** Told when it is in the journal, or when there is no run any more that could take it. */
  readonly done: () => void
}

/** A queue of messages. */
export interface RegistrationQueue {
  /** Adds messages. Where a run is under way, the promise is fulfilled when it has registered them, or has ended. */
  readonly add: (refs: ReadonlyArray<MessageRef>) => Promise<void>
  /** A run begins, which will take what is added. */
  readonly begin: () => void
  /** What it is to register: what there is, and what is added, until it is over where nothing waits. */
  readonly messages: (isOver: Effect.Effect<boolean>) => Stream.Stream<ReadonlyArray<MessageRef>>
  /** A run has ended: what it did not register waits for the next, and nobody waits for it to be registered. */
  readonly release: () => void
  /** How many messages wait. */
  readonly waiting: () => number
}

/** How often it is looked whether the run is over. Milliseconds. */
const lookEvery = 100

/** Makes a queue. */
export const make = (): RegistrationQueue => {
  let batches: Array<Batch> = []
  /** What the run has been given last: it has registered it when it asks for more. */
  let given: Batch | undefined
  let taking = false
  const added = Latch.makeUnsafe(false)

  const next = (isOver: Effect.Effect<boolean>) =>
    Effect.gen(function* () {
      given?.done()
      given = undefined
      while (true) {
        added.closeUnsafe()
        given = batches.shift()
        if (given !== undefined) return [given.refs, undefined] as const
        if ((yield* isOver) && batches.length === 0) {
          taking = false
          return undefined
        }
        yield* Effect.timeoutOption(added.await, lookEvery)
      }
    })

  return {
    add: (refs) =>
      new Promise((resolve) => {
        batches.push({ refs, done: resolve })
        added.openUnsafe()
        if (!taking) resolve()
      }),
    begin: () => {
      taking = true
    },
    messages: (isOver) => Stream.unfold(undefined, () => next(isOver)),
    release: () => {
      taking = false
      if (given !== undefined) batches = [given, ...batches]
      given = undefined
      for (const { done } of batches) done()
    },
    waiting: () => batches.reduce((sum, { refs }) => sum + refs.length, 0)
  }
}
