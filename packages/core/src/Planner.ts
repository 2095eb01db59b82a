/**
 * The planner of a run: what to ask a source next, from what the journal holds.
 *
 * `RequestPlanner` decides; here is what it decides about, and what follows from it. Of the messages that are soonest
 * due, those that one request reads together are weighed together. A message whose deadline has passed is asked for once
 * more: in every eighth request while there is better to do, in each one otherwise. The reasons of failures are asked for
 * last.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as DelayCurves from "./DelayCurves.ts"
import type { Change, Run, Shown } from "./Journal.ts"
import type { JournalError, JournalStoreService, OpenMessage } from "./JournalStore.ts"
import { isFinal, onlySwept, type TrackedMessage } from "./Message.ts"
import type { ReceiptSource, SweepWindow } from "./ReceiptSource.ts"
import * as RequestPlanner from "./RequestPlanner.ts"
import * as SweepWatch from "./SweepWatch.ts"
import * as TrackerMetrics from "./TrackerMetrics.ts"

/** What to do now. */
export type Plan =
  /** Look these up, in one request. */
  | { readonly _tag: "Ask"; readonly batch: ReadonlyArray<TrackedMessage> }
  /** Read this window, page by page. `sent` is to be called for each page. */
  | { readonly _tag: "Sweep"; readonly window: SweepWindow; readonly sent: () => void }
  /** Ask why this one failed. */
  | { readonly _tag: "Explain"; readonly message: TrackedMessage }
  /** Nothing is worth a request before this moment (epoch milliseconds). */
  | { readonly _tag: "Wait"; readonly until: number }
  /** No message of the run is open any more, and none unexplained. */
  | { readonly _tag: "Done" }

/** What is under way already. */
export interface UnderWay {
  /** Keys of the messages that are being asked for. */
  readonly keys: ReadonlySet<number>
  /** A window that is being read. */
  readonly window: SweepWindow | undefined
}

/** The planner of a run and a source. All moments in epoch milliseconds. */
export interface Planner {
  readonly next: (underWay: UnderWay) => Effect.Effect<Plan, JournalError>
  /** When a message becomes worth a request, as things stand. */
  readonly dueAt: (message: TrackedMessage, now: number) => number
  /** Messages are new to the run, or have got company. */
  readonly registered: (changes: ReadonlyArray<Change>) => void
  /** Learns from a page that shows how things were at a moment. */
  readonly shown: (at: number, messages: ReadonlyArray<Shown>) => void
  /** A window was read whole, its first page at that moment; so many conversations are in it. */
  readonly swept: (window: SweepWindow, at: number, conversations: number) => void
  /** No window can be read before this moment. */
  readonly noSweepBefore: (moment: number) => void
  /** Keeps what was learned for the next run. */
  readonly save: Effect.Effect<void, JournalError>
}

/** What a planner is made from. */
export interface PlannerOptions {
  readonly store: JournalStoreService
  readonly source: ReceiptSource
  readonly run: Run
  /** A request that is expected to reveal less unseen time is not sent. Milliseconds. */
  readonly floor: number
  /** One look at each message instead of following them. */
  readonly once: boolean
}

/** How many of the soonest due are weighed. */
const weighed = 16
/** How often the soonest due are weighed anew, because none was worth a request yet, before others get their turn. */
const rounds = 50
/** One in so many requests goes to a message whose deadline has passed, whatever else there is to do. */
const overdueTurn = 8
/** A message rides along in a request where it would reveal at least this share of the one that reveals most. */
const rideShare = 0.1
/** How many messages are planned anew at once, between two requests, and how long after one pass the next may begin. */
const replanned = 500
const replanPause = 60_000
/** Due moments that move by less than this are left. Milliseconds. */
const nudge = 1000
/** From how many messages of a page the planner learns. */
const mostLearned = 25
/** Later than any deadline: a message that is never worth a request. */
const never = 8.64e15
/** How long a message whose deadline has passed is left to the sweeps, beyond their lag. Milliseconds. */
const lastSweepWithin = 120_000
/** With fewer messages than this to look at once, sweeps are not worth the age of what they show. */
const fewToSweep = 100

const decodeSaved = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Unknown))

/** How long ago a message was sent, at the least, of which nobody says so: it is worth a look at once. Milliseconds. */
const assumedAge = 3_600_000

const memoOf = (source: string) => `delay curves of ${source}`

/** The curves that a journal has learned of a source's carriers. */
export const curvesOf = (
  store: JournalStoreService,
  source: string
): Effect.Effect<DelayCurves.DelayCurves, JournalError> =>
  Effect.map(store.memo(memoOf(source)), (saved) => DelayCurves.make({}, Option.getOrUndefined(decodeSaved(saved))))

/** A conversation may have started a little before or after its message was sent, by the clocks. Milliseconds. */
const windowEdge = 5000

/** Whether nothing asks for a message now, nor reads a window that will show it. */
const isFree = (message: Pick<TrackedMessage, "alone" | "key" | "sentAt">, { keys, window }: UnderWay): boolean => {
  if (keys.has(message.key)) return false
  const { sentAt } = message
  if (window === undefined || sentAt === undefined || !message.alone) return true
  return sentAt < window.from - windowEdge || sentAt >= window.to + windowEdge
}

/** Makes the planner of a run. What earlier runs learned of the source's carriers is read from the journal. */
export const make = Effect.fnUntraced(function* (options: PlannerOptions): Effect.fn.Return<Planner, JournalError> {
  const { floor, once, run, source, store } = options
  const curves = yield* curvesOf(store, source.name)
  const sweeping = RequestPlanner.make({ floor, curves, sweep: source.sweep })
  /** For as long as there is nothing to sweep with: then nothing is left to sweeps. */
  const unaided = RequestPlanner.make({ floor, curves })
  let planner = source.sweep === undefined ? unaided : sweeping
  const mine = { source: source.name, run: run.id }
  const watch =
    sweeping.cells === undefined
      ? undefined
      : SweepWatch.make({ cells: sweeping.cells, store, source: source.name, run: run.id })
  let turn = 0
  let place: OpenMessage | undefined
  let replanning = false
  let basis = planner.basis()
  let replannedAt = run.startedAt
  let noSweepBefore = Number.NEGATIVE_INFINITY
  /** Before this moment, no deadline passes: so long the journal need not be asked. */
  let noDeadlineBefore = Number.NEGATIVE_INFINITY
  /** Whether a message may be unexplained. */
  let mayExplain = true

  /** A message that sweeps should have shown by now, and did not, is looked up like those that they cannot settle. */
  const isLeftToSweeps = (message: OpenMessage | TrackedMessage, bornAt: number) =>
    SweepWatch.isSweepable(message) &&
    (("seen" in message ? message.seen : message.seenAt !== undefined) ||
      (planner.cells?.seenAt(bornAt) ?? 0) <= bornAt)
  const toOpen = (message: OpenMessage | TrackedMessage): RequestPlanner.OpenMessage => {
    const { carrier, lookedAt, registeredAt, sentAt } = message
    const bornAt = sentAt ?? (lookedAt === undefined ? registeredAt - assumedAge : registeredAt)
    return { carrier, bornAt, openAt: Math.max(bornAt, lookedAt ?? bornAt), alone: isLeftToSweeps(message, bornAt) }
  }
  const isAble = (message: { readonly group: string }) => message.group !== onlySwept && source.looksUp?.() !== false
  const moment = (message: OpenMessage | TrackedMessage, now: number) =>
    isAble(message) ? Math.round(Math.min(never, planner.dueAt(toOpen(message), now))) : never
  const hasSweeps = (now: number) => source.sweep !== undefined && now >= noSweepBefore
  const canSweep = (now: number, underWay: UnderWay) => hasSweeps(now) && underWay.window === undefined
  const count = (kind: string) => TrackerMetrics.planned(source.name, kind, planner.price())

  /** Everything of a group that is worth being in the same request as the first of it. */
  const ask = Effect.fnUntraced(function* (group: string, now: number, { keys }: UnderWay) {
    const open = yield* store.openOf({ ...mine, group, except: keys, limit: source.batchSize })
    const gains = open.map((message) => planner.gain(toOpen(message), now))
    const least = rideShare * Math.max(...gains)
    return open.filter(({ deadlineAt }, index) => (gains[index] as number) >= least || deadlineAt <= now)
  })

  /** The message whose deadline passed first and that is not left to a sweep, or the moment of the next deadline. */
  const overdue = Effect.fnUntraced(function* (now: number, underWay: UnderWay) {
    if (now < noDeadlineBefore) return { batch: [], until: noDeadlineBefore === never ? undefined : noDeadlineBefore }
    const { keys } = underWay
    const leave = hasSweeps(now) ? (source.sweep?.lag ?? 0) + lastSweepWithin : 0
    const open = yield* store.open({ ...mine, by: "deadlineAt", limit: 1 + keys.size })
    noDeadlineBefore = open[0]?.deadlineAt ?? never
    let until: number | undefined
    for (const message of open) {
      if (!isFree(message, underWay)) continue
      const at = message.deadlineAt + (SweepWatch.isSweepable(message) ? leave : 0)
      if (at <= now) return { batch: yield* ask(message.group, now, underWay), until: undefined }
      until = Math.min(until ?? at, at)
    }
    return { batch: [], until }
  })

  /** Moves the due moments of some more messages to where they are as things stand now. */
  const replan = Effect.fnUntraced(function* (now: number) {
    const wanted = hasSweeps(now) ? sweeping : unaided
    const switched = wanted !== planner
    planner = wanted
    if (!replanning || switched) {
      if (!switched && (now < replannedAt + replanPause || !planner.isStale(basis))) return
      replannedAt = now
      basis = planner.basis()
      replanning = true
      place = undefined
    }
    const open = yield* store.open({ ...mine, by: "deadlineAt", after: place, limit: replanned })
    const moved = open
      .map((message) => ({ key: message.key, was: message.dueAt, dueAt: moment(message, now) }))
      .filter(({ dueAt, was }) => Math.abs(dueAt - was) > nudge)
    if (moved.length > 0) yield* store.schedule(moved)
    place = open.at(-1)
    replanning = open.length === replanned
  })

  const explain = Effect.fnUntraced(function* (underWay: UnderWay) {
    if (source.explain === undefined || !mayExplain) return undefined
    const unexplained = yield* store.unexplained({ ...mine, limit: weighed + underWay.keys.size })
    mayExplain = unexplained.length > 0
    const message = unexplained.find((message) => isFree(message, underWay))
    return message === undefined ? undefined : ({ _tag: "Explain", message } as const)
  })

  /** The next message that this run has not looked at. */
  const nextUnseen = Effect.fnUntraced(function* ({
    keys
  }: UnderWay): Effect.fn.Return<Plan | undefined, JournalError> {
    const isUnseen = ({ lookedAt }: { readonly lookedAt: number | undefined }) => (lookedAt ?? -1) < run.startedAt
    while (true) {
      const open = yield* store.open({ ...mine, by: "deadlineAt", after: place, limit: replanned })
      const first = open.findIndex(isUnseen)
      place = (first === -1 ? open.at(-1) : open[first - 1]) ?? place
      const unseen = open.find((message) => isUnseen(message) && !keys.has(message.key))
      if (unseen !== undefined) {
        const { group } = unseen
        const batch = { ...mine, group, except: keys, unseenSince: run.startedAt, limit: source.batchSize }
        return { _tag: "Ask", batch: yield* store.openOf(batch) }
      }
      if (open.length < replanned || first !== -1) return undefined
    }
  })

  const lookOnce = Effect.fnUntraced(function* (now: number, underWay: UnderWay): Effect.fn.Return<Plan, JournalError> {
    if (underWay.window !== undefined) return { _tag: "Wait", until: now + 60_000 }
    if (canSweep(now, underWay) && watch !== undefined && watch.count() >= fewToSweep) {
      const best = sweeping.cells?.best(now, 1)
      // What was swept in this run reveals least: when that comes up, all has been.
      const seenAt = best === undefined ? now : (sweeping.cells?.seenAt(best.window.from) ?? now)
      if (best !== undefined && seenAt < run.startedAt - (source.sweep?.lag ?? 0)) {
        return { _tag: "Sweep", window: best.window, sent: () => {} }
      }
    }
    return (yield* nextUnseen(underWay)) ?? (yield* explain(underWay)) ?? { _tag: "Done" }
  })

  const follow = Effect.fnUntraced(function* (now: number, underWay: UnderWay): Effect.fn.Return<Plan, JournalError> {
    yield* replan(now)
    // A sweep shows how things were some time ago: it is a last look from so long after the deadline on.
    const shownAt = now - (source.sweep?.lag ?? 0)
    if (watch !== undefined && shownAt >= noDeadlineBefore) yield* watch.passDeadlines(shownAt)
    turn += 1
    if (turn % overdueTurn === 0) {
      const { batch } = yield* overdue(now, underWay)
      if (batch.length > 0) return { _tag: "Ask", batch }
    }
    for (let round = 1; round <= rounds; round++) {
      const open = yield* store.open({ ...mine, by: "dueAt", limit: weighed + underWay.keys.size })
      const free = open.filter((message) => isAble(message) && isFree(message, underWay))
      const groups = Array.from(Map.groupBy(free, ({ group }) => group).values())
      const decision = planner.choose(
        now,
        groups.map((group) => ({ dueAt: group[0]?.dueAt ?? 0, messages: group.map(toOpen) }))
      )
      const later = decision.later.flatMap(({ dueAt, index }) =>
        (groups[index] ?? []).map(({ key }) => ({ key, dueAt: Math.round(Math.min(never, dueAt)) }))
      )
      if (later.length > 0) yield* store.schedule(later)
      if (decision.kind === "again") continue
      const sweeps = decision.kind === "sweep" && canSweep(now, underWay)
      yield* Effect.logDebug(explained(source.name, decision))
      if (sweeps) {
        yield* count("sweep")
        return { _tag: "Sweep", window: decision.window, sent: () => planner.sent(decision) }
      }
      if (decision.kind === "lookup") {
        planner.sent(decision)
        yield* count("lookup")
        const batch = yield* ask(groups[decision.index]?.[0]?.group ?? "", now, underWay)
        if (batch.length === 0) continue
        return { _tag: "Ask", batch }
      }
      const last = yield* overdue(now, underWay)
      if (last.batch.length > 0) return { _tag: "Ask", batch: last.batch }
      const plan = yield* explain(underWay)
      if (plan !== undefined) return plan
      if (open.length === 0) return { _tag: "Done" }
      // Between two parts of planning anew, others must get their turn.
      if (replanning) return { _tag: "Wait", until: now + 1 }
      const until = decision.kind === "wait" ? decision.until : now + sweepWait
      return { _tag: "Wait", until: Math.min(until, last.until ?? until) }
    }
    return { _tag: "Wait", until: now + 1 }
  })

  const note = (changes: ReadonlyArray<Change>) => {
    for (const { after } of changes) {
      if (after === undefined) continue
      if (after.dueAt !== undefined) noDeadlineBefore = Math.min(noDeadlineBefore, after.deadlineAt)
      mayExplain ||= after.unexplained
    }
    watch?.note(changes)
  }

  return {
    next: (underWay) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => (once ? lookOnce(now, underWay) : follow(now, underWay))),
    dueAt: moment,
    registered: note,
    shown: (at, messages) => {
      // Of a large page, so many, evenly: they tell as much, and counting takes time.
      const every = Math.ceil(messages.length / mostLearned)
      for (let index = 0; index < messages.length; index += every) {
        const { after, before, dated, returned } = messages[index] as Shown
        // Of a message that nobody knows the age of, the first look tells nothing.
        const isKnown = before.sentAt !== undefined || before.lookedAt !== undefined
        if (!returned || !isKnown || before.dueAt === undefined || after === undefined) continue
        const open = toOpen(before)
        if (!isFinal(after.status)) planner.observed(open, at, false)
        else if (after.finalAt === undefined || !dated) planner.observed(open, at, true)
        else {
          planner.observed(open, Math.max(open.openAt, after.finalAt - 1), false)
          curves.final(before.carrier, after.finalAt - open.bornAt, after.finalAt - open.bornAt)
        }
      }
      note(messages)
    },
    swept: (window, at, conversations) => sweeping.cells?.swept(window, at, conversations),
    noSweepBefore: (moment) => {
      noSweepBefore = moment
    },
    save: Effect.suspend(() => store.setMemo(memoOf(source.name), JSON.stringify(curves.snapshot())))
  }
})

/** How long nothing is planned while a sweep that is wanted cannot be made. Milliseconds. */
const sweepWait = 1000

const explained = (source: string, decision: RequestPlanner.Decision): string => {
  const { gain, kind, price } = decision
  const what = kind === "sweep" ? `sweep of ${decision.pages} pages` : kind
  return `${source}: ${what}, expected to reveal ${Math.round(gain)} ms unseen, at a price of ${Math.round(price)} ms`
}
