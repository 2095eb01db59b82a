/**
 * A tracker for programs that do not use Effect: promises, and an async iterable of events.
 *
 * @module
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Latch from "effect/Latch"
import type * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as PubSub from "effect/PubSub"
import * as Schema from "effect/Schema"
import type { AuditSinks } from "./AuditSink.ts"
import * as AuditTrail from "./AuditTrail.ts"
import * as Deadlines from "./Deadlines.ts"
import { Journal } from "./Journal.ts"
import type { MessageRef } from "./Message.ts"
import * as RegistrationQueue from "./RegistrationQueue.ts"
import * as Summary from "./Summary.ts"
import { Tracker, type TrackResult } from "./Tracker.ts"
import type { TrackingEvent } from "./TrackingEvent.ts"

/** The tracker is closed, and does nothing any more. */
export class TrackerClosed extends Schema.TaggedError<TrackerClosed>()("TrackerClosed", {}) {
  override get message() {
    return "the tracker is closed: make another one with createTracker"
  }
}

/** A run is under way, and a tracker has one at a time. */
export class RunUnderWay extends Schema.TaggedError<RunUnderWay>()("RunUnderWay", {}) {
  override get message() {
    return "a run is under way: wait for its promise; what is registered meanwhile, it takes"
  }
}

/** What {@link PlainTracker.run} takes. */
export interface RunOptions {
  /** One look at each message, instead of following them. */
  readonly once?: boolean | undefined
  /** Ends the run after so long, with messages still pending: milliseconds, or a text such as `"10 minutes"`. */
  readonly for?: Duration.Input | undefined
  /** Goes on when no message is open any more, for what will be registered: until `for`, `signal` or `close` ends it. */
  readonly follow?: boolean | undefined
  /** Ends the run early, in order; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined
  /** Who runs it, for the audit trail; else `user@host`. */
  readonly actor?: string | undefined
}

/** What became of messages that were to be registered. */
export interface Registered {
  readonly accepted: number
  /** Those that no source can look up, and why. */
  readonly refused: ReadonlyArray<{ readonly ref: MessageRef; readonly reason: string }>
}

/** How things stand. */
export interface TrackerStatus {
  /** A run is under way. */
  readonly running: boolean
  /** Messages that wait for a run to register them. */
  readonly waiting: number
  /** All messages of the journal. */
  readonly summary: Summary.Summary
  readonly sinks: ReadonlyArray<AuditTrail.SinkStatus>
  /** The number of the journal's newest event: `events({ after: lastSeq })` gives what comes after it. */
  readonly lastSeq: number
}

/** A tracker of promises. They reject with dlrkit's errors, whose `message` is one line. */
export interface PlainTracker {
  /**
   * Registers messages: with the run that is under way, and then they are in the journal when the promise is fulfilled; else
   * with the next one, until which they are kept in memory.
   */
  readonly register: (messages: Iterable<MessageRef> | AsyncIterable<MessageRef>) => Promise<Registered>
  /**
   * Follows what is registered until each message has an end. What a run before it has left open it follows where that is
   * registered again. Rejects with `RunUnderWay` where one does so already.
   */
  readonly run: (options?: RunOptions) => Promise<TrackResult>
  readonly status: () => Promise<TrackerStatus>
  /**
   * The journal's events in order, as they are recorded: those after a number, else those since the tracker was made.
   * Nothing is read before it is asked for, so a slow reader slows nobody. Ends when the tracker is closed, after the last
   * event.
   */
  readonly events: (options?: { readonly after?: number | undefined }) => AsyncGenerator<TrackingEvent, void, void>
  /**
   * Ends the run that is under way, waits for those who are reading events, and closes what plugins hold open. May be called
   * again. Afterwards nothing keeps the process alive.
   */
  readonly close: () => Promise<void>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

/** What a tracker needs of its runtime. */
type Services = Tracker | Journal | AuditSinks

/** How many events are read at once. */
const pageSize = 256

/** A reader of events who asks for nothing for so long is not waited for when the tracker closes. Milliseconds. */
const idleAtMost = 500

/** How many messages are registered at once. */
const batchSize = 500

/** Makes a tracker over the layer of a definition; `actor` is who runs it where a run does not say. */
export const make = <E>(layer: Layer.Layer<Services, E>, actor: () => string): PlainTracker => {
  const runtime = ManagedRuntime.make(layer)
  const queue = RegistrationQueue.make()
  const closing = Latch.makeUnsafe(false)
  const stop = new AbortController()
  /** Those who read events, and how often each has asked. */
  const readers = new Set<{ asked: number; readonly done: Promise<void> }>()
  let running: Promise<unknown> | undefined
  let closed: Promise<void> | undefined
  let firstSeq: Promise<number> | undefined

  const ask = async <A, F>(effect: Effect.Effect<A, F, Services>, signal?: AbortSignal): Promise<A> => {
    const exit = await runtime.runPromiseExit(effect, signal === undefined ? {} : { signal })
    if (Exit.isSuccess(exit)) return exit.value
    if (Exit.hasInterrupts(exit) && Exit.findErrorOption(exit)._tag === "None") {
      throw stop.signal.aborted ? new TrackerClosed() : (signal?.reason ?? new TrackerClosed())
    }
    return Effect.runPromise(exit)
  }

  const open = async () => {
    if (stop.signal.aborted) throw new TrackerClosed()
    firstSeq ??= ask(Journal.use(({ store }) => store.lastSeq))
    return firstSeq
  }

  const register: PlainTracker["register"] = async (messages) => {
    await open()
    const { refuse } = await ask(Tracker)
    const refused: Array<Registered["refused"][number]> = []
    let accepted = 0
    let batch: Array<MessageRef> = []
    for await (const ref of messages) {
      const reason = refuse(ref)
      if (reason === undefined) batch.push(ref)
      else refused.push({ ref, reason })
      if (batch.length < batchSize) continue
      accepted += batch.length
      await queue.add(batch)
      batch = []
    }
    accepted += batch.length
    if (batch.length > 0) await queue.add(batch)
    if (stop.signal.aborted) throw new TrackerClosed()
    return { accepted, refused }
  }

  const follow = async (options: RunOptions): Promise<TrackResult> => {
    await open()
    const { follow = false, once = false, signal } = options
    const signals = signal === undefined ? stop.signal : AbortSignal.any([stop.signal, signal])
    signals.throwIfAborted()
    const track = Effect.gen(function* () {
      const tracker = yield* Tracker
      const { counts } = yield* Journal
      const isOver = Effect.map(counts, ({ pending }) => once || (!follow && pending === 0))
      const atMost =
        options.for === undefined ? undefined : yield* Effect.fromResult(Deadlines.millisOf("for", options.for))
      return yield* tracker.track({
        once,
        for: atMost,
        actor: options.actor ?? actor(),
        messages: queue.messages(isOver)
      })
    })
    return ask(track, signals)
  }

  const run: PlainTracker["run"] = async (options = {}) => {
    if (running !== undefined) throw new RunUnderWay()
    queue.begin()
    const result = follow(options)
    running = result.then(
      () => undefined,
      () => undefined
    )
    try {
      return await result
    } finally {
      running = undefined
      queue.release()
    }
  }

  const status: PlainTracker["status"] = async () => {
    await open()
    return ask(
      Effect.gen(function* () {
        const { store } = yield* Journal
        return {
          running: running !== undefined,
          waiting: queue.waiting(),
          summary: Summary.fromTotals(yield* store.totals()),
          sinks: yield* AuditTrail.statuses,
          lastSeq: yield* store.lastSeq
        }
      })
    )
  }

  /** Events after a number; none where the tracker is closing and there are no more. */
  const eventsAfter = (seq: number) =>
    Effect.gen(function* () {
      const journal = yield* Journal
      const changes = yield* journal.changes
      while (true) {
        const events = yield* journal.events(seq, pageSize)
        if (events.length > 0 || closing.isOpen()) return events
        yield* Effect.race(PubSub.take(changes), closing.await)
      }
    }).pipe(Effect.scoped)

  async function* read(after: number | undefined): AsyncGenerator<TrackingEvent, void, void> {
    if (stop.signal.aborted) return
    let end = () => {}
    const done = new Promise<void>((resolve) => {
      end = resolve
    })
    const reader = { asked: 0, done }
    readers.add(reader)
    try {
      let seq = after ?? (await open())
      while (readers.has(reader)) {
        const events = await ask(eventsAfter(seq))
        if (events.length === 0) return
        for (const event of events) {
          seq = event.seq
          yield event
          reader.asked += 1
        }
      }
    } finally {
      readers.delete(reader)
      end()
    }
  }

  /** Waits for a reader, for as long as it goes on reading. */
  const finished = async (reader: { asked: number; readonly done: Promise<void> }) => {
    for (let asked = -1; asked !== reader.asked; ) {
      asked = reader.asked
      let timer: NodeJS.Timeout | undefined
      const idle = new Promise<boolean>((resolve) => {
        timer = setTimeout(() => resolve(true), idleAtMost)
      })
      const still = await Promise.race([reader.done.then(() => false), idle])
      clearTimeout(timer)
      if (!still) return
    }
    readers.delete(reader)
  }

  const shut = async () => {
    stop.abort(new TrackerClosed())
    await running
    closing.openUnsafe()
    queue.release()
    await Promise.all(Array.from(readers, finished))
    await runtime.dispose()
  }
  const close = () => {
    closed ??= shut()
    return closed
  }

  return { register, run, status, events: ({ after } = {}) => read(after), close, [Symbol.asyncDispose]: close }
}
