/**
 * Polling: sends what the planner chooses, as soon as the source is ready for it, until no message of the run is open.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Latch from "effect/Latch"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import type { DeliveryReceipt } from "./DeliveryReceipt.ts"
import { GivenUp } from "./GivenUp.ts"
import type { JournalService, Shown } from "./Journal.ts"
import type { JournalError } from "./JournalStore.ts"
import { nameText, type TrackedMessage } from "./Message.ts"
import type { PageRecorder } from "./PageRecorder.ts"
import type { Plan, Planner } from "./Planner.ts"
import type { ReceiptSource, SweepWindow } from "./ReceiptSource.ts"
import type { SourceError } from "./SourceError.ts"

/** What a poller works with. */
export interface PollerOptions {
  readonly journal: JournalService
  readonly source: ReceiptSource
  readonly planner: Planner
  readonly recorder: PageRecorder
  /** One look at each message instead of following them. */
  readonly once: boolean
  /** Whether all messages of the run are registered; opened when they are. */
  readonly registered: Latch.Latch
  /** Opened whenever there may be something else to do: messages have been registered, or a request has ended. */
  readonly wake: Latch.Latch
}

/** How many answers that are no receipts (404, 400) are told of in a run. */
const toldBadAnswers = 5
/** How long messages are left alone after a look that nobody answered, so that they keep no others waiting. Milliseconds. */
const unansweredPause = 5_000
/** How long nothing is swept after a sweep that failed, doubling each time up to the second. Milliseconds. */
const failedSweepPause = 30_000
const longestSweepPause = 3_600_000
/** How long a run that is stopped waits for answers to what it has sent. */
const finishAtMost = Duration.seconds(2)

/**
 * Polls until no message of the run is open. Interrupted, it sends nothing more, but what was sent is still read and
 * recorded, for two seconds at the most. Fails where the platform refuses us, or where it has never answered; once
 * one request has succeeded, an outage is waited out.
 */
export const poll = Effect.fnUntraced(function* (
  options: PollerOptions
): Effect.fn.Return<void, SourceError | JournalError, Scope.Scope> {
  const { journal, once, planner, recorder, registered, source, wake } = options
  let succeeded = false
  let down = false
  let badAnswers = 0
  let failedSweeps = 0

  /** The first few are told; that there are more is told once. */
  const warnOfAnswer = (text: string) => {
    badAnswers += 1
    if (badAnswers > toldBadAnswers) return Effect.logDebug(text)
    return Effect.logWarning(badAnswers < toldBadAnswers ? text : `${text}; more of these are not told`)
  }

  const answered = Effect.suspend(() => {
    succeeded = true
    if (!down) return Effect.void
    down = false
    return Effect.logInfo(`${source.name}: the platform answers again`)
  })

  const warnOfOutage = (error: SourceError) => {
    if (down) return Effect.void
    down = true
    return Effect.logWarning(`${source.name}: ${error.message}; waiting until it is back`)
  }

  /** The requests under way: which of the messages that they ask for have no end yet, and what gives them up. */
  const underWay = new Set<{ readonly open: Set<number>; readonly givenUp: Latch.Latch }>()

  /** Whatever ended messages, requests that ask for no others are given up. */
  const settle = (shown: ReadonlyArray<Shown>) =>
    Effect.sync(() => {
      for (const { after, before } of shown) {
        if (after?.dueAt !== undefined) continue
        for (const { givenUp, open } of underWay) {
          if (open.delete(before.key) && open.size === 0) givenUp.openUnsafe()
        }
      }
    })

  const look = Effect.fnUntraced(function* (batch: ReadonlyArray<TrackedMessage>) {
    const startedAt = yield* Clock.currentTimeMillis
    const unanswered = new Map(batch.map((message) => [message.key, message]))

    /** Records a page; the last one answers for all that are left. */
    const record = (receipts: ReadonlyArray<DeliveryReceipt>, last: boolean) => {
      const keys = new Set(receipts.map(({ key }) => key))
      const ids = new Set(receipts.flatMap(({ key, messageId }) => (key === undefined ? (messageId ?? []) : [])))
      const looked = Array.from(unanswered.values())
        .filter(({ key, messageId }) => last || keys.has(key) || (messageId !== undefined && ids.has(messageId)))
        .map(({ key }) => key)
      for (const key of looked) unanswered.delete(key)
      return Effect.flatMap(recorder.receipts({ receipts, batch, looked, startedAt }), settle)
    }

    yield* source.lookup(batch).pipe(
      Stream.runForEach((page) => Effect.andThen(answered, record(page.receipts, page.last))),
      Effect.andThen(() => (unanswered.size === 0 ? Effect.void : record([], true))),
      Effect.catchTag("SourceError", (error): Effect.Effect<void, SourceError | JournalError> => {
        switch (error.reason._tag) {
          // The platform has answered, for these messages alone: it does not know them, or calls the query wrong.
          case "NotFound":
          case "BadRequest":
          case "InvalidQuery":
            succeeded = true
            return Effect.andThen(
              warnOfAnswer(`${source.name}: ${error.message} (${unanswered.size} messages)`),
              record([], true)
            )
          case "Refused":
          case "PauseTooLong":
            return Effect.fail(error)
          default:
            if (!succeeded) return Effect.fail(error)
            // Left alone for a while, so that they do not keep others from being asked for.
            return Effect.flatMap(Clock.currentTimeMillis, (now) =>
              Effect.andThen(
                journal.postpone(Array.from(unanswered.keys()), startedAt, now + unansweredPause),
                warnOfOutage(error)
              )
            )
        }
      })
    )
  })

  const sweep = Effect.fnUntraced(function* ({ sent, window }: Extract<Plan, { readonly _tag: "Sweep" }>) {
    const reading = source.sweep
    if (reading === undefined) return
    const startedAt = yield* Clock.currentTimeMillis
    let conversations = 0
    yield* reading.pages(window).pipe(
      Stream.runForEach(({ sightings, total }) => {
        sent()
        conversations = total ?? conversations + sightings.length
        return Effect.andThen(
          answered,
          Effect.flatMap(
            recorder.sightings(
              once
                ? { sightings, at: startedAt, looksAt: "all" }
                : { sightings, at: startedAt - reading.lag, looksAt: "last" }
            ),
            settle
          )
        )
      }),
      Effect.andThen(
        Effect.sync(() => {
          failedSweeps = 0
          // Where sweeps have just been given up, nothing was read.
          if (source.sweep !== undefined) planner.swept(window, startedAt, conversations)
        })
      ),
      Effect.catchTag("SourceError", (error) => {
        if (error.reason._tag === "Refused" || !(succeeded || error.reason.retryable === false)) {
          return Effect.fail(error)
        }
        failedSweeps += 1
        const pause = Math.min(longestSweepPause, failedSweepPause * 2 ** (failedSweeps - 1))
        return Effect.flatMap(Clock.currentTimeMillis, (now) => {
          planner.noSweepBefore(now + pause)
          return error.reason.retryable ? warnOfOutage(error) : warnOfAnswer(`${source.name}: ${error.message}`)
        })
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
      )
    )
    yield* recorder.reason(message, receipts)
  })

  const keys = new Set<number>()
  let window: SweepWindow | undefined
  const permits = yield* Semaphore.make(source.concurrency)
  const requests = yield* FiberSet.make<void, SourceError | JournalError>()

  /** Starts at once, so that it has its slot before the next one is planned. */
  const send = (messages: ReadonlyArray<TrackedMessage>, request: Effect.Effect<void, SourceError | JournalError>) =>
    Effect.suspend(() => {
      for (const { key } of messages) keys.add(key)
      const open = messages.filter(({ dueAt }) => dueAt !== undefined).map(({ key }) => key)
      const sent = { open: new Set(open), givenUp: Latch.makeUnsafe(false) }
      underWay.add(sent)
      const done = Effect.suspend(() => {
        underWay.delete(sent)
        for (const { key } of messages) keys.delete(key)
        wake.openUnsafe()
        return permits.release(1)
      })
      return FiberSet.run(requests, Effect.provideService(Effect.ensuring(request, done), GivenUp, sent.givenUp))
    })

  const dispatch = Effect.gen(function* () {
    while (true) {
      yield* permits.take(1)
      yield* source.ready ?? Effect.void
      yield* Latch.close(wake)
      const complete = Latch.isOpen(registered)
      const plan = yield* planner.next({ keys, window })
      switch (plan._tag) {
        case "Ask":
          yield* send(plan.batch, look(plan.batch))
          continue
        case "Sweep":
          window = plan.window
          yield* send(
            [],
            Effect.ensuring(
              sweep(plan),
              Effect.sync(() => {
                window = undefined
              })
            )
          )
          continue
        case "Explain":
          yield* send([plan.message], explain(plan.message))
          continue
        case "Wait": {
          yield* permits.release(1)
          const now = yield* Clock.currentTimeMillis
          yield* Effect.race(Effect.sleep(Math.max(1, Math.round(plan.until - now))), wake.await)
          continue
        }
        case "Done":
          yield* permits.release(1)
          if (complete && keys.size === 0 && window === undefined) return
          yield* wake.await
      }
    }
  })

  const finish = Effect.suspend(() => {
    for (const { givenUp } of underWay) givenUp.openUnsafe()
    return Effect.timeoutOption(FiberSet.awaitEmpty(requests), finishAtMost)
  })

  yield* Effect.raceFirst(dispatch, Effect.andThen(FiberSet.join(requests), Effect.never)).pipe(
    Effect.onInterrupt(() => finish)
  )
}, Effect.scoped)
