/** A tracker of scripted parts, run under virtual time. */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { identity } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import * as AuditSink from "../src/AuditSink.ts"
import * as Classifier from "../src/Classifier.ts"
import * as Exporter from "../src/Exporter.ts"
import * as Journal from "../src/Journal.ts"
import { Entropy, JournalStore, type JournalStoreService } from "../src/JournalStore.ts"
import * as JournalStoreMemory from "../src/JournalStoreMemory.ts"
import type { MessageRef } from "../src/Message.ts"
import * as ReceiptSource from "../src/ReceiptSource.ts"
import * as Tracker from "../src/Tracker.ts"
import type { TrackingEvent } from "../src/TrackingEvent.ts"

/** What a tracker is made of. */
export interface Parts extends Tracker.TrackerSettings {
  readonly sources?: ReadonlyArray<ReceiptSource.ReceiptSource>
  readonly classifiers?: ReadonlyArray<Classifier.Classifier>
  readonly sinks?: ReadonlyArray<AuditSink.AuditSink>
  readonly exporters?: ReadonlyArray<Exporter.Exporter>
  /** Changes what the journal stands on. */
  readonly store?: (store: JournalStoreService) => JournalStoreService
}

/** A journal in memory with a tracker over it, and everything that they log. */
export const layer = (
  { classifiers, exporters, sinks, sources, store = identity, ...settings }: Parts,
  logs: Array<string> = []
) =>
  Tracker.layer(settings).pipe(
    Layer.provideMerge(
      Layer.mergeAll(
        ReceiptSource.layer(sources ?? []),
        Classifier.layer(classifiers ?? []),
        AuditSink.layer(sinks ?? []),
        Exporter.layer(exporters ?? [])
      )
    ),
    Layer.provideMerge(
      Layer.provide(Journal.layer, Layer.effect(JournalStore, Effect.map(JournalStoreMemory.make, store)))
    ),
    Layer.provideMerge(Layer.succeed(Entropy, (bytes) => "ab".repeat(bytes))),
    Layer.provideMerge(Logger.layer([Logger.make(({ message }) => void logs.push(String(message)))]))
  )

/** Tracks messages to the end, or for as long as virtual time may run. */
export const track = <E = never>(
  messages: ReadonlyArray<MessageRef> | Stream.Stream<ReadonlyArray<MessageRef>, E>,
  options: Partial<Tracker.TrackOptions<never>> & { readonly horizon?: Duration.Input } = {}
): Effect.Effect<Exit.Exit<Tracker.TrackResult, E | Tracker.TrackError>, never, Tracker.Tracker> =>
  Effect.gen(function* () {
    const { horizon, ...rest } = options
    const tracker = yield* Tracker.Tracker
    const stream = Stream.isStream(messages)
      ? (messages as Stream.Stream<ReadonlyArray<MessageRef>, E>)
      : Stream.succeed(messages as ReadonlyArray<MessageRef>)
    const fiber = yield* Effect.forkChild(tracker.track({ actor: "tester", ...rest, messages: stream }))
    return yield* Effect.raceFirst(
      Fiber.await(fiber),
      TestClock.adjust(horizon ?? "30 days").pipe(
        Effect.andThen(Fiber.interrupt(fiber)),
        Effect.andThen(Fiber.await(fiber))
      )
    )
  })

/** Everything that the journal holds. */
export const events: Effect.Effect<ReadonlyArray<TrackingEvent>, never, Journal.Journal> = Journal.Journal.use(
  ({ store }) => Effect.orDie(store.events(0, 1_000_000))
)

/** The journal's messages. */
export const messages = Effect.orDie(Stream.runCollect(Exporter.messages()))

/** So many messages, named m-1, m-2 and so on, of one contact or of one each. */
export const refs = (count: number, contact?: string): ReadonlyArray<MessageRef> =>
  Array.from({ length: count }, (_, index) => ({
    messageId: `m-${index + 1}`,
    externalContactId: contact ?? `c-${index + 1}`
  }))
