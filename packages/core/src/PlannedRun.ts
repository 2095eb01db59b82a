/**
 * The planner beside a model of the platform, in virtual time and nothing but memory: what would happen to these
 * messages, at this budget. The forecast asks it about the future, the benchmark about the planner.
 *
 * All times in milliseconds.
 *
 * @module
 */
import * as DueQueue from "./DueQueue.ts"
import type { OpenMessage, RequestPlanner } from "./RequestPlanner.ts"

/** Messages of a run, in the order of sending: what the platform knows of them. */
export interface Traffic {
  readonly carriers: ReadonlyArray<string>
  /** Which of the carriers. */
  readonly carrier: Uint16Array
  readonly sentAt: Float64Array
  /** When the final receipt is there; infinite where it never is. */
  readonly finalAt: Float64Array
}

/** Settings of a run. */
export interface PlannedRunOptions {
  readonly planner: RequestPlanner
  readonly traffic: Traffic
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
  readonly requests: number
}

/** How many of the soonest due the planner chooses from. */
const candidates = 8

/** Runs the planner against the model. */
export const run = ({ gap, latency, planner, traffic, until }: PlannedRunOptions): Run => {
  const { carrier, carriers, finalAt, sentAt } = traffic
  const count = sentAt.length
  const openAt = Float64Array.from(sentAt)
  const knownAt = new Float64Array(count).fill(Number.POSITIVE_INFINITY)
  const due = DueQueue.make(count)
  const answers: Array<{ readonly at: number; readonly message: number }> = []
  let answered = 0
  let registered = 0
  let requests = 0
  let now = 0
  let basis = planner.basis()

  const open = (message: number): OpenMessage => ({
    carrier: carriers[carrier[message]!]!,
    bornAt: sentAt[message]!,
    openAt: openAt[message]!
  })

  const answer = (message: number, at: number) => {
    const readAt = at - latency / 2
    const isFinal = finalAt[message]! <= readAt
    planner.observed(open(message), readAt, isFinal)
    if (isFinal) knownAt[message] = at
    else {
      openAt[message] = readAt
      due.set(message, planner.dueAt(open(message), now))
    }
  }

  while (now < until) {
    for (; registered < count && sentAt[registered]! <= now; registered++) {
      due.set(registered, planner.dueAt(open(registered), now))
    }
    for (; answered < answers.length && answers[answered]!.at <= now; answered++) {
      answer(answers[answered]!.message, answers[answered]!.at)
    }
    if (requests % 256 === 0 && planner.isStale(basis)) {
      for (const message of due.all()) due.set(message, planner.dueAt(open(message), now))
      basis = planner.basis()
    }
    const soonest = due.take(candidates)
    const decision = planner.choose(
      now,
      soonest.map((message) => ({ dueAt: due.of(message), messages: [open(message)] }))
    )
    soonest.forEach((message, index) => {
      if (decision.kind !== "lookup" || index !== decision.index) due.set(message, due.of(message))
    })
    for (const { dueAt, index } of decision.later) {
      if (decision.kind !== "lookup" || index !== decision.index) due.set(soonest[index]!, dueAt)
    }
    if (decision.kind === "again") continue
    if (decision.kind === "lookup") {
      planner.sent(decision)
      requests++
      answers.push({ at: now + latency, message: soonest[decision.index]! })
      now += gap
    } else {
      const nextBirth = registered < count ? sentAt[registered]! : Number.POSITIVE_INFINITY
      const nextAnswer = answers[answered]?.at ?? Number.POSITIVE_INFINITY
      now = Math.min(decision.until, nextBirth, nextAnswer)
    }
  }
  return { knownAt, requests }
}
