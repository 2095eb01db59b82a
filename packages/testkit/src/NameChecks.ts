/**
 * How a journal must find messages: by every name that they have, by nothing like it.
 *
 * @module
 */
import { ExternalId, type JournalStore, type Message } from "@dlrkit/core"
import * as Effect from "effect/Effect"
import { check, keys, same } from "./JournalCheck.ts"
import { hostile, insert, message } from "./Samples.ts"

/** What holds of the names of messages. */
export const nameChecks = [
  check("find", "finds messages by their keys and by every name, each once, in the order of registration", (store) =>
    Effect.gen(function* () {
      const contact = { campaignId: "k", outboundContactId: "o" }
      yield* insert(store, [
        message({ messageId: "m-1", conversationId: "c-1", ref: { to: "+1 (317) 555-0100" } }),
        message({ messageId: undefined, conversationId: "c-1", ref: { to: "0013175550100" } }),
        message({ messageId: undefined, ref: contact }),
        message({ messageId: undefined, ref: { ...contact, outboundContactId: "other" } })
      ])
      for (const [sought, expected] of [
        [{}, []],
        [{ keys: [4, 2, 2, 99] }, [2, 4]],
        [{ names: [{ messageId: "m-1" }] }, [1]],
        [{ names: [{ conversationId: "c-1" }, { messageId: "m-1" }] }, [1, 2]],
        [{ names: [contact], keys: [2, 77] }, [2, 3]],
        [{ names: [{ campaignId: "k" }, { outboundContactId: "o" }, {}] }, []],
        [{ recipients: ["13175550100"], keys: [4] }, [1, 2, 4]],
        [{ recipients: ["3175550100", "1317555010"] }, []]
      ] satisfies ReadonlyArray<readonly [JournalStore.Sought, ReadonlyArray<number>]>) {
        same(yield* keys(store.find(sought)), expected, JSON.stringify(sought))
        const snapshot = store.transact(sought, ({ messages }) => ({ result: messages }))
        same(yield* keys(snapshot), expected, JSON.stringify(sought))
      }
    })
  ),

  check(
    "external-ids",
    "finds messages by their external ids as these are compared, also when they are learned later",
    (store) =>
      Effect.gen(function* () {
        const ids = [" 00Ab-1\u00a0", "aB-1", "\ufeff0", undefined, ...hostile]
        yield* insert(
          store,
          ids.map((externalMessageId, i) => message({ messageId: `m-${i}`, externalMessageId }))
        )
        const find = (externalIds: ReadonlyArray<string>, more: JournalStore.Sought = {}) =>
          Effect.gen(function* () {
            const sought = { ...more, externalIds }
            const found = yield* keys(store.find(sought))
            same(yield* keys(store.transact(sought, ({ messages }) => ({ result: messages }))), found)
            return found
          })
        same(yield* find(["ab-1"]), [1, 2])
        same(yield* find(["00ab-1", "AB-1", "ab-"]), [])
        same(yield* find(["ab-1"], { keys: [4, 2], names: [{ messageId: "m-2" }] }), [1, 2, 3, 4])
        for (const text of hostile) {
          const comparable = ExternalId.comparable(text)
          const expected = ids.flatMap((id, i) => (id !== undefined && ExternalId.same(id, text) ? [i + 1] : []))
          same(yield* find([comparable]), expected, JSON.stringify(text))
        }
        yield* store.transact({ keys: [1, 4] }, ({ messages: [first, fourth] }) => ({
          update: [
            { ...(first as Message.TrackedMessage), externalMessageId: "x-1" },
            { ...(fourth as Message.TrackedMessage), externalMessageId: "0AB-1" }
          ],
          result: undefined
        }))
        same([yield* find(["ab-1"]), yield* find(["x-1"])], [[2, 4], [1]])
        yield* store.transact({}, () => ({ remove: [2], result: undefined }))
        same(yield* find(["ab-1"]), [4])
      })
  ),

  check("hostile-names", "takes a name for nothing but itself, whatever is in it", (store) =>
    Effect.gen(function* () {
      yield* insert(
        store,
        hostile.map((text) =>
          message({
            messageId: text,
            conversationId: text,
            group: text,
            ref: { messageId: text, campaignId: text, outboundContactId: text }
          })
        )
      )
      for (const [index, text] of hostile.entries()) {
        const names = [{ messageId: text }, { conversationId: text }, { campaignId: text, outboundContactId: text }]
        for (const name of names) same(yield* keys(store.find({ names: [name] })), [index + 1], JSON.stringify(name))
        const [found] = yield* store.find({ keys: [index + 1] })
        same([found?.messageId, found?.conversationId, found?.group], [text, text, text])
        const group = { source: "source", run: 1, group: text, except: new Set<number>(), limit: 99 }
        same(yield* keys(store.openOf(group)), [index + 1], JSON.stringify(text))
      }
    })
  )
]
