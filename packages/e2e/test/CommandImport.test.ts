import { Journal } from "@dlrkit/core"
import * as Sqlite from "@dlrkit/journal-sqlite"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { lines, workplace } from "./command.ts"

/** A carrier that says what it means: `undelivered`, and a cause as its code. */
const config = `
import { defineClassifier, defineTracker, PayloadFields } from ${JSON.stringify(import.meta.resolve("@dlrkit/core"))}
import * as AuditFile from ${JSON.stringify(import.meta.resolve("@dlrkit/audit-file"))}
import * as Sqlite from ${JSON.stringify(import.meta.resolve("@dlrkit/journal-sqlite"))}
const statuses = { sent: "sent", delivered: "delivered", undelivered: "failed", received: "ignore" }
const read = (payload) => {
  const fields = PayloadFields.of(payload)
  const providerStatus = fields?.text("MessageStatus")
  if (providerStatus === undefined) return undefined
  return {
    receipt: {
      profile: "twilio",
      providerStatus,
      status: statuses[providerStatus],
      code: fields.text("ErrorCode"),
      externalMessageId: fields.text("MessageSid")
    }
  }
}
export default defineTracker({
  sources: [],
  journal: Sqlite.journal({ file: "dlrkit.db" }),
  audit: [AuditFile.sink({ directory: "audit" })],
  classifiers: [
    defineClassifier({
      name: "carrier",
      classify: ({ code, profile }) => (profile === "twilio" && code !== undefined ? { cause: code, rule: code } : undefined),
      profiles: [{ name: "twilio", read }]
    })
  ]
})
`

/** A workplace with a journal of five messages: two delivered, two failed as opted out, one open. */
const held = Effect.gen(function* () {
  const place = yield* workplace
  place.write("dlrkit.config.ts", config)
  yield* Effect.gen(function* () {
    const journal = yield* Journal.Journal
    yield* journal.start({ actor: "tester", command: "track", version: "1", config: {} })
    yield* journal.register(
      [1, 2, 3, 4, 5].map((i) => ({
        ref: {
          messageId: `m-${i}`,
          sentAt: Date.parse("2026-11-20T09:00:00Z"),
          ...(i === 5 ? { to: "+13175550105" } : { externalMessageId: `SM${i}` })
        },
        source: "source",
        group: "g",
        carrier: i < 3 ? "acme" : "zeta",
        carrierOrigin: "message",
        deadline: 3_600_000,
        expired: undefined
      }))
    )
    yield* journal.commit({
      receipts: [1, 2, 3, 4].map((i) => ({
        receipt: {
          messageId: `m-${i}`,
          profile: "p",
          providerStatus: "x",
          status: i < 3 ? ("delivered" as const) : ("failed" as const),
          code: "X"
        }
      })),
      classify: ({ status }) => ({
        ...nothing,
        ...(status === "failed"
          ? { state: "failed", cause: "opted_out", category: "permanent_block", retryable: "no", actor: "sender" }
          : { state: "delivered" })
      }),
      looked: [],
      startedAt: 0,
      nextLook: () => 0
    })
  }).pipe(
    Effect.provide(Layer.provide(Journal.layer, Sqlite.journal({ file: place.file("dlrkit.db") }))),
    Effect.scoped
  )
  return place
})

const nothing = {
  cause: undefined,
  category: undefined,
  retryable: undefined,
  retryAfterSeconds: undefined,
  resend: undefined,
  actor: undefined,
  action: undefined,
  classifier: undefined,
  rule: undefined,
  why: undefined
}

const log = `To,Body,Status,SentDate,ErrorCode,Sid
+13175550100,secret,delivered,20.11.2026 10:00,,sm1
+13175550100,secret,undelivered,20.11.2026 10:00,opted_out,SM2
+13175550100,secret,undelivered,20.11.2026 10:00,expired,SM3
+13175550100,secret,undelivered,20.11.2026 10:00,opted_out,00sm4
+13175550105,secret,sent,20.11.2026 10:01,,SM5
+13175550199,secret,delivered,20.11.2026 10:01,,SM6
`
const table = ["--profile", "twilio", "--timezone", "Europe/Berlin"]

describe("what carriers report", () => {
  it.live("is imported beside what the platform says, once, and reconciled with it", () =>
    Effect.gen(function* () {
      const place = yield* held
      place.write("log.csv", log)
      const tried = yield* place.run(["import", "log.csv", ...table, "--dry-run", "--json"])
      assert.strictEqual(tried.code, 0, tried.stderr)
      assert.isFalse(place.listing().some((file) => file.startsWith("audit")))

      const first = yield* place.run(["import", "log.csv", ...table, "--actor", "desk"])
      assert.strictEqual(first.code, 0, first.stderr)
      assert.deepStrictEqual(lines(first.stdout), [
        "imported: 6 receipts: 5 matched (4 by id, 1 by recipient and time), 1 of no message here, 0 ambiguous, 0 unreadable; 5 messages have another report than before",
        "message  journal    carrier",
        "---------------------------",
        "m-2      delivered  failed",
        "dlrkit reconcile compares all, with the platform's analytics"
      ])
      const again = yield* place.run(["import", "log.csv", ...table, "--json"])
      const { changed, dryRun: _, ...result } = JSON.parse(again.stdout)
      assert.deepStrictEqual([changed, again.code], [0, 0])
      assert.deepStrictEqual({ ...result, changed: 5, dryRun: true }, JSON.parse(tried.stdout))
      assert.deepStrictEqual(result.disagree, [{ messageId: "m-2", message: "delivered", carrier: "failed" }])

      const audit = place.read(
        place
          .listing()
          .find((file) => /^audit\/.*\.ndjson /.test(file))
          ?.split(" ")[0] ?? ""
      )
      const events = lines(audit).map((line) => JSON.parse(line))
      assert.strictEqual(events.filter(({ kind }) => kind === "message.reported").length, 5)
      assert.deepInclude(
        events.find(({ kind }) => kind === "receipts.imported"),
        {
          actor: "desk",
          file: "log.csv",
          profile: "twilio",
          receipts: 6,
          matched: 5,
          unmatched: 1
        }
      )
      assert.notInclude(audit, "secret")
      assert.notInclude(audit, "3175550105")

      const reconciled = yield* place.run(["reconcile", "--no-analytics", "--json"])
      assert.strictEqual(reconciled.code, 1, reconciled.stderr)
      assert.deepStrictEqual(JSON.parse(reconciled.stdout), {
        compared: 5,
        agree: 4,
        disagree: [{ messageId: "m-2", message: "delivered", analytics: null, carrier: "failed" }],
        missingHere: [],
        missingThere: [],
        byCarrier: {
          acme: { messages: 0, correct: 0, accuracy: null, reported: { messages: 2, correct: 1, accuracy: 0.5 } },
          zeta: { messages: 0, correct: 0, accuracy: null, reported: { messages: 3, correct: 3, accuracy: 1 } }
        },
        queries: [],
        causeDiffers: [{ messageId: "m-3", message: "opted_out", carrier: "expired" }]
      })
      const told = yield* place.run(["reconcile"])
      assert.strictEqual(told.code, 1, told.stderr)
      assert.deepStrictEqual(told.stdout.split("\n"), [
        "message  journal    analytics  carrier",
        "--------------------------------------",
        "m-2      delivered  -          failed",
        "",
        "message  cause by the platform  cause by the carrier",
        "----------------------------------------------------",
        "m-3      opted_out              expired",
        "",
        "carrier  analytics agree  the carrier agrees",
        "--------------------------------------------",
        "acme     -                1 of 2 (50.0 %)",
        "zeta     -                3 of 3 (100.0 %)",
        "",
        "5 messages compared in 0 queries: 4 agree, 1 disagree, 1 failed for other reasons, 0 are missing on one side",
        ""
      ])
    })
  )

  it.live("is taken from standard input row by row, and from a file as a whole or not at all", () =>
    Effect.gen(function* () {
      const place = yield* held
      const rows = [
        '{"profile":"twilio","receipt":{"MessageStatus":"delivered","MessageSid":"SM1"}}',
        "{",
        '{"receipt":{"MessageStatus":"lost","MessageSid":"SM2"}}'
      ].join("\n")
      place.write("receipts.ndjson", rows)
      const whole = yield* place.run(["import", "receipts.ndjson", "--profile", "twilio"])
      assert.strictEqual(whole.code, 2)
      assert.strictEqual(whole.stdout, "")
      assert.match(whole.stderr, /receipts\.ndjson: 1 row cannot be read, so nothing is imported/)
      assert.match(whole.stderr, /^ {2}line 2: it is no JSON/m)

      const piped = yield* place.run(["import", "-", "--profile", "twilio", "--json"], {}, rows)
      assert.strictEqual(piped.code, 2)
      assert.deepInclude(JSON.parse(piped.stdout), { receipts: 3, matched: 1, unreadable: 2, unknownWords: ["lost"] })
      assert.match(piped.stderr, /standard input: line 2: it is no JSON/)
    })
  )

  it.live.each([
    ["no profile of that name", ["import", "log.csv", "--profile", "twillio"], /no profile "twillio".*twilio/],
    ["no journal to import into", ["import", "log.csv", ...table, "--journal", "none.db"], /there is none yet/]
  ] as const)("is refused in one line: %s", ([, args, says]) =>
    Effect.gen(function* () {
      const place = yield* workplace
      place.write("dlrkit.config.ts", config)
      place.write("log.csv", log)
      const ended = yield* place.run(args)
      assert.strictEqual(ended.code, 2, ended.stderr)
      assert.strictEqual(lines(ended.stderr).length, 1, ended.stderr)
      assert.match(ended.stderr, says)
      assert.strictEqual(ended.stdout, "")
    })
  )
})
