/** A journal in memory with messages in it. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Journal from "../src/Journal.ts"
import { Entropy, JournalStore, type JournalStoreService } from "../src/JournalStore.ts"
import * as JournalStoreMemory from "../src/JournalStoreMemory.ts"
import type { MessageRef } from "../src/Message.ts"
import { meaning, receipt } from "./Samples.ts"
import { messages } from "./TrackedRun.ts"

const entropy = Layer.succeed(Entropy, (bytes) => "ab".repeat(bytes))

/** A journal over a store in memory, of which `change` makes another one. */
export const layer = (change: (store: JournalStoreService) => JournalStoreService = (store) => store) =>
  Journal.layer.pipe(
    Layer.provideMerge(Layer.effect(JournalStore, Effect.map(JournalStoreMemory.make, change))),
    Layer.provide(entropy)
  )

/** What a run is opened with. */
export const options: Journal.RunOptions = { actor: "tester", command: "track", version: "1", config: {} }

/** Registers messages of the carrier acme, with a deadline of a day; those of one contact can be asked for together. */
export const register = (...refs: ReadonlyArray<MessageRef>) =>
  Journal.Journal.use((journal) =>
    journal.register(
      refs.map((ref) => ({
        ref,
        source: "scripted",
        group: ref.externalContactId ?? "g",
        carrier: "acme",
        carrierOrigin: "config",
        deadline: 86_400_000,
        expired: undefined
      }))
    )
  )

/** Commits a page that says a word of each message, which is a look at it that began at a moment. */
export const commit = (
  words: Readonly<Record<string, string>>,
  changes: Parameters<typeof receipt>[1] = {},
  startedAt = 0
) =>
  Effect.gen(function* () {
    const journal = yield* Journal.Journal
    const known = yield* messages
    const looked = known.filter(({ messageId }) => messageId !== undefined && messageId in words)
    yield* journal.commit({
      receipts: Object.entries(words).map(([messageId, word]) => ({
        receipt: receipt(word, { messageId, ...changes }),
        name: { messageId, conversationId: changes.conversationId }
      })),
      classify: meaning,
      looked: looked.map(({ key }) => key),
      startedAt,
      nextLook: () => startedAt + 5000
    })
  })

/** Commits what is said of a message that is known by its conversation, and of whom its id is learned. */
export const commitConversation = (conversationId: string, messageId: string, word: string) =>
  Effect.gen(function* () {
    const journal = yield* Journal.Journal
    const key = (yield* messages).find((message) => message.conversationId === conversationId)?.key
    yield* journal.commit({
      receipts: [{ receipt: receipt(word, { key, messageId, conversationId }), name: { messageId } }],
      classify: meaning,
      looked: [],
      startedAt: 0,
      nextLook: () => 5000
    })
  })
