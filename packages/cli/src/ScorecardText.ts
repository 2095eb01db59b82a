/**
 * The scorecard as `dlrkit report` prints it: a table of the carriers, and why the messages of each failed.
 *
 * @module
 */
import type { Scorecard } from "@dlrkit/core"
import { durationText } from "./DurationText.ts"
import { percent } from "./SummaryTable.ts"
import * as TextTable from "./TextTable.ts"

const heads = ["carrier", "ended", "delivered", "95 % interval", "p50", "p95", "unconfirmed", "open"]

const orDash = (millis: number | undefined) => (millis === undefined ? "-" : durationText(millis))

const intervalText = (interval: Scorecard.Interval | undefined) =>
  interval === undefined ? "-" : `${(100 * interval.from).toFixed(1)} to ${(100 * interval.to).toFixed(1)}`

const cells = (name: string, score: Scorecard.Score): ReadonlyArray<string> => [
  name,
  String(score.ended),
  percent(score.delivered, score.ended),
  intervalText(score.interval),
  orDash(score.timeToFinal.p50),
  orDash(score.timeToFinal.p95),
  String(score.unconfirmed),
  String(score.open)
]

/** Why a carrier's messages failed, and whether its own receipts say the same; nothing where there is nothing to say. */
const reasons = (name: string, { failed, ownWord, topCauses }: Scorecard.Score): ReadonlyArray<string> => {
  const said = ownWord.messages === 0 ? [] : [`  its own receipts agree in ${ownWord.agree} of ${ownWord.messages}`]
  if (failed === 0 && said.length === 0) return []
  return [
    "",
    `${name}: ${failed} failed`,
    ...topCauses.map(
      ({ action, cause, failures }) => `  ${percent(failures, failed).padStart(7)}  ${cause}: ${action}`
    ),
    ...said
  ]
}

/** The whole of it, for people, in lines of 80 characters where the carriers' names are short. */
export const render = ({ all, byCarrier }: Scorecard.Scorecard): string => {
  const carriers = Object.entries(byCarrier)
  const { unknown } = all.timeToFinal
  return [
    TextTable.render(
      heads,
      carriers.map(([name, score]) => cells(name, score)),
      { left: 1, total: cells("all", all) }
    ),
    ...carriers.flatMap(([name, score]) => reasons(name, score)),
    "",
    "delivered: of those that ended; the interval is the Wilson score.",
    ...(all.unconfirmed === 0 ? [] : ["unconfirmed: ended without a final receipt; they may have arrived."]),
    ...(all.open === 0 ? [] : ["open: still followed, neither delivered nor failed."]),
    "p50, p95: from being sent to the final receipt.",
    ...(unknown === 0 ? [] : [`  Of ${unknown} with a final receipt it is not known when they were sent.`])
  ].join("\n")
}

const scoreJson = (score: Scorecard.Score) => ({
  ...score,
  deliveredOfEnded: score.deliveredOfEnded ?? null,
  interval: score.interval ?? null,
  timeToFinal: {
    messages: score.timeToFinal.messages,
    unknown: score.timeToFinal.unknown,
    p50Ms: score.timeToFinal.p50 ?? null,
    p95Ms: score.timeToFinal.p95 ?? null
  }
})

/** The whole of it, for programs. */
export const toJson = ({ all, byCarrier }: Scorecard.Scorecard) => ({
  ...scoreJson(all),
  byCarrier: Object.fromEntries(Object.entries(byCarrier).map(([name, score]) => [name, scoreJson(score)]))
})
