/**
 * The journal: the durable, ordered record of everything that happened, from which everything else is derived.
 *
 * It is the policy over a {@link JournalStore.JournalStore}: it registers messages, commits what a page of receipts
 * says (states and events in one transaction), notes requests, and wakes those who read events.
 *
 * @module
 */
import { createHmac } from "node:crypto"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as PubSub from "effect/PubSub"
import type * as Scope from "effect/Scope"
import * as Alerts from "./Alerts.ts"
import { applyPage, type Committed, type Page, withCarrier } from "./AppliedPage.ts"
import type * as Deadlines from "./Deadlines.ts"
import type { DeliveryReceipt } from "./DeliveryReceipt.ts"
import * as EventTail from "./EventTail.ts"
import {
  type Cursor,
  type EventDraft,
  type JournalError,
  JournalStore,
  type JournalStoreService,
  toTrackingEvent
} from "./JournalStore.ts"
import type { MessageName } from "./Message.ts"
import { applyRegistrations, type Registered, type Registration } from "./Registration.ts"
import { type RequestTraffic, trafficOf } from "./RequestTraffic.ts"
import * as RunTally from "./RunTally.ts"
import * as StateMachine from "./StateMachine.ts"
import type { CarrierSummary } from "./Summary.ts"
import * as TrackerMetrics from "./TrackerMetrics.ts"
import type { EventBody } from "./TrackingEvent.ts"

export type { Change, Committed, Page, Reading, Shown } from "./AppliedPage.ts"
export type { Registered, Registration } from "./Registration.ts"
export type { RequestTraffic } from "./RequestTraffic.ts"

/** The run that writes: `id` is the `seq` of its `run.started`. */
export interface Run {
  readonly id: number
  readonly actor: string
  readonly startedAt: number
}

/** The operations of the journal. All fail with {@link JournalStore.JournalError}. */
export interface JournalService {
  readonly store: JournalStoreService
  /** Takes the right to track and opens a run. Fails with `JournalInUse` where another tracker has it. */
  readonly start: (options: RunOptions) => Effect.Effect<Run, JournalError, Scope.Scope>
  /**
   * Opens a run beside a tracker, for what never moves a message (`reconcile`, `import`). When the scope ends, it is recorded
   * that the run has stopped, and how.
   */
  readonly startBeside: (options: RunOptions) => Effect.Effect<Run, JournalError, Scope.Scope>
  /**
   * Registers messages, or claims those that are known for this run; `nextLook` says when one that is open becomes worth
   * a look: at once, where it is left out. A message that is known may have another carrier than its registration says:
   * `deadlineOf` says how long those are waited for.
   */
  readonly register: (
    registrations: ReadonlyArray<Registration>,
    nextLook?: StateMachine.NextLook,
    deadlineOf?: Deadlines.DeadlineOf
  ) => Effect.Effect<Registered, JournalError>
  readonly commit: (page: Page) => Effect.Effect<Committed, JournalError>
  /** Records what the platform says of why a message failed: it is not asked again, whatever that is. */
  readonly explain: (
    key: number,
    receipts: ReadonlyArray<DeliveryReceipt>,
    classify: Page["classify"]
  ) => Effect.Effect<void, JournalError>
  /** Closes a look that began at a moment and that nobody answered: asks for its messages no sooner than another one. */
  readonly postpone: (
    keys: ReadonlyArray<number>,
    startedAt: number,
    until: number
  ) => Effect.Effect<void, JournalError>
  /** Records events at once. */
  readonly record: (events: ReadonlyArray<EventBody>) => Effect.Effect<void, JournalError>
  /** Keeps an event for the next transaction, whichever it is: a request's record goes with the page that it brought. */
  readonly note: (event: EventBody) => Effect.Effect<void>
  /**
   * Keeps for the next transaction, whichever it is, how far a consumer has come: a wait for the disk less for each batch.
   * Until then its events would be given to it again after a crash. {@link JournalService.settle} ends the waiting.
   */
  readonly acknowledge: (cursor: Cursor) => Effect.Effect<void>
  /** Writes what {@link JournalService.note} and {@link JournalService.acknowledge} have kept. */
  readonly settle: Effect.Effect<void, JournalError>
  /** Moves a consumer on past events that it never gets, and records the gap in the same transaction. Gives its cursor. */
  readonly skip: (skipped: Skipped) => Effect.Effect<number, JournalError>
  /** Events after a sequence number, in order: what the store has, without reading it for a consumer that keeps up. */
  readonly events: JournalStoreService["events"]
  /** What a source's requests of the last window cost, whoever made them; of several credentials, what one's did. */
  readonly traffic: (source: string, window: number, credential?: string) => Effect.Effect<RequestTraffic, JournalError>
  /** How the messages of this run stand, without counting them anew. */
  readonly counts: Effect.Effect<CarrierSummary>
  /** How many requests this run has made, tokens aside. */
  readonly requests: Effect.Effect<number>
  /** The newest alert that this run has raised. */
  readonly alert: Effect.Effect<Alerts.Alert | undefined>
  /** A subscription to "there are new events". */
  readonly changes: Effect.Effect<PubSub.Subscription<number>, never, Scope.Scope>
  /** The hash that stands for a phone number outside the journal. */
  readonly hash: (number: string) => string
}

/** Events that a consumer is never to get. */
export interface Skipped {
  readonly consumer: string
  /** The number of the first of them, and of the last; up to the newest event, where it is not said. */
  readonly first: number
  readonly last?: number | undefined
  /** Why. */
  readonly detail: string
}

/** Who opens a run, and with what. */
export interface RunOptions {
  readonly actor: string
  readonly command: string
  readonly version: string
  /** The configuration as the audit trail shows it; no secrets. */
  readonly config: Readonly<Record<string, unknown>>
}

/** The journal. */
export class Journal extends Context.Service<Journal, JournalService>()("@dlrkit/core/Journal") {}

/** How many of the newest events are kept in memory for consumers that keep up. */
const tailLength = 2000

const noRun: Run = { id: 0, actor: "nobody", startedAt: 0 }

/** Makes the journal over a store. */
export const make = Effect.gen(function* () {
  const store = yield* JournalStore
  const changed = yield* PubSub.sliding<number>(1)
  const tail = EventTail.make(tailLength)
  let run = noRun
  let requests = 0
  let tally = RunTally.make(noRun.id)
  let standings = Alerts.none
  let alert: Alerts.Alert | undefined
  let noted: Array<EventDraft> = []
  let acknowledged: ReadonlyMap<string, Cursor> = new Map()

  const draft =
    (at: number) =>
    (body: EventBody): EventDraft => ({ at, run: run.id, actor: run.actor, body })
  /** Runs one transaction, which takes along what was noted and acknowledged; that is kept where it fails. */
  const transact: JournalStoreService["transact"] = (sought, decide) =>
    Effect.suspend(() => {
      const taken = noted
      const cursors = acknowledged
      noted = []
      acknowledged = new Map()
      let written: ReadonlyArray<EventDraft> = []
      let heard: Alerts.Heard = { standings, raised: [] }
      let firstSeq = 0
      return store
        .transact(sought, (snapshot) => {
          firstSeq = snapshot.nextSeq
          const decision = decide({ ...snapshot, nextSeq: snapshot.nextSeq + taken.length })
          const told = [...taken, ...(decision.events ?? [])]
          heard = Alerts.hear(standings, told)
          written = [...told, ...heard.raised]
          return { ...decision, events: written, cursors: [...cursors.values(), ...(decision.cursors ?? [])] }
        })
        .pipe(
          Effect.onError(() =>
            Effect.sync(() => {
              noted = [...taken, ...noted]
              acknowledged = new Map([...cursors, ...acknowledged])
            })
          ),
          Effect.tap(() => {
            if (written.length === 0) return Effect.void
            standings = heard.standings
            alert = (heard.raised.at(-1)?.body as Alerts.Alert | undefined) ?? alert
            tail.push(written.map((event, index) => toTrackingEvent(store.id, firstSeq + index, event)))
            const told = Effect.andThen(Alerts.log(heard.raised), TrackerMetrics.observe(written))
            return Effect.andThen(told, PubSub.publish(changed, written.length))
          })
        )
    })

  const open = Effect.fnUntraced(function* (options: RunOptions) {
    const at = yield* Clock.currentTimeMillis
    run = yield* transact({}, ({ nextSeq }) => {
      const started: Run = { id: nextSeq, actor: options.actor, startedAt: at }
      const event = (body: EventBody): EventDraft => ({ at, run: started.id, actor: started.actor, body })
      return {
        events: [
          event({ kind: "run.started", command: options.command, version: options.version }),
          event({ kind: "run.configured", config: options.config })
        ],
        result: started
      }
    })
    requests = 0
    alert = undefined
    tally = RunTally.make(run.id)
    return run
  })

  const hash = (number: string) =>
    `hmac:${createHmac("sha256", store.hashKey).update(number).digest("hex").slice(0, 32)}`

  const register: JournalService["register"] = Effect.fnUntraced(function* (registrations, nextLook, deadlineOf) {
    const at = yield* Clock.currentTimeMillis
    const registered = yield* transact({ names: registrations.map(({ ref }) => ref) }, ({ messages }) => {
      const by = { run: run.id, at, hash, nextLook, deadlineOf }
      const { bodies, ...written } = applyRegistrations(messages, registrations, by)
      return { ...written, events: bodies.map(draft(at)) }
    })
    tally.note(registered.changes)
    return registered
  })

  const commit = Effect.fnUntraced(function* (page: Page) {
    const at = yield* Clock.currentTimeMillis
    const committed = yield* transact(
      {
        keys: Array.from(new Set([...page.looked, ...page.receipts.flatMap(({ receipt }) => receipt.key ?? [])])),
        names: page.receipts.flatMap(
          ({ name, receipt }): MessageName | ReadonlyArray<MessageName> =>
            name ?? (receipt.key === undefined ? [receipt] : [])
        )
      },
      ({ messages }) => {
        const { bodies, result, ...written } = applyPage(messages, page, at)
        return { ...written, events: bodies.map(draft(at)), result }
      }
    )
    tally.note(committed.shown)
    return committed
  })

  const explain: JournalService["explain"] = Effect.fnUntraced(function* (key, receipts, classify) {
    const at = yield* Clock.currentTimeMillis
    yield* transact({ keys: [key] }, ({ messages: [before] }) => {
      if (before === undefined) return { result: undefined }
      const bodies: Array<EventBody> = []
      let message = before
      for (const receipt of receipts) {
        // Who the message is, is asked elsewhere.
        const known = withCarrier({ ...receipt, messageId: undefined, conversationId: undefined }, message)
        const step = StateMachine.applyReceipt(message, known, classify(known), at)
        message = step.message
        bodies.push(...step.events)
      }
      return { update: [{ ...message, unexplained: false }], events: bodies.map(draft(at)), result: undefined }
    })
  })

  const postpone: JournalService["postpone"] = (keys, startedAt, until) =>
    transact({ keys }, ({ messages }) => ({
      update: messages.map((message) => StateMachine.postpone(message, startedAt, until)),
      result: undefined
    }))

  const record = Effect.fnUntraced(function* (bodies: ReadonlyArray<EventBody>) {
    if (bodies.length === 0 && noted.length === 0 && acknowledged.size === 0) return
    const at = yield* Clock.currentTimeMillis
    yield* transact({}, () => ({ events: bodies.map(draft(at)), result: undefined }))
  })

  const skip: JournalService["skip"] = Effect.fnUntraced(function* ({ consumer, detail, first, last }) {
    const at = yield* Clock.currentTimeMillis
    return yield* transact({}, ({ nextSeq }) => {
      const seq = last ?? nextSeq - 1
      return {
        events: [draft(at)({ kind: "audit.gap", sink: consumer, first, last: seq, detail })],
        cursors: [{ consumer, seq }],
        result: seq
      }
    })
  })

  return Journal.of({
    store,
    start: Effect.fnUntraced(function* (options) {
      yield* store.claim
      standings = yield* Alerts.recalled(store)
      return yield* open(options)
    }),
    startBeside: (options) =>
      Effect.acquireRelease(open(options), (_, exit) =>
        Effect.ignore(record([{ kind: "run.stopped", outcome: outcomeOf(exit) }]))
      ),
    register,
    commit,
    explain,
    postpone,
    record,
    note: (event) =>
      Effect.map(Clock.currentTimeMillis, (at) => {
        if (event.kind === "request" && event.purpose !== "token") requests += 1
        noted.push(draft(at)(event))
      }),
    counts: Effect.sync(() => tally.counts()),
    acknowledge: (cursor) =>
      Effect.sync(() => {
        acknowledged = new Map(acknowledged).set(cursor.consumer, cursor)
      }),
    settle: record([]),
    skip,
    requests: Effect.sync(() => requests),
    alert: Effect.sync(() => alert),
    traffic: (source, window, credential) => trafficOf(store, source, window, credential),
    events: (after, limit) => {
      const newest = tail.after(after, limit)
      return newest === undefined ? store.events(after, limit) : Effect.succeed(newest)
    },
    changes: PubSub.subscribe(changed),
    hash
  })
})

/** How what a run was opened for has ended. */
const outcomeOf = (exit: Exit.Exit<unknown, unknown>) =>
  Exit.isSuccess(exit) ? "completed" : Exit.hasInterrupts(exit) ? "interrupted" : "failed"

/** The journal over the store that is provided. */
export const layer: Layer.Layer<Journal, never, JournalStore> = Layer.effect(Journal, make)
