/**
 * What must hold after every play, whatever went wrong in it: the invariants of the design. Each check gives its
 * violations in a sentence each.
 *
 * @module
 */
import type { TrackingEvent } from "@dlrkit/core"
import { wrongOf } from "@dlrkit/simulator"
import { behaved, endsOf, equalsTruth, forwardOnly, secretsIn, wellRecorded } from "../test/invariants.ts"
import type { Played } from "./World.ts"

/** The violations of a play; none where everything holds. */
export const violations = (played: Played): ReadonlyArray<string> => [
  ...ended(played),
  ...stopsInTime(played),
  ...spendsWell(played),
  ...(played.cut ? agreesWithTruth(played) : equalsTruth(played)),
  ...misbehaved(played),
  ...wellRecorded(played.events),
  ...forwardOnly(played.events),
  ...statesFollow(played),
  ...lastLooks(played),
  ...played.early.slice(0, 3),
  ...played.tooSoon.slice(0, 3),
  ...sinksHaveAll(played),
  ...auditFileHasAll(played),
  ...whole(played),
  ...counted(played),
  ...exportedAll(played),
  ...secretsIn(played.simulator, [JSON.stringify(played.events), played.said, played.auditFile, played.exported])
]

/** The tracker ends by itself, and with the code that its messages deserve. */
const ended = ({ codes, messages, said }: Played) => {
  const last = codes.at(-1)
  const pending = messages.filter(({ resolution }) => resolution === undefined).length
  const due = messages.some(({ resolution }) => resolution === "unconfirmed") ? 3 : 0
  return [
    ...(pending === 0 ? [] : [`${pending} messages are still pending`]),
    ...(last === due ? [] : [`the last run ends with ${last}, not with ${due}`]),
    ...(codes.includes(70) || said.includes("a bug") ? ["a command ended with a bug"] : [])
  ]
}

/** Once no message is open any more, a run does not go on for long: reasons of failures are all that is left to ask for. */
const stopsInTime = ({ events, scenario }: Played) => {
  const stopped = events.find((event) => event.kind === "run.stopped" && event.outcome === "completed")
  const before = events.filter(({ kind, seq }) => seq < (stopped?.seq ?? 0) && (isEnd(kind) || kind === "run.started"))
  const last = Date.parse(before.at(-1)?.at ?? "")
  const lingered = Date.parse(stopped?.at ?? "") - last
  return lingered > mostLingering && scenario.clockJumps.length === 0
    ? [`the run goes on for ${lingered / 1000} s after the last message has its end`]
    : []
}

const isEnd = (kind: string) =>
  kind === "message.delivered" || kind === "message.failed" || kind === "message.unconfirmed"

/** Milliseconds. */
const mostLingering = 3_600_000

/** Requests are spent where they are expected to tell something: a hundred in two minutes tell something. */
const spendsWell = ({ events }: Played) => {
  let vain: Array<number> = []
  for (const event of events) {
    if (event.kind !== "request") vain = []
    else if (event.outcome === "ok" && event.purpose !== "token") vain.push(Date.parse(event.startedAt))
    const [first, last] = [vain.at(-100), vain.at(-1)]
    if (first !== undefined && last !== undefined && last - first < 120_000) {
      return [`a hundred requests in ${(last - first) / 1000} s before event ${event.seq} told nothing`]
    }
  }
  return []
}

/** What was served to a process that died may be unrecorded: then any of the final statuses that were served can be first. */
const agreesWithTruth = ({ messages, simulator }: Played) => {
  const tracked = new Map(messages.map((message) => [message.messageId, message]))
  return simulator.report().messages.flatMap((truth) => {
    const ours = tracked.get(truth.id)
    if (ours === undefined) return [`${truth.id} is not in the journal`]
    const final = ours.resolution === "unconfirmed" ? undefined : ours.resolution
    const served = new Set([truth.status, ...truth.conflicts.map(({ status }) => status)])
    const ends = endsOf(truth)
    const ourFinals = [final, ...ours.conflicts.map(({ status }) => status)].filter((status) => status !== undefined)
    const invented = ourFinals.filter((status) => !served.has(status))
    if (invented.length > 0) return [`${truth.id}: tracked ${invented.join()}, which was never served`]
    return final === undefined && ends.length > 0 && !isUnread(truth.servedAt, ours.lookedAt)
      ? [`${truth.id}: tracked ${ours.resolution}, served ${truth.status}`]
      : []
  })
}

/** It was served to a look that is not recorded. */
const isUnread = (servedAt: string | undefined, lookedAt: number | undefined) =>
  servedAt !== undefined && Date.parse(servedAt) > (lookedAt ?? 0)

/** The platform has nothing to complain of. A process that died does not know what it was told last, nor do those after it. */
const misbehaved = (played: Played) =>
  played.cut
    ? Object.entries(wrongOf(played.simulator.report()))
        .filter(([what, count]) => count > 0 && what !== "afterEnd" && what !== "duringRetryAfter")
        .map(([what, count]) => `the platform counted ${what} ${count} times`)
    : behaved(played)

/** Whatever an event says of a message is what the journal holds of it. */
const statesFollow = ({ events, messages }: Played) => {
  const told = new Map<string, string>()
  for (const event of events) {
    if (!("messageId" in event) || event.messageId === undefined) continue
    if (event.kind === "message.delivered" || event.kind === "message.failed") {
      told.set(event.messageId, event.kind.slice("message.".length))
    }
    if (event.kind === "message.unconfirmed") told.set(event.messageId, "unconfirmed")
  }
  return messages.flatMap(({ messageId = "", resolution }) =>
    told.get(messageId) === resolution
      ? []
      : [`${messageId} is ${resolution} in its row, and ${told.get(messageId)} by its events`]
  )
}

/** Nothing is given up at its deadline without a look after it; what the platform does not have is called missing. */
const lastLooks = ({ events, messages, scenario, simulator }: Played) => {
  const missing = new Set(
    simulator
      .report()
      .messages.filter(({ fate }) => fate === "missing")
      .map(({ id }) => id)
  )
  const byDeadline = new Set(
    events.flatMap((event) =>
      event.kind === "message.unconfirmed" && event.reason === "deadline" ? [event.messageId] : []
    )
  )
  return messages.flatMap(({ deadlineAt, lookedAt = 0, messageId = "", missing: isMissing, resolution }) => {
    const unseen = byDeadline.has(messageId) && resolution === "unconfirmed" && lookedAt < deadlineAt
    return [
      ...(unseen && scenario.clockJumps.length === 0 ? [`${messageId} was given up without a last look`] : []),
      ...(missing.has(messageId) && !isMissing ? [`${messageId} is missing, and not called so`] : []),
      ...(isMissing && !missing.has(messageId) && scenario.simulator.api === "messaging"
        ? [`${messageId} is called missing, and is not`]
        : [])
    ]
  })
}

type Event = TrackingEvent.TrackingEvent

/** What a sink holds: every event, in order, without gaps; twice only what is the same. */
const holdsAll = (name: string, held: ReadonlyArray<Event>, events: ReadonlyArray<Event>): ReadonlyArray<string> => {
  const journal = new Map(events.map((event) => [event.id, JSON.stringify(event)]))
  const first = new Map<string, Event>()
  let newest = 0
  for (const event of held) {
    if (journal.get(event.id) !== JSON.stringify(event))
      return [`${name} holds ${event.id}, and the journal has another`]
    if (first.has(event.id)) continue
    first.set(event.id, event)
    if (event.seq !== newest + 1) return [`${name} got event ${event.seq} after ${newest}`]
    newest = event.seq
  }
  return newest === events.length ? [] : [`${name} has ${newest} of ${events.length} events`]
}

const sinksHaveAll = ({ events, sinks }: Played) =>
  sinks.flatMap((sink) => holdsAll(`the sink ${sink.name}`, sink.events, events))

/** The audit file holds every event once. */
const auditFileHasAll = ({ auditFile, events }: Played) => {
  const lines = auditFile.split("\n")
  if (lines.pop() !== "") return ["the audit file ends in half a line"]
  const wanted = events.map((event) => JSON.stringify(event))
  const wrong = wanted.findIndex((line, index) => line !== lines[index])
  if (wrong !== -1) return [`line ${wrong + 1} of the audit file is not event ${wrong + 1}`]
  return lines.length === wanted.length ? [] : [`the audit file has ${lines.length} lines, not ${wanted.length}`]
}

/** The journal's own check finds nothing. */
const whole = ({ check: { problems } }: Played) =>
  Array.isArray(problems) ? problems.map(String) : ["the journal cannot be checked"]

/** The result of the last run and the status count what the journal holds. */
const counted = ({ messages, scenario, status, summary }: Played) => {
  const count = (resolution: string | undefined) =>
    messages.filter((message) => message.resolution === resolution).length
  const wanted: Record<string, unknown> = {
    registered: scenario.simulator.messages,
    delivered: count("delivered"),
    failed: count("failed"),
    unconfirmed: count("unconfirmed"),
    pending: count(undefined)
  }
  return Object.entries(wanted).flatMap(([name, value]) => [
    ...(summary[name] === value ? [] : [`the result says ${summary[name]} ${name}, the journal has ${value}`]),
    ...(status[name] === value ? [] : [`the status says ${status[name]} ${name}, the journal has ${value}`])
  ])
}

const exportedAll = ({ exported, messages }: Played) => {
  const rows = exported.split("\n").length - 2
  return rows === messages.length ? [] : [`${rows} rows were exported of ${messages.length} messages`]
}
