/**
 * `npm run demo`: a simulated platform on which much goes wrong, and `dlrkit track`, as it ships, which follows 5,000
 * messages there to their end. Then what the tracker says is compared with what the platform knows.
 */
import { spawn } from "node:child_process"
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { constants } from "node:os"
import path from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { type Report, Simulator, SimulatorServer, wrongOf } from "@dlrkit/simulator"
import * as Effect from "effect/Effect"

const root = path.join(import.meta.dirname, "..")
const launcher = path.join(root, "packages", "cli", "bin", "dlrkit.mjs")
const metricsAddress = "http://127.0.0.1:9464/metrics"

/** Runs the command line, its output ours, and passes signals on to it. Gives its exit code. */
const dlrkit = (args: ReadonlyArray<string>, environment: Readonly<Record<string, string>>) =>
  new Promise<number>((resolve, reject) => {
    console.log(`\n$ dlrkit ${args.join(" ")}`)
    const child = spawn(process.execPath, [launcher, ...args], {
      stdio: "inherit",
      env: { ...process.env, ...environment }
    })
    const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const
    const forward = (signal: NodeJS.Signals) => {
      // The console of Windows tells every process itself.
      if (process.platform !== "win32") child.kill(signal)
    }
    for (const signal of signals) process.on(signal, forward)
    child.on("error", reject)
    child.on("exit", (code, signal) => {
      for (const signal of signals) process.removeListener(signal, forward)
      resolve(code ?? 128 + constants.signals[signal as NodeJS.Signals])
    })
  })

/** What the metrics' address answers; undefined where nobody does. */
const scrape = (): Promise<string | undefined> =>
  fetch(metricsAddress, { signal: AbortSignal.timeout(1000) })
    .then((response) => response.text())
    .catch(() => undefined)

/** Scrapes every second, as Prometheus would, until `ended`. Gives what the last scrape saw. */
const watchMetrics = async (ended: AbortSignal): Promise<string | undefined> => {
  let last: string | undefined
  while (!ended.aborted) {
    last = (await scrape()) ?? last
    await sleep(1000, undefined, { signal: ended }).catch(() => undefined)
  }
  return last
}

const count = (number: number) => number.toLocaleString("en")

/** Says how the export compares with what the platform served, message by message, and whether all is as it should be. */
const compare = (report: Report): boolean => {
  const { inflicted, messages } = report
  const rows = readFileSync("demo-output/outcomes.ndjson", "utf8").trimEnd().split("\n")
  const tracked = new Map(rows.map((line) => JSON.parse(line)).map((row) => [row.messageId, row]))
  const differences = messages.flatMap(({ id, otherReasons = [], status = "unconfirmed", statusDetails = "" }) => {
    const { code, resolution } = tracked.get(id) ?? {}
    return resolution === status && (status !== "failed" || [statusDetails, ...otherReasons].includes(code))
      ? []
      : [`  ${id}: tracked as ${resolution} ${code}, served as ${status} ${statusDetails}`]
  })
  const wrong = Object.entries(wrongOf(report))
  console.log(`
The tracker, held against the platform's own record of what it served:
  ${count(messages.length - differences.length)} of ${count(messages.length)} messages have the same end and the same reason in both
  it was put through: ${inflicted.throttled} times 429, ${inflicted.failing} times 5xx, ${inflicted.reset} resets, ${inflicted.truncated + inflicted.cut} broken answers, ${inflicted.slow} slow ones,
    ${count(inflicted.duplicated)} duplicates, ${count(inflicted.stale)} receipts out of order, ${inflicted.contradicted} contradictions
  it did wrong: ${wrong.map(([counter, times]) => `${counter} ${times}`).join(", ")}`)
  for (const difference of differences.slice(0, 10)) console.log(difference)
  return differences.length === 0 && rows.length === messages.length && wrong.every(([, times]) => times === 0)
}

const program = Effect.gen(function* () {
  const platform = yield* SimulatorServer.serve({
    messages: 5000,
    speed: 3,
    faults: "chaos",
    requestsPerMinute: 3000,
    retryAfter: { min: 1, max: 2 }
  })
  console.log(
    `A simulated Genesys Cloud is on ${platform.url}. It has sent ${count(platform.messages.length)} messages over ` +
      `${platform.settings.carriers.length} carriers,\nand much goes wrong there: refusals, errors, resets, broken ` +
      "answers, receipts that come twice, late, never, or contradict."
  )
  writeFileSync("demo-output/messages.csv", Simulator.toCsv(platform.messages))

  const portTaken = (yield* Effect.promise(scrape)) !== undefined
  const ended = new AbortController()
  const watching = portTaken ? Promise.resolve(undefined) : watchMetrics(ended.signal)
  const code = yield* Effect.promise(() =>
    dlrkit(["track", "demo-output/messages.csv", "--config", "scripts/demo.config.ts"], platform.environment)
  )
  ended.abort()
  const metrics = yield* Effect.promise(() => watching)
  // 0: all messages ended with a receipt; 3: some are unconfirmed, because theirs never came.
  if (code !== 0 && code !== 3) return code

  const right = compare(platform.report())
  if (metrics !== undefined) writeFileSync("demo-output/metrics.txt", metrics)
  const inFolder = (file: string) => path.join("demo-output", file).padEnd(26)
  console.log(`
To look at:
  ${inFolder("dlrkit.db")} the journal: ./node_modules/.bin/dlrkit status --journal demo-output/dlrkit.db
  ${inFolder("audit")} the audit trail: each request, each change of a message
  ${inFolder("outcomes.csv")} the export, a row for each message; outcomes.ndjson has the same
  ${metrics === undefined ? `metrics were not published: the port of ${metricsAddress} was in use` : `${inFolder("metrics.txt")} the metrics, as they stood on ${metricsAddress}`}`)
  return right ? 0 : 1
})

process.chdir(root)
rmSync("demo-output", { recursive: true, force: true })
mkdirSync("demo-output")
process.exitCode = await Effect.runPromise(Effect.scoped(program))
