/** What others do with a budget: rules that know nothing of how long receipts take. */
import { DueQueue, type PlannedRun } from "@dlrkit/core"

/** When a message is to be looked at, having been looked at so often, for the last time then; before now is at once. */
export interface FixedRule {
  readonly name: string
  readonly first: number
  readonly next: (looks: number) => number
  /** Whether it looks at what is not due yet when a request is to be had. */
  readonly eager: boolean
}

export const fixedRules: ReadonlyArray<FixedRule> = [
  { name: "every 30 s", first: 30_000, next: () => 30_000, eager: false },
  { name: "oldest poll first", first: 0, next: () => 0, eager: true },
  { name: "exponential", first: 5_000, next: (looks) => Math.min(900_000, 5_000 * 2 ** looks), eager: false }
]

/** Runs a rule against the same model of the platform. */
export const run = (
  rule: FixedRule,
  { finalAt, sentAt }: PlannedRun.Traffic,
  { gap, latency, until }: { readonly gap: number; readonly latency: number; readonly until: number }
): PlannedRun.Run => {
  const count = sentAt.length
  const knownAt = new Float64Array(count).fill(Number.POSITIVE_INFINITY)
  const looks = new Uint32Array(count)
  const due = DueQueue.make(count)
  const answers: Array<{ readonly at: number; readonly message: number }> = []
  let answered = 0
  let registered = 0
  let requests = 0
  let now = 0
  while (now < until) {
    for (; registered < count && sentAt[registered]! <= now; registered++) {
      due.set(registered, sentAt[registered]! + rule.first)
    }
    for (; answered < answers.length && answers[answered]!.at <= now; answered++) {
      const { at, message } = answers[answered]!
      const readAt = at - latency / 2
      if (finalAt[message]! <= readAt) knownAt[message] = at
      else due.set(message, readAt + rule.next(++looks[message]!))
    }
    const [soonest] = due.take(1)
    if (soonest !== undefined && (rule.eager || due.of(soonest) <= now)) {
      requests++
      answers.push({ at: now + latency, message: soonest })
      now += gap
      continue
    }
    if (soonest !== undefined) due.set(soonest, due.of(soonest))
    now = Math.min(
      soonest === undefined ? until : due.of(soonest),
      registered < count ? sentAt[registered]! : until,
      answers[answered]?.at ?? until
    )
  }
  return { knownAt, requests, pages: 0 }
}
