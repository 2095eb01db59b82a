import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import type { Classification } from "../src/Classifier.ts"
import type { DeliveryReceipt } from "../src/DeliveryReceipt.ts"
import { isFinal, type Status, type TrackedMessage } from "../src/Message.ts"
import { applyLook, applyReceipt, expireUnseen, type Look, postpone } from "../src/StateMachine.ts"
import type { EventBody } from "../src/TrackingEvent.ts"
import { meaning, message, receipt } from "./Samples.ts"

type Said = readonly [receipt: DeliveryReceipt, meaning: Classification]

/** Receipts one after the other, a second apart. */
const play = (receipts: ReadonlyArray<Said>, from: TrackedMessage = message()) => {
  const events: Array<EventBody> = []
  const states: Array<TrackedMessage> = [from]
  for (const [index, [receipt, meaning]] of receipts.entries()) {
    const step = applyReceipt(states[index] as TrackedMessage, receipt, meaning, 1000 * (index + 1))
    states.push(step.message)
    events.push(...step.events)
  }
  return { last: states.at(-1) as TrackedMessage, states, events, kinds: events.map(({ kind }) => kind) }
}

const say = (word: string, changes: Partial<DeliveryReceipt> = {}): Said => {
  const said = receipt(word, changes)
  return [said, meaning(said)]
}

/** A receipt whose meaning a classifier gives. */
const mean = (word: string, state: Classification["state"]): Said => {
  const said = receipt(word)
  return [said, meaning(said, { state })]
}

const never = mean("unreportable", "unconfirmed")
const other = mean("inbound", "ignore")

/** How it ended, without when. */
const end = ({ carrier, cause, category, code, externalMessageId, resolution, status, ...rest }: TrackedMessage) => ({
  carrier,
  carrierOrigin: rest.carrierOrigin,
  cause,
  category,
  code,
  externalMessageId,
  resolution,
  status,
  retryable: rest.retryable,
  actor: rest.actor,
  conflicts: rest.conflicts,
  providerStatus: resolution === "delivered" || resolution === "failed" ? rest.providerStatus : undefined
})

const order: Record<Status, number> = { pending: 0, sent: 1, delivered: 2, failed: 2 }

/** What is no end: any of these can be said of any message. */
const progress: ReadonlyArray<Said> = [
  say("pending"),
  say("sent"),
  say("sent", { externalMessageId: "ext-1" }),
  say("pending", { carrier: "acme" }),
  say("teleported"),
  say("beamed", { code: "X" }),
  never,
  other
]
const fails = (code: string, changes: Partial<Classification>): Said => {
  const said = receipt("failed", { code })
  return [said, meaning(said, changes)]
}
const ends: ReadonlyArray<Said> = [
  say("delivered"),
  say("delivered", { externalMessageId: "ext-1", carrier: "acme" }),
  say("delivered", { code: "AT-THE-DOOR" }),
  say("failed"),
  fails("NOT-A-NUMBER", { cause: "invalid_number", category: "invalid_destination" }),
  fails("NO-SUCH-NUMBER", { cause: "invalid_number", category: "invalid_destination" }),
  fails("TIMEOUT", { cause: "network_failure", category: "temporary_network" }),
  fails("ODD", {})
]
const all = [...progress, ...ends]

const index = (of: ReadonlyArray<unknown>) => Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: of.length - 1 }))
const picks = (of: ReadonlyArray<unknown>) => Schema.Array(index(of))
const pick = (of: ReadonlyArray<Said>, indices: ReadonlyArray<number>) => indices.map((at) => of[at] as Said)

/** The same in another order, drawn from random numbers. */
const shuffled = <A>(items: ReadonlyArray<A>, keys: ReadonlyArray<number>) =>
  items
    .map((item, at) => [item, keys[at % Math.max(1, keys.length)] ?? 0, at] as const)
    .sort((a, b) => a[1] - b[1] || b[2] - a[2])
    .map(([item]) => item)

const many = { arbitrary: { runs: 1000 } }

describe("receipts", () => {
  it.prop(
    "that do not contradict each other lead to the same end in any order",
    {
      said: picks(progress),
      end: index(ends),
      times: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 3 })),
      keys: Schema.Array(Schema.Finite)
    },
    ({ end: at, keys, said, times }) => {
      const last = ends[at] as Said
      const receipts = [...pick(progress, said), ...Array.from({ length: times }, () => last)]
      assert.deepStrictEqual(end(play(shuffled(receipts, keys)).last), end(play(receipts).last))
    },
    many
  )

  it.prop(
    "never move a status back, nor touch a final one",
    { said: picks(all) },
    ({ said }) => {
      const { states } = play(pick(all, said))
      for (const [at, after] of states.entries()) {
        const before = states[at - 1]
        if (before === undefined) continue
        assert.isAtLeast(order[after.status], order[before.status])
        if (!isFinal(before.status)) continue
        const { carrier: _c, carrierOrigin: _o, conflicts: _x, externalMessageId: _e, ...kept } = before
        const { category: _g, cause: _a, code: _b, rule: _r, unexplained, ...end } = kept
        assert.deepInclude(after, unexplained ? end : kept)
      }
    },
    many
  )

  it.prop(
    "of which the first final one wins; each that contradicts it is kept as a conflict, once",
    { before: picks(progress), ends: Schema.NonEmptyArray(index(ends)) },
    ({ before, ends: at }) => {
      const finals = pick(ends, at)
      const [first, ...later] = finals as [Said, ...Array<Said>]
      // A failure without a reason takes the first one that is told.
      const told = finals.find(([{ code, status }]) => status === "failed" && code !== undefined)
      const [{ code }, { category }] = (first[0].status === "failed" && told) || first
      const { events, last } = play([...pick(progress, before), ...finals])
      assert.strictEqual(last.status, first[0].status)
      assert.strictEqual(last.resolution, first[0].status)
      assert.strictEqual(last.code, code)
      const contradicts = ([said, meant]: Said) =>
        said.status !== first[0].status ||
        (said.status === "failed" &&
          meant.category !== category &&
          meant.category !== "unknown" &&
          category !== "unknown")
      const expected = new Set(later.filter(contradicts).map(([said]) => `${said.status} ${said.code}`))
      assert.deepStrictEqual(new Set(last.conflicts.map(({ code, status }) => `${status} ${code}`)), expected)
      assert.strictEqual(last.conflicts.length, expected.size)
      assert.strictEqual(events.filter(({ kind }) => kind === "message.conflict").length, expected.size)
    },
    many
  )

  it.prop(
    "seen a second time change nothing and say nothing",
    { said: Schema.NonEmptyArray(index(all)) },
    ({ said }) => {
      const receipts = pick(all, said)
      const { last } = play(receipts)
      const [receipt, meaning] = receipts.at(-1) as Said
      const again = applyReceipt(last, receipt, meaning, 1_000_000)
      assert.deepStrictEqual(again.events, [])
      assert.strictEqual(again.message, last)
    },
    many
  )

  it.prop(
    "of a known status say each thing once, however often and in whatever order they come",
    { said: picks(all) },
    ({ said }) => {
      const known = pick(all, said).filter(([receipt]) => receipt.status !== undefined)
      const said1 = play(known).events
      const said2 = play([...known, ...known, ...known]).events
      const kept = (events: ReadonlyArray<EventBody>) => events.filter(({ kind }) => kind !== "message.conflict")
      assert.deepStrictEqual(kept(said2), kept(said1))
    },
    many
  )

  it("tell sent, then delivered", () => {
    const { events, last } = play([say("pending"), say("sent"), say("delivered", { occurredAt: 2500 })])
    assert.deepStrictEqual(events, [
      { kind: "message.sent", messageId: "m-1", carrier: "unknown", providerStatus: "sent", from: "pending" },
      {
        kind: "message.delivered",
        messageId: "m-1",
        carrier: "unknown",
        providerStatus: "delivered",
        from: "sent",
        occurredAt: "1970-01-01T00:00:02.500Z"
      }
    ])
    assert.deepInclude(last, { finalAt: 2500, seenAt: 3000, dueAt: undefined, resolution: "delivered" })
  })

  it("tell why it failed", () => {
    const { events, last } = play([
      [
        receipt("failed", { code: "X-1" }),
        {
          state: "failed",
          cause: "opted_out",
          category: "permanent_block",
          retryable: "no",
          actor: "sender",
          classifier: "acme",
          rule: "X"
        }
      ]
    ])
    assert.deepInclude(last, { status: "failed", code: "X-1", cause: "opted_out", classifier: "acme", rule: "X" })
    assert.deepStrictEqual(events, [
      {
        kind: "message.failed",
        messageId: "m-1",
        carrier: "unknown",
        providerStatus: "failed",
        from: "pending",
        code: "X-1",
        cause: "opted_out",
        category: "permanent_block",
        retryable: "no",
        mustAct: "sender",
        classifier: "acme",
        rule: "X"
      }
    ])
  })

  it("with a word that nobody knows keep the status, and are told of", () => {
    const { events, last } = play([say("sent"), say("teleported", { code: "T" })])
    assert.deepInclude(last, { status: "sent", resolution: undefined, providerStatus: "teleported" })
    assert.deepStrictEqual(events.at(-1), {
      kind: "message.unrecognized",
      messageId: "m-1",
      carrier: "unknown",
      providerStatus: "teleported",
      code: "T"
    })
  })

  it("that are none of an outbound message change nothing", () => {
    const { last, states } = play([other])
    assert.strictEqual(last, states[0])
  })

  it("name a carrier only where none was known", () => {
    const named = message({ carrier: "acme", carrierOrigin: "config" })
    assert.strictEqual(play([say("sent", { carrier: "other" })], named).last.carrier, "acme")
    const { events, last } = play([say("delivered", { carrier: "other" })])
    assert.deepInclude(last, { carrier: "other", carrierOrigin: "receipt" })
    assert.strictEqual("carrier" in (events[0] ?? {}) && (events[0] as { carrier: string }).carrier, "other")
  })
})

describe("unconfirmed", () => {
  const ended = play([never]).last

  it("is what the platform says when no receipt will come", () => {
    const { events } = play([say("sent"), never])
    assert.deepInclude(ended, { status: "pending", resolution: "unconfirmed", dueAt: undefined, finalAt: 1000 })
    assert.deepInclude(events.at(-1), { kind: "message.unconfirmed", reason: "platform", status: "sent" })
  })

  it("is resolved by a receipt that comes late", () => {
    for (const word of ["delivered", "failed"] as const) {
      const { events, last } = play([say("sent"), say(word)], ended)
      assert.deepInclude(last, { status: word, resolution: word, dueAt: undefined })
      assert.deepStrictEqual(
        events.map((event) => [event.kind, "late" in event && event.late]),
        [
          ["message.sent", true],
          [`message.${word}`, true]
        ]
      )
    }
  })

  it("is not said of a message that has an end", () => {
    const { last } = play([say("delivered"), never])
    assert.strictEqual(last.resolution, "delivered")
  })

  it("ends a message that is older than what the platform keeps", () => {
    const { events, message: after } = expireUnseen(message(), "sent 100 days ago", 7)
    assert.deepInclude(after, { resolution: "unconfirmed", dueAt: undefined, finalAt: 7, looks: 0 })
    assert.deepInclude(events[0], { kind: "message.unconfirmed", reason: "retention", detail: "sent 100 days ago" })
  })
})

describe("a look", () => {
  const look = (before: TrackedMessage, changes: Partial<Look> = {}) =>
    applyLook({ before, after: before, returned: true, startedAt: 1000, ...changes }, () => 6000, 1100)

  it("is followed by another when that is worth it, by what this one has shown", () => {
    const before = message({ looks: 6 })
    const { message: after } = applyLook(
      { before, after: { ...before, status: "sent" }, returned: true, startedAt: 1000 },
      ({ lookedAt, status }) => (status === "sent" ? (lookedAt ?? 0) + 7 : 0),
      1100
    )
    assert.deepInclude(after, { dueAt: 1007, looks: 7, lookedAt: 1000, status: "sent" })
  })

  it("that begins at the deadline is the last", () => {
    const { events, message: after } = look(message({ status: "sent" }), { startedAt: 100_000 })
    assert.deepInclude(after, { resolution: "unconfirmed", status: "sent", dueAt: undefined })
    assert.deepInclude(events[0], { kind: "message.unconfirmed", reason: "deadline" })
  })

  it("that began before the deadline is not the last, even if its answer came after it", () => {
    const before = message({ status: "sent" })
    const { events, message: after } = applyLook(
      { before, after: before, returned: true, startedAt: 99_999 },
      () => 6000,
      100_500
    )
    assert.deepInclude(after, { resolution: undefined, dueAt: 6000 })
    assert.deepStrictEqual(events, [])
  })

  it("that finds an end asks no more, at the deadline too", () => {
    const before = message()
    const { message: after } = play([say("delivered")])
      .states.slice(-1)
      .map((found) => look(before, { after: found, startedAt: 100_000 }))[0] as { message: TrackedMessage }
    assert.deepInclude(after, { resolution: "delivered", dueAt: undefined, lookedAt: 100_000 })
  })

  it("that does not return the message says so once, and calls it neither delivered nor failed", () => {
    const first = look(message(), { returned: false })
    assert.deepInclude(first.message, { status: "pending", resolution: undefined, missing: true, dueAt: 6000 })
    assert.deepStrictEqual(first.events, [{ kind: "message.missing", messageId: "m-1", carrier: "unknown" }])
    const second = look(first.message, { returned: false })
    assert.deepStrictEqual([second.message.missing, second.events], [true, []])
    const third = look(second.message, { returned: true })
    assert.isFalse(third.message.missing)
    assert.isFalse(look(third.message, { returned: false }).message.missing)
  })

  it("that never returned it says so at the end", () => {
    const { events, message: after } = look(message({ looks: 3, missing: true }), {
      returned: false,
      startedAt: 100_000
    })
    assert.deepInclude(after, { resolution: "unconfirmed", missing: true })
    assert.include("detail" in (events[0] as object) ? (events[0] as { detail: string }).detail : "", "never returned")
  })

  it("that nobody answered counts for nothing, but lets others go first", () => {
    const before = message({ looks: 2, dueAt: 1000, lookedAt: 500 })
    assert.deepStrictEqual(postpone(before, 1000, 6000), { ...before, lookedAt: 1000, dueAt: 6000 })
    const ended = message({ dueAt: undefined, resolution: "delivered", status: "delivered" })
    assert.strictEqual(postpone(ended, 1000, 6000), ended)
  })
})
