import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"
import * as Alerts from "../src/Alerts.ts"
import * as Journal from "../src/Journal.ts"
import { type EventDraft, JournalBroken, JournalError } from "../src/JournalStore.ts"
import { type Cause, causes } from "../src/Taxonomy.ts"
import type { EventBody } from "../src/TrackingEvent.ts"
import { meaning, receipt } from "./Samples.ts"
import { commit, layer, options, register } from "./StoredJournal.ts"
import { events } from "./TrackedRun.ts"

const day = 86_400_000

const draft = (body: EventBody, at = 0): EventDraft => ({ at, run: 1, actor: "tester", body })

const failed = (cause: Cause, changes: { carrier?: string; at?: number; code?: string; late?: boolean } = {}) => {
  const { at = 0, carrier = "acme", ...rest } = changes
  const { actor, category, retryable } = causes[cause]
  const word = { carrier, providerStatus: "failed", from: "sent", cause, category, retryable, mustAct: actor } as const
  return draft({ kind: "message.failed", ...word, ...rest }, at)
}

const delivered = (carrier = "acme") =>
  draft({ kind: "message.delivered", carrier, providerStatus: "delivered", from: "sent" })

const unconfirmed = (
  reason: Extract<EventBody, { kind: "message.unconfirmed" }>["reason"] = "deadline",
  carrier = "acme"
) => draft({ kind: "message.unconfirmed", carrier, status: "sent", reason, detail: "" })

const many = (count: number, event: EventDraft) => Array.from({ length: count }, () => event)

/** The alerts of events that come in pages, one after the other. */
const alertsOf = (...pages: ReadonlyArray<ReadonlyArray<EventDraft>>) => {
  let standings = Alerts.none
  return pages.flatMap((page) => {
    const heard = Alerts.hear(standings, page)
    standings = heard.standings
    return heard.raised.map(({ body }) => body as Alerts.Alert)
  })
}

const kinds = (alerts: ReadonlyArray<Alerts.Alert>) => alerts.map(({ alert, carrier }) => `${carrier} ${alert}`)

describe("an alert of a cause", () => {
  it("is raised by the first failure, with its code and what to do", () => {
    assert.deepStrictEqual(
      alertsOf([failed("account_problem", { code: "30002" }), failed("account_problem", { code: "30003" })]),
      [
        {
          kind: "alert.raised",
          alert: "account_problem",
          carrier: "acme",
          detail:
            "a message failed with the code 30002: Our account or its settings: no funds, suspended, bad credentials, region not enabled",
          action: "fix the account; pause the queue",
          code: "30002"
        }
      ]
    )
  })

  it("is raised once for each carrier and cause, and of no other cause", () => {
    const causesOfAll = Object.keys(causes) as ReadonlyArray<Cause>
    const once = causesOfAll.map((cause) => failed(cause))
    const alerts = alertsOf(once, once, [failed("sender_unregistered", { carrier: "other" })])
    assert.deepStrictEqual(kinds(alerts), [
      "acme sender_unregistered",
      "acme account_problem",
      "other sender_unregistered"
    ])
  })

  it("is raised again after 24 hours, deliveries or not", () => {
    const at = (time: number) => [failed("account_problem", { at: time }), delivered()]
    assert.strictEqual(alertsOf(at(0), at(1), at(day - 1)).length, 1)
    assert.strictEqual(alertsOf(at(0), at(day)).length, 2)
  })

  it("is raised where the cause is told later", () => {
    const { body } = failed("account_problem")
    assert.strictEqual(body.kind, "message.failed")
    const explained = draft({ ...(body as Extract<EventBody, { kind: "message.failed" }>), kind: "message.explained" })
    assert.deepStrictEqual(kinds(alertsOf([failed("unexplained")], [explained], [explained])), ["acme account_problem"])
  })
})

describe("that a carrier delivers none", () => {
  it("is raised by the fiftieth end in a row without a delivery, however they come", () => {
    assert.deepStrictEqual(alertsOf(many(49, failed("expired"))), [])
    const alerts = alertsOf(many(30, failed("expired")), many(19, unconfirmed()), [unconfirmed("platform")])
    assert.deepStrictEqual(alerts, [
      {
        kind: "alert.raised",
        alert: "none_delivered",
        carrier: "acme",
        detail: "none of its last 50 messages that ended was delivered: 30 failed, 20 are unconfirmed",
        action: "hold what goes this way; dlrkit report tells why messages fail"
      }
    ])
  })

  it("counts each carrier by itself, and neither what was too old, nor forgotten, nor counted before", () => {
    assert.deepStrictEqual(alertsOf([...many(49, failed("expired")), failed("expired", { carrier: "other" })]), [])
    const uncounted = [unconfirmed("retention"), unconfirmed("forgotten"), failed("expired", { late: true })]
    assert.deepStrictEqual(alertsOf(many(49, failed("expired")), uncounted), [])
  })

  it("is raised once until a delivery, and begins to count anew then", () => {
    const none = many(50, failed("expired"))
    assert.strictEqual(alertsOf(none, none, none).length, 1)
    assert.strictEqual(alertsOf(none, [delivered("other")], none).length, 1)
    assert.strictEqual(alertsOf(none, [delivered()], none.slice(1)).length, 1)
    assert.strictEqual(alertsOf(none, [delivered()], none).length, 2)
  })

  it.prop(
    "is raised exactly where the last fifty say so, whatever happens",
    {
      ends: Schema.Array(
        Schema.Struct({
          end: Schema.Literals(["delivered", "failed", "unconfirmed"]),
          times: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 60 }))
        })
      )
    },
    ({ ends }) => {
      const of = { delivered: delivered(), failed: failed("expired"), unconfirmed: unconfirmed() }
      const events = ends.flatMap(({ end, times }) => many(end === "delivered" ? 1 : times, of[end]))
      let row = 0
      let wanted = 0
      for (const { body } of events) {
        row = body.kind === "message.delivered" ? 0 : row + 1
        if (row === 50) wanted += 1
      }
      assert.strictEqual(alertsOf(events).length, wanted)
      // The same, one transaction an event.
      assert.strictEqual(alertsOf(...events.map((event) => [event])).length, wanted)
    }
  )
})

const commitFailure = (messageId: string, cause: Cause) =>
  Effect.gen(function* () {
    const journal = yield* Journal.Journal
    yield* journal.commit({
      receipts: [{ receipt: receipt("failed", { messageId, code: "X" }), name: { messageId } }],
      classify: (receipt) => meaning(receipt, { cause, category: causes[cause].category }),
      looked: [],
      startedAt: 0,
      nextLook: () => 0
    })
  })

const kindsOf = (from: number) => Effect.map(events, (all) => all.slice(from).map(({ kind }) => kind))

const ids = (count: number) => Array.from({ length: count }, (_, index) => ({ messageId: `m-${index}` }))

const failures = (count: number, from = 0) =>
  commit(Object.fromEntries(Array.from({ length: count }, (_, index) => [`m-${from + index}`, "failed"])))

describe("the journal", () => {
  it.effect("records an alert with the page that caused it, and says that it did", () =>
    Effect.gen(function* () {
      const journal = yield* Journal.Journal
      yield* Effect.scoped(journal.start(options))
      yield* register(...ids(2))
      assert.isUndefined(yield* journal.alert)
      yield* commitFailure("m-0", "account_problem")
      yield* commitFailure("m-1", "account_problem")
      assert.deepStrictEqual(yield* kindsOf(4), ["message.failed", "alert.raised", "message.failed"])
      assert.deepInclude(yield* journal.alert, { alert: "account_problem", carrier: "acme", code: "X" })
      assert.strictEqual(Alerts.inBrief((yield* journal.alert) as Alerts.Alert), "acme: account_problem")
    }).pipe(Effect.provide(layer()))
  )

  it.effect("raises an alert of which the transaction failed when it is recorded", () => {
    let broken = false
    const reason = new JournalBroken({ journal: "memory", operation: "transact", cause: "no room" })
    return Effect.gen(function* () {
      const journal = yield* Journal.Journal
      yield* Effect.scoped(journal.start(options))
      yield* register(...ids(1))
      broken = true
      yield* Effect.flip(commitFailure("m-0", "account_problem"))
      assert.isUndefined(yield* journal.alert)
      broken = false
      yield* commitFailure("m-0", "account_problem")
      assert.deepStrictEqual(yield* kindsOf(3), ["message.failed", "alert.raised"])
    }).pipe(
      Effect.provide(
        layer((store) => ({
          ...store,
          // Decides, and fails to write.
          transact: (sought, decide) =>
            broken
              ? Effect.andThen(
                  Effect.flatMap(store.find(sought), (messages) =>
                    Effect.sync(() => void decide({ messages, nextSeq: 99 }))
                  ),
                  Effect.fail(new JournalError({ reason }))
                )
              : store.transact(sought, decide)
        }))
      )
    )
  })

  it.effect("goes on counting after a restart, and does not repeat what it said", () =>
    Effect.gen(function* () {
      const journal = yield* Journal.Journal
      yield* Effect.scoped(journal.start(options))
      yield* register(...ids(120))
      yield* failures(30)
      yield* Effect.scoped(journal.start(options))
      yield* failures(20, 30)
      const raised = Effect.map(events, (all) => all.filter(({ kind }) => kind === "alert.raised").length)
      assert.strictEqual(yield* raised, 1)
      assert.strictEqual((yield* journal.alert)?.alert, "none_delivered")
      yield* Effect.scoped(journal.start(options))
      assert.isUndefined(yield* journal.alert)
      yield* failures(60, 50)
      assert.strictEqual(yield* raised, 1)
      yield* commit({ "m-110": "delivered" })
      yield* commitFailure("m-111", "sender_unregistered")
      yield* Effect.scoped(journal.start(options))
      yield* commitFailure("m-112", "sender_unregistered")
      assert.strictEqual(yield* raised, 2)
      yield* TestClock.adjust("24 hours")
      yield* Effect.scoped(journal.start(options))
      yield* commitFailure("m-113", "sender_unregistered")
      assert.strictEqual(yield* raised, 3)
    }).pipe(Effect.provide(layer()))
  )
})
