/**
 * How soon a receipt that is there is known, at a fixed budget: the planner beside fixed rules, and beside itself when it
 * is told the truth or the wrong thing. In virtual time, against a model of the platform. See README.md.
 */
import { DelayCurves, PlannedRun, RequestPlanner } from "@dlrkit/core"
import * as FixedRules from "./FixedRules.ts"
import * as Traffic from "./Traffic.ts"

const seeds = [1, 2, 3, 4, 5]
const floor = 1_000
/** 300 a minute, as the budget paces them. */
const gap = 60_000 / 293
const latency = 100

interface Lag {
  readonly mean: number
  readonly p95: number
  readonly requests: number
}

/** The lag of receipts of messages sent after the first hour, what is unseen counted to the end. Seconds. */
const lagOf = ({ finalAt, sentAt }: PlannedRun.Traffic, { knownAt, requests }: PlannedRun.Run, until: number): Lag => {
  const lags: Array<number> = []
  for (let message = 0; message < sentAt.length; message++) {
    if (sentAt[message]! < Traffic.hour || finalAt[message]! >= until) continue
    lags.push((Math.min(knownAt[message]!, until) - finalAt[message]!) / 1000)
  }
  lags.sort((a, b) => a - b)
  return {
    mean: lags.reduce((sum, lag) => sum + lag, 0) / lags.length,
    p95: lags[Math.floor(lags.length * 0.95)]!,
    requests
  }
}

const meanOf = (lags: ReadonlyArray<Lag>): Lag => {
  const mean = (of: (lag: Lag) => number) => lags.reduce((sum, lag) => sum + of(lag), 0) / lags.length
  return { mean: mean((lag) => lag.mean), p95: mean((lag) => lag.p95), requests: mean((lag) => lag.requests) }
}

const planned = (options: DelayCurves.DelayCurvesOptions) => (traffic: PlannedRun.Traffic, until: number) => {
  const planner = RequestPlanner.make({ floor, curves: DelayCurves.make(options) })
  return PlannedRun.run({ planner, traffic, gap, latency, until })
}

const row = (name: string, cells: ReadonlyArray<string>) =>
  console.log(name.padEnd(22) + cells.map((cell) => cell.padStart(9)).join(""))

const lookUps = (perHour: number) => {
  const hours = 4
  const until = hours * Traffic.hour
  const sides: ReadonlyArray<readonly [string, (traffic: PlannedRun.Traffic, until: number) => PlannedRun.Run]> = [
    ...FixedRules.fixedRules.map(
      (rule) =>
        [
          rule.name,
          (traffic: PlannedRun.Traffic, until: number) => FixedRules.run(rule, traffic, { gap, latency, until })
        ] as const
    ),
    ["planner", planned({})],
    ["planner that knows", planned({ carriers: Traffic.curves(), fixed: true })],
    ["medians 3 x too high", planned({ carriers: Traffic.curves(3) })],
    ["medians 3 x too low", planned({ carriers: Traffic.curves(1 / 3) })]
  ]
  console.log(
    `\nlook-ups, ${perHour} messages an hour: mean lag of seeds ${seeds.join(", ")}; over all; 95th percentile; requests`
  )
  const result = new Map<string, Lag>()
  for (const [name, run] of sides) {
    const lags = seeds.map((seed) => {
      const traffic = Traffic.single(perHour, hours, seed)
      return lagOf(traffic, run(traffic, until), until)
    })
    const all = meanOf(lags)
    row(name, [
      ...lags.map(({ mean }) => mean.toFixed(2)),
      all.mean.toFixed(2),
      all.p95.toFixed(1),
      all.requests.toFixed(0)
    ])
    result.set(name, all)
  }
  const mean = (name: string) => result.get(name)!.mean
  const best = Math.min(...FixedRules.fixedRules.map(({ name }) => mean(name)))
  const ratio = (name: string) => (mean(name) / best).toFixed(3)
  console.log(
    `lag at ${perHour}/h: mean ${mean("planner").toFixed(1)} s, ${ratio("planner")} of the best fixed rule, ${(mean("planner") / mean("planner that knows")).toFixed(2)} of the planner that knows; medians wrong by three times: ${ratio("medians 3 x too high")} (too high), ${ratio("medians 3 x too low")} (too low) of the best fixed rule`
  )
}

/** Runs the benchmark and prints it. */
export const run = () => {
  for (const perHour of [1_080, 2_880, 4_320]) lookUps(perHour)
}
