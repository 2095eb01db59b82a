/**
 * A play told in lines, for people: what happened in the world, and what the journal says of the messages that matter.
 *
 * @module
 */
import type { TrackingEvent } from "@dlrkit/core"
import type { Played } from "./World.ts"

/** No story is longer than so many lines. */
const longest = 200

const envelope = new Set(["v", "id", "seq", "at", "run", "actor", "kind"])

const lineOf = (event: TrackingEvent.TrackingEvent): string => {
  const said = Object.entries(event)
    .filter(([name]) => !envelope.has(name))
    .map(([name, value]) => `${name} ${typeof value === "object" ? JSON.stringify(value) : value}`)
  return `event ${event.seq}: ${event.kind}: ${said.join(", ")}`
}

/** The story of a play: its violations, then what led there in order of time. */
export const tell = (played: Played, violations: ReadonlyArray<string>): string => {
  const { events, notes, scenario, simulator } = played
  const truth = simulator.report().messages.filter(({ id }) => violations.some((text) => text.includes(id)))
  const mattering = new Set(truth.flatMap(({ conversationId, id }) => [id, conversationId]))
  const matters = (event: TrackingEvent.TrackingEvent) =>
    event.kind.startsWith("run.") ||
    event.kind.startsWith("audit.") ||
    Object.values(event).some((value) => typeof value === "string" && mattering.has(value))
  const lines = [
    ...notes.map(({ at, text }) => ({ at, text })),
    ...events.filter(matters).map((event) => ({ at: Date.parse(event.at), text: lineOf(event) })),
    ...truth.flatMap(({ fate, finalAt, id, servedAt, status }) => [
      ...(finalAt === undefined ? [] : [{ at: Date.parse(finalAt), text: `truth: ${id} is ${fate}` }]),
      ...(servedAt === undefined ? [] : [{ at: Date.parse(servedAt), text: `truth: ${id} is served as ${status}` }])
    ])
  ].sort((a, b) => a.at - b.at)
  const shown = lines.slice(0, longest).map(({ at, text }) => `  ${new Date(at).toISOString()} ${text}`)
  return [
    `seed ${scenario.seed}: ${violations.length} violations`,
    ...violations.slice(0, 10).map((text) => `  ${text}`),
    `the scenario: ${JSON.stringify(scenario)}`,
    ...shown,
    ...(lines.length > longest ? [`  … and ${lines.length - longest} more`] : [])
  ].join("\n")
}
