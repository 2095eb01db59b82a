/**
 * Polling: asks a source for messages, round by round, until none of the run is open.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import * as Stream from "effect/Stream"
import { type Classifier, type ClassifierFault, classify } from "./Classifier.ts"
import type { DeliveryReceipt } from "./DeliveryReceipt.ts"
import type { JournalService, Run } from "./Journal.ts"
import type { JournalError } from "./JournalStore.ts"
import { isTime, type TrackedMessage } from "./Message.ts"
import * as Planner from "./Planner.ts"
import type { ReceiptPage, ReceiptSource } from "./ReceiptSource.ts"
import type { SourceError } from "./SourceError.ts"
import type { LookIntervals } from "./StateMachine.ts"

/** What a poller works with. */
export interface PollerOptions {
  readonly journal: JournalService
  readonly classifiers: ReadonlyArray<Classifier>
  readonly source: ReceiptSource
  readonly run: Run
  readonly intervals: LookIntervals
  /** One look at each message instead of following them. */
  readonly once: boolean
  /** Whether all messages of the run are registered; opened when they are. */
  readonly registered: Latch.Latch
  /** Opened whenever messages have been registered. */
  readonly more: Latch.Latch
}

/** How many answers that are no receipts (404, 400) are told of in a run. */
const toldBadAnswers = 5

/**
 * Polls until no message of the run is open. Fails where the platform refuses us, or where it has never answered; once
 * one request has succeeded, an outage is waited out.
 */
export const poll = Effect.fnUntraced(function* (
  options: PollerOptions
): Effect.fn.Return<void, SourceError | JournalError> {
  const { intervals, journal, more, once, registered, run, source } = options
  const faults = new Set<string>()
  let succeeded = false
  let down = false
  let badAnswers = 0

  /** A receipt with its meaning; `about` is the message that it was asked for. */
  const read = (
    receipt: DeliveryReceipt,
    about: TrackedMessage | undefined,
    onFault: (fault: ClassifierFault) => void
  ) => {
    const known: DeliveryReceipt = {
      ...receipt,
      key: about?.key,
      carrier: about === undefined || about.carrierOrigin === "unknown" ? receipt.carrier : about.carrier,
      occurredAt: isTime(receipt.occurredAt) ? receipt.occurredAt : undefined,
      sentAt: isTime(receipt.sentAt) ? receipt.sentAt : undefined
    }
    const meaning = classify(options.classifiers, known, onFault)
    const learned = about?.messageId === undefined && receipt.messageId !== undefined
    return { receipt: known, meaning, ...(learned ? { name: { messageId: receipt.messageId } } : {}) }
  }

  const commit = (
    page: ReceiptPage,
    batch: ReadonlyArray<TrackedMessage>,
    unanswered: Set<number>,
    startedAt: number
  ) =>
    Effect.gen(function* () {
      const seen: Array<ClassifierFault> = []
      const byKey = new Map(batch.map((message) => [message.key, message]))
      const byId = new Map(batch.map((message) => [message.messageId ?? "", message]))
      const receipts = page.receipts.map((receipt) =>
        read(
          receipt,
          receipt.key === undefined ? byId.get(receipt.messageId ?? "\0") : byKey.get(receipt.key),
          (fault) => seen.push(fault)
        )
      )
      const returned = new Set(receipts.map(({ receipt }) => receipt.key))
      const looked = Array.from(unanswered).filter((key) => page.last || returned.has(key))
      for (const key of looked) unanswered.delete(key)
      yield* journal.commit({ receipts, looked, startedAt, intervals, groupOf: source.groupOf })
      for (const fault of seen) yield* warnOnce(fault)
    })

  const warnOnce = ({ classifier, detail }: ClassifierFault) => {
    const key = `${classifier}\0${detail}`
    if (faults.has(key)) return Effect.void
    faults.add(key)
    return Effect.logWarning(`the classifier ${classifier} was passed over: ${detail}`)
  }

  /** The first few are told; that there are more is told once. */
  const warnOfAnswer = (text: string) => {
    badAnswers += 1
    if (badAnswers > toldBadAnswers) return Effect.logDebug(text)
    return Effect.logWarning(badAnswers < toldBadAnswers ? text : `${text}; more of these are not told`)
  }

  const look = Effect.fnUntraced(function* (batch: ReadonlyArray<TrackedMessage>) {
    const startedAt = yield* Clock.currentTimeMillis
    const unanswered = new Set(batch.map(({ key }) => key))
    yield* source.lookup(batch).pipe(
      Stream.runForEach((page) => {
        succeeded = true
        return commit(page, batch, unanswered, startedAt)
      }),
      Effect.andThen(() =>
        unanswered.size === 0 ? Effect.void : commit({ receipts: [], last: true }, batch, unanswered, startedAt)
      ),
      Effect.andThen(() => {
        if (!down) return Effect.void
        down = false
        return Effect.logInfo(`${source.name}: the platform answers again`)
      }),
      Effect.catchTag("SourceError", (error): Effect.Effect<void, SourceError | JournalError> => {
        switch (error.reason._tag) {
          // The platform has answered, for these messages alone: it does not know them, or calls the query wrong.
          case "NotFound":
          case "BadRequest":
          case "InvalidQuery":
            succeeded = true
            return Effect.andThen(
              warnOfAnswer(`${source.name}: ${error.message} (${unanswered.size} messages)`),
              commit({ receipts: [], last: true }, batch, unanswered, startedAt)
            )
          case "Refused":
          case "PauseTooLong":
            return Effect.fail(error)
          default:
            return succeeded ? waitOut(error, unanswered, startedAt) : Effect.fail(error)
        }
      })
    )
  })

  /** What could not be answered now is left alone for a while, so that it does not keep others from being asked for. */
  const waitOut = Effect.fnUntraced(function* (error: SourceError, unanswered: Set<number>, startedAt: number) {
    const now = yield* Clock.currentTimeMillis
    yield* journal.postpone(Array.from(unanswered), startedAt, now + intervals.first)
    if (down) return
    down = true
    yield* Effect.logWarning(`${source.name}: ${error.message}; waiting until it is back`)
  })

  while (true) {
    yield* Latch.close(more)
    const complete = Latch.isOpen(registered)
    const plan = yield* Planner.next(journal.store, source, run.id, once ? run.startedAt : undefined)
    if (plan._tag === "Ask") {
      yield* Effect.forEach(plan.batches, look, { concurrency: source.concurrency, discard: true })
    } else if (plan._tag === "Wait") {
      const now = yield* Clock.currentTimeMillis
      yield* Effect.race(Effect.sleep(Math.max(1, plan.until - now)), more.await)
    } else if (complete) {
      return
    } else {
      yield* more.await
    }
  }
})
