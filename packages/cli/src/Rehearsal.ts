/**
 * A rehearsal: a tracker of the user's config and a simulated platform in this process, under virtual time. The code that
 * runs is the code that tracks; the clock, the network, the journal and the audit sinks are stand-ins.
 *
 * The same config, seed and options play the same on every machine.
 *
 * @module
 */
import {
  type AuditSink,
  Carriers,
  type Classifier,
  type DeliveryReceipt,
  Exporter,
  Journal,
  JournalStore,
  JournalStoreMemory,
  type Message,
  Tracker,
  TrackerDefinition,
  type TrackingEvent
} from "@dlrkit/core"
import {
  type Carrier,
  type InvalidOptions,
  type Options,
  type Report,
  Simulator,
  SimulatorClient
} from "@dlrkit/simulator"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import type * as Path from "effect/Path"
import * as Random from "effect/Random"
import type * as Scope from "effect/Scope"
import type * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import type { RehearsalStage } from "./RehearsalStage.ts"

/** What is played. */
export interface Play {
  readonly seed: string
  readonly messages: number
  /** How long messages are sent. Milliseconds. */
  readonly over: number
  readonly carriers: readonly [Carrier, ...ReadonlyArray<Carrier>]
  /** What goes wrong on the platform's side; nothing where it is left out. */
  readonly trouble?: Partial<Options>
}

/** What a play left behind. */
export interface Played {
  /** As the journal has them at the end. */
  readonly messages: ReadonlyArray<Message.TrackedMessage>
  readonly events: ReadonlyArray<TrackingEvent.TrackingEvent>
  /** The platform's truth. */
  readonly report: Report
  /** Epoch milliseconds. */
  readonly startedAt: number
  /** Ids of messages and conversations to whose receipts a classifier gave another state than the platform's word. */
  readonly overruled: ReadonlySet<string>
  /** What each audit sink was given. */
  readonly sinks: ReadonlyArray<{ readonly name: string; readonly target: string; readonly events: number }>
  /** What ended the run before every message had its end. */
  readonly endedBy: string | undefined
}

/** When every rehearsal begins. */
const start = Date.parse("2026-01-05T09:00:00.000Z")

/** Longer than any deadline keeps a message open: a run that has not ended by then does not end. */
const horizon = "400 days"

/** Messages are registered once a second, as they are sent. */
const registeredEvery = 1000

/** Plays a run from its first message to its last one's end. */
export const play = Effect.fnUntraced(
  function* (
    stage: RehearsalStage,
    { carriers, messages, over, seed, trouble }: Play
  ): Effect.fn.Return<Played, InvalidOptions, FileSystem.FileSystem | Path.Path | Scope.Scope | Stdio.Stdio> {
    yield* TestClock.setTime(start)
    const simulator = yield* Simulator.make({
      api: stage.api,
      seed,
      messages,
      sendingTime: over,
      carriers,
      // Bounds what jobs and the lake take; how long receipts take, the carriers say.
      within: 86_400_000,
      retentionDays: stage.retentionDays,
      analyticsLag: stage.sweepLag,
      requestsPerMinute: stage.perMinute,
      anyClient: true,
      ...trouble
    })
    const counts = stage.sinks.map(() => 0)
    const overruled = new Set<string>()
    const definition = TrackerDefinition.make({
      ...stage.settings,
      sources: [stage.source],
      journal: JournalStoreMemory.layer,
      classifiers: stage.classifiers.map((classifier) => watched(classifier, overruled)),
      audit: stage.sinks.map((sink, index) =>
        standIn(sink, (events) => (counts[index] = (counts[index] ?? 0) + events))
      )
    })
    // Built before time runs: a source may wait for something that is not the clock.
    const context = yield* Layer.build(TrackerDefinition.layer(definition)).pipe(
      Effect.provide(SimulatorClient.layer(simulator)),
      Effect.orDie
    )
    const tracking = Tracker.Tracker.use((tracker) =>
      tracker.track({ messages: asSent(simulator, stage.settings.carriers), actor: "rehearsal" })
    ).pipe(Effect.provideContext(context))
    // Where it is stopped, time stands still, and nobody waits for what it still has to do.
    const fiber = yield* Effect.acquireRelease(Effect.forkDetach(tracking), (fiber) =>
      Effect.sync(() => fiber.interruptUnsafe())
    )
    const exit = yield* Effect.raceFirst(
      Fiber.await(fiber),
      Effect.as(TestClock.adjust(horizon), Exit.fail(new Error(`it had not ended after ${horizon}`)))
    )
    return yield* Effect.gen(function* () {
      const { store } = yield* Journal.Journal
      return {
        messages: yield* Stream.runCollect(Exporter.messages()),
        events: yield* store.events(0, Number.MAX_SAFE_INTEGER),
        report: simulator.report(),
        startedAt: simulator.startedAt,
        overruled,
        sinks: stage.sinks.map(({ name, target }, index) => ({ name, target, events: counts[index] ?? 0 })),
        endedBy: Exit.isSuccess(exit) ? undefined : messageOf(exit.cause)
      }
    }).pipe(Effect.provideContext(context), Effect.orDie)
  },
  (played, _, { seed }) =>
    played.pipe(
      Effect.scoped,
      Effect.provideService(JournalStore.Entropy, (bytes) => "5e".repeat(bytes)),
      Random.withSeed(`rehearse ${seed}`),
      // It waits for a slow machine for as long as it takes.
      Effect.provide([TestClock.layer({ warningDelay: "1 day" }), Logger.layer([])])
    )
)

const messageOf = (cause: Cause.Cause<unknown>): string => {
  const error = Cause.squash(cause)
  return error instanceof Error ? error.message : String(error)
}

/** The messages as a user names them, each when it has been sent. */
const asSent = (simulator: Simulator.Simulator, carriers: Carriers.Carriers | undefined) => {
  const resolve = Carriers.resolver(carriers)
  const batches = new Map<number, Array<Message.MessageRef>>()
  for (const { carrier, conversationId, externalContactId, from, id, sentAt, to } of simulator.messages) {
    const ref: Message.MessageRef = {
      messageId: id,
      externalContactId,
      ...(simulator.settings.api === "conversations" ? { conversationId } : {}),
      from,
      to,
      sentAt
    }
    const at = Math.ceil(sentAt / registeredEvery) * registeredEvery
    const batch = batches.get(at) ?? []
    batches.set(at, batch)
    // Whom the config's carriers already find need not be named.
    batch.push(resolve(ref).carrier === carrier ? ref : { ...ref, carrier })
  }
  return Stream.fromIterable(Array.from(batches).sort(([a], [b]) => a - b)).pipe(
    Stream.mapEffect(([at, refs]) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => Effect.as(Effect.sleep(Math.max(0, at - now)), refs))
    )
  )
}

/** A sink in the place of another one: it only counts. */
const standIn = (sink: AuditSink.AuditSink, count: (events: number) => void): AuditSink.AuditSink => ({
  ...sink,
  write: (batch) => Effect.sync(() => count(batch.length))
})

/** A classifier as it is; which receipts it reads otherwise than the platform means them is noted. */
const watched = (classifier: Classifier.Classifier, overruled: Set<string>): Classifier.Classifier => ({
  name: classifier.name,
  classify: (receipt) => {
    const verdict = classifier.classify(receipt)
    if (verdict?.state !== undefined && verdict.state !== stateOf(receipt)) {
      overruled.add(receipt.messageId ?? receipt.conversationId ?? "")
    }
    return verdict
  }
})

const stateOf = ({ status }: DeliveryReceipt.DeliveryReceipt) =>
  status === "pending" || status === "sent" ? "in_progress" : status
