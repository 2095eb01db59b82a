/**
 * How soon a receipt that is there is known, at a fixed budget: the planner beside fixed rules, and beside itself when it
 * is told the truth or the wrong thing. In virtual time, against a model of the platform. See README.md.
 */
import { DelayCurves, Forecast, PlannedRun, RequestPlanner } from "@dlrkit/core"
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

/** The lag of receipts of messages sent since a moment, what is unseen counted to the end. Seconds. */
const lagOf = (
  { finalAt, sentAt }: PlannedRun.Traffic,
  { knownAt, requests }: PlannedRun.Run,
  { since, until }: { readonly since: number; readonly until: number }
): Lag => {
  const lags: Array<number> = []
  for (let message = 0; message < sentAt.length; message++) {
    if (sentAt[message]! < since || finalAt[message]! >= until) continue
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

type Side = (traffic: PlannedRun.Traffic, until: number) => PlannedRun.Run

const planned =
  (
    options: DelayCurves.DelayCurvesOptions,
    more: Pick<PlannedRun.PlannedRunOptions, "sweep" | "lookUps"> = {},
    learned?: (curves: DelayCurves.DelayCurves) => void
  ): Side =>
  (traffic, until) => {
    const curves = DelayCurves.make(options)
    const planner = RequestPlanner.make({ floor, curves, sweep: more.sweep })
    const run = PlannedRun.run({ planner, traffic, gap, latency, until, ...more })
    learned?.(curves)
    return run
  }

/** Runs each side with each seed, and prints a line for each. */
const compare = (
  title: string,
  sides: Readonly<Record<string, Side>>,
  traffic: (seed: number) => PlannedRun.Traffic,
  hours: { readonly discarded: number; readonly all: number }
): ReadonlyMap<string, Lag> => {
  const until = hours.all * Traffic.hour
  console.log(`\n${title}; lag in seconds`)
  row("", [...seeds.map((seed) => `seed ${seed}`), "mean", "95th", "requests"])
  return new Map(
    Object.entries(sides).map(([name, run]) => {
      const lags = seeds.map((seed) => {
        const messages = traffic(seed)
        return lagOf(messages, run(messages, until), { since: hours.discarded * Traffic.hour, until })
      })
      const all = meanOf(lags)
      const numbers = [...lags.map(({ mean }) => mean.toFixed(2)), all.mean.toFixed(2), all.p95.toFixed(1)]
      row(name, [...numbers, all.requests.toFixed(0)])
      return [name, all] as const
    })
  )
}

const row = (name: string, cells: ReadonlyArray<string>) =>
  console.log(name.padEnd(34) + cells.map((cell) => cell.padStart(9)).join(""))

/** Prints what the forecast says of the same traffic, with the curves that a run has learned. */
const forecast = (
  curves: DelayCurves.DelayCurves,
  measured: Lag,
  options: Pick<Forecast.ForecastOptions, "messages" | "perHour" | "sweep" | "several" | "counted">
): string => {
  const carriers = Traffic.carriers.map(({ name, share }) => ({ name, share, curve: curves.of(name) }))
  const { lag95 } = Forecast.predict({
    ...options,
    carriers,
    floor,
    perMinute: 60_000 / gap,
    credentials: 1,
    deadline: 12 * Traffic.hour
  })
  const off = Math.round((lag95 / 1000 / measured.p95 - 1) * 100)
  return `forecast of the 95th percentile: ${(lag95 / 1000).toFixed(1)} s, measured ${measured.p95.toFixed(1)} s (${off > 0 ? "+" : ""}${off} %)`
}

const lookUps = (perHour: number): string => {
  let learned = DelayCurves.make()
  const fixed = Object.fromEntries(
    FixedRules.fixedRules.map((rule): [string, Side] => [
      rule.name,
      (traffic, until) => FixedRules.run(rule, traffic, { gap, latency, until })
    ])
  )
  const result = compare(
    `look-ups, ${perHour} messages an hour`,
    {
      ...fixed,
      planner: planned({}, {}, (curves) => {
        learned = curves
      }),
      "planner that knows": planned({ carriers: Traffic.curves(), fixed: true }),
      "planner, medians 3 times too high": planned({ carriers: Traffic.curves(3) }),
      "planner, medians 3 times too low": planned({ carriers: Traffic.curves(1 / 3) })
    },
    (seed) => Traffic.single(perHour, 4, seed),
    { discarded: 1, all: 4 }
  )
  const mean = (name: string) => result.get(name)!.mean
  const best = Math.min(...Object.keys(fixed).map(mean))
  const share = (name: string) => (mean(name) / best).toFixed(2)
  const [high, low] = ["planner, medians 3 times too high", "planner, medians 3 times too low"]
  return [
    `lag at ${perHour}/h: mean ${mean("planner").toFixed(1)} s, ${share("planner")} of the best fixed rule`,
    `${(mean("planner") / mean("planner that knows")).toFixed(2)} of the planner that knows`,
    `with medians wrong by three times ${share(high!)} and ${share(low!)} of the best fixed rule`,
    forecast(learned, result.get("planner")!, {
      messages: 4 * perHour,
      perHour,
      counted: { since: Traffic.hour, until: 4 * Traffic.hour }
    })
  ].join(", ")
}

const sweeps = (perHour: number): string => {
  const sweep = { pageSize: 100, lag: 60_000 }
  let learned = DelayCurves.make()
  const result = compare(
    `conversations, ${perHour} messages an hour, one in ten conversations with 2 to 5`,
    {
      planner: planned({}, { sweep }, (curves) => {
        learned = curves
      }),
      "sweeps alone": planned({}, { sweep, lookUps: "none" }),
      "sweeps, look-ups only if needed": planned({}, { sweep, lookUps: "ambiguous" }),
      "look-ups alone": planned({})
    },
    (seed) => Traffic.conversations(perHour, 2, seed),
    { discarded: 0.5, all: 2 }
  )
  const of = (name: string) => `${result.get(name)!.mean.toFixed(0)} s (95 %: ${result.get(name)!.p95.toFixed(0)} s)`
  const setting = {
    messages: 2 * perHour,
    perHour,
    sweep,
    several: 0.1,
    counted: { since: 0.5 * Traffic.hour, until: 2 * Traffic.hour }
  }
  return [
    `lag at ${perHour}/h in conversations: mean ${of("planner")}, sweeps alone ${of("sweeps alone")}`,
    `look-ups alone ${of("look-ups alone")}`,
    forecast(learned, result.get("planner")!, setting)
  ].join(", ")
}

/** Runs the benchmark and prints it. */
export const run = () => {
  const lines = [...[1_080, 2_880, 4_320].map(lookUps), sweeps(100_000)]
  console.log(`\n${lines.join("\n")}`)
}
