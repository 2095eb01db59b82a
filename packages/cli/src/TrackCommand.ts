/**
 * `dlrkit track`: registers messages and follows them to their end.
 *
 * @module
 */
import { Exporter, Journal, Summary, Tracker, TrackerDefinition } from "@dlrkit/core"
import { currentActor } from "@dlrkit/core/node"
import * as Clock from "effect/Clock"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Configuration from "./Configuration.ts"
import { durationFlag } from "./DurationText.ts"
import { Finished } from "./ExitCode.ts"
import * as Flags from "./Flags.ts"
import * as MessageFile from "./MessageFile.ts"
import * as SummaryTable from "./SummaryTable.ts"
import * as Terminal from "./Terminal.ts"
import { version } from "./Version.ts"

/** The share of ended messages that must have been delivered; 0 to 100. */
const percentFlag = (name: string) =>
  Flag.Finite(name).pipe(
    Flag.withMetavar("PERCENT"),
    Flag.filter(
      (percent) => percent >= 0 && percent <= 100,
      (percent) => `Expected a number from 0 to 100, got ${percent}`
    )
  )

/** The command. */
export const command = Command.make("track", {
  file: Argument.String("MESSAGES").pipe(
    Argument.withDescription("A CSV or NDJSON file of messages, or - for standard input")
  ),
  config: Flags.config,
  journal: Flags.journal,
  audit: Flags.audit,
  carriers: Flags.carriers,
  actor: Flags.actor,
  deadline: durationFlag("deadline").pipe(
    Flag.withDescription("How long after it was sent a message is followed, like 72h (the default)"),
    Flag.optional
  ),
  for: durationFlag("for").pipe(
    Flag.withDescription("End the run after so long, with messages still pending; the same command resumes"),
    Flag.optional
  ),
  once: Flag.Boolean("once").pipe(
    Flag.withDefault(false),
    Flag.withDescription("One look at each message instead of following them")
  ),
  failUnder: percentFlag("fail-under").pipe(
    Flag.withDescription("Exit with 1 where fewer of the ended messages were delivered"),
    Flag.optional
  ),
  timeZone: Flag.String("time-zone").pipe(
    Flag.withMetavar("ZONE"),
    Flag.withDescription("The zone of times that are written without one, like Europe/Berlin"),
    Flag.optional
  ),
  skipBadRows: Flag.Boolean("skip-bad-rows").pipe(
    Flag.withDefault(false),
    Flag.withDescription("Track the good rows, and write the others to FILE.rejected.csv")
  ),
  json: Flags.json
}).pipe(
  Command.withShortDescription("Follow messages to their end"),
  Command.withDescription("Registers messages, follows each to its end, and sums up by carrier."),
  Command.withExamples([
    { command: "dlrkit track messages.csv", description: "Follow the messages of a file" },
    { command: "dlrkit track messages.csv --once --json", description: "One look at each, the result as JSON" }
  ]),
  Command.withHandler(
    Effect.fnUntraced(function* (flags) {
      const { definition, environment } = yield* Configuration.load({
        config: Option.getOrUndefined(flags.config),
        journal: Option.getOrUndefined(flags.journal),
        audit: Option.getOrUndefined(flags.audit),
        carriers: Option.getOrUndefined(flags.carriers),
        deadline: Option.getOrUndefined(flags.deadline)
      })
      yield* track(flags).pipe(Effect.provide(TrackerDefinition.layer(definition).pipe(Layer.provide(environment))))
    })
  )
)

interface TrackFlags {
  readonly file: string
  readonly actor: Option.Option<string>
  readonly for: Option.Option<number>
  readonly once: boolean
  readonly failUnder: Option.Option<number>
  readonly timeZone: Option.Option<string>
  readonly skipBadRows: boolean
  readonly json: boolean
}

const track = Effect.fnUntraced(function* (flags: TrackFlags) {
  const tracker = yield* Tracker.Tracker
  const file = yield* MessageFile.open(flags.file, {
    skipBadRows: flags.skipBadRows,
    timeZone: Option.getOrUndefined(flags.timeZone),
    refuse: tracker.refuse
  })
  const before = yield* file.summary
  for (const notice of before.notices) Terminal.stderr.print(notice)
  if (before.rejectedFile !== undefined) {
    Terminal.stderr.print(`${before.rejectedCount} bad rows were left out; they are in ${before.rejectedFile}`)
  }

  const journal = yield* Journal.Journal
  const result = yield* Effect.scopedWith((scope) =>
    tracker.track({
      messages: Stream.map(file.batches, (lines) => lines.map(({ ref }) => ref)),
      actor: Option.getOrElse(flags.actor, currentActor),
      version,
      once: flags.once,
      for: Option.getOrUndefined(flags.for),
      onRun: (run) => Effect.asVoid(Effect.forkIn(showProgress(journal, run), scope))
    })
  )
  Terminal.stderr.clear()
  const { durationMs, expired, requests, run, sinks, summary } = result
  const { byCarrier, byCategory, byCause, delivered, failed, missing, pending, registered, unconfirmed } = summary

  if (flags.json) {
    const counts = { registered, delivered, failed, unconfirmed, pending, missing, requests, durationMs }
    yield* Terminal.printResult(JSON.stringify({ ...counts, byCategory, byCause, byCarrier }))
  } else {
    yield* Terminal.printResult(yield* SummaryTable.render(summary, run))
    if (failed > 0) yield* Terminal.printResult(`\nfailures by cause:\n${SummaryTable.failures(summary)}`)
    yield* Terminal.printResult(
      `\n${requests} requests in ${(durationMs / 1000).toFixed(1)} s; journal: ${journal.store.location}; audit: ${sinks.map(({ target }) => target).join(", ") || "none"}`
    )
    for (const exporter of yield* Exporter.Exporters) yield* Terminal.printResult(`exported: ${exporter.target}`)
  }
  if (!SummaryTable.knowsCarriers(summary) && registered > 0) Terminal.stderr.print(SummaryTable.carrierHint)
  if (expired > 0) {
    Terminal.stderr.print(
      `${expired} messages are older than what the platform keeps receipts for: they are unconfirmed, and were not asked for`
    )
  }
  if (missing > 0) {
    Terminal.stderr.print(
      `${missing} messages were never returned by the platform: wrong ids, another contact, or too old; they count as pending or unconfirmed`
    )
  }
  for (const { backlog, name } of sinks.filter(({ backlog }) => backlog > 0)) {
    Terminal.stderr.print(`${backlog} events still wait for ${name}; the next run delivers them`)
  }

  const after = yield* file.summary
  const streamed = after.rejectedCount - before.rejectedCount
  for (const { line, reason } of streamed > 0 ? after.rejected : []) {
    Terminal.stderr.print(`${file.name}: line ${line}: ${reason}`)
  }
  const code = exitCode(summary, Option.getOrUndefined(flags.failUnder), streamed > 0)
  if (code !== 0) return yield* new Finished({ code })
})

const exitCode = (summary: Summary.Summary, failUnder: number | undefined, badRows: boolean): number => {
  const { delivered, pending, registered, unconfirmed } = summary
  const ended = registered - pending
  if (badRows) return 2
  if (failUnder !== undefined && ended > 0 && (100 * delivered) / ended < failUnder) return 1
  if (pending > 0) return 5
  return unconfirmed > 0 ? 3 : 0
}

/** Says how far a run is: every second on a terminal, every ten elsewhere; less often where counting takes long. */
const showProgress = (journal: Journal.JournalService, run: number) =>
  Effect.gen(function* () {
    const { draw, live } = Terminal.stderr
    const startedAt = yield* Clock.currentTimeMillis
    let said = 0
    while (true) {
      yield* Effect.sleep(live ? 1000 : 10_000)
      const from = yield* Clock.currentTimeMillis
      const counts = Summary.fromTotals(yield* journal.store.totals(run))
      const { delivered, failed, pending, registered, unconfirmed } = counts
      const text = `${delivered} delivered, ${failed} failed, ${unconfirmed} unconfirmed, ${pending} pending of ${registered}; ${yield* journal.requests} requests`
      const now = yield* Clock.currentTimeMillis
      const ended = registered - pending
      if (live) draw(`${((now - startedAt) / 1000).toFixed(0)} s: ${text}`)
      else if (ended !== said) draw(text)
      said = ended
      yield* Effect.sleep(20 * (now - from))
    }
  }).pipe(Effect.ignore)
