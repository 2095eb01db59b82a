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
import * as Layer from "effect/Layer"
import * as PubSub from "effect/PubSub"
import type * as Scope from "effect/Scope"
import { applyPage, type Change, type Committed, type Page, withCarrier } from "./AppliedPage.ts"
import * as Deadlines from "./Deadlines.ts"
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
import { type CarrierOrigin, type MessageName, type MessageRef, nameOf, type TrackedMessage } from "./Message.ts"
import * as Names from "./Names.ts"
import * as RunTally from "./RunTally.ts"
import * as StateMachine from "./StateMachine.ts"
import type { CarrierSummary } from "./Summary.ts"
import * as TrackerMetrics from "./TrackerMetrics.ts"
import { type EventBody, isoTime } from "./TrackingEvent.ts"

export type { Change, Committed, Page, Reading, Shown } from "./AppliedPage.ts"

/** The run that writes: `id` is the `seq` of its `run.started`. */
export interface Run {
  readonly id: number
  readonly actor: string
  readonly startedAt: number
}

/** A message to be registered, with what the configuration says of it. */
export interface Registration {
  readonly ref: MessageRef
  readonly source: string
  readonly group: string
  readonly carrier: string
  readonly carrierOrigin: CarrierOrigin
  /** How long after `sentAt`, or after being registered, those of its carrier are waited for. Milliseconds. */
  readonly deadline: number
  /** Set where the source keeps nothing so old: it ends `unconfirmed` at once, for this reason. */
  readonly expired: string | undefined
}

/** What registering did. */
export interface Registered {
  /** New to the journal. */
  readonly added: number
  /** Already known, and claimed for this run. */
  readonly known: number
  /** Of the new ones: too old to be asked for. */
  readonly expired: number
  /** Messages that are new to the run (without their keys, where they are new to the journal), or have got company. */
  readonly changes: ReadonlyArray<Change>
}

/** The recent requests of a source, tokens aside. Epoch milliseconds. */
export interface Traffic {
  /** When each request of the window was sent, oldest first. */
  readonly sent: ReadonlyArray<number>
  /** The platform has asked for nothing before this moment; 0 where it has not. */
  readonly notBefore: number
}

/** The operations of the journal. All fail with {@link JournalStore.JournalError}. */
export interface JournalService {
  readonly store: JournalStoreService
  /** Takes the right to track and opens a run. Fails with `JournalInUse` where another tracker has it. */
  readonly start: (options: RunOptions) => Effect.Effect<Run, JournalError, Scope.Scope>
  /** Opens a run beside a tracker, for what only asks and never moves a message (`reconcile`). */
  readonly startBeside: (options: RunOptions) => Effect.Effect<Run, JournalError>
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
  readonly traffic: (source: string, window: number, credential?: string) => Effect.Effect<Traffic, JournalError>
  /** How the messages of this run stand, without counting them anew. */
  readonly counts: Effect.Effect<CarrierSummary>
  /** How many requests this run has made, tokens aside. */
  readonly requests: Effect.Effect<number>
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

/** How many events are read at once, backwards, for the recent traffic; and how many requests are surely enough. */
const trafficChunk = 1000
const lastFew = 16

/** No wait that a platform asks for lasts longer: so far back {@link JournalService.traffic} reads. Milliseconds. */
export const longestWait = 86_400_000

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
      let firstSeq = 0
      return store
        .transact(sought, (snapshot) => {
          firstSeq = snapshot.nextSeq
          const decision = decide({ ...snapshot, nextSeq: snapshot.nextSeq + taken.length })
          written = [...taken, ...(decision.events ?? [])]
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
            tail.push(written.map((event, index) => toTrackingEvent(store.id, firstSeq + index, event)))
            return Effect.andThen(TrackerMetrics.observe(written), PubSub.publish(changed, written.length))
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
    tally = RunTally.make(run.id)
    return run
  })

  const hash = (number: string) =>
    `hmac:${createHmac("sha256", store.hashKey).update(number).digest("hex").slice(0, 32)}`

  const register: JournalService["register"] = Effect.fnUntraced(function* (registrations, nextLook, deadlineOf) {
    const at = yield* Clock.currentTimeMillis
    const planned = (message: TrackedMessage): TrackedMessage =>
      message.dueAt === undefined ? message : { ...message, dueAt: nextLook?.(message) ?? at }
    const registered = yield* transact({ names: registrations.map(({ ref }) => ref) }, ({ messages }) => {
      const names = Names.of(messages)
      const added = Names.of([])
      const claimed = new Map<number, TrackedMessage>()
      const events: Array<EventDraft> = []
      let expired = 0
      for (const registration of registrations) {
        const known = names.registered(registration.ref)
        for (const message of known) {
          const now = claim(claimed.get(message.key) ?? message, registration, run.id, deadlineOf)
          claimed.set(message.key, planned(now))
        }
        if (known.length > 0 || added.registered(registration.ref).length > 0) continue
        const message = planned(newMessage(registration, run.id, at))
        events.push(draft(at)(registeredEvent(message, hash)))
        if (registration.expired === undefined) {
          added.add(message)
        } else {
          const step = StateMachine.expireUnseen(message, registration.expired, at)
          expired += 1
          added.add(step.message)
          events.push(...step.events.map(draft(at)))
        }
      }
      const isAlone = Names.company([...messages, ...added.all()])
      const insert = added.all().map((message) => ({ ...message, alone: isAlone(message) }))
      const changes: Array<Change> = insert.map((after) => ({ before: undefined, after }))
      const update: Array<TrackedMessage> = []
      const renamed: Array<TrackedMessage> = []
      for (const message of messages) {
        const now = claimed.get(message.key) ?? message
        const after = message.alone && !isAlone(message) ? { ...now, alone: false } : now
        if (after === message) continue
        update.push(after)
        if (!Names.same(message, after)) renamed.push(after)
        changes.push({ before: message.run === run.id ? message : undefined, after })
      }
      return {
        insert,
        update,
        renamed,
        events,
        result: { added: insert.length, known: claimed.size, expired, changes }
      }
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

  const traffic = Effect.fnUntraced(function* (source: string, window: number, credential?: string) {
    const since = (yield* Clock.currentTimeMillis) - window
    const sent: Array<number> = []
    let notBefore = 0
    let seen = 0
    for (let upTo = yield* store.lastSeq; upTo > 0; upTo -= trafficChunk) {
      const events = yield* store.events(Math.max(0, upTo - trafficChunk), Math.min(trafficChunk, upTo))
      for (const event of events) {
        if (event.kind !== "request" || event.source !== source || event.purpose === "token") continue
        // What names no credential may have been sent with this one.
        if (credential !== undefined && event.credential !== undefined && event.credential !== credential) continue
        const startedAt = Date.parse(event.startedAt)
        seen += 1
        if (startedAt >= since) sent.push(startedAt)
        if (event.retryAfterMs !== undefined) {
          notBefore = Math.max(notBefore, startedAt + event.durationMs + event.retryAfterMs)
        }
      }
      // While the platform asks to wait nothing is sent, so a wait that still lasts is among the last few requests.
      const oldest = Date.parse(events[0]?.at ?? "")
      if (oldest < (seen >= lastFew ? since : since - longestWait)) break
    }
    return { sent: sent.sort((a, b) => a - b), notBefore }
  })

  return Journal.of({
    store,
    start: (options) => Effect.andThen(store.claim, open(options)),
    startBeside: open,
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
    traffic,
    events: (after, limit) => {
      const newest = tail.after(after, limit)
      return newest === undefined ? store.events(after, limit) : Effect.succeed(newest)
    },
    changes: PubSub.subscribe(changed),
    hash
  })
})

/** The journal over the store that is provided. */
export const layer: Layer.Layer<Journal, never, JournalStore> = Layer.effect(Journal, make)

/**
 * A message that is known is claimed for the run. While it is open, its carrier is what the run says where nobody knew it,
 * and its deadline is what the run says.
 */
const claim = (
  message: TrackedMessage,
  registration: Registration,
  run: number,
  deadlineOf: Deadlines.DeadlineOf | undefined
): TrackedMessage => {
  if (message.dueAt === undefined) return { ...message, run }
  const { carrier, carrierOrigin } = message.carrierOrigin === "unknown" ? registration : message
  const known = { ...message, run, carrier, carrierOrigin, ref: withDeadline(message.ref, registration.ref) }
  return { ...known, deadlineAt: Deadlines.deadlineAt(known, deadlineOf?.(carrier) ?? registration.deadline) }
}

/** How a message was registered, with the deadline of its own that it is given now. */
const withDeadline = (ref: MessageRef, { deadline, deadlineAt }: MessageRef): MessageRef => {
  if (deadline === undefined && deadlineAt === undefined) return ref
  if (ref.deadline === deadline && ref.deadlineAt === deadlineAt) return ref
  const { deadline: _, deadlineAt: __, ...rest } = ref
  return {
    ...rest,
    ...(deadline === undefined ? {} : { deadline }),
    ...(deadlineAt === undefined ? {} : { deadlineAt })
  }
}

const newMessage = (registration: Registration, run: number, at: number): TrackedMessage => ({
  key: 0,
  ref: registration.ref,
  messageId: registration.ref.messageId,
  conversationId: registration.ref.conversationId,
  sentAt: registration.ref.sentAt,
  alone: false,
  source: registration.source,
  group: registration.group,
  run,
  carrier: registration.carrier,
  carrierOrigin: registration.carrierOrigin,
  registeredAt: at,
  deadlineAt: Deadlines.deadlineAt({ ref: registration.ref, registeredAt: at }, registration.deadline),
  status: "pending",
  resolution: undefined,
  providerStatus: undefined,
  code: undefined,
  cause: undefined,
  category: undefined,
  retryable: undefined,
  actor: undefined,
  classifier: undefined,
  rule: undefined,
  externalMessageId: registration.ref.externalMessageId,
  finalAt: undefined,
  seenAt: undefined,
  firstLookAt: undefined,
  lookedAt: undefined,
  dueAt: at,
  looks: 0,
  unexplained: false,
  missing: false,
  late: false,
  conflicts: []
})

const registeredEvent = (message: TrackedMessage, hash: (number: string) => string): EventBody => {
  const { campaignId, conversationId, externalContactId, outboundContactId, to } = message.ref
  return {
    kind: "message.registered",
    ...nameOf(message),
    carrier: message.carrier,
    carrierOrigin: message.carrierOrigin,
    ...(externalContactId === undefined ? {} : { externalContactId }),
    ...(conversationId === undefined ? {} : { conversationId }),
    ...(campaignId === undefined ? {} : { campaignId }),
    ...(outboundContactId === undefined ? {} : { outboundContactId }),
    ...(to === undefined ? {} : { to: hash(to) }),
    ...(message.sentAt === undefined ? {} : { sentAt: isoTime(message.sentAt) }),
    deadlineAt: isoTime(message.deadlineAt)
  }
}
