/**
 * How fast receipts go through the tracker: decoded, classified, committed to SQLite and written to the audit file, beside
 * a bare loop that leaves the same rows and bytes behind; and the same with three audit files. See README.md.
 */
import { fork } from "node:child_process"
import { once } from "node:events"
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as BareLoop from "./BareLoop.ts"
import * as Journals from "./Journals.ts"
import { auditOf, type Measured, type Place, type Syncs } from "./Run.ts"
import * as TrackerSide from "./TrackerSide.ts"
import * as Workload from "./Workload.ts"

const pages = 200
const rounds = 5

/** Runs the benchmark and prints it. */
export const run = async () => {
  const server = fork(fileURLToPath(new URL("server.ts", import.meta.url)), [String(pages)])
  const folder = mkdtempSync(join(tmpdir(), "dlrkit-bench-"))
  try {
    const [port] = (await once(server, "message")) as [number]
    const sentAt = Date.now() - 60_000
    const contacts = Workload.contacts(pages).map((contact, page) => Workload.messages(contact, page, sentAt))
    const refs = contacts.flat()
    const registered = join(folder, "registered.db")
    await Journals.make(registered, refs)

    const placeOf = (name: string): Place => {
      const journal = join(folder, `${name}.db`)
      copyFileSync(registered, journal)
      return { url: `http://127.0.0.1:${port}`, journal, audit: join(folder, name) }
    }
    const rateOf = ({ durationMs }: Measured) => refs.length / (durationMs / 1000)
    const report = (name: string, measured: Measured) => {
      const { commits, cursorMoves, flushes } = measured.syncs
      console.log(
        `${name}  ${Math.round(rateOf(measured))} receipts/s, ${measured.durationMs.toFixed(0)} ms, ${commits} commits + ${flushes} flushes + ${cursorMoves} cursor moves`
      )
    }

    console.log(`${refs.length} receipts a run, pages of ${Workload.pageSize}, synchronous = full, in ${folder}`)
    const tracker: Array<Measured> = []
    const three: Array<Measured> = []
    const bare: Array<Measured> = []
    // The first round warms both sides up and does not count.
    for (let round = 0; round <= rounds; round++) {
      const name = round === 0 ? "warm-up" : String(round).padEnd("warm-up".length)
      const ours = placeOf(`tracker-${round}`)
      const tracked = await TrackerSide.run(ours, refs, Journals.sinkNames.slice(0, 1))
      report(`${name}  tracker    `, tracked)
      const theirs = placeOf(`bare-${round}`)
      const looped = await BareLoop.run(theirs, contacts, tracked.syncs)
      report(`${name}  bare loop  `, looped)
      sameSyncs(tracked.syncs, looped.syncs)
      sameContents(ours, theirs, 0)
      const ofThree = placeOf(`three-${round}`)
      const trackedThrice = await TrackerSide.run(ofThree, refs, Journals.sinkNames)
      report(`${name}  three sinks`, trackedThrice)
      for (const index of Journals.sinkNames.keys()) sameContents(ofThree, theirs, index)
      if (round === 0) continue
      tracker.push(tracked)
      three.push(trackedThrice)
      bare.push(looped)
    }

    const median = (side: ReadonlyArray<Measured>) => side.map(rateOf).sort((a, b) => a - b)[rounds >> 1] as number
    console.log(`tracker:     ${Math.round(median(tracker))} receipts/s (median of ${rounds})`)
    console.log(`three sinks: ${Math.round(median(three))} receipts/s (median of ${rounds})`)
    console.log(`bare loop:   ${Math.round(median(bare))} receipts/s (median of ${rounds})`)
    console.log(`ingest: ${(median(tracker) / median(bare)).toFixed(2)} of the bare loop`)
    console.log(`ingest with three sinks: ${(median(three) / median(bare)).toFixed(2)} of the bare loop`)
  } finally {
    server.disconnect()
    rmSync(folder, { recursive: true, force: true })
  }
}

function sameSyncs(a: Syncs, b: Syncs) {
  if (JSON.stringify(a) !== JSON.stringify(b)) {
    throw new Error(`the sides do not sync alike: ${JSON.stringify(a)}, ${JSON.stringify(b)}`)
  }
}

/** Both must have written the same, or there is nothing to compare; `a` to the audit trail that is named by its index. */
function sameContents(a: Place, b: Place, index: number) {
  if (Journals.contents(a.journal) !== Journals.contents(b.journal)) throw new Error("the journals differ")
  const linesOf = (audit: string) =>
    readdirSync(audit)
      .flatMap((name) => readFileSync(join(audit, name), "utf8").split("\n"))
      .filter((line) => line.includes('"kind":"message.'))
      // The seconds of two runs differ, not their length.
      .map((line) => line.replace(/"at":"[^"]{24}"/, ""))
  const [ours, theirs] = [linesOf(auditOf(a, index)), linesOf(b.audit)]
  if (ours.length !== theirs.length || ours.some((line, index) => line.length !== theirs[index]?.length)) {
    throw new Error("the audit trails differ")
  }
}
