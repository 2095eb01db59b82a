/**
 * Records what a source reads: receipts are classified and committed to the journal, and the planner learns from them.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { type Classifier, type ClassifierFault, classify } from "./Classifier.ts"
import type { DeadlineOf } from "./Deadlines.ts"
import type { DeliveryReceipt } from "./DeliveryReceipt.ts"
import type { JournalService, Page, Reading, Shown } from "./Journal.ts"
import type { JournalError } from "./JournalStore.ts"
import { isTime, type TrackedMessage } from "./Message.ts"
import type { Planner } from "./Planner.ts"
import type { ReceiptSource, Sighting } from "./ReceiptSource.ts"

/** Records what is read from one source, and gives what it did to the messages. */
export interface PageRecorder {
  /** Receipts of a look-up that began at a moment, and the keys of the messages that they answer for. */
  readonly receipts: (page: {
    readonly receipts: ReadonlyArray<DeliveryReceipt>
    /** The messages that were asked for. */
    readonly batch: ReadonlyArray<TrackedMessage>
    readonly looked: ReadonlyArray<number>
    readonly startedAt: number
  }) => Effect.Effect<ReadonlyArray<Shown>, JournalError>
  /**
   * What a sweep shows, and of which moment. It is a look at all messages that are shown, or (`last`) only at those whose
   * deadline had passed at that moment: at the others, too much would be written each time.
   */
  readonly sightings: (page: {
    readonly sightings: ReadonlyArray<Sighting>
    readonly at: number
    readonly looksAt: "all" | "last"
  }) => Effect.Effect<ReadonlyArray<Shown>, JournalError>
  /** What the platform says of why a message failed. */
  readonly reason: (
    message: TrackedMessage,
    receipts: ReadonlyArray<DeliveryReceipt>
  ) => Effect.Effect<void, JournalError>
}

/** Makes a recorder. A classifier's fault is told once. */
export const make = (options: {
  readonly journal: JournalService
  readonly classifiers: ReadonlyArray<Classifier>
  readonly source: ReceiptSource
  readonly planner: Planner
  /** How long the messages of a carrier are waited for. */
  readonly deadlineOf: DeadlineOf
}): PageRecorder => {
  const { classifiers, deadlineOf, journal, planner, source } = options
  const told = new Set<string>()
  let faults: Array<ClassifierFault> = []

  const meaningOf = (receipt: DeliveryReceipt) => classify(classifiers, receipt, (fault) => faults.push(fault))

  const warnOfFaults = Effect.suspend(() => {
    const fresh = new Set(
      faults.map(({ classifier, detail }) => `the classifier ${classifier} was passed over: ${detail}`)
    )
    faults = []
    return Effect.forEach(
      Array.from(fresh).filter((text) => !told.has(text)),
      (text) => {
        told.add(text)
        return Effect.logWarning(text)
      },
      { discard: true }
    )
  })

  const commit = Effect.fnUntraced(function* (page: Omit<Page, "classify" | "deadlineOf" | "groupOf" | "nextLook">) {
    const now = yield* Clock.currentTimeMillis
    const { shown } = yield* journal.commit({
      ...page,
      classify: meaningOf,
      nextLook: (message) => planner.dueAt(message, now),
      groupOf: source.groupOf,
      deadlineOf
    })
    planner.shown(page.startedAt, shown)
    yield* warnOfFaults
    return shown
  })

  return {
    receipts: ({ batch, looked, receipts, startedAt }) => {
      const byKey = new Map(batch.map((message) => [message.key, message]))
      const byId = new Map(batch.map((message) => [message.messageId ?? "", message]))
      return commit({
        receipts: receipts.map((receipt) => {
          const about = receipt.key === undefined ? byId.get(receipt.messageId ?? "\0") : byKey.get(receipt.key)
          return { receipt: cleaned(receipt, about?.key), ...newNames(receipt, about) }
        }),
        looked,
        startedAt
      })
    },
    sightings: ({ at, looksAt, sightings }) =>
      commit({
        receipts: sightings.map(({ ambiguous, receipt, ref }) => ({
          receipt: cleaned({ ...receipt, conversationId: ref.conversationId, sentAt: ref.sentAt }, undefined),
          name: ref,
          ambiguous
        })),
        looked: [],
        looksAt: looksAt === "all" ? () => true : ({ deadlineAt }) => deadlineAt <= at,
        startedAt: at
      }),
    reason: (message, receipts) =>
      Effect.andThen(
        journal.explain(
          message.key,
          receipts.map((receipt) => cleaned(receipt, message.key)),
          meaningOf
        ),
        warnOfFaults
      )
  }
}

/** A receipt of this message, whose times are times. */
const cleaned = (receipt: DeliveryReceipt, key: number | undefined): DeliveryReceipt => ({
  ...receipt,
  key,
  occurredAt: isTime(receipt.occurredAt) ? receipt.occurredAt : undefined,
  sentAt: isTime(receipt.sentAt) ? receipt.sentAt : undefined
})

/** The names that a receipt tells and that were not known: others may have them already. */
const newNames = (receipt: DeliveryReceipt, about: TrackedMessage | undefined): Pick<Reading, "name"> => {
  if (about === undefined) return {}
  const messageId = about.messageId === undefined ? receipt.messageId : undefined
  const conversationId = about.conversationId === undefined ? receipt.conversationId : undefined
  return messageId === undefined && conversationId === undefined ? {} : { name: { messageId, conversationId } }
}
