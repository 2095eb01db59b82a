/**
 * The tracker: registers messages, follows them to their end, and hands the journal's events to the sinks.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Latch from "effect/Latch"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { type AuditDown, type AuditOutage, AuditSinks, outageOf } from "./AuditSink.ts"
import * as AuditTrail from "./AuditTrail.ts"
import * as Carriers from "./Carriers.ts"
import { Classifiers } from "./Classifier.ts"
import * as Deadlines from "./Deadlines.ts"
import type { Discovered } from "./Discovery.ts"
import { type ExportError, Exporters, run as runExporter } from "./Exporter.ts"
import { Journal, type Registration } from "./Journal.ts"
import type { JournalError } from "./JournalStore.ts"
import { isNamed, isTime, type MessageRef, neededNames, onlySwept, type TrackedMessage } from "./Message.ts"
import * as PageRecorder from "./PageRecorder.ts"
import * as Planner from "./Planner.ts"
import { poll } from "./Poller.ts"
import * as Pruning from "./Pruning.ts"
import { type ReceiptSource, ReceiptSources } from "./ReceiptSource.ts"
import type { SourceError } from "./SourceError.ts"
import * as Summary from "./Summary.ts"
import type { EventBody } from "./TrackingEvent.ts"

/** What a tracker goes by; each has a default. */
export interface TrackerSettings extends Deadlines.DeadlineSettings {
  /** Whom the user measures. */
  readonly carriers?: Carriers.Carriers | undefined
  /**
   * A request is sent where it is expected to reveal at least so much time that final receipts have gone unseen; 1 second.
   * Less asks more often, and finds out sooner.
   */
  readonly floor?: Duration.Input | undefined
  /** What is done where an audit sink stays down; by default its events wait in the journal, however many. */
  readonly auditOutage?: AuditOutage | undefined
}

/** What to track, and until when. */
export interface TrackOptions<E> {
  /** Batches of messages, or of what a discovery found. */
  readonly messages: Stream.Stream<ReadonlyArray<MessageRef> | Discovered, E>
  /** Who runs it, for the audit trail: `user@host`. */
  readonly actor: string
  /** The version of the program, for the audit trail. */
  readonly version?: string | undefined
  /** One look at each message, instead of following them. */
  readonly once?: boolean | undefined
  /** Ends the run after so long, with messages still pending. */
  readonly for?: Duration.Input | undefined
  /** Told the run's id when it has begun. */
  readonly onRun?: ((run: number) => Effect.Effect<void>) | undefined
}

/** How a run ended. */
export interface TrackResult {
  readonly run: number
  readonly summary: Summary.Summary
  /** Requests to the platform, repeats included, tokens aside. */
  readonly requests: number
  readonly durationMs: number
  /** Messages that could not be registered, with the reason; at most the first hundred. */
  readonly refused: ReadonlyArray<{ readonly ref: MessageRef; readonly reason: string }>
  readonly refusedCount: number
  /** Messages that this run registered although the platform no longer keeps their receipts: `unconfirmed` at once. */
  readonly expired: number
  /** How far each audit sink has come. What is left for it is delivered by the next run. */
  readonly sinks: ReadonlyArray<AuditTrail.SinkStatus>
}

/** What a run fails with, the messages' own stream aside. */
export type TrackError = SourceError | JournalError | ExportError | AuditDown

/** The operations of a tracker. */
export interface TrackerService {
  /** Why no source can look a message up; `undefined` where one can. */
  readonly refuse: (ref: MessageRef) => string | undefined
  /**
   * Tracks messages until none is pending. Fails with `JournalInUse` where another tracker has the journal, with
   * `Refused` where the platform refuses us, with `Unreachable` or `Unavailable` where it has never answered, with
   * `AuditDown` where an audit sink stays down and `auditOutage` says to stop then.
   */
  readonly track: <E>(options: TrackOptions<E>) => Effect.Effect<TrackResult, E | TrackError>
}

/** The tracker. */
export class Tracker extends Context.Service<Tracker, TrackerService>()("@dlrkit/core/Tracker") {}

/** How long sinks may take at the end of a run before what is left stays for the next; less where somebody waits for it. */
const drainAtMost = { ended: Duration.seconds(4), interrupted: Duration.seconds(2) }

/** How many refusals a result tells apart. */
const refusalsKept = 100

const idNames = ["messageId", "conversationId", "externalContactId", "campaignId", "outboundContactId"] as const

/** Makes a tracker from its settings and the plugins that are provided. Fails where a setting is no duration. */
export const make = Effect.fnUntraced(function* (settings: TrackerSettings) {
  const journal = yield* Journal
  const sources = yield* ReceiptSources
  const classifiers = yield* Classifiers
  const sinks = yield* AuditSinks
  const exporters = yield* Exporters
  const carrierOf = Carriers.resolver(settings.carriers)
  const deadlines = yield* Effect.fromResult(Deadlines.make(settings))
  const floor = yield* Effect.fromResult(Deadlines.millisOf("floor", settings.floor ?? "1 second"))

  const route = (ref: MessageRef): { readonly source: ReceiptSource; readonly ref: MessageRef } | string => {
    if (typeof ref !== "object" || ref === null) return "it is no message: a message is an object with its ids"
    const wrong = idNames.find((name) => ref[name] !== undefined && (typeof ref[name] !== "string" || ref[name] === ""))
    if (wrong !== undefined) return `its ${wrong} is no text, or an empty one`
    if ([ref.sentAt, ref.deadlineAt].some((time) => time !== undefined && !isTime(time)))
      return "its sentAt or deadlineAt is no time in milliseconds"
    if (ref.deadline !== undefined && !(ref.deadline > 0)) return "its deadline is no number of milliseconds above 0"
    if (!isNamed(ref)) return `it has no id: it needs ${neededNames}`
    let reason = "the configuration names no source"
    for (const source of sources) {
      const complete = source.complete(ref)
      const refusal = source.refuse(complete)
      if (refusal === undefined) return { source, ref: complete }
      reason = refusal
    }
    return reason
  }

  const registrationOf = (source: ReceiptSource, ref: Registration["ref"], now: number): Registration => {
    const { carrier, origin } = carrierOf(ref)
    const tooOld = ref.sentAt !== undefined && now - ref.sentAt > source.retention
    return {
      ref,
      source: source.name,
      group: source.groupOf(ref) ?? onlySwept,
      carrier,
      carrierOrigin: origin,
      deadline: deadlines.of(carrier),
      expired: tooOld
        ? `sent ${days(now - ref.sentAt)} days ago, and the platform keeps receipts for ${days(source.retention)}`
        : undefined
    }
  }

  const described = (once: boolean, forMillis: number | undefined) => ({
    sources: sources.map(({ describe, name }) => ({ name, ...describe })),
    classifiers: classifiers.map(({ name }) => name),
    audit: sinks.map(({ name, target }) => ({ name, target })),
    exporters: exporters.map(({ name, target }) => ({ name, target })),
    journal: journal.store.location,
    ...deadlines.describe,
    floorMs: floor,
    auditOutage: outageOf(settings.auditOutage),
    once,
    ...(forMillis === undefined ? {} : { forMs: forMillis })
  })

  const track = <E>(options: TrackOptions<E>): Effect.Effect<TrackResult, E | TrackError> =>
    Effect.gen(function* () {
      const once = options.once ?? false
      const forMillis = options.for === undefined ? undefined : Duration.toMillis(Duration.fromInputUnsafe(options.for))
      const run = yield* journal.start({
        actor: options.actor,
        command: "track",
        version: options.version ?? "0.0.0",
        config: described(once, forMillis)
      })
      const trail = yield* AuditTrail.start(settings.auditOutage).pipe(
        Effect.provideService(Journal, journal),
        Effect.provideService(AuditSinks, sinks)
      )
      yield* Effect.forkScoped(
        Pruning.keepPruned({ run, consumers: sinks.map(({ name }) => name) }).pipe(
          Effect.provideService(Journal, journal)
        )
      )
      const registered = yield* Latch.make(false)
      const pollers = yield* Effect.forEach(sources, (source) =>
        Effect.map(Planner.make({ store: journal.store, source, run, floor, once }), (planner) => ({
          source,
          planner,
          recorder: PageRecorder.make({ journal, classifiers, source, planner, deadlineOf: deadlines.of }),
          wake: Latch.makeUnsafe(false)
        }))
      )
      const plannerOf = new Map(pollers.map(({ planner, source }) => [source.name, planner]))
      const wakeAll = Effect.sync(() => {
        for (const { wake } of pollers) wake.openUnsafe()
      })
      const refused: Array<{ readonly ref: MessageRef; readonly reason: string }> = []
      let refusedCount = 0
      let expired = 0

      const registerBatch = Effect.fnUntraced(function* (refs: ReadonlyArray<MessageRef>) {
        const now = yield* Clock.currentTimeMillis
        const registrations: Array<Registration> = []
        for (const given of refs) {
          const routed = route(given)
          if (typeof routed !== "string") {
            registrations.push(registrationOf(routed.source, routed.ref, now))
            continue
          }
          refusedCount += 1
          if (refused.length < refusalsKept) refused.push({ ref: given, reason: routed })
        }
        const nextLook = (message: TrackedMessage) => plannerOf.get(message.source)?.dueAt(message, now) ?? now
        const { changes, expired: tooOld } = yield* journal.register(registrations, nextLook, deadlines.of)
        expired += tooOld
        for (const { planner, source } of pollers) {
          planner.registered(changes.filter(({ after }) => after?.source === source.name))
        }
        yield* wakeAll
      })

      /** What shows that messages are there shows where they are. */
      const recordShown = Effect.fnUntraced(function* ({ shown: { sightings, source, startedAt } }: Discovered) {
        const poller = pollers.find((one) => one.source.name === source)
        if (poller === undefined) return
        const lag = once ? 0 : (poller.source.sweep?.lag ?? 0)
        yield* poller.recorder.sightings({ sightings, at: startedAt - lag, looksAt: "all" })
      })

      const register = Stream.runForEach(options.messages, (batch) =>
        "refs" in batch ? Effect.andThen(registerBatch(batch.refs), recordShown(batch)) : registerBatch(batch)
      ).pipe(Effect.andThen(Latch.open(registered)), Effect.andThen(wakeAll))

      const polling = Effect.forEach(
        pollers,
        ({ planner, recorder, source, wake }) =>
          Effect.onExit(poll({ journal, source, planner, recorder, once, registered, wake }), () =>
            Effect.ignore(planner.save)
          ),
        { concurrency: "unbounded", discard: true }
      )

      const following = Effect.all([register, polling], { concurrency: 2, discard: true })

      const summarize = Effect.map(journal.store.totals(run.id), Summary.fromTotals)

      /** The end of a run is recorded and delivered whichever way it came, a signal included. */
      const stop = Effect.fnUntraced(function* (stopped: Omit<Extract<EventBody, { kind: "run.stopped" }>, "kind">) {
        yield* journal.record([{ kind: "run.stopped", ...stopped }])
        return yield* trail.drain(stopped.outcome === "interrupted" ? drainAtMost.interrupted : drainAtMost.ended)
      })

      yield* options.onRun?.(run.id) ?? Effect.void
      const followed = forMillis === undefined ? following : Effect.timeoutOption(following, forMillis)
      yield* Effect.raceFirst(followed, trail.fault).pipe(
        Effect.onExit((exit) =>
          Exit.isSuccess(exit)
            ? Effect.void
            : Effect.ignore(
                stop(
                  Exit.hasInterrupts(exit) ? { outcome: "interrupted" } : { outcome: "failed", detail: failureOf(exit) }
                )
              )
        )
      )
      const summary = yield* summarize
      const delivered = yield* stop({ outcome: summary.pending === 0 ? "completed" : "pending" })
      for (const exporter of exporters) yield* Effect.provideService(runExporter(exporter), Journal, journal)
      return {
        run: run.id,
        summary,
        requests: yield* journal.requests,
        durationMs: (yield* Clock.currentTimeMillis) - run.startedAt,
        refused,
        refusedCount,
        expired,
        sinks: delivered
      }
    }).pipe(Effect.scoped)

  return Tracker.of({
    refuse: (ref) => {
      const routed = route(ref)
      return typeof routed === "string" ? routed : undefined
    },
    track
  })
})

/** The tracker, over the plugins that are provided. */
export const layer = (settings: TrackerSettings = {}) => Layer.effect(Tracker, make(settings))

const days = (millis: number) => Math.floor(millis / 86_400_000)

const failureOf = (exit: Exit.Exit<unknown, unknown>): string => {
  const error = Exit.findErrorOption(exit)
  return error._tag === "Some" && error.value instanceof Error ? error.value.message : "an unexpected error"
}
