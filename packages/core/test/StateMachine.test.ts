import { assert, describe, it } from "@effect/vitest"
import type { Classification } from "../src/Classifier.ts"
import type { DeliveryReceipt } from "../src/DeliveryReceipt.ts"
import type { TrackedMessage } from "../src/Message.ts"
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

const fails = (code: string | undefined, changes: Partial<Classification>): Said => {
  const said = receipt("failed", { code })
  return [said, meaning(said, changes)]
}
const blocked = { cause: "opted_out", category: "permanent_block" } as const
const congested = { cause: "network_failure", category: "temporary_network" } as const

describe("receipts", () => {
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
          retryAfterSeconds: undefined,
          resend: "never",
          actor: "sender",
          action: "suppress the number now",
          classifier: "acme",
          rule: "X",
          why: undefined
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

  it("with words that nobody knows tell each once, though they alternate", () => {
    const { events, last } = play([
      say("sent"),
      ...["teleported", "beamed", "teleported", "beamed", "sent"].map((word) => say(word))
    ])
    const words = events.flatMap((event) => (event.kind === "message.unrecognized" ? [event.providerStatus] : []))
    assert.deepStrictEqual(words, ["teleported", "beamed"])
    assert.deepInclude(last, { status: "sent", providerStatus: "sent", unrecognized: ["teleported", "beamed"] })
  })

  it("that contradict the end are kept with what explains them, each end once", () => {
    const { events, last } = play([
      say("delivered"),
      say("failed"),
      fails("X-1", blocked),
      fails("X-2", blocked),
      fails("T-1", congested),
      say("failed", { code: "ODD" })
    ])
    assert.deepStrictEqual(
      last.conflicts.map(({ category, cause, code, status }) => [status, code, cause, category]),
      [
        ["failed", "X-1", "opted_out", "permanent_block"],
        ["failed", "T-1", "network_failure", "temporary_network"]
      ]
    )
    const of: EventBody = {
      kind: "message.conflict",
      messageId: "m-1",
      carrier: "unknown",
      resolution: "delivered",
      status: "failed",
      providerStatus: "failed"
    }
    assert.deepStrictEqual(
      events.slice(1).map((event) => event.kind),
      ["message.conflict", "message.explained", "message.conflict"]
    )
    assert.deepStrictEqual(events[1], of)
    assert.deepInclude(events[2], { code: "X-1", cause: "opted_out", category: "permanent_block" })
    assert.deepStrictEqual(events[3], { ...of, code: "T-1", cause: "network_failure", category: "temporary_network" })
  })

  it("explain a failure that nobody had explained, and one without a code, but no other", () => {
    const { events, last } = play([
      say("failed"),
      say("failed", { code: "ODD" }),
      fails(undefined, blocked),
      fails("X-1", blocked),
      fails("X-2", blocked),
      say("failed", { code: "ODDER" })
    ])
    assert.deepInclude(last, { code: "X-1", cause: "opted_out", conflicts: [], unexplained: false })
    assert.deepStrictEqual(
      events.flatMap((event) => (event.kind === "message.explained" ? [[event.code, event.cause]] : [])),
      [
        ["ODD", "unexplained"],
        [undefined, "opted_out"],
        ["X-1", "opted_out"]
      ]
    )
  })

  it("show that the platform has returned the message", () => {
    assert.isFalse(play([say("teleported")], message({ missing: true, looks: 3 })).last.missing)
    assert.isTrue(play([other], message({ missing: true, looks: 3 })).last.missing)
  })

  it("whose times are none tell no time", () => {
    const { events, last } = play([say("delivered", { occurredAt: 8.64e15 + 1, sentAt: Number.NaN })])
    assert.deepInclude(last, { finalAt: 1000, sentAt: undefined })
    assert.notProperty(events[0], "occurredAt")
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
      assert.deepInclude(last, { status: word, resolution: word, dueAt: undefined, late: true })
      assert.deepStrictEqual(
        events.map((event) => [event.kind, "late" in event && event.late]),
        [
          ["message.sent", true],
          [`message.${word}`, true]
        ]
      )
    }
  })

  it("is resolved whatever it was called so for; only the first receipt that is final is late", () => {
    const look = { returned: false, startedAt: 100_000 }
    const waiting = message({ status: "sent", providerStatus: "sent" })
    for (const message of [
      applyLook({ before: waiting, after: waiting, ...look }, () => 0, 1).message,
      expireUnseen(waiting, "too old", 1).message,
      play([never], waiting).last
    ]) {
      const { events, last } = play([never, say("sent"), say("delivered"), say("failed")], message)
      assert.deepInclude(last, { resolution: "delivered", late: true })
      assert.deepStrictEqual(
        events.map((event) => [event.kind, "late" in event]),
        [
          ["message.delivered", true],
          ["message.conflict", false]
        ]
      )
    }
  })

  it("says what was last known", () => {
    const { last } = play([say("sent"), say("teleported")])
    const { events } = applyLook({ before: last, after: last, returned: true, startedAt: 100_000 }, () => 0, 100_100)
    assert.deepStrictEqual(events, [
      {
        kind: "message.unconfirmed",
        messageId: "m-1",
        carrier: "unknown",
        status: "sent",
        providerStatus: "teleported",
        reason: "deadline",
        detail: "still sent after its deadline"
      }
    ])
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

  it("that comes after another reading has shown the message does not call it missing", () => {
    const { last } = play([say("sent")])
    assert.isFalse(look(last, { returned: false }).message.missing)
  })

  it("that nobody answered counts for nothing, but lets others go first", () => {
    const before = message({ looks: 2, dueAt: 1000, lookedAt: 500 })
    assert.deepStrictEqual(postpone(before, 1000, 6000), { ...before, lookedAt: 1000, dueAt: 6000 })
    const ended = message({ dueAt: undefined, resolution: "delivered", status: "delivered" })
    assert.strictEqual(postpone(ended, 1000, 6000), ended)
  })
})
