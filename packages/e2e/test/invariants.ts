/**
 * What must hold after every play, whatever went wrong in it. Each check gives the first violation in a sentence, so that
 * a failing seed tells its story.
 *
 * @module
 */
import type { TrackingEvent } from "@dlrkit/core"
import { type Outcome, type ReportedMessage, type Simulator, wrongOf } from "@dlrkit/simulator"
import type { Story } from "./virtual.ts"

/** The violations of a story; none where everything holds. */
export const violations = (story: Story): ReadonlyArray<string> => [
  ...equalsTruth(story),
  ...behaved(story),
  ...wellRecorded(story.events),
  ...forwardOnly(story.events),
  ...secretsIn(story.simulator, [JSON.stringify(story.events), ...story.logs])
]

/** Failures after which a message may still have arrived: no end, and no conflict with one. */
const isEnd = (outcome: Partial<Outcome>) => outcome.status !== undefined && outcome.statusDetails !== "NETWORK_TIMEOUT"

/** What of a message's final statuses the tracker must have taken for its end, and which are conflicts with it. */
export const endsOf = (truth: ReportedMessage): ReadonlyArray<Partial<Outcome>> => {
  const { conflicts, status, statusDetails } = truth
  return [{ status, statusDetails } as Partial<Outcome>, ...conflicts].filter(isEnd)
}

/** What the tracker says at the end equals what the platform served, message by message, conflicts included. */
export const equalsTruth = ({ messages, simulator }: Pick<Story, "messages" | "simulator">) => {
  const tracked = new Map(messages.map((message) => [message.messageId, message]))
  return simulator.report().messages.flatMap((truth) => {
    const ours = tracked.get(truth.id)
    if (ours === undefined) return [`${truth.id} is not in the journal`]
    const final = ours.resolution === "unconfirmed" ? undefined : ours.resolution
    const [first, ...others] = endsOf(truth)
    // A failure may have been served without its reason first: that is an end, whatever the reason turns out to be.
    if (final === "failed" && ours.code === undefined && truth.status === "failed") return []
    if (final !== first?.status) return [`${truth.id}: tracked ${ours.resolution}, served ${truth.status}`]
    const { otherReasons = [] } = truth
    if (final === "failed" && ours.code !== first?.statusDetails && !otherReasons.includes(ours.code ?? "")) {
      return [`${truth.id}: tracked with ${ours.code}, served with ${first?.statusDetails}`]
    }
    const conflicts = new Set(ours.conflicts.map(({ status }) => status))
    const served = new Set(others.map(({ status }) => status))
    return Array.from(conflicts).sort().join() === Array.from(served).sort().join()
      ? []
      : [`${truth.id}: conflicts ${[...conflicts].join()} tracked, ${[...served].join()} served`]
  })
}

/** The platform has nothing to complain of. */
export const behaved = ({ simulator }: Pick<Story, "simulator">) =>
  Object.entries(wrongOf(simulator.report()))
    .filter(([, count]) => count > 0)
    .map(([what, count]) => `the platform counted ${what} ${count} times`)

/** Events have ids and numbers without gaps; each message ends once, and nothing is said twice. */
export const wellRecorded = (events: ReadonlyArray<TrackingEvent.TrackingEvent>) => {
  const gap = events.find(({ seq }, index) => seq !== index + 1)
  const said = new Set<string>()
  const twice = events.flatMap((event) => {
    if (!("messageId" in event)) return []
    const { at: _at, id: _id, run: _run, seq: _seq, ...rest } = event
    const text = JSON.stringify(rest)
    if (said.has(text)) return [`said twice: ${text}`]
    said.add(text)
    return []
  })
  return [...(gap === undefined ? [] : [`a gap before event ${gap.seq}`]), ...twice]
}

/** A status only moves forward, and a final one stays. */
export const forwardOnly = (events: ReadonlyArray<TrackingEvent.TrackingEvent>) => {
  const order = { "message.registered": 0, "message.sent": 1, "message.delivered": 2, "message.failed": 2 }
  const reached = new Map<string, number>()
  return events.flatMap((event) => {
    if (!("messageId" in event) || !(event.kind in order)) return []
    const rank = order[event.kind as keyof typeof order]
    const before = reached.get(event.messageId) ?? -1
    reached.set(event.messageId, rank)
    return rank > before ? [] : [`${event.messageId} went from ${before} to ${event.kind}`]
  })
}

/** No secret, no token and no phone number in any of these texts. */
export const secretsIn = (simulator: Simulator.Simulator, texts: ReadonlyArray<string>) => {
  const secrets = [simulator.settings.clientSecret, "Bearer", ...simulator.messages.slice(0, 50).map(({ to }) => to)]
  return secrets
    .filter((secret) => texts.some((text) => text.includes(secret)))
    .map((secret) => `${secret} stands in an event, a log, a file or on the terminal`)
}

/** The most requests that any window of this length held, at the moments of sending. */
export const mostInWindow = (events: ReadonlyArray<TrackingEvent.TrackingEvent>, window: number): number => {
  const sent = events
    .flatMap((event) => (event.kind === "request" && event.purpose !== "token" ? [Date.parse(event.startedAt)] : []))
    .sort((a, b) => a - b)
  let most = 0
  let from = 0
  for (const [index, at] of sent.entries()) {
    while ((sent[from] as number) <= at - window) from += 1
    most = Math.max(most, index - from + 1)
  }
  return most
}
