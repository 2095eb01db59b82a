/**
 * A tracker and a simulated platform in one process under virtual time: the code that runs is the code that ships, only
 * the network and the clock are not real.
 *
 * @module
 */
import * as GenesysCodes from "@dlrkit/classifier-genesys"
import {
  type AuditSink,
  Exporter,
  Journal,
  JournalStore,
  JournalStoreMemory,
  type Message,
  Tracker,
  TrackerDefinition,
  type TrackingEvent
} from "@dlrkit/core"
import { Simulator, SimulatorClient } from "@dlrkit/simulator"
import * as Genesys from "@dlrkit/source-genesys"
import * as NodeServices from "@effect/platform-node/NodeServices"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { identity } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Random from "effect/Random"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"

/** What to play. */
export interface Play {
  readonly simulator: NonNullable<Parameters<typeof Simulator.make>[0]>
  readonly source?: Genesys.SourceOptions
  readonly deadline?: Duration.Input
  readonly floor?: Duration.Input
  /** How long registering rests after each batch: virtual time waits for no fiber that does not. */
  readonly rest?: Duration.Input
  /** How long after the platform's start the tracker starts. */
  readonly after?: Duration.Input
  readonly once?: boolean
  readonly for?: Duration.Input
  /** How many runs, one after the other, each by a new process as far as it knows; the last one's end is told. */
  readonly runs?: number
  /** Where the journal is; in memory where it is not said. */
  readonly journal?: Layer.Layer<JournalStore.JournalStore, JournalStore.JournalError>
  readonly audit?: ReadonlyArray<AuditSink.AuditSink>
  readonly latency?: { readonly min: number; readonly max: number }
  /** Changes what is registered. */
  readonly refs?: (refs: ReadonlyArray<Message.MessageRef>) => ReadonlyArray<Message.MessageRef>
  /** How long virtual time may run; ten days where it is not said. */
  readonly horizon?: Duration.Input
}

/** What a play left behind. */
export interface Story {
  readonly exit: Exit.Exit<Tracker.TrackResult, unknown>
  readonly simulator: Simulator.Simulator
  readonly events: ReadonlyArray<TrackingEvent.TrackingEvent>
  readonly messages: ReadonlyArray<Message.TrackedMessage>
  /** Everything that was logged. */
  readonly logs: ReadonlyArray<string>
}

/** The messages of a simulation, as a user names them. */
export const refsOf = (simulator: Simulator.Simulator): ReadonlyArray<Message.MessageRef> =>
  simulator.messages.map(({ carrier, conversationId, externalContactId, from, id, sentAt, to }) => ({
    messageId: id,
    externalContactId,
    ...(simulator.settings.api === "conversations" ? { conversationId } : {}),
    carrier,
    from,
    to,
    sentAt
  }))

const address = "http://platform.test"

/** Plays one run from start to end. */
export const play = Effect.fnUntraced(function* (given: Play) {
  const simulator = yield* Simulator.make(given.simulator)
  const { announcedPerMinute, clientId, clientSecret } = simulator.settings
  const logs: Array<string> = []
  const definition = TrackerDefinition.make({
    sources: [
      Genesys.source({
        apiUrl: address,
        loginUrl: address,
        clientId,
        clientSecret,
        api: simulator.settings.api,
        requestsPerMinute: announcedPerMinute,
        ...given.source
      })
    ],
    journal: given.journal ?? JournalStoreMemory.layer,
    classifiers: [GenesysCodes.classifier()],
    audit: given.audit ?? [],
    ...(given.deadline === undefined ? {} : { deadline: given.deadline }),
    ...(given.floor === undefined ? {} : { floor: given.floor })
  })
  const refs = given.refs?.(refsOf(simulator)) ?? refsOf(simulator)
  const once = Effect.gen(function* () {
    const tracker = yield* Tracker.Tracker
    const { store } = yield* Journal.Journal
    const exit = yield* Effect.exit(
      tracker.track({
        messages: Stream.grouped(Stream.fromIterable(refs), 500).pipe(
          given.rest === undefined ? identity : Stream.tap(() => Effect.sleep(given.rest ?? 0))
        ),
        actor: "tester@e2e",
        once: given.once,
        for: given.for
      })
    )
    const events = yield* store.events(0, Number.MAX_SAFE_INTEGER)
    const messages = yield* Stream.runCollect(Exporter.messages())
    return { exit, simulator, events, messages, logs } satisfies Story
  }).pipe(Effect.provide(TrackerDefinition.layer(definition), { local: true }))
  const program = Effect.gen(function* () {
    yield* Effect.sleep(given.after ?? 0)
    for (let run = 1; run < (given.runs ?? 1); run++) yield* once
    return yield* once
  }).pipe(
    Effect.provide(Layer.merge(NodeServices.layer, SimulatorClient.layer(simulator, { latency: given.latency }))),
    Effect.provide(Logger.layer([Logger.make(({ message }) => void logs.push(String(message)))])),
    Effect.provideService(JournalStore.Entropy, (bytes) => "ab".repeat(bytes)),
    Random.withSeed(`e2e ${simulator.settings.seed}`)
  )
  const fiber = yield* Effect.forkChild(program)
  return yield* Effect.raceFirst(
    Fiber.join(fiber),
    TestClock.adjust(given.horizon ?? "10 days").pipe(Effect.andThen(Effect.never))
  )
})
