/**
 * The planner beside a model of the platform, in virtual time and nothing but memory: what would happen to these
 * messages, at this budget. The forecast asks it about the future, the benchmark about the planner.
 *
 * All times in milliseconds.
 *
 * @module
 */
import * as DueQueue from "./DueQueue.ts"
import type { LookUp, OpenMessage, RequestPlanner } from "./RequestPlanner.ts"
import type { SweepOptions, Window } from "./SweepCells.ts"

/** Messages of a run, in the order of sending: what the platform knows of them. */
export interface Traffic {
  readonly carriers: ReadonlyArray<string>
  /** Which of the carriers. */
  readonly carrier: Uint16Array
  readonly sentAt: Float64Array
  /** When the final receipt is there; infinite where it never is. */
  readonly finalAt: Float64Array
  /** Which conversation, numbered in the order of their first messages; left out where each has its own. */
  readonly conversation?: Int32Array
}

/** Settings of a run. */
export interface PlannedRunOptions {
  readonly planner: RequestPlanner
  readonly traffic: Traffic
  /** How the platform answers sweeps; the planner's setting, unless they are not to be had. */
  readonly sweep?: SweepOptions | undefined
  /** What is looked up: all messages, those that no sweep can settle, or none. */
  readonly lookUps?: "all" | "ambiguous" | "none"
  /** Requests are sent at least so far from each other. */
  readonly gap: number
  /** How long an answer takes. */
  readonly latency: number
  /** When the run ends. */
  readonly until: number
}

/** What came of a run. */
export interface Run {
  /** When each final receipt was known here; infinite where it was not. */
  readonly knownAt: Float64Array
  /** Look-ups and pages of sweeps. */
  readonly requests: number
  readonly pages: number
}

/** How many of the soonest due the planner chooses from. */
const candidates = 16
/** After so many requests it is seen to whether all due moments are to be computed anew. */
const reviewEvery = 256

/** Runs the planner against the model. */
export const run = (options: PlannedRunOptions): Run => {
  const { gap, latency, planner, lookUps: looksUp = "all", traffic, until } = options
  const { carrier, carriers, finalAt, sentAt } = traffic
  const { cells } = planner
  const lag = options.sweep?.lag ?? 0
  const pageSize = options.sweep?.pageSize ?? 1
  const count = sentAt.length
  const conversationOf = traffic.conversation ?? Int32Array.from({ length: count }, (_, message) => message)
  const startedAt = starts(conversationOf, sentAt)
  const openAt = Float64Array.from(sentAt)
  const knownAt = new Float64Array(count).fill(Number.POSITIVE_INFINITY)
  /** The open messages of each conversation, and how many it has ever had. */
  const open: Array<Array<number>> = Array.from(startedAt, () => [])
  const had = new Uint32Array(startedAt.length)
  const due = DueQueue.make(startedAt.length)
  const answers: Array<{ readonly at: number; readonly read: () => void }> = []
  let answered = 0
  let registered = 0
  let requests = 0
  let pages = 0
  let reviewed = 0
  let now = 0
  let basis = planner.basis()
  let sweeping: Sweeping | undefined

  const refOf = (message: number): OpenMessage => ({
    carrier: carriers[carrier[message]!]!,
    bornAt: sentAt[message]!,
    openAt: openAt[message]!,
    alone: had[conversationOf[message]!] === 1
  })

  const plan = (conversation: number) => {
    const messages = open[conversation]!
    if (messages.length === 0 || looksUp === "none" || (looksUp === "ambiguous" && had[conversation] === 1)) return
    let at = Number.POSITIVE_INFINITY
    for (const message of messages) at = Math.min(at, planner.dueAt(refOf(message), now, messages.length))
    due.set(conversation, at)
  }

  const register = (message: number) => {
    const conversation = conversationOf[message]!
    const [first] = open[conversation]!
    if (had[conversation] === 0) cells?.started(sentAt[message]!)
    else if (had[conversation] === 1 && first !== undefined) cells?.remove(refOf(first))
    had[conversation]!++
    open[conversation]!.push(message)
    if (had[conversation] === 1) cells?.add(refOf(message))
    plan(conversation)
  }

  const end = (message: number, at: number) => {
    if (had[conversationOf[message]!] === 1) cells?.remove(refOf(message))
    knownAt[message] = at
    open[conversationOf[message]!] = open[conversationOf[message]!]!.filter((other) => other !== message)
  }

  const lookUp = (conversation: number, at: number) => () => {
    const readAt = at - latency / 2
    for (const message of open[conversation]!) {
      if (sentAt[message]! > readAt) continue
      const isFinal = finalAt[message]! <= readAt
      planner.observed(refOf(message), readAt, isFinal)
      if (isFinal) end(message, at)
      else {
        if (had[conversation] === 1) cells?.looked(refOf(message), readAt)
        openAt[message] = readAt
      }
    }
    plan(conversation)
  }

  const readPage =
    ({ first, last, startAt, window }: Sweeping, from: number, at: number) =>
    () => {
      const shownAt = at - latency / 2 - lag
      const to = Math.min(last, from + pageSize)
      for (let conversation = from; conversation < to; conversation++) {
        const [message] = open[conversation]!
        if (had[conversation] !== 1 || message === undefined || sentAt[message]! > shownAt) continue
        const isFinal = finalAt[message]! <= shownAt
        planner.observed(refOf(message), shownAt, isFinal)
        if (!isFinal) continue
        end(message, at)
        due.set(conversation, Number.POSITIVE_INFINITY)
      }
      if (to === last) cells?.swept(window, startAt, last - first)
    }

  const send = (read: (at: number) => () => void) => {
    requests++
    answers.push({ at: now + latency, read: read(now + latency) })
    now += gap
  }

  const nextPage = (sweep: Sweeping) => {
    planner.sent(sweep.decision)
    pages++
    const from = sweep.next
    send((at) => readPage(sweep, from, at))
    sweeping = from + pageSize < sweep.last ? { ...sweep, next: from + pageSize } : undefined
  }

  while (now < until) {
    while (registered < count && sentAt[registered]! <= now) register(registered++)
    for (; answered < answers.length && answers[answered]!.at <= now; answered++) answers[answered]!.read()
    if (sweeping !== undefined) {
      nextPage(sweeping)
      continue
    }
    if (requests >= reviewed + reviewEvery) {
      reviewed = requests
      if (planner.isStale(basis)) {
        for (const conversation of due.all()) plan(conversation)
        basis = planner.basis()
      }
    }
    const soonest = due.take(candidates)
    const lookUps = soonest.map(
      (conversation): LookUp => ({ dueAt: due.of(conversation), messages: open[conversation]!.map(refOf) })
    )
    const decision = planner.choose(now, lookUps)
    const chosen = decision.kind === "lookup" ? decision.index : -1
    for (const [index, conversation] of soonest.entries()) {
      if (index !== chosen) due.set(conversation, lookUps[index]!.dueAt)
    }
    for (const { dueAt, index } of decision.later) if (index !== chosen) due.set(soonest[index]!, dueAt)
    if (decision.kind === "lookup") {
      planner.sent(decision)
      send((at) => lookUp(soonest[chosen]!, at))
    } else if (decision.kind === "sweep") {
      const [first, last] = [lowerBound(startedAt, decision.window.from), lowerBound(startedAt, decision.window.to)]
      nextPage({ decision, window: decision.window, startAt: now, first, last, next: first })
    } else if (decision.kind === "wait") {
      const nextBirth = registered < count ? sentAt[registered]! : Number.POSITIVE_INFINITY
      now = Math.min(decision.until, nextBirth, answers[answered]?.at ?? Number.POSITIVE_INFINITY)
    }
  }
  return { knownAt, requests, pages }
}

/** A sweep under way: its conversations from `first` to before `last`, of which `next` is to be read. */
interface Sweeping {
  readonly decision: Parameters<RequestPlanner["sent"]>[0]
  readonly window: Window
  readonly startAt: number
  readonly first: number
  readonly last: number
  readonly next: number
}

const starts = (conversationOf: Int32Array, sentAt: Float64Array): Float64Array => {
  const result: Array<number> = []
  for (let message = 0; message < sentAt.length; message++) {
    if (conversationOf[message] === result.length) result.push(sentAt[message]!)
  }
  return Float64Array.from(result)
}

const lowerBound = (values: Float64Array, wanted: number) => {
  let low = 0
  let high = values.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (values[middle]! < wanted) low = middle + 1
    else high = middle
  }
  return low
}
