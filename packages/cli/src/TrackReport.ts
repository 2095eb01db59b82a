/**
 * What `dlrkit track` prints at the end of a run, and the exit code that the run ends with.
 *
 * @module
 */
import { type AuditSink, AuditTrail, Exporter, Journal, type JournalStore, Summary, type Tracker } from "@dlrkit/core"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Stdio from "effect/Stdio"
import * as SummaryTable from "./SummaryTable.ts"
import * as Terminal from "./Terminal.ts"

/** Who of a campaign's contact list was never sent to. */
export interface NotSent {
  /** The contacts' ids; `undefined` where the campaign was not read whole, so that nobody can know. */
  readonly contacts: ReadonlyArray<string> | undefined
  /** What was sent before this moment was seen. Epoch milliseconds. */
  readonly completeUntil: number | undefined
  /** Messages that went to contacts which the list does not have. */
  readonly unlisted: number
}

/** What is told of a run. */
export type Ended = Pick<
  Tracker.TrackResult,
  "run" | "summary" | "requests" | "durationMs" | "refused" | "refusedCount" | "expired" | "sinks"
>

/** How a run stands that was stopped before it ended by itself. */
export const ofStopped = Effect.fnUntraced(function* (
  run: number,
  startedAt: number
): Effect.fn.Return<Ended, JournalStore.JournalError, AuditSink.AuditSinks | Journal.Journal> {
  const journal = yield* Journal.Journal
  return {
    run,
    summary: Summary.fromTotals(yield* journal.store.totals(run)),
    requests: yield* journal.requests,
    durationMs: (yield* Clock.currentTimeMillis) - startedAt,
    refused: [],
    refusedCount: 0,
    expired: 0,
    sinks: yield* AuditTrail.statuses
  }
})

/** Prints the result on standard output, and what else is to be known on standard error. */
export const print = Effect.fnUntraced(function* (
  { durationMs, expired, refused, refusedCount, requests, run, sinks, summary }: Ended,
  options: { readonly json: boolean; readonly campaign: boolean; readonly notSent: NotSent | undefined }
): Effect.fn.Return<void, JournalStore.JournalError, Exporter.Exporters | Journal.Journal | Stdio.Stdio> {
  const { byCarrier, byCategory, byCause, delivered, failed, missing, pending, registered, unconfirmed } = summary
  const { notSent } = options
  Terminal.stderr.clear()

  if (options.json) {
    const counts = { registered, delivered, failed, unconfirmed, pending, missing, requests, durationMs }
    const never = notSent === undefined ? {} : { notSent: notSent.contacts ?? null }
    yield* Terminal.printResult(
      JSON.stringify({ ...counts, byCategory, byCause, byCarrier, ...never, sinks: sinks.map(sinkRecord) })
    )
  } else {
    const { store } = yield* Journal.Journal
    yield* Terminal.printResult(yield* SummaryTable.render(summary, run))
    if (failed > 0) yield* Terminal.printResult(`\nfailures by cause:\n${SummaryTable.failures(summary)}`)
    if (notSent !== undefined) yield* Terminal.printResult(`\n${notSentText(notSent)}`)
    yield* Terminal.printResult(
      `\n${requests} requests in ${(durationMs / 1000).toFixed(1)} s; journal: ${store.location}; audit: ${sinks.map(({ target }) => target).join(", ") || "none"}`
    )
    for (const exporter of yield* Exporter.Exporters) yield* Terminal.printResult(`exported: ${exporter.target}`)
  }
  if (!SummaryTable.knowsCarriers(summary) && registered > 0) Terminal.stderr.print(SummaryTable.carrierHint)
  if (options.campaign && registered === 0) {
    Terminal.stderr.print("nothing was found that the campaign sent: check its id, and the window")
  }
  if (notSent !== undefined && notSent.unlisted > 0) {
    Terminal.stderr.print(`${notSent.unlisted} messages went to contacts that are not in the list`)
  }
  if (refusedCount > 0) {
    Terminal.stderr.print(`${refusedCount} messages were not registered: ${refused[0]?.reason}`)
  }
  if (expired > 0) {
    Terminal.stderr.print(
      `${expired} messages are older than what the platform keeps receipts for: they are unconfirmed, and were not asked for`
    )
  }
  if (missing > 0) {
    Terminal.stderr.print(
      `${missing} messages were never returned by the platform: wrong ids, another contact, outside the divisions of the client, or too old; they count as pending or unconfirmed`
    )
  }
  for (const sink of sinks.filter(({ backlog }) => backlog > 0)) Terminal.stderr.print(behindText(sink))
})

const isoTime = (millis: number) => new Date(millis).toISOString()

/** A sink as `--json` shows it. */
export const sinkRecord = ({ backlog, failure, name, oldestAt }: AuditTrail.SinkStatus) => ({
  name,
  backlog,
  oldestAt: oldestAt === undefined ? null : isoTime(oldestAt),
  failure:
    failure === undefined ? null : { since: isoTime(failure.since), at: isoTime(failure.at), detail: failure.detail }
})

/** How far a sink is behind, since when, and why, in a line. */
export const behindText = ({ backlog, failure, name, oldestAt }: AuditTrail.SinkStatus): string => {
  const what = backlog === 1 ? "1 event still waits" : `${backlog} events still wait`
  const since = oldestAt === undefined ? "" : `, the oldest since ${isoTime(oldestAt)}`
  const why = failure === undefined ? "" : `; it fails since ${isoTime(failure.since)}: ${failure.detail}`
  return `${what} for the audit sink ${name}${since}${why}; the next run delivers them`
}

const shownContacts = 5

/** Who was never sent to, in a line. */
export const notSentText = ({ completeUntil, contacts }: NotSent): string => {
  if (contacts === undefined || completeUntil === undefined) {
    return "never sent to: not known, because the campaign was not read whole"
  }
  const shown = contacts.slice(0, shownContacts).join(", ")
  const more = contacts.length > shownContacts ? ", …" : ""
  const who = contacts.length === 0 ? "" : ` (${shown}${more})`
  const what = contacts.length === 1 ? "1 contact" : `${contacts.length} contacts`
  return `never sent to: ${what} of the list${who}, by what was sent before ${isoTime(completeUntil)}`
}

/** The exit code of a run, whose bad rows were told. */
export const exitCode = (
  { delivered, pending, registered, unconfirmed }: Summary.Summary,
  failUnder: number | undefined,
  badRows: boolean
): number => {
  const ended = registered - pending
  if (badRows) return 2
  if (failUnder !== undefined && ended > 0 && (100 * delivered) / ended < failUnder) return 1
  if (pending > 0) return 5
  return unconfirmed > 0 ? 3 : 0
}
