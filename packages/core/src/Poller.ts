/**
 * Polling: sends what the planner chooses, as soon as the source is ready for it, until no message of the run is open.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Latch from "effect/Latch"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import { type Classifier, type ClassifierFault, classify } from "./Classifier.ts"
import type { DeliveryReceipt } from "./DeliveryReceipt.ts"
import type { ClassifiedReceipt, JournalService } from "./Journal.ts"
import type { JournalError } from "./JournalStore.ts"
import { isFinal, isTime, nameText, type TrackedMessage } from "./Message.ts"
import type { Planner } from "./Planner.ts"
import type { ReceiptSource } from "./ReceiptSource.ts"
import type { SourceError } from "./SourceError.ts"

/** What a poller works with. */
export interface PollerOptions {
  readonly journal: JournalService
  readonly classifiers: ReadonlyArray<Classifier>
  readonly source: ReceiptSource
  readonly planner: Planner
  /** Whether all messages of the run are registered; opened when they are. */
  readonly registered: Latch.Latch
  /** Opened whenever there may be something else to do: messages have been registered, or a request has ended. */
  readonly wake: Latch.Latch
}

/** How many answers that are no receipts (404, 400) are told of in a run. */
const toldBadAnswers = 5
/** How long messages are left alone after a look that nobody answered, so that they keep no others waiting. Milliseconds. */
const unansweredPause = 5_000

/**
 * Polls until no message of the run is open. Fails where the platform refuses us, or where it has never answered; once
 * one request has succeeded, an outage is waited out.
 */
export const poll = Effect.fnUntraced(function* (
  options: PollerOptions
): Effect.fn.Return<void, SourceError | JournalError, Scope.Scope> {
  const { journal, planner, registered, source, wake } = options
  const faults = new Set<string>()
  let succeeded = false
  let down = false
  let badAnswers = 0

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

  /** Receipts with their meaning, each of the message of the batch that it is about, if it is about one. */
  const read = Effect.fnUntraced(function* (
    receipts: ReadonlyArray<DeliveryReceipt>,
    batch: ReadonlyArray<TrackedMessage>
  ) {
    const seen: Array<ClassifierFault> = []
    const byKey = new Map(batch.map((message) => [message.key, message]))
    const byId = new Map(
      batch.flatMap((message) => (message.messageId === undefined ? [] : [[message.messageId, message]]))
    )
    const classified = receipts.map((receipt): ClassifiedReceipt => {
      const about = receipt.key === undefined ? byId.get(receipt.messageId ?? "") : byKey.get(receipt.key)
      const known: DeliveryReceipt = {
        ...receipt,
        key: about?.key,
        carrier: about === undefined || about.carrierOrigin === "unknown" ? receipt.carrier : about.carrier,
        occurredAt: isTime(receipt.occurredAt) ? receipt.occurredAt : undefined,
        sentAt: isTime(receipt.sentAt) ? receipt.sentAt : undefined
      }
      const meaning = classify(options.classifiers, known, (fault) => seen.push(fault))
      const learned = about?.messageId === undefined && receipt.messageId !== undefined
      return { receipt: known, meaning, ...(learned ? { name: { messageId: receipt.messageId } } : {}) }
    })
    for (const fault of seen) yield* warnOnce(fault)
    return classified
  })

  const answered = Effect.suspend(() => {
    succeeded = true
    if (!down) return Effect.void
    down = false
    return Effect.logInfo(`${source.name}: the platform answers again`)
  })

  /** What could not be answered now is left alone for a while, so that it does not keep others from being asked for. */
  const waitOut = Effect.fnUntraced(function* (error: SourceError, unanswered: ReadonlySet<number>, startedAt: number) {
    const now = yield* Clock.currentTimeMillis
    yield* journal.postpone(Array.from(unanswered), startedAt, now + unansweredPause)
    if (down) return
    down = true
    yield* Effect.logWarning(`${source.name}: ${error.message}; waiting until it is back`)
  })

  const look = Effect.fnUntraced(function* (batch: ReadonlyArray<TrackedMessage>) {
    const startedAt = yield* Clock.currentTimeMillis
    const unanswered = new Map(batch.map((message) => [message.key, message]))

    /** Records a page; on the last one, it answers for all that are left. */
    const commit = Effect.fnUntraced(function* (given: ReadonlyArray<DeliveryReceipt>, last: boolean) {
      const receipts = yield* read(given, batch)
      const returned = new Set(receipts.map(({ receipt }) => receipt.key))
      const looked = Array.from(unanswered.values()).filter(({ key }) => last || returned.has(key))
      for (const { key } of looked) unanswered.delete(key)
      const now = yield* Clock.currentTimeMillis
      const { ended } = yield* journal.commit({
        receipts,
        looked: looked.map(({ key }) => key),
        startedAt,
        nextLook: (message) => planner.dueAt(message, now),
        groupOf: source.groupOf
      })
      const ends = new Map(ended.map((message) => [message.key, message]))
      planner.learn(
        looked
          .filter(({ key }) => returned.has(key))
          .map((before) => {
            const after = ends.get(before.key)
            const final = after !== undefined && isFinal(after.status)
            const told = receipts.some(({ receipt }) => receipt.key === before.key && receipt.occurredAt !== undefined)
            return { before, at: startedAt, final, finalAt: final && told ? after.finalAt : undefined }
          })
      )
    })

    yield* source.lookup(batch).pipe(
      Stream.runForEach((page) => Effect.andThen(answered, commit(page.receipts, page.last))),
      Effect.andThen(() => (unanswered.size === 0 ? Effect.void : commit([], true))),
      Effect.catchTag("SourceError", (error): Effect.Effect<void, SourceError | JournalError> => {
        switch (error.reason._tag) {
          // The platform has answered, for these messages alone: it does not know them, or calls the query wrong.
          case "NotFound":
          case "BadRequest":
          case "InvalidQuery":
            succeeded = true
            return Effect.andThen(
              warnOfAnswer(`${source.name}: ${error.message} (${unanswered.size} messages)`),
              commit([], true)
            )
          case "Refused":
          case "PauseTooLong":
            return Effect.fail(error)
          default:
            return succeeded ? waitOut(error, new Set(unanswered.keys()), startedAt) : Effect.fail(error)
        }
      })
    )
  })

  /** Asks once why a message failed, and takes no for an answer. */
  const explain = Effect.fnUntraced(function* (message: TrackedMessage) {
    if (source.explain === undefined) return
    const receipts = yield* source.explain(message).pipe(
      Effect.tap(() => answered),
      Effect.catchTag("SourceError", (error) =>
        Effect.as(warnOfAnswer(`${source.name}: why ${nameText(message)} failed is not told: ${error.message}`), [])
      ),
      Effect.flatMap((receipts) => read(receipts, [message]))
    )
    yield* journal.explain(message.key, receipts)
  })

  const inFlight = new Set<number>()
  const permits = yield* Semaphore.make(source.concurrency)
  const requests = yield* FiberSet.make<void, SourceError | JournalError>()

  /** Starts at once, so that it has its slot before the next one is planned. */
  const send = (keys: ReadonlyArray<number>, request: Effect.Effect<void, SourceError | JournalError>) =>
    Effect.suspend(() => {
      for (const key of keys) inFlight.add(key)
      const done = Effect.suspend(() => {
        for (const key of keys) inFlight.delete(key)
        wake.openUnsafe()
        return permits.release(1)
      })
      return FiberSet.run(requests, Effect.ensuring(request, done))
    })

  const dispatch = Effect.gen(function* () {
    while (true) {
      yield* permits.take(1)
      yield* source.ready ?? Effect.void
      yield* Latch.close(wake)
      const complete = Latch.isOpen(registered)
      const plan = yield* planner.next(inFlight)
      switch (plan._tag) {
        case "Ask":
          yield* send(
            plan.batch.map(({ key }) => key),
            look(plan.batch)
          )
          continue
        case "Explain":
          yield* send([plan.message.key], explain(plan.message))
          continue
        case "Wait": {
          yield* permits.release(1)
          const now = yield* Clock.currentTimeMillis
          yield* Effect.race(Effect.sleep(Math.max(1, Math.ceil(plan.until - now))), wake.await)
          continue
        }
        case "Done":
          yield* permits.release(1)
          if (complete && inFlight.size === 0) return
          yield* wake.await
      }
    }
  })

  yield* Effect.raceFirst(dispatch, Effect.andThen(FiberSet.join(requests), Effect.never))
}, Effect.scoped)
