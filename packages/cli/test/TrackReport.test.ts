import { AuditSink } from "@dlrkit/core"
import { assert, it } from "@effect/vitest"
import * as ExitCode from "../src/ExitCode.ts"
import * as TrackReport from "../src/TrackReport.ts"

const text = (contacts: ReadonlyArray<string> | undefined) =>
  TrackReport.notSentText({ contacts, completeUntil: contacts === undefined ? undefined : 0, unlisted: 0 })

it("says who was never sent to, the first few by name, and by when that is known", () => {
  const before = "by what was sent before 1970-01-01T00:00:00.000Z"
  assert.strictEqual(text([]), `never sent to: 0 contacts of the list, ${before}`)
  assert.strictEqual(text(["a"]), `never sent to: 1 contact of the list (a), ${before}`)
  assert.strictEqual(
    text(["a", "b", "c", "d", "e", "f"]),
    `never sent to: 6 contacts of the list (a, b, c, d, e, …), ${before}`
  )
  assert.strictEqual(text(undefined), "never sent to: not known, because the campaign was not read whole")
})

it("ends with the code of the first thing that the user must know", () => {
  const counts = { registered: 10, delivered: 6, failed: 2, unconfirmed: 2, pending: 0 }
  const summary = { ...counts, missing: 0, late: 0, contradicted: 0, byCategory: {}, byCause: {}, byCarrier: {} }
  assert.strictEqual(TrackReport.exitCode(summary, undefined, false), 3)
  assert.strictEqual(TrackReport.exitCode({ ...summary, pending: 1 }, undefined, false), 5)
  assert.strictEqual(TrackReport.exitCode({ ...summary, unconfirmed: 0 }, undefined, false), 0)
  assert.strictEqual(TrackReport.exitCode(summary, 61, false), 1)
  assert.strictEqual(TrackReport.exitCode(summary, 60, false), 3)
  assert.strictEqual(TrackReport.exitCode({ ...summary, registered: 0 }, 100, false), 3)
  assert.strictEqual(TrackReport.exitCode(summary, 100, true), 2)
})

it("says of a sink that is behind how far, since when, and why", () => {
  const sink = { name: "http", target: "https://audit.example.com", backlog: 12, oldestAt: 5000, failure: undefined }
  assert.strictEqual(
    TrackReport.behindText(sink),
    "12 events still wait for the audit sink http, the oldest since 1970-01-01T00:00:05.000Z; the next run delivers them"
  )
  const failing = { ...sink, backlog: 1, failure: { since: 6000, at: 7000, detail: "503" } }
  assert.strictEqual(
    TrackReport.behindText(failing),
    "1 event still waits for the audit sink http, the oldest since 1970-01-01T00:00:05.000Z; it fails since 1970-01-01T00:00:06.000Z: 503; the next run delivers them"
  )
  assert.deepStrictEqual(TrackReport.sinkRecord(failing), {
    name: "http",
    backlog: 1,
    oldestAt: "1970-01-01T00:00:05.000Z",
    failure: { since: "1970-01-01T00:00:06.000Z", at: "1970-01-01T00:00:07.000Z", detail: "503" }
  })
  assert.deepStrictEqual(TrackReport.sinkRecord({ ...sink, backlog: 0, oldestAt: undefined }), {
    name: "http",
    backlog: 0,
    oldestAt: null,
    failure: null
  })
})

it("ends with 8 where an audit sink that stays down has stopped the run", () => {
  const down = { sink: "http", target: "https://audit.example.com", backlog: 12, since: 0, detail: "503" }
  assert.strictEqual(ExitCode.ofError(new AuditSink.AuditDown(down)), 8)
})
