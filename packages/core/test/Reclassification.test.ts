import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import { type Classifier, classify, defineClassifier, type Verdict } from "../src/Classifier.ts"
import * as Coverage from "../src/Coverage.ts"
import * as Explanation from "../src/Explanation.ts"
import * as Journal from "../src/Journal.ts"
import * as JournalCheck from "../src/JournalCheck.ts"
import { JournalBroken, JournalError } from "../src/JournalStore.ts"
import type { TrackedMessage } from "../src/Message.ts"
import * as Reclassification from "../src/Reclassification.ts"
import * as RecordedReceipt from "../src/RecordedReceipt.ts"
import * as Summary from "../src/Summary.ts"
import type { Cause } from "../src/Taxonomy.ts"
import { TrackingEvent } from "../src/TrackingEvent.ts"
import { message } from "./Samples.ts"
import { commit, layer, options, register } from "./StoredJournal.ts"
import { events, messages } from "./TrackedRun.ts"

/** A classifier by codes of one profile. */
const table = (name: string, verdicts: Readonly<Record<string, Verdict>>, profile = "scripted"): Classifier =>
  defineClassifier({
    name,
    rules: Object.entries(verdicts).map(([code, { cause }]) => ({
      rule: `code ${code}`,
      profile,
      field: "code",
      code,
      ...(cause && { cause })
    })),
    classify: (receipt) => {
      const verdict = receipt.profile === profile ? verdicts[receipt.code ?? ""] : undefined
      return verdict === undefined ? undefined : { ...verdict, rule: `code ${receipt.code}` }
    }
  })

const reading = (...classifiers: ReadonlyArray<Classifier>): Reclassification.Reading => ({
  classify: (receipt) => classify(classifiers, receipt, () => assert.fail("it threw")),
  profileOf: RecordedReceipt.profiler(classifiers)
})

const today = table("today", {
  A: { cause: "opted_out" },
  B: { cause: "rate_limited", retryable: "no" },
  C: { state: "unconfirmed" }
})

const who = { actor: "operator", version: "1" }

/** Failures with the codes A (two of them), B, C, D and none, a conflict with the code B, a delivery, and an open one. */
const tracked = Effect.gen(function* () {
  const journal = yield* Journal.Journal
  yield* journal.startBeside(options)
  yield* register(...["a-1", "a-2", "b-1", "c-1", "d-1", "n-1", "k-1", "o-1"].map((messageId) => ({ messageId })))
  yield* commit({ "a-1": "failed", "a-2": "failed" }, { code: "A" })
  yield* commit({ "b-1": "failed" }, { code: "B", field: "code" })
  yield* commit({ "c-1": "failed" }, { code: "C" })
  yield* commit({ "d-1": "failed" }, { code: "D" })
  yield* commit({ "n-1": "failed" })
  yield* commit({ "k-1": "delivered" })
  yield* commit({ "k-1": "failed" }, { code: "B" })
  yield* commit({ "o-1": "sent" })
})

const byCause = Effect.gen(function* () {
  const { store } = yield* Journal.Journal
  return Summary.fromTotals(yield* store.totals()).byCause
})

const isWhole = Effect.gen(function* () {
  assert.deepInclude(yield* JournalCheck.check({ atMost: 9 }), { count: 0, problems: [] })
  for (const event of yield* events) {
    assert.deepStrictEqual(Schema.decodeUnknownSync(TrackingEvent, { onExcessProperty: "error" })(event), event)
  }
})

const named = (all: ReadonlyArray<TrackedMessage>, id: string) => all.find(({ messageId }) => messageId === id)

describe("reading a journal again", () => {
  it.effect("shows what would change, and writes nothing", () =>
    Effect.gen(function* () {
      yield* tracked
      const before = JSON.stringify([yield* messages, yield* events])
      const found = yield* Reclassification.reclassify(reading(today))
      assert.deepInclude(found, { read: 6, withoutProfile: 0, withoutCode: 1 })
      const told = found.changes.map(({ carrier, code, count, from, place, rule, to }) =>
        [count, place, from, to, carrier, code, rule].join(" ")
      )
      assert.deepStrictEqual(told, [
        "2 end unexplained opted_out acme A code A",
        "1 end unexplained rate_limited acme B code B",
        "1 conflict unexplained rate_limited acme B code B"
      ])
      assert.deepStrictEqual(
        found.otherwise.map(({ code, count, state }) => [code, count, state]),
        [["C", 1, "unconfirmed"]]
      )
      assert.strictEqual(JSON.stringify([yield* messages, yield* events]), before)
    }).pipe(Effect.provide(layer()))
  )

  it.effect("writes the new reasons beside what was, once", () =>
    Effect.gen(function* () {
      yield* tracked
      const history = yield* events
      const found = yield* Reclassification.reclassify({ ...reading(today), write: who })
      const all = yield* messages
      assert.deepInclude(named(all, "a-1"), {
        status: "failed",
        cause: "opted_out",
        classifier: "today",
        rule: "code A"
      })
      assert.deepInclude(named(all, "b-1"), { cause: "rate_limited", retryable: "no", field: "code" })
      assert.deepInclude(named(all, "c-1"), { status: "failed", cause: "unexplained" })
      assert.deepInclude(named(all, "k-1"), { status: "delivered", cause: undefined })
      assert.deepInclude(named(all, "k-1")?.conflicts[0], { status: "failed", code: "B", cause: "rate_limited" })
      assert.deepStrictEqual(yield* byCause, { opted_out: 2, rate_limited: 1, unexplained: 3 })
      yield* isWhole

      const now = yield* events
      assert.deepStrictEqual(now.slice(0, history.length), history)
      const added = now.slice(history.length)
      assert.deepStrictEqual(
        added.map(({ actor, kind }) => `${kind} ${actor}`),
        [
          "run.started operator",
          "run.configured operator",
          ...Array.from({ length: 4 }, () => "message.reclassified operator"),
          "run.stopped operator"
        ]
      )
      assert.deepInclude(added[2], {
        messageId: "a-1",
        profile: "scripted",
        code: "A",
        was: { cause: "unexplained" },
        cause: "opted_out",
        mustAct: "sender"
      })
      const [explained] = yield* Explanation.explain("a-1")
      assert.deepStrictEqual(
        explained?.timeline.map(({ what }) => what).filter((what) => !what.includes("look")),
        ["registered", "failed", "reclassified"]
      )
      assert.include(explained?.standing, "opted_out")

      const again = yield* Reclassification.reclassify({ ...reading(today), write: who })
      assert.deepStrictEqual(again, { ...found, changes: [] })
      assert.strictEqual((yield* events).length, now.length)
      yield* Reclassification.reclassify({ ...reading(), write: who })
      assert.deepStrictEqual(yield* byCause, { unexplained: 6 })
      assert.deepStrictEqual(named(yield* messages, "k-1")?.conflicts, [
        { status: "failed", profile: "scripted", code: "B" }
      ])
      yield* isWhole
    }).pipe(Effect.provide(layer()))
  )

  it.effect("that breaks off leaves whole batches, and the next does the rest", () => {
    let left = Number.POSITIVE_INFINITY
    const broken = new JournalError({
      reason: new JournalBroken({ journal: "it", operation: "transact", cause: new Error("the disk is full") })
    })
    return Effect.gen(function* () {
      const journal = yield* Journal.Journal
      yield* journal.startBeside(options)
      const ids = Array.from({ length: 1200 }, (_, index) => `m-${index}`)
      yield* register(...ids.map((messageId) => ({ messageId })))
      yield* commit(Object.fromEntries(ids.map((id) => [id, "failed"])), { code: "A" })
      left = 2
      const exit = yield* Effect.exit(Reclassification.reclassify({ ...reading(today), write: who }))
      assert.isTrue(Exit.isFailure(exit))
      left = Number.POSITIVE_INFINITY
      assert.deepStrictEqual(yield* byCause, { opted_out: 500, unexplained: 700 })
      yield* isWhole
      const rest = yield* Reclassification.reclassify({ ...reading(today), write: who })
      assert.deepStrictEqual(
        rest.changes.map(({ count }) => count),
        [700]
      )
      assert.deepStrictEqual(yield* byCause, { opted_out: 1200 })
      const told = (yield* events).filter(({ kind }) => kind === "message.reclassified")
      assert.strictEqual(told.length, 1200)
      yield* isWhole
    }).pipe(
      Effect.provide(
        layer((store) => ({
          ...store,
          transact: (sought, decide) => (left-- > 0 ? store.transact(sought, decide) : Effect.fail(broken))
        }))
      )
    )
  })
})

describe("a recorded failure", () => {
  const failed = (changes: Partial<TrackedMessage>) =>
    message({
      status: "failed",
      resolution: "failed",
      providerStatus: "failed",
      cause: "unexplained",
      retryable: "after",
      actor: "platform",
      ...changes
    })
  const outcome = (recorded: TrackedMessage, ...classifiers: ReadonlyArray<Classifier>) =>
    Reclassification.reread(recorded, reading(...classifiers)).map(({ meaning, outcome, failure }) =>
      [failure.place, outcome, meaning?.cause].filter((part) => part !== undefined).join(" ")
    )
  const twoProfiles = (rule: string, code: string, first: Cause) => [
    defineClassifier({
      name: "both",
      rules: [
        { rule: "r 1", profile: "x", code: "1", cause: first },
        { rule: "r 2", profile: "x", code: "2", cause: first },
        { rule: "s 2", profile: "y", code: "2", cause: first }
      ],
      classify: ({ profile }) => (profile === "x" ? { cause: first, rule } : undefined)
    }),
    failed({ classifier: "both", rule, code, cause: "expired", retryable: "after", actor: "sender" })
  ]

  it("of a journal from before is read by the profile of the rule that explained it, where that is one", () => {
    for (const [rule, expected] of [
      ["r 1", "end changed opted_out"],
      ["R 2", "end changed opted_out"],
      ["1", "end changed opted_out"],
      ["2", "end withoutProfile"],
      ["gone", "end withoutProfile"]
    ] as const) {
      const [both, recorded] = twoProfiles(rule, "1", "opted_out") as [Classifier, TrackedMessage]
      assert.deepStrictEqual(outcome(recorded, both), [expected], rule)
      assert.strictEqual(
        Reclassification.apply(recorded, reading(both)).message.profile,
        expected === "end withoutProfile" ? undefined : "x"
      )
    }
    assert.deepStrictEqual(outcome(failed({ code: "1" }), today), ["end withoutProfile"])
  })

  it("is told whose carrier it is, and when it happened", () => {
    const windowed = defineClassifier({
      name: "windowed",
      classify: ({ carrier, occurredAt, sentAt }) =>
        carrier === "acme" && occurredAt === 70 && sentAt === 7 ? { cause: "expired" } : undefined
    })
    const recorded = { code: "9", profile: "scripted", finalAt: 70, sentAt: 7, carrier: "acme" }
    assert.deepStrictEqual(outcome(failed({ ...recorded, carrierOrigin: "config" }), windowed), ["end changed expired"])
    assert.deepStrictEqual(outcome(failed(recorded), windowed), ["end same unexplained"])
  })

  it("of a carrier's report changes the report alone", () => {
    const report = {
      state: "failed",
      providerStatus: "undelivered",
      profile: "scripted",
      code: "A",
      recordedAt: 5
    } as const
    const recorded = message({ status: "delivered", resolution: "delivered", report: { ...report, rule: "old" } })
    const { events, message: after } = Reclassification.apply(recorded, reading(today))
    assert.deepInclude(after.report, { ...report, cause: "opted_out", classifier: "today", rule: "code A" })
    assert.deepStrictEqual({ ...after, report: undefined }, { ...recorded, report: undefined })
    assert.deepInclude(events[0], { kind: "message.reclassified", providerStatus: "undelivered", was: { rule: "old" } })
  })

  it("that would end otherwise, or that reads as before, is left as it is", () => {
    for (const code of ["C", "D"]) {
      const recorded = failed({ code, profile: "scripted" })
      assert.deepStrictEqual(outcome(recorded, today), [code === "C" ? "end otherwise" : "end same unexplained"])
      assert.deepStrictEqual(Reclassification.apply(recorded, reading(today)), { message: recorded, events: [] })
    }
  })

  it("of a message that is nobody's stays as it is", () => {
    const recorded = failed({ code: "A", profile: "scripted", ref: {}, messageId: undefined })
    assert.deepStrictEqual(outcome(recorded, today), [])
  })
})

describe("coverage", () => {
  const count = (...recorded: ReadonlyArray<Partial<TrackedMessage>>) => {
    const counter = Coverage.counter([
      today,
      table("other", { "30003": { cause: "expired" }, A: { cause: "expired" } }, "o")
    ])
    for (const one of recorded) counter.add(message({ profile: "scripted", carrier: "acme", ...one }))
    return counter.result()
  }
  const failed = (code: string, changes: Partial<TrackedMessage> = {}): Partial<TrackedMessage> => ({
    status: "failed",
    resolution: "failed",
    cause: "unexplained",
    code,
    ...changes
  })

  it("counts what nobody knows, by code and carrier, the most frequent first", () => {
    const { explainedNow, looked, unknown } = count(
      failed("X"),
      failed("Y"),
      failed("Y", { carrier: "other" }),
      failed("Y", { carrier: "other" }),
      failed("Y", { field: "old" }),
      failed("Z", { profile: undefined }),
      failed("Z", { profile: undefined, cause: "expired", classifier: "gone", rule: "r" }),
      failed("A"),
      failed("C"),
      {
        status: "delivered",
        conflicts: [{ status: "failed", code: "X", profile: "scripted" }],
        unrecognized: ["beamed"]
      },
      { report: { state: "failed", providerStatus: "f", profile: "o", code: "30009", recordedAt: 1 }, conflicts: [] }
    )
    assert.deepStrictEqual(
      unknown.map(({ carriers, count, field, kind, profile, text }) => [
        `${count} ${kind} ${text} ${profile} ${field}`,
        carriers.map(({ carrier, count }) => `${carrier} ${count}`).join()
      ]),
      [
        ["3 code Y scripted undefined", "other 2,acme 1"],
        ["2 code X scripted undefined", "acme 2"],
        ["1 code 30009 o undefined", "acme 1"],
        ["1 code Y scripted old", "acme 1"],
        ["1 code Z undefined undefined", "acme 1"],
        ["1 status beamed undefined undefined", "acme 1"]
      ]
    )
    assert.deepStrictEqual([looked, explainedNow], [12, 1])
  })

  it("shows the known codes that one is most like: numbers of its own profile, words of any", () => {
    const near = (code: string, profile: string | undefined) =>
      count(failed(code, { profile })).unknown[0]?.near.map(({ code, profile }) => `${profile} ${code}`)
    assert.deepStrictEqual(near("30005", "o"), ["o 30003"])
    assert.deepStrictEqual(near("30003", "scripted"), [])
    assert.deepStrictEqual(near("30004", "scripted"), [])
    assert.deepStrictEqual(near("30003", undefined), ["o 30003"])
    assert.deepStrictEqual(near("30099", "o"), [])
    assert.deepStrictEqual(near("AB", "scripted"), ["scripted A", "scripted B", "o A"])
    assert.deepStrictEqual(near("SOMETHING_ELSE", "scripted"), [])
  })
})
