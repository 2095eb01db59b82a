/**
 * The evening after a campaign: follow its batch over five carriers to the end, hold the result against the platform's
 * own analytics and the carriers' own word, and hand it on as files. All of it with the command line, as a script or a cron job would.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import path from "node:path"
import { text } from "node:stream/consumers"
import { fileURLToPath } from "node:url"
import type { Reconciliation } from "@dlrkit/core"
import { Simulator, SimulatorServer } from "@dlrkit/simulator"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import * as CarrierReceipts from "./CarrierReceipts.ts"

process.chdir(path.join(import.meta.dirname, ".."))
rmSync("output", { recursive: true, force: true })
mkdirSync("output")

const launcher = fileURLToPath(import.meta.resolve("dlrkit/bin/dlrkit.mjs"))

const program = Effect.gen(function* () {
  // One status in fifty is wrong in the platform's analytics: that is what a reconciliation is for.
  const platform = yield* SimulatorServer.serve({
    messages: 800,
    speed: 12,
    faults: "chaos",
    rates: { misreported: 0.02 },
    requestsPerMinute: 6000,
    retryAfter: { min: 1, max: 1 }
  })
  writeFileSync("output/messages.csv", Simulator.toCsv(platform.messages))

  /** Runs `dlrkit` until it ends with one of these codes, and gives what it printed on standard output. */
  const dlrkit = (args: ReadonlyArray<string>, expected: ReadonlyArray<number>) =>
    Effect.gen(function* () {
      console.log(`\n$ dlrkit ${args.join(" ")}`)
      const child = yield* Effect.acquireRelease(
        Effect.sync(() => start(args, platform.environment)),
        (child) => Effect.sync(() => child.kill())
      )
      const printed = text(child.stdout as NonNullable<typeof child.stdout>)
      const [code] = yield* Effect.promise(() => once(child, "close"))
      if (!expected.includes(code)) return yield* Effect.fail(new Error(`dlrkit ${args[0]} ended with exit ${code}`))
      return yield* Effect.promise(() => printed)
    }).pipe(Effect.scoped)

  // 0: every message ended with a receipt; 3: some are unconfirmed.
  const table = yield* dlrkit(["track", "output/messages.csv", "--actor", "campaign-desk"], [0, 3])
  console.log(table.trimEnd())

  // The carriers' own word: without it, the platform is compared with itself.
  const carriers = CarrierReceipts.of(platform)
  writeFileSync("output/carriers.ndjson", carriers.ndjson)
  const imported = yield* dlrkit(["import", "output/carriers.ndjson"], [0])
  console.log(imported.split("\n")[0])

  // 0: all three records say the same; 1: they do not.
  const reconciled = yield* dlrkit(["reconcile", "--json"], [0, 1])
  const { byCarrier, compared, disagree, missingThere, queries }: Reconciliation.ReconcileResult =
    JSON.parse(reconciled)
  const percent = (accuracy: number | null) => (accuracy === null ? "-" : `${(100 * accuracy).toFixed(1)} %`)
  const accuracies = Object.entries(byCarrier).map(([carrier, { accuracy, messages, reported }]) => [
    carrier,
    { messages, "by analytics": percent(accuracy), "by the carrier": percent(reported.accuracy) }
  ])
  console.table(Object.fromEntries(accuracies))
  console.table(disagree.slice(0, 5))
  console.log(
    `${compared} messages compared in ${queries.length} queries; they disagree on ${disagree.length}, and analytics does not know ${missingThere.length}.`
  )

  yield* dlrkit(["export", "--format", "csv", "--out", "output/verified.csv"], [0])
  yield* dlrkit(["export", "--format", "ndjson", "--out", "output/verified.ndjson"], [0])

  const truth = new Map(platform.report().messages.map(({ id, status }) => [id, status]))
  const rows = readFileSync("output/verified.ndjson", "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line))
  const right = rows.filter(
    ({ messageId, resolution }) => resolution === (truth.get(messageId) ?? "unconfirmed")
  ).length
  /** The disagreements in which a record tells another end than the platform served. */
  const wrong = (record: "message" | "analytics" | "carrier") =>
    disagree.filter((row) => row[record] !== null && row[record] !== truth.get(row.messageId))
  const theirs = wrong("analytics").length
  const otherwise = wrong("carrier").map(({ messageId }) => messageId)
  console.log(`\n${right} of ${truth.size} messages were tracked as the platform served them.`)
  console.log(
    `Of the ${disagree.length} disagreements, analytics is wrong in ${theirs}, and the carrier says otherwise in ${otherwise.length}.`
  )
  const found = otherwise.length === carriers.otherwise.size && otherwise.every((id) => carriers.otherwise.has(id))
  if (right !== truth.size || wrong("message").length > 0 || !found) {
    return yield* Effect.fail(new Error("the verification is wrong"))
  }
})

const start = (args: ReadonlyArray<string>, environment: Readonly<Record<string, string>>): ChildProcess =>
  spawn(process.execPath, [launcher, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, ...environment }
  })

NodeRuntime.runMain(program.pipe(Effect.scoped))
