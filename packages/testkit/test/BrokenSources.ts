/** Sources that are wrong on purpose, each in one way, over a platform in memory. */
import { type Message, type ReceiptSource, SourceError } from "@dlrkit/core"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import type { SourceConformance } from "../src/index.ts"

type Source = ReceiptSource.ReceiptSource
type Fault = SourceConformance.PlatformFault

const statuses: Readonly<Record<string, "delivered" | "sent">> = { "m-1": "delivered", "m-2": "sent", "m-3": "sent" }
const pageSize = 2

const unavailable = (detail: string) => SourceError.because(new SourceError.Unavailable({ host: "platform", detail }))
const refused = SourceError.because(new SourceError.Refused({ host: "platform", status: 401, detail: "who?" }))

/** A platform in memory, which can go wrong. */
const platformOf = () => {
  let fault: Fault | undefined
  const begin = (kind: Fault | undefined) => () => {
    fault = kind
  }
  const ask = (ids: ReadonlyArray<string>) =>
    Effect.suspend(() => {
      switch (fault) {
        case "junk":
          return Effect.fail(unavailable("its answer is none"))
        case "unavailable":
          return Effect.fail(unavailable("500"))
        case "refused":
          return Effect.fail(refused)
        case "stall":
          return Effect.never
        default:
          return Effect.succeed(ids.filter((id) => Object.hasOwn(statuses, id)))
      }
    }).pipe(Effect.delay(10))
  const all = { junk: begin("junk"), unavailable: begin("unavailable"), refused: begin("refused") }
  return { ask, faults: { begin: { ...all, stall: begin("stall") }, end: begin(undefined) } }
}

type Platform = ReturnType<typeof platformOf>

const receiptOf = (messageId: string) => ({
  messageId,
  profile: "acme",
  providerStatus: statuses[messageId]!,
  status: statuses[messageId]
})

const sourceOf = ({ ask }: Platform): Source => ({
  name: "memory",
  describe: { kind: "memory" },
  supports: { analytics: false },
  retention: 86_400_000,
  concurrency: 2,
  batchSize: 10,
  analyticsBatchSize: 10,
  complete: (ref) => (ref.externalContactId === undefined ? { ...ref, externalContactId: "contact" } : ref),
  refuse: (ref) => (ref.messageId === undefined ? "it has no messageId" : undefined),
  groupOf: (ref) => ref.externalContactId,
  lookup: (messages) =>
    Stream.unwrap(
      Effect.map(ask(messages.flatMap(({ messageId }) => messageId ?? [])), (found) =>
        Stream.paginate(0, (at) =>
          Effect.sync(() => {
            const last = at + pageSize >= found.length
            const page = { receipts: found.slice(at, at + pageSize).map(receiptOf), last }
            return [[page], last ? Option.none() : Option.some(at + pageSize)] as const
          })
        )
      )
    ),
  sweep: {
    pageSize: 100,
    lag: 60_000,
    pages: () =>
      Stream.fromEffect(
        Effect.map(ask(Object.keys(statuses)), (found) => ({
          sightings: found.map((messageId) => ({
            ref: { messageId },
            receipt: receiptOf(messageId),
            ambiguous: false
          })),
          total: found.length
        }))
      )
  },
  analytics: () => Effect.succeed({ records: [] })
})

const subject = (change: (source: Source, platform: Platform) => Partial<Source>): SourceConformance.Subject => ({
  make: () => {
    const platform = platformOf()
    const source = sourceOf(platform)
    return {
      source: { ...source, ...change(source, platform) },
      known: Object.keys(statuses).map((messageId) => ({ messageId })),
      unknown: { messageId: "m-9" },
      window: { from: 0, to: 1000 },
      faults: platform.faults
    }
  }
})

/** A source that is right. */
export const right = subject(() => ({}))

const looking = (
  change: (pages: ReturnType<Source["lookup"]>, asked: Parameters<Source["lookup"]>[0]) => ReturnType<Source["lookup"]>
) => subject((source) => ({ lookup: (asked) => change(source.lookup(asked), asked) }))

const receipts = (change: (receipt: object, asked: ReadonlyArray<Message.TrackedMessage>) => ReadonlyArray<object>) =>
  looking((pages, asked) =>
    Stream.map(pages, (page) => ({ ...page, receipts: page.receipts.flatMap((one) => change(one, asked)) as never }))
  )

let count = 0

/** What is wrong, the rule that finds it, a part of what is said, and the subject. */
export const breaks: ReadonlyArray<
  readonly [what: string, rule: string, told: string, subject: SourceConformance.Subject]
> = [
  ["is made for another contract", "contract", "contract 99", subject(() => ({ contract: 99 }))],
  ["takes no message at once", "contract", "its batchSize is 0", subject(() => ({ batchSize: 0 }))],
  [
    "throws where a ref has no id",
    "refs",
    "refuse is not pure and total at",
    subject(() => ({ refuse: (ref) => (ref.messageId!.length > 9999 ? "it is too long" : undefined) }))
  ],
  [
    "changes a ref",
    "refs",
    "complete is not pure",
    subject(() => ({ complete: (ref) => Object.assign(ref, { externalContactId: "contact" }) }))
  ],
  [
    "groups in another way each time",
    "refs",
    "groupOf is not pure",
    subject(() => ({ groupOf: () => String(count++) }))
  ],
  ["refuses for no reason", "refs", "for no reason", subject(() => ({ refuse: () => "" }))],
  ["refuses what it can look up", "refs", "refuses a message", subject(() => ({ refuse: () => "not today" }))],
  [
    "completes a ref again and again",
    "refs",
    "completed again",
    subject(() => ({ complete: (ref) => ({ ...ref, messageId: `${ref.messageId}!` }) }))
  ],
  [
    "stops at the first page",
    "whole-answer",
    "which the platform knows",
    looking((pages) => Stream.map(Stream.take(pages, 1), (page) => ({ ...page, last: true })))
  ],
  [
    "has no last page",
    "whole-answer",
    "its last page",
    looking((pages) => Stream.map(pages, (page) => ({ ...page, last: false })))
  ],
  [
    "gives a code as a number",
    "whole-answer",
    "its code is no text, but 17",
    receipts((receipt) => [{ ...receipt, code: 17 }])
  ],
  [
    "hands on the text of a message",
    "whole-answer",
    "none of a receipt's",
    receipts((receipt) => [{ ...receipt, text: "hello" }])
  ],
  [
    "tells of what the platform does not know",
    "unknown-message",
    "that the platform does not know",
    looking((pages, asked) =>
      Stream.concat(
        Stream.map(pages, (page) => ({ ...page, last: false })),
        Stream.succeed({
          receipts: asked.map(({ key }) => ({ key, profile: "acme", providerStatus: "?", status: "pending" as const })),
          last: true
        })
      )
    )
  ],
  [
    "looks up fewer at once than it says",
    "full-batch",
    "no page tells of",
    subject((source) => ({ lookup: (asked) => source.lookup(asked.length > 5 ? asked.slice(5) : asked) }))
  ],
  [
    "does not see all in a sweep",
    "sweep",
    "does not see",
    subject((source) => ({
      sweep: {
        ...source.sweep!,
        pages: (window) =>
          Stream.map(source.sweep!.pages(window), (page) => ({ ...page, sightings: page.sightings.slice(1) }))
      }
    }))
  ],
  ["dies of junk", "junk-answer", "does not fail with a SourceError", looking((pages) => Stream.orDie(pages))],
  [
    "finds nothing where the platform is down",
    "unavailable",
    "succeeds where",
    looking((pages) => Stream.catch(pages, () => Stream.succeed({ receipts: [], last: true })))
  ],
  [
    "fails with an error of its own",
    "refused",
    "does not fail with a SourceError",
    looking((pages) => Stream.mapError(pages, () => new Error("401") as never))
  ],
  [
    "keeps what an interrupted look-up had taken",
    "interruption",
    "hangs after an interruption",
    subject((source) => {
      const free = Semaphore.makeUnsafe(2)
      return {
        lookup: (asked) =>
          Stream.concat(
            Stream.fromEffectDrain(free.take(1)),
            Stream.concat(source.lookup(asked), Stream.fromEffectDrain(free.release(1)))
          )
      }
    })
  ]
]
