/**
 * Tracks 300 messages inside a Node program, with the tracker of `dlrkit.config.ts`, against a simulated platform on
 * which much goes wrong; then compares what the tracker says with the truth.
 */
import { mkdirSync, readFileSync, rmSync } from "node:fs"
import path from "node:path"
import { track } from "@dlrkit/core/node"
import { SimulatorServer } from "@dlrkit/simulator"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import tracker from "../dlrkit.config.ts"

process.chdir(path.join(import.meta.dirname, ".."))
rmSync("output", { recursive: true, force: true })
mkdirSync("output")

const program = Effect.gen(function* () {
  const platform = yield* SimulatorServer.serve({
    messages: 300,
    speed: 12,
    faults: "chaos",
    requestsPerMinute: 6000,
    retryAfter: { min: 1, max: 1 }
  })
  console.log(
    `A simulated Genesys Cloud with faults is on ${platform.url}; tracking ${platform.messages.length} messages.`
  )

  // What a shell or a .env file would say: where the platform is, and who we are to it.
  Object.assign(process.env, platform.environment)
  const messages = platform.messages.map(({ externalContactId, from, id, sentAt, to }) => ({
    messageId: id,
    externalContactId,
    from,
    to,
    sentAt
  }))
  const { durationMs, requests, summary } = yield* Effect.tryPromise({
    try: (signal) => track(tracker, { messages, signal }),
    catch: (error) => error
  })

  console.table(summary.byCarrier)
  console.log("Failures by cause:", summary.byCause)
  console.log(`${requests} requests in ${(durationMs / 1000).toFixed(1)} s`)
  console.log("Journal: output/dlrkit.db; audit trail: output/audit; export: output/messages.ndjson")

  const report = platform.report()
  const truth = new Map(report.messages.map(({ id, status }) => [id, status ?? "unconfirmed"]))
  const rows = readFileSync("output/messages.ndjson", "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line))
  const right = rows.filter(({ messageId, resolution }) => truth.get(messageId) === resolution).length
  console.log(`${right} of ${truth.size} messages ended as the platform served them.`)
  if (right !== truth.size || rows.length !== truth.size) return yield* Effect.fail(new Error("the tracker is wrong"))
})

NodeRuntime.runMain(Effect.scoped(program))
