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
import type { Run } from "./Journal.ts"
import type { JournalError, JournalStoreService, OpenMessage } from "./JournalStore.ts"
import type { TrackedMessage } from "./Message.ts"
import type { ReceiptSource } from "./ReceiptSource.ts"
import * as RequestPlanner from "./RequestPlanner.ts"

/** What to do now. */
export type Plan =
  /** Look these up, in one request. */
  | { readonly _tag: "Ask"; readonly batch: ReadonlyArray<TrackedMessage> }
  /** Ask why this one failed. */
  | { readonly _tag: "Explain"; readonly message: TrackedMessage }
  /** Nothing is worth a request before this moment (epoch milliseconds). */
  | { readonly _tag: "Wait"; readonly until: number }
  /** No message of the run is open any more, and none unexplained. */
  | { readonly _tag: "Done" }

/** What a look showed of a message that it asked for. */
export interface Shown {
  readonly before: TrackedMessage
  /** When the look began. */
  readonly at: number
  /** Whether a final receipt is there. */
  readonly final: boolean
  /** When it came, where the platform says so. */
  readonly finalAt: number | undefined
}

/** The planner of a run and a source. All moments in epoch milliseconds. */
export interface Planner {
  /** What to ask next; messages that are being asked for already are given by key. */
  readonly next: (inFlight: ReadonlySet<number>) => Effect.Effect<Plan, JournalError>
  /** When a message becomes worth a request, as things stand. */
  readonly dueAt: (message: TrackedMessage, now: number) => number
  /** Learns from a look. */
  readonly learn: (shown: ReadonlyArray<Shown>) => void
  /** Keeps what was learned for the next run. */
  readonly save: Effect.Effect<void, JournalError>
  /** What a request is worth now: milliseconds of unseen time. */
  readonly price: () => number
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
const weighed = 64
/** One in so many requests goes to a message whose deadline has passed, whatever else there is to do. */
const overdueTurn = 8
/** A message rides along in a request where it would reveal at least this share of the one that reveals most. */
const rideShare = 0.1
/** How many messages are planned anew at once, between two requests. */
const replanned = 500
/** Due moments that move by less than this are left. Milliseconds. */
const nudge = 1000
/** Later than any deadline: a message that is never worth a request. */
const never = 8.64e15

const decodeSaved = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Unknown))

/** How long ago a message was sent, at the least, of which nobody says so: it is worth a look at once. Milliseconds. */
const assumedAge = 3_600_000

const toOpen = (message: Pick<OpenMessage, "carrier" | "lookedAt" | "registeredAt" | "sentAt">) => {
  const { carrier, lookedAt, registeredAt, sentAt } = message
  const bornAt = sentAt ?? (lookedAt === undefined ? registeredAt - assumedAge : registeredAt)
  return { carrier, bornAt, openAt: Math.max(bornAt, lookedAt ?? bornAt) }
}

/** Makes the planner of a run. What earlier runs learned of the source's carriers is read from the journal. */
export const make = Effect.fnUntraced(function* (options: PlannerOptions): Effect.fn.Return<Planner, JournalError> {
  const { floor, once, run, source, store } = options
  const memo = `delay curves of ${source.name}`
  const saved = yield* store.memo(memo)
  const curves = DelayCurves.make({}, Option.getOrUndefined(decodeSaved(saved)))
  const planner = RequestPlanner.make({ floor, curves })
  const mine = { source: source.name, run: run.id }
  let turn = 0
  let place: OpenMessage | undefined
  let replanning = false
  let basis = planner.basis()

  const moment = (open: RequestPlanner.OpenMessage, now: number) => Math.ceil(Math.min(never, planner.dueAt(open, now)))

  /** Everything of a group that is worth being in the same request as the first of it. */
  const ask = Effect.fnUntraced(function* (group: string, now: number, inFlight: ReadonlySet<number>) {
    const limit = source.batchSize + inFlight.size
    const open = (yield* store.openOf({ ...mine, group, limit })).filter(({ key }) => !inFlight.has(key))
    const gains = open.map((message) => planner.gain(toOpen(message), now))
    const least = rideShare * Math.max(...gains)
    const batch = open.filter(({ deadlineAt }, index) => (gains[index] as number) >= least || deadlineAt <= now)
    return yield* store.get(batch.slice(0, source.batchSize).map(({ key }) => key))
  })

  const overdue = Effect.fnUntraced(function* (now: number, inFlight: ReadonlySet<number>) {
    const limit = 1 + inFlight.size
    const soonest = (yield* store.open({ ...mine, by: "deadlineAt", limit })).find(({ key }) => !inFlight.has(key))
    if (soonest === undefined || soonest.deadlineAt > now) return { batch: [], until: soonest?.deadlineAt }
    return { batch: yield* ask(soonest.group, now, inFlight), until: undefined }
  })

  /** Moves the due moments of some more messages to where they are as things stand now. */
  const replan = Effect.fnUntraced(function* (now: number) {
    if (!replanning) {
      if (!planner.isStale(basis)) return
      basis = planner.basis()
      replanning = true
      place = undefined
    }
    const open = yield* store.open({ ...mine, by: "deadlineAt", after: place, limit: replanned })
    const moved = open
      .map((message) => ({ key: message.key, was: message.dueAt, dueAt: moment(toOpen(message), now) }))
      .filter(({ dueAt, was }) => Math.abs(dueAt - was) > nudge)
    if (moved.length > 0) yield* store.schedule(moved)
    place = open.at(-1)
    replanning = open.length === replanned
  })

  /** The next message that this run has not looked at. */
  const nextUnseen = Effect.fnUntraced(function* (
    inFlight: ReadonlySet<number>
  ): Effect.fn.Return<Plan | undefined, JournalError> {
    const isUnseen = ({ lookedAt }: { readonly lookedAt: number | undefined }) => (lookedAt ?? -1) < run.startedAt
    while (true) {
      const open = yield* store.open({ ...mine, by: "deadlineAt", after: place, limit: replanned })
      const first = open.findIndex(isUnseen)
      place = (first === -1 ? open.at(-1) : open[first - 1]) ?? place
      const unseen = open.find((message) => isUnseen(message) && !inFlight.has(message.key))
      if (unseen !== undefined) {
        const limit = source.batchSize + inFlight.size
        const { group } = unseen
        const open = yield* store.openOf({ ...mine, group, unseenSince: run.startedAt, limit })
        const keys = open.map(({ key }) => key).filter((key) => !inFlight.has(key))
        return { _tag: "Ask", batch: yield* store.get(keys.slice(0, source.batchSize)) }
      }
      if (open.length < replanned || first !== -1) return undefined
    }
  })

  const explain = Effect.fnUntraced(function* (inFlight: ReadonlySet<number>) {
    if (source.explain === undefined) return undefined
    const unexplained = yield* store.unexplained({ ...mine, limit: 1 + inFlight.size })
    const message = unexplained.find(({ key }) => !inFlight.has(key))
    return message === undefined ? undefined : ({ _tag: "Explain", message } as const)
  })

  const follow = Effect.fnUntraced(function* (
    now: number,
    inFlight: ReadonlySet<number>
  ): Effect.fn.Return<Plan, JournalError> {
    yield* replan(now)
    turn += 1
    if (turn % overdueTurn === 0) {
      const { batch } = yield* overdue(now, inFlight)
      if (batch.length > 0) return { _tag: "Ask", batch }
    }
    while (true) {
      const open = yield* store.open({ ...mine, by: "dueAt", limit: weighed + inFlight.size })
      const groups = Array.from(
        Map.groupBy(
          open.filter(({ key }) => !inFlight.has(key)),
          ({ group }) => group
        ).values()
      )
      const decision = planner.choose(
        now,
        groups.map((group) => ({ dueAt: group[0]?.dueAt ?? 0, messages: group.map(toOpen) }))
      )
      const later = decision.later.flatMap(({ dueAt, index }) =>
        (groups[index] ?? []).map(({ key }) => ({ key, dueAt: Math.ceil(Math.min(never, dueAt)) }))
      )
      if (later.length > 0) yield* store.schedule(later)
      if (decision.kind === "again") continue
      if (decision.kind === "lookup") {
        planner.sent(decision)
        const batch = yield* ask(groups[decision.index]?.[0]?.group ?? "", now, inFlight)
        if (batch.length === 0) continue
        return { _tag: "Ask", batch }
      }
      const last = yield* overdue(now, inFlight)
      if (last.batch.length > 0) return { _tag: "Ask", batch: last.batch }
      const plan = yield* explain(inFlight)
      if (plan !== undefined) return plan
      if (open.length === 0 && last.until === undefined) return { _tag: "Done" }
      // Between two parts of planning anew, others must get their turn.
      return { _tag: "Wait", until: replanning ? now + 1 : Math.min(decision.until, last.until ?? decision.until) }
    }
  })

  return {
    next: (inFlight) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) =>
        once
          ? Effect.flatMap(nextUnseen(inFlight), (plan) =>
              plan === undefined
                ? Effect.map(explain(inFlight), (plan) => plan ?? { _tag: "Done" })
                : Effect.succeed(plan)
            )
          : follow(now, inFlight)
      ),
    dueAt: (message, now) => moment(toOpen(message), now),
    learn: (shown) => {
      for (const { at, before, final, finalAt } of shown) {
        const open = toOpen(before)
        if (before.sentAt === undefined && before.lookedAt === undefined) continue
        if (finalAt === undefined) planner.observed(open, at, final)
        else {
          const age = finalAt - open.bornAt
          curves.open(before.carrier, open.openAt - open.bornAt, age)
          curves.final(before.carrier, age, age)
        }
      }
    },
    save: Effect.suspend(() => store.setMemo(memo, JSON.stringify(curves.snapshot()))),
    price: planner.price
  }
})
