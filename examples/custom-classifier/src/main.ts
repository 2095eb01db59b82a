/**
 * Tracks messages of two carriers, one of them with codes of its own, and prints what each failure was taken to mean:
 * with our classifier, and what it would have been without.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs"
import path from "node:path"
import * as GenesysCodes from "@dlrkit/classifier-genesys"
import { Classifier, type TrackingEvent } from "@dlrkit/core"
import { track } from "@dlrkit/core/node"
import { SimulatorServer } from "@dlrkit/simulator"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import tracker from "../dlrkit.config.ts"

process.chdir(path.join(import.meta.dirname, ".."))
rmSync("output", { recursive: true, force: true })
mkdirSync("output")

const delay = { median: 0.3, spread: 0.4 }
const carriers = [
  {
    name: "acme",
    weight: 2,
    from: "22630",
    delay,
    failed: 0.5,
    never: 0,
    missing: 0,
    failures: [
      ["ACME-17 BLOCKED BY SUBSCRIBER", 4],
      ["ACME-23", 3],
      ["ACME-31 REJECTED", 2],
      ["ACME-40", 2],
      ["ACME-99", 1],
      ["ACME-1000", 1]
    ]
  },
  {
    name: "aldermoor",
    weight: 1,
    from: "72201",
    delay,
    failed: 0.3,
    never: 0,
    missing: 0,
    failures: [
      ["INVALID_NUMBER", 2],
      ["CARRIER_REJECTED", 1]
    ]
  }
] as const

/** What the messages' failures were taken to mean, from the audit trail. */
const failures = () =>
  readdirSync("output/audit")
    .flatMap((file) => readFileSync(path.join("output/audit", file), "utf8").trimEnd().split("\n"))
    .map((line): TrackingEvent.TrackingEvent => JSON.parse(line))
    .filter((event) => event.kind === "message.failed")

/** A classifier is a pure function: what was received can be read again, by others. */
const withoutOurs = ({ carrier, code, messageId, providerStatus }: ReturnType<typeof failures>[number]) =>
  Classifier.classify(
    [GenesysCodes.classifier()],
    { messageId, carrier, code, providerStatus, status: "failed", profile: GenesysCodes.profile },
    () => undefined
  ).cause ?? ""

const program = Effect.gen(function* () {
  const platform = yield* SimulatorServer.serve({ messages: 200, within: 2000, requestsPerMinute: 6000, carriers })
  Object.assign(process.env, platform.environment)
  const messages = platform.messages.map(({ externalContactId, from, id, sentAt }) => ({
    messageId: id,
    externalContactId,
    from,
    sentAt
  }))
  const { summary } = yield* Effect.tryPromise({
    try: (signal) => track(tracker, { messages, signal }),
    catch: (error) => error
  })

  const verdicts: Record<string, Record<string, string | number>> = {}
  for (const event of failures()) {
    const { carrier, cause, classifier = "nobody", code = "", mustAct, retryable } = event
    const verdict = { cause, retryable, "must act": mustAct, "said by": classifier, "without ours": withoutOurs(event) }
    const row = `${carrier}: ${code}`
    verdicts[row] = { ...verdict, messages: Number(verdicts[row]?.messages ?? 0) + 1 }
  }
  console.table(Object.fromEntries(Object.entries(verdicts).sort()))
  console.log(`${summary.failed} of ${summary.registered} messages failed:`, summary.byCause)

  const failed = platform.report().messages.filter(({ status }) => status === "failed").length
  if (summary.failed !== failed) return yield* Effect.fail(new Error(`the platform says that ${failed} have failed`))
})

NodeRuntime.runMain(Effect.scoped(program))
