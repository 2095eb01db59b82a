/** A source that answers as a test tells it, and keeps what it was asked. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { DeliveryReceipt } from "../src/DeliveryReceipt.ts"
import { nameText } from "../src/Message.ts"
import type { ReceiptPage, ReceiptSource } from "../src/ReceiptSource.ts"
import { because, type SourceErrorReason } from "../src/SourceError.ts"

/** One lookup. */
export interface Look {
  /** Counts up from 0. */
  readonly index: number
  /** Epoch milliseconds. */
  readonly at: number
  readonly group: string
  readonly ids: ReadonlyArray<string>
}

/** What a lookup is answered with: receipts in one page, pages, or a failure after the pages that came before it. */
export type Answer =
  | ReadonlyArray<DeliveryReceipt>
  | { readonly pages: ReadonlyArray<ReceiptPage>; readonly failure?: SourceErrorReason }

/** A source, and every look that was taken through it. */
export interface ScriptedSource {
  readonly source: ReceiptSource
  readonly looks: ReadonlyArray<Look>
}

/** Makes a source. Each answer takes `takes` milliseconds; messages of one `externalContactId` are a group. */
export const make = (
  answer: (look: Look) => Answer,
  options: Partial<ReceiptSource> & { readonly takes?: number } = {}
): ScriptedSource => {
  const { takes = 10, ...overrides } = options
  const looks: Array<Look> = []
  const source: ReceiptSource = {
    name: "scripted",
    describe: { kind: "a script" },
    supports: { analytics: false },
    retention: 90 * 86_400_000,
    concurrency: 4,
    batchSize: 100,
    complete: (ref) => ref,
    refuse: (ref) => (ref.messageId === undefined ? "it has no messageId" : undefined),
    groupOf: (ref) => ref.externalContactId ?? "",
    lookup: (messages) =>
      Stream.unwrap(
        Effect.gen(function* () {
          const look: Look = {
            index: looks.length,
            at: yield* Clock.currentTimeMillis,
            group: messages[0]?.group ?? "",
            ids: messages.map((message) => nameText(message))
          }
          looks.push(look)
          yield* Effect.sleep(takes)
          const answered = answer(look)
          if (!("pages" in answered)) return Stream.succeed({ receipts: answered, last: true })
          const pages = Stream.fromIterable(answered.pages)
          return answered.failure === undefined ? pages : Stream.concat(pages, Stream.fail(because(answered.failure)))
        })
      ),
    analyticsBatchSize: 500,
    analytics: () => Effect.succeed({ records: [] }),
    ...overrides
  }
  return { source, looks }
}
