import { readFileSync } from "node:fs"
import { Classifier, Journal, JournalCheck, JournalStore, Summary } from "@dlrkit/core"
import * as Sqlite from "@dlrkit/journal-sqlite"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { lines, workplace } from "./command.ts"

const line = (code: string) => JSON.stringify({ profile: "genesys-cloud", receipt: { extendedDeliveryStatus: code } })

/** A config file's way to a package, from a folder that has none. */
const at = (name: string) => JSON.stringify(import.meta.resolve(name))

/** A config with an own classifier that knows one code. */
const config = `
import { defineClassifier, defineTracker } from ${at("@dlrkit/core")}
import * as GenesysCodes from ${at("@dlrkit/classifier-genesys")}
const acme = defineClassifier({
  name: "acme",
  rules: [{ rule: "ACME-17", profile: "genesys-cloud", field: "sms_receipt_code", code: "ACME-17", cause: "opted_out" }],
  classify: ({ code }) => (code === "ACME-17" ? { state: "failed", cause: "opted_out", rule: code } : undefined)
})
export default defineTracker({ classifiers: [acme, GenesysCodes.classifier()] })
`

describe("classify", () => {
  it.live("answers a file line by line, and ends with 2 where one cannot be read", () =>
    Effect.gen(function* () {
      const place = yield* workplace
      place.write("bad.ndjson", `${line("EXPIRED")}\n\n{\n${line("DELIVERED")}`)
      const bad = yield* place.run(["classify", "bad.ndjson"])
      assert.strictEqual(bad.code, 2)
      assert.deepStrictEqual(
        lines(bad.stdout).map((text) => JSON.parse(text).error ?? JSON.parse(text).state),
        ["failed", "it is no JSON: see column 2", "delivered"]
      )
      assert.strictEqual(bad.stderr, "1 line cannot be read: each says why at its place\n")
      for (const [args, message] of [
        [["none.ndjson"], "none.ndjson: no such file"],
        [["bad.ndjson", "--profile", "acme"], 'there is no profile "acme": the profiles are ']
      ] as const) {
        const refused = yield* place.run(["classify", ...args])
        assert.deepStrictEqual([refused.code, refused.stdout], [2, ""])
        assert.include(refused.stderr, `dlrkit: ${message}`)
      }
    })
  )

  it.live("asks the config's classifiers first, and shows the way where it is asked for", () =>
    Effect.gen(function* () {
      const place = yield* workplace
      place.write("own.config.ts", config)
      const args = ["classify", "-", "--profile", "GENESYS-cloud", "--explain", "--config", "own.config.ts"]
      const { code, stderr, stdout } = yield* place.run(args, {}, '{"extendedDeliveryStatus":"ACME-17"}')
      assert.deepStrictEqual([code, stderr], [0, ""])
      const answer = JSON.parse(stdout)
      assert.deepInclude(answer, { cause: "opted_out", classifier: "acme", rule: "ACME-17" })
      assert.strictEqual(Object.keys(answer).at(-1), "explain")
      assert.include(answer.explain, "acme answers by its rule ACME-17: failed opted_out")
    })
  )

  it.live("answers as lines come, and ends when nobody reads on", () =>
    Effect.gen(function* () {
      const place = yield* workplace
      const many = `${line("EXPIRED")}\n`.repeat(60_000)
      const running = place.start(["classify"], {}, many)
      yield* Effect.promise(() => running.says('"expired"'))
      running.child.stdout?.destroy()
      const { code, stderr } = yield* Effect.promise(() => running.ended)
      assert.deepStrictEqual([code, stderr], [0, ""])
    })
  )
})

const journalIn = (file: string) => Journal.layer.pipe(Layer.provide(Sqlite.journal({ file })))

/** A journal of failures: three with a code of acme's, one that is explained, and one with an own word for the status. */
const recorded = (file: string) =>
  Effect.gen(function* () {
    const journal = yield* Journal.Journal
    yield* journal.start({ actor: "tester", command: "track", version: "1", config: {} })
    const codes = { "m-1": "ACME-17", "m-2": "ACME-17", "m-3": "ACME-17", "m-4": "EXPIRED", "m-5": undefined }
    yield* journal.register(
      Object.keys(codes).map((messageId) => ({
        ref: { messageId },
        source: "genesys",
        group: "g",
        carrier: messageId === "m-3" ? "other" : "acme",
        carrierOrigin: "config",
        deadline: 86_400_000,
        expired: undefined
      }))
    )
    yield* journal.commit({
      receipts: Object.entries(codes).map(([messageId, code]) => ({
        receipt: {
          messageId,
          profile: "genesys-cloud",
          providerStatus: code === undefined ? "beamed" : "delivery-failed",
          status: code === undefined ? undefined : "failed",
          code
        }
      })),
      classify: (receipt) => Classifier.classify([], receipt, () => undefined),
      looked: [],
      startedAt: 0,
      nextLook: () => 0
    })
  }).pipe(Effect.scoped, Effect.provide(Journal.layer.pipe(Layer.provide(Sqlite.journal({ file })))))

describe("classify --coverage", () => {
  it.live("prints the codes that nobody knows as rules to fill in", () =>
    Effect.gen(function* () {
      const place = yield* workplace
      yield* recorded(place.file("dlrkit.db"))
      const text = yield* place.run(["classify", "--coverage"])
      assert.strictEqual(text.code, 0, text.stderr)
      assert.strictEqual(
        text.stdout,
        `rules:
  # 3 messages: acme 2, other 1
  - code: ACME-17
    profile: genesys-cloud
    cause: ???
  # 1 message: acme 1
  - status: beamed
    carrier: acme
    state: ???
`
      )
      assert.include(text.stderr, "dlrkit.db: of 5 codes and words, 4 are not known, 2 different ones")
      assert.include(text.stderr, "1 unexplained failure is explained by now: see dlrkit reclassify")
      place.write("own.config.ts", config)
      const json = yield* place.run([
        "classify",
        "--coverage",
        "--json",
        "--config",
        "own.config.ts",
        "--journal",
        "dlrkit.db"
      ])
      const { unknown, ...rest } = JSON.parse(json.stdout)
      assert.deepStrictEqual(rest, { journal: "dlrkit.db", looked: 5, explainedNow: 4 })
      assert.deepStrictEqual(unknown, [
        {
          kind: "status",
          code: "beamed",
          profile: null,
          field: null,
          count: 1,
          carriers: [{ carrier: "acme", count: 1 }],
          near: [],
          proposed: { status: "beamed", carrier: "acme", state: "???" }
        }
      ])
    })
  )
})

describe("reclassify", () => {
  it.live("shows what would change, writes it once, and gives it to the audit sinks", () =>
    Effect.gen(function* () {
      const place = yield* workplace
      yield* recorded(place.file("dlrkit.db"))
      place.write("dlrkit.config.ts", config)
      const before = readFileSync(place.file("dlrkit.db"))
      const shown = yield* place.run(["reclassify"])
      assert.strictEqual(shown.code, 0, shown.stderr)
      assert.deepStrictEqual(
        lines(shown.stdout).map((text) => text.replace(/ {2,}/g, "  ").replace(/^-+$/, "-")),
        [
          "count  of  from  to  carrier  code  profile  rule",
          "-",
          "2  messages  unexplained  opted_out  acme  ACME-17  genesys-cloud  acme: ACME-17",
          "1  messages  unexplained  opted_out  other  ACME-17  genesys-cloud  acme: ACME-17",
          "1  messages  unexplained  expired  acme  EXPIRED  genesys-cloud  genesys: sms_receipt_code EXPIRED",
          "4 failures read again: 4 would change"
        ]
      )
      assert.strictEqual(shown.stderr, "nothing is written yet: --write writes it\n")
      assert.isTrue(before.equals(readFileSync(place.file("dlrkit.db"))))

      const written = yield* place.run(["reclassify", "--write", "--json", "--actor", "operator"])
      assert.strictEqual(written.code, 0, written.stderr)
      assert.deepInclude(JSON.parse(written.stdout), { written: true, read: 4, changed: 4, otherwise: [] })
      const [name] = place.listing().flatMap((entry) => /^(audit\/\S+\.ndjson) /.exec(entry)?.[1] ?? [])
      const trail = lines(place.read(name ?? "")).map((text) => JSON.parse(text))
      assert.strictEqual(trail.filter(({ kind }) => kind === "message.reclassified").length, 4)
      assert.deepInclude(trail.at(-1), { kind: "run.stopped", outcome: "completed", actor: "operator" })
      const again = yield* place.run(["reclassify", "--write"])
      assert.strictEqual(again.stdout, "4 failures read again: 0 changed\n")
      yield* Effect.gen(function* () {
        const { store } = yield* Journal.Journal
        assert.deepStrictEqual(Summary.fromTotals(yield* store.totals()).byCause, { expired: 1, opted_out: 3 })
        assert.deepInclude(yield* JournalCheck.check({ atMost: 1 }), { problems: [], events: trail.at(-1).seq })
      }).pipe(Effect.provide(journalIn(place.file("dlrkit.db"))))
    })
  )

  it.live("writes nothing while a tracker has the journal", () =>
    Effect.gen(function* () {
      const place = yield* workplace
      yield* recorded(place.file("dlrkit.db"))
      yield* Effect.gen(function* () {
        yield* (yield* JournalStore.JournalStore).claim
        const refused = yield* place.run(["reclassify", "--write"])
        assert.strictEqual(refused.code, 7)
        assert.include(refused.stderr, "in use by another tracker")
      }).pipe(Effect.scoped, Effect.provide(Sqlite.journal({ file: place.file("dlrkit.db") })))
    })
  )
})
