/**
 * dlrkit in a plain Node program: promises, async functions, and nothing else to learn. Tracks 200 messages against a
 * simulated platform, registers some of them while it runs, and writes an audit trail with a sink of its own.
 */
import { mkdirSync, rmSync } from "node:fs"
import { open } from "node:fs/promises"
import path from "node:path"
import * as GenesysCodes from "@dlrkit/classifier-genesys"
import { defineAuditSink, defineClassifier } from "@dlrkit/core"
import { createTracker } from "@dlrkit/core/node"
import * as Sqlite from "@dlrkit/journal-sqlite"
import { SimulatorServer } from "@dlrkit/simulator"
import * as Genesys from "@dlrkit/source-genesys"

process.chdir(path.join(import.meta.dirname, ".."))
rmSync("output", { recursive: true, force: true })
mkdirSync("output")

const platform = await SimulatorServer.start({ messages: 200, within: 1000, requestsPerMinute: 6000 })
// What a shell would say: where the platform is, and who we are to it.
Object.assign(process.env, platform.environment)

/** We know from our carrier what it means by this; Genesys's own classifier cannot. */
const ours = defineClassifier({
  name: "ours",
  classify: ({ code }) => (code === "CARRIER_REJECTED" ? { cause: "content_filtered", rule: code } : undefined)
})

/** An audit sink that opens a file, appends to it, and closes it when the tracker does. */
const lines = async () => {
  const file = await open("output/audit.ndjson", "a")
  return defineAuditSink({
    name: "lines",
    target: "output/audit.ndjson",
    write: async (batch) => {
      await file.appendFile(batch.map((event) => `${JSON.stringify(event)}\n`).join(""))
      await file.datasync()
    },
    close: () => file.close()
  })
}

const tracker = createTracker({
  sources: [Genesys.source()],
  journal: Sqlite.journal({ file: "output/dlrkit.db" }),
  classifiers: [ours, GenesysCodes.classifier()],
  audit: [lines],
  // Everything is fast here. What you would leave out: 72 hours.
  deadline: "4 seconds"
})

/** Ctrl-C ends the run, in order. */
const stop = new AbortController()
process.once("SIGINT", () => stop.abort())

const events = async () => {
  const counts: Record<string, number> = {}
  for await (const event of tracker.events()) {
    counts[event.kind] = (counts[event.kind] ?? 0) + 1
  }
  return counts
}

try {
  const messages = platform.messages.map(({ externalContactId, from, id, sentAt }) => ({
    messageId: id,
    externalContactId,
    from,
    sentAt
  }))
  const counting = events()
  await tracker.register(messages.slice(0, 150))
  const running = tracker.run({ signal: stop.signal })
  // As your program sends more, it says so. Once the promise is kept, they are in the journal.
  await tracker.register(messages.slice(150))
  const { requests, summary } = await running

  console.table(summary.byCause)
  const { sinks } = await tracker.status()
  for (const { backlog, target } of sinks) console.log(`${target}: ${backlog} events wait for it`)
  await tracker.close()
  console.table(await counting)
  console.log(`${summary.delivered + summary.failed + summary.unconfirmed} of ${messages.length} messages have ended`)
  console.log(`${requests} requests`)

  const failed = platform.report().messages.filter(({ status }) => status === "failed").length
  if (summary.failed !== failed) throw new Error(`the platform says that ${failed} have failed`)
} finally {
  await tracker.close()
  await platform.close()
}
