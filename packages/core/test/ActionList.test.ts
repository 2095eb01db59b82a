import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import * as ActionList from "../src/ActionList.ts"
import * as Classifier from "../src/Classifier.ts"
import * as FixList from "../src/FixList.ts"
import { JournalBroken, JournalError, JournalStore, type JournalStoreService } from "../src/JournalStore.ts"
import { secondsText } from "../src/ListRow.ts"
import type { CarrierReport, TrackedMessage } from "../src/Message.ts"
import * as ResendList from "../src/ResendList.ts"
import * as SuppressionList from "../src/SuppressionList.ts"
import { type Cause, causes } from "../src/Taxonomy.ts"
import { message } from "./Samples.ts"
import { layer } from "./StoredJournal.ts"
import { events } from "./TrackedRun.ts"

const minute = 60_000
const hour = 60 * minute
const names = Object.keys(causes) as ReadonlyArray<Cause>

type Changes = Partial<TrackedMessage>

const failed = (cause: Cause, changes: Changes = {}) => {
  const { actor, category, retryable } = causes[cause]
  const end = { status: "failed", resolution: "failed", providerStatus: "FAILED", code: "X", profile: "p" } as const
  return message({
    ...end,
    cause,
    category,
    retryable,
    actor,
    finalAt: 0,
    dueAt: undefined,
    carrier: "acme",
    ...changes
  })
}

const delivered = (changes: Changes = {}) =>
  message({ status: "delivered", resolution: "delivered", finalAt: 0, dueAt: undefined, carrier: "acme", ...changes })

const unconfirmed = (changes: Changes = {}) =>
  message({ status: "sent", resolution: "unconfirmed", finalAt: 0, dueAt: undefined, carrier: "acme", ...changes })

const to = (number: string, ref: TrackedMessage["ref"] = { messageId: "m-1" }) => ({ ref: { ...ref, to: number } })

const report = (state: CarrierReport["state"], changes: Partial<CarrierReport> = {}): CarrierReport => ({
  state,
  profile: "p",
  providerStatus: "said",
  recordedAt: 9,
  ...changes
})

const row = (answer: ResendList.Answer) => (typeof answer === "object" ? answer.values : answer)

describe("the resend list", () => {
  it("has a row for each failure that may be sent again, and for those of which somebody must decide", () => {
    const decisions = Object.fromEntries(
      names.flatMap((cause) => {
        const answer = row(ResendList.answerOf(failed(cause), 0))
        return typeof answer === "object"
          ? [[cause, [answer.decision, answer.notBefore.slice(11, 19), answer.times]]]
          : []
      })
    )
    assert.deepStrictEqual(decisions, {
      handset_unreachable: ["send", "00:45:00", "12"],
      recipient_barred: ["send", "00:00:00", "7"],
      fraud_blocked: ["send", "00:30:00", "48"],
      rate_limited: ["send", "00:00:10", "60"],
      quota_exceeded: ["send", "00:00:00", "3"],
      network_failure: ["send", "00:01:00", "12"],
      routing_failure: ["send", "00:05:00", "1"],
      platform_error: ["send", "00:01:00", "288"],
      expired: ["ask", "00:00:00", "1"],
      unexplained: ["send", "01:00:00", "1"]
    })
  })

  it("says whom, when, how often and until when", () => {
    const ref = {
      conversationId: "v",
      externalContactId: "c",
      outboundContactId: "o",
      to: "+1 317",
      labels: { a: "b" }
    }
    const answer = ResendList.answerOf(failed("handset_unreachable", { conversationId: "v", ref, finalAt: 1000 }), 1000)
    assert.deepStrictEqual(answer, {
      values: {
        messageId: "m-1",
        conversationId: "v",
        externalContactId: "c",
        outboundContactId: "o",
        to: "+1 317",
        carrier: "acme",
        cause: "handset_unreachable",
        failedAt: "1970-01-01T00:00:01.000Z",
        notBefore: "1970-01-01T00:45:01.000Z",
        every: "4h",
        times: "12",
        until: "1970-01-03T00:00:01.000Z",
        decision: "send",
        warning: ""
      },
      labels: { a: "b" }
    })
    if (typeof answer === "object") assert.deepStrictEqual(Object.keys(answer.values), [...ResendList.columns])
  })

  it("has nothing that is open, delivered, nobody's, ruled out by its receipt, or past its time", () => {
    for (const none of [
      message(),
      message({ status: "sent" }),
      delivered(),
      delivered({ report: report("failed", { cause: "network_failure" }) }),
      failed("network_failure", { retryable: "no" }),
      failed("expired", { retryable: "no" }),
      failed("network_failure", { messageId: undefined, ref: {} })
    ]) {
      assert.isUndefined(ResendList.answerOf(none, 0))
    }
    assert.isObject(ResendList.answerOf(failed("network_failure"), hour))
    assert.strictEqual(ResendList.answerOf(failed("network_failure"), hour + 1), "passed")
    assert.isObject(ResendList.answerOf(failed("expired"), 1000 * hour))
  })

  it.each([
    ["unconfirmed", unconfirmed(), "may have arrived: unconfirmed"],
    [
      "contradicted",
      failed("network_failure", { conflicts: [{ status: "delivered" }] }),
      "another receipt says delivered"
    ],
    ["the carrier's word", failed("network_failure", { report: report("delivered") }), "the carrier reports delivered"],
    ["expired", failed("expired"), "may have arrived, or be out of date: expired"],
    [
      "the carrier's reason",
      failed("unexplained", { report: report("failed", { cause: "content_filtered", retryable: "no" }) }),
      "may be of no use: the carrier reports content_filtered"
    ]
  ])("asks, and warns, where it may have arrived or be of no use: %s", (_, given, warning) => {
    const answer = row(ResendList.answerOf(given, 0))
    assert.isObject(answer)
    if (typeof answer !== "object") return
    assert.strictEqual(answer.decision, "ask")
    assert.include(answer.warning, warning)
  })

  it("goes by what the carrier says where it agrees, or says to wait for longer", () => {
    const agreeing = failed("network_failure", { report: report("failed", { cause: "handset_unreachable" }) })
    assert.deepInclude(row(ResendList.answerOf(agreeing, 0)), { decision: "send", warning: "" })
    const waiting = row(ResendList.answerOf(failed("network_failure"), 2 * hour, () => 3 * 3600))
    assert.deepInclude(waiting, {
      notBefore: "1970-01-01T03:00:00.000Z",
      until: "1970-01-02T03:00:00.000Z",
      times: "1"
    })
  })

  it("keeps what may be sent but once for a day after its moment", () => {
    const once = failed("unexplained")
    assert.deepInclude(row(ResendList.answerOf(once, 25 * hour)), {
      notBefore: "1970-01-01T01:00:00.000Z",
      until: "1970-01-02T01:00:00.000Z",
      every: "",
      times: "1"
    })
    assert.strictEqual(ResendList.answerOf(once, 25 * hour + 1), "passed")
  })

  it("writes seconds in the largest unit that tells them", () => {
    assert.deepStrictEqual([10, 90, 60, 5400, 14_400, 86_400, 604_800].map(secondsText), [
      "10s",
      "90s",
      "1m",
      "90m",
      "4h",
      "1d",
      "7d"
    ])
  })
})

const suppression = (messages: ReadonlyArray<TrackedMessage>, carrier?: string) => {
  const list = SuppressionList.make(carrier)
  for (const one of messages) list.note(one)
  for (const one of messages) list.noteArrival(one)
  return list
}

const suppressed = (messages: ReadonlyArray<TrackedMessage>, carrier?: string) =>
  Array.from(suppression(messages, carrier).rows()).map(
    ({ values: { number, reason, receipts, saidBy } }) => `${number} ${reason} ${receipts} ${saidBy}`
  )

describe("the suppression list", () => {
  it("has numbers for three reasons alone", () => {
    const all = names.map((cause, index) => failed(cause, to(`+1317555${1000 + index}`)))
    const rows = Array.from(suppression(all).rows()).map(({ values }) => [values.reason, values.scope])
    assert.deepStrictEqual(rows, [
      ["invalid_number", "the number"],
      ["unsupported_destination", "this channel"],
      ["opted_out", "every message from this sender"]
    ])
  })

  it("says which receipt says so", () => {
    const reason = { profile: "twilio", field: "ErrorCode", code: "21610", classifier: "twilio", rule: "21610" }
    const [one] = suppression([
      failed("opted_out", {
        ...to("+1317", { messageId: "m-1", externalContactId: "c", outboundContactId: "o" }),
        ...reason,
        conversationId: "v",
        finalAt: 1000
      })
    ]).rows()
    assert.deepStrictEqual(one?.values, {
      number: "+1317",
      externalContactId: "c",
      outboundContactId: "o",
      reason: "opted_out",
      scope: "every message from this sender",
      messageId: "m-1",
      conversationId: "v",
      carrier: "acme",
      saidBy: "platform",
      providerStatus: "FAILED",
      ...reason,
      at: "1970-01-01T00:00:01.000Z",
      receipts: "1"
    })
    assert.sameMembers(Object.keys(one?.values ?? {}), [...SuppressionList.columns])
  })

  it("has a number once, for the strongest reason, by the first receipt of that", () => {
    const list = suppression([
      failed("unsupported_destination", to("+1317")),
      failed("opted_out", { ...to("1317"), finalAt: 9, messageId: "later" }),
      failed("invalid_number", to("001317")),
      failed("opted_out", { ...to("+1 317"), finalAt: 5, messageId: "first" }),
      failed("opted_out", { ...to("+1317"), finalAt: 7, messageId: "between" })
    ])
    const [one, ...others] = list.rows()
    assert.deepStrictEqual(others, [])
    assert.deepInclude(one?.values, { reason: "opted_out", receipts: "3", messageId: "first" })
  })

  it("has no number that took a message after it had been called invalid, or the very message", () => {
    const invalid = failed("invalid_number", { ...to("+1317"), finalAt: 5 })
    const working = suppression([invalid, delivered({ ...to("1317"), finalAt: 6 })])
    assert.deepStrictEqual([Array.from(working.rows()), working.working()], [[], 1])
    assert.isFalse(working.has(invalid))
    const bySaying = delivered({ ...to("+1317"), status: "sent", resolution: undefined, report: report("delivered") })
    assert.deepStrictEqual(suppressed([invalid, bySaying]), [])
    assert.deepStrictEqual(suppressed([failed("invalid_number", { ...to("+1"), report: report("delivered") })]), [])
    assert.deepStrictEqual(
      suppressed([failed("invalid_number", { ...to("+1"), conflicts: [{ status: "delivered" }] })]),
      []
    )

    const before = delivered({ ...to("+1317"), finalAt: 4 })
    assert.deepStrictEqual(suppressed([before, invalid]), ["+1317 invalid_number 1 platform"])
    const again = failed("invalid_number", { ...to("+1317"), finalAt: 7 })
    assert.strictEqual(suppressed([invalid, delivered({ ...to("+1317"), finalAt: 6 }), again]).length, 1)
    const landline = failed("unsupported_destination", { ...to("+1317"), finalAt: 3 })
    const stop = failed("opted_out", { ...to("+1318"), finalAt: 3 })
    assert.deepStrictEqual(
      suppressed([landline, invalid, stop, delivered({ ...to("+1317"), finalAt: 6 }), delivered(to("+1318"))]),
      ["+1317 unsupported_destination 1 platform", "+1318 opted_out 1 platform"]
    )
  })

  it("takes the carrier's own word, and what contradicts a delivery", () => {
    assert.deepStrictEqual(
      suppressed([
        failed("unexplained", { ...to("+1"), report: report("failed", { cause: "invalid_number" }) }),
        unconfirmed({ ...to("+2"), report: report("failed", { cause: "opted_out" }) }),
        delivered({ ...to("+3"), conflicts: [{ status: "failed", cause: "opted_out" }] }),
        delivered({ ...to("+4"), report: report("in_progress", { cause: "opted_out" }) })
      ]),
      ["+1 invalid_number 1 carrier", "+2 opted_out 1 carrier", "+3 opted_out 1 platform"]
    )
  })

  it("names a contact where no number is known, and forgets whom the journal has forgotten", () => {
    const ofContact = (changes: Changes) => failed("opted_out", changes)
    const list = suppression([
      ofContact({ ref: { messageId: "m-1", externalContactId: "c" } }),
      ofContact({ ref: { messageId: "m-2", externalContactId: "c" } }),
      ofContact({ ref: { campaignId: "k", outboundContactId: "o" } }),
      ofContact({ key: 7, ref: { messageId: "m-7" } }),
      ofContact({ messageId: undefined, ref: {} })
    ])
    assert.deepStrictEqual(
      Array.from(list.rows()).map(({ values }) => [
        values.number,
        values.externalContactId,
        values.outboundContactId,
        values.receipts
      ]),
      [
        ["", "c", "", "2"],
        ["", "", "o", "1"],
        ["", "", "", "1"]
      ]
    )
    assert.isTrue(list.has(message({ ref: { externalContactId: "c" } })))
    assert.isTrue(list.has(message(to("+1317", { externalContactId: "c" }))))
    assert.isTrue(list.has(message({ ref: { campaignId: "k", outboundContactId: "o" } })))
    assert.isFalse(list.has(message({ ref: { campaignId: "l", outboundContactId: "o" } })))
    assert.isFalse(list.has(message({ ref: { messageId: "m-9" }, key: 9 })))
  })

  it("knows a contact by its number, and keeps its other numbers apart", () => {
    const list = suppression([failed("opted_out", to("+1317", { externalContactId: "c" }))])
    assert.isTrue(list.has(message({ ref: { externalContactId: "c" } })))
    assert.isFalse(list.has(message(to("+1318", { externalContactId: "c" }))))
    assert.isTrue(list.has(message(to("1 317", {}))))
  })

  it("can be of one carrier's receipts", () => {
    const both = [failed("opted_out", to("+1")), failed("opted_out", { ...to("+2"), carrier: "other" })]
    assert.deepStrictEqual(suppressed(both, "other"), ["+2 opted_out 1 platform"])
  })
})

describe("the list of what to fix", () => {
  it("has one row for each cause, the most frequent first, with whom it concerns and what to do", () => {
    const list = FixList.make()
    const several = (count: number, given: TrackedMessage) => {
      for (let index = 0; index < count; index++) list.note(given)
    }
    several(1, failed("opted_out", { code: undefined }))
    several(2, failed("content_filtered", { finalAt: 5 }))
    several(1, failed("content_filtered", { finalAt: 1, carrier: "other", profile: "q", actor: "carrier" }))
    for (const none of [message(), delivered(), unconfirmed()]) list.note(none)
    const [first, ...others] = list.rows()
    assert.deepStrictEqual(first?.values, {
      cause: "content_filtered",
      failures: "3",
      share: "75.0 %",
      mustAct: "sender carrier",
      action: "change the text or the link",
      resend: "after_fix",
      category: "permanent_block",
      carriers: "acme (2), other (1)",
      codes: "p X (2), q X (1)",
      firstAt: "1970-01-01T00:00:00.001Z",
      lastAt: "1970-01-01T00:00:00.005Z"
    })
    assert.deepStrictEqual(Object.keys(first?.values ?? {}), [...FixList.columns])
    assert.deepStrictEqual(
      others.map(({ values }) => [values.cause, values.failures, values.codes]),
      [["opted_out", "1", ""]]
    )
  })

  it("names five codes, and counts the others", () => {
    const list = FixList.make("acme")
    for (let code = 0; code < 7; code++) list.note(failed("unexplained", { code: String(code), profile: undefined }))
    list.note(failed("unexplained", { carrier: "other" }))
    const [only] = list.rows()
    assert.deepInclude(only?.values, { codes: "0 (1), 1 (1), 2 (1), 3 (1), 4 (1), and 2 more", carriers: "acme (7)" })
  })
})

const held = (...messages: ReadonlyArray<TrackedMessage>) =>
  JournalStore.use((store) =>
    store.transact({}, () => ({
      insert: messages.map((one, index) => ({ ...one, messageId: `m-${index + 1}` })),
      result: undefined
    }))
  )

const patient = Classifier.defineClassifier({
  name: "patient",
  classify: ({ code }) => (code === "LATER" ? { cause: "network_failure", retryAfterSeconds: 1800 } : undefined)
})

const place = (change?: (store: JournalStoreService) => JournalStoreService) =>
  Layer.merge(layer(change), Classifier.layer([patient]))

const take = (list: ActionList.ListName, carrier?: string) =>
  Effect.gen(function* () {
    const written: Array<Readonly<Record<string, string>>> = []
    const taken = yield* ActionList.take(
      list,
      { actor: "tester", version: "1", file: "list.csv", carrier },
      ({ rows }) => Stream.runForEach(rows, ({ values }) => Effect.sync(() => written.push(values)))
    )
    return { ...taken, written }
  })

describe("taking a list out of a journal", () => {
  const some = [
    failed("network_failure", to("+1", { labels: { b: "1" } })),
    failed("network_failure", to("+2", { labels: { a: "1" } })),
    failed("opted_out", to("+2")),
    failed("network_failure", { ...to("+3"), carrier: "other", code: "LATER" }),
    failed("network_failure", { ...to("+4"), finalAt: -2 * hour }),
    failed("invalid_number", to("+5")),
    delivered({ ...to("+5"), finalAt: 1 }),
    message(to("+6"))
  ]

  it.effect("withholds messages to numbers that are suppressed, and says what it left out", () =>
    Effect.gen(function* () {
      yield* held(...some)
      yield* TestClock.setTime(10 * minute)
      const { count, labels, notices, numbers, written } = yield* take("resend")
      assert.deepStrictEqual(
        written.map((values) => [values.to, values.notBefore]),
        [
          ["+1", "1970-01-01T00:01:00.000Z"],
          ["+3", "1970-01-01T00:30:00.000Z"]
        ]
      )
      assert.deepStrictEqual([count, labels, numbers], [2, ["b"], true])
      assert.deepStrictEqual(notices, [
        "1 message is left out: its number is on the list suppress",
        "1 message is left out: the time in which it might have been sent again has passed"
      ])
      assert.deepStrictEqual(
        (yield* take("resend", "other")).written.map((values) => values.to),
        ["+3"]
      )
      const suppress = yield* take("suppress")
      assert.deepStrictEqual(
        suppress.written.map(({ number, reason }) => [number, reason]),
        [["+2", "opted_out"]]
      )
      assert.deepStrictEqual(suppress.notices, [
        "1 number is left out: it was called invalid, and took a message later"
      ])
      const fix = yield* take("fix")
      assert.deepStrictEqual(
        fix.written.map(({ cause, failures }) => [cause, failures]),
        [
          ["network_failure", "4"],
          ["opted_out", "1"],
          ["invalid_number", "1"]
        ]
      )
      assert.notInclude(JSON.stringify(fix.written), "+")
    }).pipe(Effect.provide(place()))
  )

  it.effect("records who took it, and then writes it", () =>
    Effect.gen(function* () {
      yield* held(...some)
      const kinds = Effect.map(events, (all) => all.map(({ kind }) => kind))
      const before: Array<string> = []
      const options = { actor: "officer", version: "1", file: "-" }
      yield* ActionList.take("suppress", options, () => Effect.map(kinds, (told) => void before.push(...told)))
      assert.deepStrictEqual(before, ["run.started", "run.configured", "list.exported"])
      assert.deepStrictEqual(yield* kinds, [...before, "run.stopped"])
      const [, configured, exported] = yield* events
      assert.deepInclude(configured, { config: { journal: "in memory", list: "suppress", file: "-" } })
      assert.deepInclude(exported, { actor: "officer", list: "suppress", file: "-", rows: 1, numbers: true })
      yield* Effect.flip(ActionList.take("fix", options, () => Effect.fail("disk full")))
      assert.deepInclude((yield* events).at(-1), { kind: "run.stopped", outcome: "failed" })
    }).pipe(Effect.provide(place()))
  )

  for (const write of [1, 2]) {
    it.effect(`writes nothing where that cannot be recorded: write ${write} fails`, () => {
      let writes = Number.NEGATIVE_INFINITY
      const reason = new JournalBroken({ journal: "memory", operation: "transact", cause: "read-only" })
      return Effect.gen(function* () {
        yield* held(...some)
        writes = 0
        let written = false
        const error = yield* Effect.flip(
          ActionList.take("suppress", { actor: "officer", version: "1", file: "-" }, () =>
            Effect.sync(() => {
              written = true
            })
          )
        )
        assert.strictEqual(error.message, "the journal memory failed in transact: read-only")
        assert.isFalse(written)
      }).pipe(
        Effect.provide(
          place((store) => ({
            ...store,
            transact: (sought, decide) =>
              Effect.suspend(() =>
                ++writes === write ? Effect.fail(new JournalError({ reason })) : store.transact(sought, decide)
              )
          }))
        )
      )
    })
  }
})
