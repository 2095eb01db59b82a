/**
 * What `dlrkit rehearse` prints: the calm play and the troubled one side by side, and what is to be concluded.
 *
 * @module
 */
import { durationText } from "./DurationText.ts"
import type { Comparison, Figures, Unconfirmed } from "./RehearsalFigures.ts"
import type { Scenario } from "./Scenario.ts"

/** What was rehearsed. Durations in milliseconds. */
export interface Rehearsed {
  readonly scenario: Scenario
  readonly seed: string
  readonly source: string
  readonly messages: number
  readonly over: number
  readonly perMinute: number
  /** The longest that any message is followed. */
  readonly deadline: number
  readonly carriers: "learned" | "configured" | "invented"
  readonly comparison: Comparison
}

/** The object that `--json` prints. */
export const toJson = ({ comparison, scenario, ...rehearsed }: Rehearsed): string => {
  const { calm, late, lookedAtAgain, lost, troubled } = comparison
  const { carrier, from, name, perMinute, story, until } = scenario
  return JSON.stringify({
    scenario: name,
    seed: rehearsed.seed,
    source: rehearsed.source,
    messages: rehearsed.messages,
    overMs: rehearsed.over,
    deadlineMs: rehearsed.deadline,
    requestsPerMinute: rehearsed.perMinute,
    carriers: rehearsed.carriers,
    trouble: {
      fromMs: from,
      untilMs: until ?? null,
      carrier: carrier ?? null,
      requestsPerMinute: perMinute ?? null,
      story
    },
    calm,
    troubled,
    late,
    lookedAtAgain,
    lost: lost.length,
    lostMessages: lost
  })
}

const origins = {
  learned: "what the journal has learned of its carriers",
  configured: "the config's carriers, each with what is typical",
  invented: "invented carriers, each with what is typical"
}

/** A rehearsal for people. */
export const render = (rehearsed: Rehearsed): string => {
  const { comparison, scenario } = rehearsed
  const { calm, late, lost, troubled } = comparison
  const lag = (of: keyof NonNullable<Figures["lag"]>) => (figures: Figures) =>
    figures.lag === null ? "-" : durationText(figures.lag[of])
  const counts = (["delivered", "failed", "unconfirmed", "pending"] as const).map(
    (name): Line => [name, ({ [name]: count }) => String(count)]
  )
  const lines: ReadonlyArray<Line> = [
    ...counts,
    ["lag: mean", lag("meanMs")],
    ["lag: 95th percentile", lag("p95Ms")],
    ["lag: max", lag("maxMs")],
    ["requests", ({ requests }) => String(requests)],
    ["refusals (429)", ({ refusals }) => String(refusals)],
    ["longest without an answer", ({ longestUnansweredMs: time }) => (time === 0 ? "-" : durationText(time))],
    ...troubled.sinks.map(
      ({ name, target }, index): Line => [`events to ${name} (${target})`, ({ sinks }) => String(sinks[index]?.events)]
    ),
    ...carriersOf(calm, troubled).map(
      (carrier): Line => [
        `unconfirmed of ${carrier}`,
        ({ unconfirmedByCarrier }) => unconfirmedText(unconfirmedByCarrier[carrier])
      ]
    )
  ]
  return [
    `${scenario.name}, seed ${rehearsed.seed}: ${scenario.story}.`,
    `${rehearsed.messages} messages, sent over ${durationText(rehearsed.over)}, by ${rehearsed.source}; ${rehearsed.perMinute} requests a minute, deadline ${durationText(rehearsed.deadline)}; ${origins[rehearsed.carriers]}.`,
    "",
    table([
      ["", "calm", scenario.name],
      ...lines.map(([name, of]) => [name, of(calm), of(troubled)]),
      [`known over ${durationText(late.thresholdMs)} later`, "-", String(late.receipts)]
    ]),
    "",
    `lost: ${lost.length}`,
    ...lost.map(
      ({ messageId, play, served, tracked }) =>
        `  ${messageId} (${play}): tracked as ${tracked}, the platform served ${served ?? "no final status"}`
    ),
    conclusion(rehearsed)
  ].join("\n")
}

type Line = readonly [name: string, of: (figures: Figures) => string]

const carriersOf = (...figures: ReadonlyArray<Figures>): ReadonlyArray<string> =>
  Array.from(new Set(figures.flatMap(({ unconfirmedByCarrier }) => Object.keys(unconfirmedByCarrier)))).sort((a, b) =>
    a < b ? -1 : 1
  )

const unconfirmedText = (unconfirmed: Unconfirmed | undefined) =>
  unconfirmed === undefined ? "0" : `${unconfirmed.messages} (${unconfirmed.arrived} arrived)`

const table = (rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join("  ")
    )
    .join("\n")
}

const quantity = (count: number, one: string, many = `${one}s`) => `${count} ${count === 1 ? one : many}`

/** What is to be concluded, in a sentence. */
export const conclusion = ({ comparison, scenario }: Rehearsed): string => {
  const { calm, late, lookedAtAgain, lost, troubled } = comparison
  const arrived = (figures: Figures) =>
    Object.values(figures.unconfirmedByCarrier).reduce((sum, one) => sum + one.arrived, 0)
  const parts = [
    late.receipts === 0
      ? `${scenario.subject} delays no receipt by more than ${durationText(late.thresholdMs)}`
      : `${scenario.subject} delays ${quantity(late.receipts, "receipt")} by up to ${durationText(late.maxMs)}`,
    lost.length === 0
      ? "nothing is lost"
      : `${quantity(lost.length, "end differs", "ends differ")} from what the platform served, which is a bug of dlrkit or of a plugin`
  ]
  const unconfirmed = troubled.unconfirmed - calm.unconfirmed
  if (unconfirmed > 0) {
    parts.push(
      `${quantity(unconfirmed, "more message ends", "more messages end")} unconfirmed, and ${Math.max(0, arrived(troubled) - arrived(calm))} of them arrived all the same`
    )
  }
  const failed = troubled.failed - calm.failed
  if (failed > 0) parts.push(`${quantity(failed, "more message fails", "more messages fail")}`)
  if (lookedAtAgain > 0) {
    parts.push(
      `${quantity(lookedAtAgain, "message", "messages")} whose deadline passed meanwhile ${lookedAtAgain === 1 ? "was" : "were"} looked at once more`
    )
  }
  if (troubled.endedBy !== null) {
    parts.push(
      `the run ends with ${quantity(troubled.pending, "message")} pending (${troubled.endedBy}), and the same command resumes it`
    )
  }
  const sentence = parts.join("; ")
  return `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`
}
