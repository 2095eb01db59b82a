/**
 * Refs from a seed: what users may call a message, well or badly.
 *
 * @module
 */
import type { Message } from "@dlrkit/core"
import * as Chance from "./Chance.ts"
import { texts } from "./Junk.ts"

const names = ["messageId", "conversationId", "externalContactId", "campaignId", "outboundContactId"] as const

/** Some hundred refs, always the same ones: each name alone, all of them, and any of them with texts that no id has. */
export const make = (known: ReadonlyArray<Message.MessageRef>): ReadonlyArray<Message.MessageRef> => {
  const chance = Chance.make(20_260_301)
  const alone = names.flatMap((name) => ["id-1", ...texts].map((text): Message.MessageRef => ({ [name]: text })))
  const mixed = Array.from({ length: 200 }, () =>
    Object.fromEntries(names.flatMap((name) => (chance.below(2) === 0 ? [] : [[name, chance.one(["id-1", ...texts])]])))
  )
  const partial = known.flatMap((ref) =>
    names.map((name): Message.MessageRef => {
      const { [name]: _, ...rest } = ref
      return rest
    })
  )
  return [{}, ...known, ...partial, ...alone, ...mixed]
}
