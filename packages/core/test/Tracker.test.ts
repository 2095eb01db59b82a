import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { AuditDown, AuditError, type AuditSink } from "../src/AuditSink.ts"
import { defineClassifier } from "../src/Classifier.ts"
import { ExportError, type Exporter } from "../src/Exporter.ts"
import { Journal } from "../src/Journal.ts"
import { JournalBroken, JournalError } from "../src/JournalStore.ts"
import type { MessageRef } from "../src/Message.ts"
import { BadRequest, NotFound, Refused, Unavailable, Unreachable } from "../src/SourceError.ts"
import type { TrackResult } from "../src/Tracker.ts"
import * as Tracker from "../src/Tracker.ts"
import { receipt } from "./Samples.ts"
import * as ScriptedSource from "./ScriptedSource.ts"
import { events, layer, messages, refs, track } from "./TrackedRun.ts"

const says = (word: string, code?: string) => (messageId: string) =>
  receipt(word, { messageId, ...(code === undefined ? {} : { code }) })
const delivered = says("delivered")
const sent = says("sent")

const unavailable = new Unavailable({ host: "test", status: 503, detail: "503" })
const unreachable = new Unreachable({ what: "no-connection", host: "test", detail: "ECONNREFUSED" })
const unknown = new NotFound({ host: "test", detail: "no such contact" })

const succeeded = (exit: Exit.Exit<TrackResult, unknown>): TrackResult =>
  Exit.isSuccess(exit) ? exit.value : assert.fail(String(exit.cause))

const reason = (exit: Exit.Exit<unknown, unknown>): string => {
  const error = Exit.findErrorOption(exit)
  return error._tag === "Some" ? (error.value as { reason: { _tag: string } }).reason._tag : assert.fail(String(exit))
}

const counts = ({ summary: { delivered, failed, missing, pending, registered, unconfirmed } }: TrackResult) => ({
  registered,
  delivered,
  failed,
  unconfirmed,
  pending,
  missing
})

/** Nothing has happened to any message yet. */
const none = { registered: 0, delivered: 0, failed: 0, unconfirmed: 0, pending: 0, missing: 0 }

/** The journal's numbers have no gaps, and a run begins and ends in it. */
const wellRecorded = Effect.map(events, (all) => {
  assert.deepStrictEqual(
    all.map(({ seq }) => seq),
    all.map((_, index) => index + 1)
  )
  assert.strictEqual(new Set(all.map(({ id }) => id)).size, all.length)
  assert.deepStrictEqual(
    [all[0]?.kind, all[1]?.kind, all.at(-1)?.kind],
    ["run.started", "run.configured", "run.stopped"]
  )
  return all
})

describe("a run", () => {
  it.effect("follows messages to their end, and asks for none that has one", () => {
    const ends = new Map([
      ["m-1", delivered],
      ["m-2", says("failed", "BLOCKED")],
      ["m-3", delivered]
    ])
    const { looks, source } = ScriptedSource.make(({ at, ids }) =>
      ids.map((id) => (at < Number(id.slice(2)) * 20_000 ? sent(id) : (ends.get(id) ?? sent)(id)))
    )
    return Effect.gen(function* () {
      const result = succeeded(yield* track(refs(3, "c")))
      assert.deepStrictEqual(counts(result), { ...none, registered: 3, delivered: 2, failed: 1 })
      assert.deepStrictEqual(result.summary.byCause, { unexplained: 1 })
      const last = (id: string) => looks.findLast(({ ids }) => ids.includes(id))?.at as number
      for (const message of yield* messages) {
        const messageId = message.messageId as string
        assert.strictEqual(last(messageId), message.lookedAt)
        assert.isAtLeast(message.lookedAt as number, Number(messageId.slice(2)) * 20_000)
      }
      const all = yield* wellRecorded
      assert.strictEqual(all.filter(({ kind }) => kind === "message.sent").length, 3)
      assert.deepInclude(all.at(-1), { kind: "run.stopped", outcome: "completed", run: 1, actor: "tester" })
    }).pipe(Effect.provide(layer({ sources: [source] })))
  })

  it.effect("records who ran what, with which configuration", () => {
    const { source } = ScriptedSource.make(({ ids }) => ids.map(delivered))
    return Effect.gen(function* () {
      yield* track(refs(1), { version: "1.2.3", for: "2 hours" })
      const [started, configured] = yield* wellRecorded
      assert.deepInclude(started, { kind: "run.started", command: "track", version: "1.2.3", actor: "tester" })
      assert.deepInclude(configured?.kind === "run.configured" ? configured.config : {}, {
        sources: [{ name: "scripted", kind: "a script" }],
        deadlineMs: 3_600_000,
        forMs: 7_200_000,
        once: false
      })
    }).pipe(Effect.provide(layer({ sources: [source], deadline: "1 hour" })))
  })

  it.effect("asks again ever more seldom while nothing changes, at once where nobody knows when it was sent", () => {
    const { looks, source } = ScriptedSource.make(({ ids }) => ids.map(sent), { takes: 0 })
    return Effect.gen(function* () {
      yield* track([...refs(1), { messageId: "m-2", externalContactId: "c", sentAt: 0 }], { for: "1 hour" })
      for (const id of ["m-1", "m-2"]) {
        const at = looks.filter(({ ids }) => ids.includes(id)).map(({ at }) => at)
        const waits = at.slice(1).map((next, index) => next - (at[index] as number))
        assert.strictEqual(at[0] === 0, id === "m-1")
        assert.isAbove(waits.at(-1) as number, 4 * (waits[0] as number))
        assert.isBelow(waits.length, 60)
      }
    }).pipe(Effect.provide(layer({ sources: [source] })))
  })

  it.effect("gives a message up after one last look at its deadline", () => {
    const { looks, source } = ScriptedSource.make(({ ids }) => ids.map(sent))
    return Effect.gen(function* () {
      const result = succeeded(yield* track(refs(2, "c")))
      assert.deepStrictEqual(counts(result), { ...none, registered: 2, unconfirmed: 2 })
      assert.strictEqual(looks.at(-1)?.at, 3_600_000)
      assert.strictEqual(looks.filter(({ at }) => at >= 3_600_000).length, 1)
      assert.deepInclude((yield* wellRecorded).at(-2), {
        kind: "message.unconfirmed",
        reason: "deadline",
        status: "sent"
      })
    }).pipe(Effect.provide(layer({ sources: [source], deadline: "1 hour" })))
  })

  it.effect("resolves a message whose receipt comes with the last look", () => {
    const { source } = ScriptedSource.make(({ at, ids }) => ids.map(at < 3_600_000 ? sent : delivered))
    return Effect.gen(function* () {
      assert.strictEqual(succeeded(yield* track(refs(1))).summary.delivered, 1)
    }).pipe(Effect.provide(layer({ sources: [source], deadline: "1 hour" })))
  })

  it.effect("counts a deadline from when the message was sent, or takes the message's own", () => {
    const { looks, source } = ScriptedSource.make(({ ids }) => ids.map(sent), { takes: 0 })
    return Effect.gen(function* () {
      yield* TestClock.setTime(10_000_000)
      const given: ReadonlyArray<MessageRef> = [
        { messageId: "m-1", externalContactId: "a", sentAt: 10_000_000 - 3_000_000 },
        { messageId: "m-2", externalContactId: "b", deadlineAt: 10_060_000 },
        { messageId: "m-3", externalContactId: "c" }
      ]
      succeeded(yield* track(given))
      const last = (id: string) => looks.findLast(({ ids }) => ids.includes(id))?.at
      assert.deepStrictEqual([last("m-1"), last("m-2"), last("m-3")], [10_600_000, 10_060_000, 13_600_000])
    }).pipe(Effect.provide(layer({ sources: [source], deadline: "1 hour" })))
  })

  it.effect(
    "waits for each carrier's messages as long as the configuration says, also where a receipt tells it",
    () => {
      const { looks, source } = ScriptedSource.make(
        ({ ids }) => ids.map((id) => (id === "m-4" ? { ...sent(id), carrier: "slow" } : sent(id))),
        { takes: 0 }
      )
      const deadlines = { acme: "10 minutes", slow: "3 hours" } as const
      return Effect.gen(function* () {
        succeeded(
          yield* track([
            { messageId: "m-1", externalContactId: "a", carrier: "acme" },
            { messageId: "m-2", externalContactId: "b", carrier: "nobody's" },
            { messageId: "m-3", externalContactId: "c", carrier: "acme", deadline: 300_000 },
            { messageId: "m-4", externalContactId: "d" }
          ])
        )
        const last = (id: string) => looks.findLast(({ ids }) => ids.includes(id))?.at
        assert.deepStrictEqual(["m-1", "m-2", "m-3", "m-4"].map(last), [600_000, 3_600_000, 300_000, 10_800_000])
        const configured = (yield* wellRecorded)[1]
        assert.deepInclude(configured?.kind === "run.configured" ? configured.config : {}, {
          deadlineMs: 3_600_000,
          deadlinesMs: { acme: 600_000, slow: 10_800_000 }
        })
      }).pipe(Effect.provide(layer({ sources: [source], deadline: "1 hour", deadlines })))
    }
  )

  it.effect("keeps an id that the platform does not return pending, counts it as missing, and says so once", () => {
    const { looks, source } = ScriptedSource.make(({ ids }) => ids.filter((id) => id !== "m-2").map(delivered))
    return Effect.gen(function* () {
      const result = succeeded(yield* track(refs(3, "c"), { for: "30 minutes" }))
      assert.deepStrictEqual(counts(result), { ...none, registered: 3, delivered: 2, pending: 1, missing: 1 })
      assert.isAbove(looks.filter(({ ids }) => ids.includes("m-2")).length, 5)
      const all = yield* wellRecorded
      assert.strictEqual(all.filter(({ kind }) => kind === "message.missing").length, 1)
      assert.deepInclude(all.at(-1), { kind: "run.stopped", outcome: "pending" })
      const again = succeeded(yield* track(refs(3, "c")))
      assert.deepStrictEqual(counts(again), { ...none, registered: 3, delivered: 2, unconfirmed: 1, missing: 1 })
    }).pipe(Effect.provide(layer({ sources: [source], deadline: "1 hour" })))
  })

  it.effect("looks at each message once, and leaves the rest for the next run", () => {
    const { looks, source } = ScriptedSource.make(({ ids }) => ids.map((id) => (id === "m-1" ? delivered : sent)(id)))
    return Effect.gen(function* () {
      const result = succeeded(yield* track(refs(250, "c"), { once: true }))
      assert.deepStrictEqual(counts(result), { ...none, registered: 250, delivered: 1, pending: 249 })
      assert.deepStrictEqual(
        looks.map(({ ids }) => ids.length),
        [100, 100, 50]
      )
      yield* TestClock.adjust(1)
      succeeded(yield* track(refs(250, "c"), { once: true }))
      assert.deepStrictEqual(
        looks.slice(3).map(({ ids }) => ids.length),
        [100, 100, 49]
      )
      assert.notInclude(
        looks.slice(3).flatMap(({ ids }) => ids),
        "m-1"
      )
    }).pipe(Effect.provide(layer({ sources: [source] })))
  })

  it.effect("ends after the time it is given", () => {
    const { source } = ScriptedSource.make(({ ids }) => ids.map(sent))
    return Effect.gen(function* () {
      const result = succeeded(yield* track(refs(5), { for: "10 minutes" }))
      assert.deepStrictEqual([result.durationMs, result.summary.pending], [600_000, 5])
      assert.deepInclude((yield* wellRecorded).at(-1), { kind: "run.stopped", outcome: "pending" })
    }).pipe(Effect.provide(layer({ sources: [source] })))
  })

  it.effect("is not ended by rows that are still to come", () => {
    const { looks, source } = ScriptedSource.make(({ ids }) => ids.map(delivered))
    const slowly = Stream.fromIterable(refs(3)).pipe(Stream.mapEffect((ref) => Effect.as(Effect.sleep(60_000), [ref])))
    return Effect.gen(function* () {
      assert.strictEqual(succeeded(yield* track(slowly)).summary.delivered, 3)
      assert.deepStrictEqual(
        looks.map(({ at }) => at),
        [60_000, 120_000, 180_000]
      )
    }).pipe(Effect.provide(layer({ sources: [source] })))
  })

  it.effect("asks for new rows at once, while others wait for their time", () => {
    const { looks, source } = ScriptedSource.make(({ ids }) => ids.map((id) => (id === "m-1" ? sent : delivered)(id)), {
      takes: 0
    })
    const two = Stream.concat(
      Stream.succeed(refs(1)),
      Stream.fromEffect(Effect.as(Effect.sleep(12_345), refs(2).slice(1)))
    )
    return Effect.gen(function* () {
      yield* track(two, { for: "1 minute" })
      assert.strictEqual(looks.find(({ ids }) => ids.includes("m-2"))?.at, 12_345)
    }).pipe(Effect.provide(layer({ sources: [source] })))
  })

  it.effect("without messages ends at once", () => {
    const { looks, source } = ScriptedSource.make(() => [])
    return Effect.gen(function* () {
      const result = succeeded(yield* track([]))
      assert.deepStrictEqual([counts(result), result.durationMs, looks.length], [none, 0, 0])
      yield* wellRecorded
    }).pipe(Effect.provide(layer({ sources: [source] })))
  })
})

describe("registering", () => {
  it.effect("the same rows twice registers nothing twice, and counts this file's messages", () => {
    const { looks, source } = ScriptedSource.make(({ ids }) => ids.map(delivered))
    return Effect.gen(function* () {
      succeeded(yield* track([...refs(3), ...refs(3)]))
      const before = looks.length
      const again = succeeded(yield* track(refs(2)))
      assert.deepStrictEqual(counts(again), { ...none, registered: 2, delivered: 2 })
      assert.strictEqual(looks.length, before)
      const all = yield* wellRecorded
      assert.strictEqual(all.filter(({ kind }) => kind === "message.registered").length, 3)
      assert.strictEqual((yield* messages).length, 3)
    }).pipe(Effect.provide(layer({ sources: [source] })))
  })

  it.effect("asks in a run for its own messages alone", () => {
    const { looks, source } = ScriptedSource.make(({ ids }) => ids.map(sent))
    return Effect.gen(function* () {
      yield* track(refs(4).slice(0, 2), { for: "1 minute" })
      yield* track(refs(4).slice(2), { for: "1 minute" })
      assert.notIncludeMembers(
        looks.filter(({ at }) => at >= 60_000).flatMap(({ ids }) => ids),
        ["m-1", "m-2"]
      )
    }).pipe(Effect.provide(layer({ sources: [source] })))
  })

  it.effect("refuses a time that is none, and passes over one that a platform tells", () => {
    const { source } = ScriptedSource.make(({ ids }) => ids.map((id) => ({ ...delivered(id), occurredAt: 1e300 })))
    return Effect.gen(function* () {
      const result = succeeded(
        yield* track([
          ...refs(2),
          { messageId: "bad", sentAt: Number.NaN },
          { messageId: "far", deadlineAt: 1e18 },
          { messageId: "odd", deadline: 0 }
        ])
      )
      assert.deepStrictEqual(
        result.refused.map(({ ref }) => ref.messageId),
        ["bad", "far", "odd"]
      )
      assert.deepStrictEqual(counts(result), { ...none, registered: 2, delivered: 2 })
    }).pipe(Effect.provide(layer({ sources: [source] })))
  })

  it.effect("refuses what no source can look up, with the reason, and tracks the rest", () => {
    const { source } = ScriptedSource.make(({ ids }) => ids.map(delivered))
    const many = Array.from({ length: 150 }, (): MessageRef => ({ conversationId: "x" }))
    return Effect.gen(function* () {
      const result = succeeded(yield* track([...many, ...refs(1)]))
      assert.deepStrictEqual([result.refusedCount, result.refused.length], [150, 100])
      assert.deepStrictEqual(result.refused[0], { ref: { conversationId: "x" }, reason: "it has no messageId" })
      assert.deepStrictEqual(counts(result), { ...none, registered: 1, delivered: 1 })
      const tracker = yield* Tracker.Tracker
      assert.deepStrictEqual(
        [tracker.refuse({ conversationId: "x" }), tracker.refuse({ messageId: "m" })],
        ["it has no messageId", undefined]
      )
    }).pipe(Effect.provide(layer({ sources: [source] })))
  })

  it.effect("gives a message to the first source that does not refuse it, completed by it", () => {
    const one = ScriptedSource.make(({ ids }) => ids.map(delivered), {
      name: "one",
      refuse: ({ labels }) => (labels?.of === "one" ? undefined : "not mine")
    })
    const two = ScriptedSource.make(({ ids }) => ids.map(delivered), {
      name: "two",
      complete: (ref) => ({ ...ref, externalContactId: "default" })
    })
    const given: ReadonlyArray<MessageRef> = [{ messageId: "m-1", labels: { of: "one" } }, { messageId: "m-2" }]
    return Effect.gen(function* () {
      succeeded(yield* track(given))
      assert.deepStrictEqual(
        [one.looks, two.looks].map((looks) => looks.flatMap(({ group, ids }) => [group, ...ids])),
        [
          ["", "m-1"],
          ["default", "m-2"]
        ]
      )
    }).pipe(Effect.provide(layer({ sources: [one.source, two.source] })))
  })

  it.effect("wakes every source that waits for rows, not one alone", () => {
    const of = (name: string) =>
      ScriptedSource.make(({ ids }) => ids.map(delivered), {
        name,
        refuse: ({ labels }) => (labels?.of === name ? undefined : "not mine")
      })
    const [one, two] = [of("one"), of("two")]
    const slowly = Stream.fromIterable(["two", "one", "two", "one"].entries()).pipe(
      Stream.mapEffect(([index, name]) =>
        Effect.as(Effect.sleep(1000), [{ messageId: `m-${index}`, labels: { of: name } }])
      )
    )
    return Effect.gen(function* () {
      assert.strictEqual(succeeded(yield* track(slowly)).summary.delivered, 4)
    }).pipe(Effect.provide(layer({ sources: [one.source, two.source] })))
  })

  it.effect("ends a message that is older than the retention at once, says so, and never asks for it", () => {
    const { looks, source } = ScriptedSource.make(({ ids }) => ids.map(delivered), { retention: 30 * 86_400_000 })
    return Effect.gen(function* () {
      const now = 100 * 86_400_000
      yield* TestClock.setTime(now)
      const given = [
        { messageId: "old", sentAt: now - 30 * 86_400_000 - 1 },
        { messageId: "young", sentAt: now - 30 * 86_400_000 }
      ]
      const result = succeeded(yield* track(given))
      assert.deepStrictEqual(counts(result), { ...none, registered: 2, delivered: 1, unconfirmed: 1 })
      assert.strictEqual(result.expired, 1)
      assert.deepStrictEqual(
        looks.flatMap(({ ids }) => ids),
        ["young"]
      )
      const said = (yield* wellRecorded).find(({ kind }) => kind === "message.unconfirmed")
      assert.deepInclude(said, {
        messageId: "old",
        reason: "retention",
        detail: "sent 30 days ago, and the platform keeps receipts for 30"
      })
    }).pipe(Effect.provide(layer({ sources: [source] })))
  })

  it.effect("keeps phone numbers out of every event", () => {
    const { source } = ScriptedSource.make(({ ids }) => ids.map(delivered))
    return Effect.gen(function* () {
      yield* track([{ messageId: "m-1", to: "+13175550123", from: "+13175550999" }])
      const text = JSON.stringify(yield* wellRecorded)
      assert.notInclude(text, "3175550")
      assert.match(text, /"to":"hmac:[0-9a-f]{32}"/)
    }).pipe(Effect.provide(layer({ sources: [source] })))
  })

  it.effect("resolves whom the user measures", () => {
    const { source } = ScriptedSource.make(({ ids }) =>
      ids.map(says("delivered")).map((r) => ({ ...r, carrier: "late" }))
    )
    const given: ReadonlyArray<MessageRef> = [
      { messageId: "m-1", carrier: "own", from: "+1317555" },
      { messageId: "m-2", from: "+1317555" },
      { messageId: "m-3" }
    ]
    return Effect.gen(function* () {
      const { summary } = succeeded(yield* track(given))
      assert.deepStrictEqual(Object.keys(summary.byCarrier), ["acme", "late", "own"])
    }).pipe(Effect.provide(layer({ sources: [source], carriers: { "+1317555": "acme" } })))
  })

  it.effect("fails where the rows fail, and what was registered stays", () => {
    const { source } = ScriptedSource.make(({ ids }) => ids.map(sent))
    const broken = Stream.concat(Stream.succeed(refs(2)), Stream.fail(new Error("line 3 is no row")))
    return Effect.gen(function* () {
      const exit = yield* track(broken)
      assert.isTrue(Exit.isFailure(exit))
      assert.deepInclude((yield* wellRecorded).at(-1), {
        kind: "run.stopped",
        outcome: "failed",
        detail: "line 3 is no row"
      })
      assert.strictEqual((yield* messages).length, 2)
    }).pipe(Effect.provide(layer({ sources: [source] })))
  })
})

describe("a platform that does not work", () => {
  it.effect.each([unreachable, unavailable])("ends the run where it has never answered: $_tag", (failure) => {
    const { looks, source } = ScriptedSource.make(() => ({ pages: [], failure }))
    return Effect.gen(function* () {
      assert.strictEqual(reason(yield* track(refs(20))), failure._tag)
      assert.isAtMost(looks.length, 4)
      assert.deepInclude((yield* wellRecorded).at(-1), { outcome: "failed", detail: failure.message })
    }).pipe(Effect.provide(layer({ sources: [source] })))
  })

  it.effect("leaves what it cannot answer for pending in a run of one look at each", () => {
    const { looks, source } = ScriptedSource.make(({ group, ids }) =>
      group === "c-2" ? { pages: [], failure: unavailable } : ids.map(delivered)
    )
    return Effect.gen(function* () {
      const result = succeeded(yield* track(refs(3), { once: true }))
      assert.deepStrictEqual(counts(result), { ...none, registered: 3, delivered: 2, pending: 1 })
      assert.strictEqual(looks.length, 3)
    }).pipe(Effect.provide(layer({ sources: [source] })))
  })

  it.effect("is waited out once it has answered, beyond the deadline too, and said once", () => {
    const logs: Array<string> = []
    const up = (at: number) => at < 60_000 || at > 5 * 3_600_000
    const { looks, source } = ScriptedSource.make(
      ({ at, ids }) => (up(at) ? ids.map(at < 60_000 ? sent : delivered) : { pages: [], failure: unreachable }),
      { takes: 10_000 }
    )
    return Effect.gen(function* () {
      const result = succeeded(yield* track(refs(5, "c")))
      assert.deepStrictEqual(counts(result), { ...none, registered: 5, delivered: 5 })
      assert.isAtLeast(looks.at(-1)?.at as number, 5 * 3_600_000)
      assert.strictEqual(logs.filter((line) => line.includes("waiting until it is back")).length, 1)
      assert.strictEqual(logs.filter((line) => line.includes("answers again")).length, 1)
    }).pipe(Effect.provide(layer({ sources: [source], deadline: "1 hour" }, logs)))
  })

  it.effect("is waited out where only the first page came", () => {
    const { source } = ScriptedSource.make(({ ids, index }) =>
      index === 0
        ? { pages: [{ receipts: ids.slice(0, 1).map(delivered), last: false }], failure: unreachable }
        : ids.map(delivered)
    )
    return Effect.gen(function* () {
      const result = succeeded(yield* track(refs(3, "c")))
      assert.deepStrictEqual(counts(result), { ...none, registered: 3, delivered: 3 })
    }).pipe(Effect.provide(layer({ sources: [source] })))
  })

  it.effect("is not asked again in the same moment", () => {
    const { looks, source } = ScriptedSource.make(
      ({ ids, index }) => (index === 0 ? ids.map(sent) : { pages: [], failure: unavailable }),
      { takes: 0 }
    )
    return Effect.gen(function* () {
      yield* track(refs(1), { for: "1 minute" })
      assert.isAtMost(looks.length, 13)
    }).pipe(Effect.provide(layer({ sources: [source] })))
  })

  it.effect("for some groups does not stop the others", () => {
    const { source } = ScriptedSource.make(
      ({ group, ids, index }) =>
        index > 0 && Number(group.slice(2)) <= 50 ? { pages: [], failure: unavailable } : ids.map(delivered),
      { takes: 1000 }
    )
    return Effect.gen(function* () {
      const result = succeeded(yield* track(refs(150), { for: "10 minutes" }))
      assert.isAtLeast(result.summary.delivered, 100)
    }).pipe(Effect.provide(layer({ sources: [source] })))
  })

  it.effect("that does not know a contact, or calls a query wrong, stops no other: those messages are missing", () => {
    const wrong = new BadRequest({ host: "test", status: 400, code: "bad", detail: "no", contextId: "x" })
    const logs: Array<string> = []
    const { source } = ScriptedSource.make(({ group, ids }) =>
      group === "c-1"
        ? { pages: [], failure: unknown }
        : group === "c-2"
          ? { pages: [], failure: wrong }
          : ids.map(delivered)
    )
    return Effect.gen(function* () {
      const result = succeeded(yield* track(refs(5)))
      assert.deepStrictEqual(counts(result), { ...none, registered: 5, delivered: 3, unconfirmed: 2, missing: 2 })
      assert.isTrue(logs.some((line) => line.includes("no such contact")))
      yield* wellRecorded
    }).pipe(Effect.provide(layer({ sources: [source], deadline: "1 hour" }, logs)))
  })

  it.effect("and refuses us ends the run", () => {
    const refused = new Refused({ host: "test", status: 403, detail: "no", permission: "messages:read" })
    const { source } = ScriptedSource.make(({ ids, index }) =>
      index < 2 ? ids.map(sent) : { pages: [], failure: refused }
    )
    return Effect.gen(function* () {
      assert.strictEqual(reason(yield* track(refs(3))), "Refused")
      const stopped = (yield* wellRecorded).at(-1)
      assert.deepInclude(stopped, { kind: "run.stopped", outcome: "failed", detail: refused.message })
    }).pipe(Effect.provide(layer({ sources: [source] })))
  })
})

describe("pages", () => {
  it.effect("are committed one by one, and the last answers for all that did not come", () => {
    const { source } = ScriptedSource.make(({ ids }) => ({
      pages: [
        { receipts: [delivered("m-1"), delivered("m-1")], last: false },
        { receipts: ids.includes("m-3") ? [delivered("m-3"), says("failed", "X")("m-1")] : [], last: true }
      ]
    }))
    return Effect.gen(function* () {
      const result = succeeded(yield* track(refs(3, "c"), { once: true }))
      assert.deepStrictEqual(counts(result), { ...none, registered: 3, delivered: 2, pending: 1, missing: 1 })
      const [first, second, third] = yield* messages
      assert.deepStrictEqual([first?.looks, second?.looks, third?.looks], [1, 1, 1])
      assert.deepStrictEqual(first?.conflicts, [{ status: "failed", profile: "scripted", code: "X" }])
    }).pipe(Effect.provide(layer({ sources: [source] })))
  })

  it.effect("that end without a last one answer for all, too", () => {
    const { looks, source } = ScriptedSource.make(() => ({ pages: [] }))
    return Effect.gen(function* () {
      const result = succeeded(yield* track(refs(2, "c"), { once: true }))
      assert.deepStrictEqual(counts(result), { ...none, registered: 2, pending: 2, missing: 2 })
      assert.strictEqual(looks.length, 1)
    }).pipe(Effect.provide(layer({ sources: [source] })))
  })

  it.effect("may hold messages that nobody registered", () => {
    const { source } = ScriptedSource.make(({ ids }) => [delivered("stranger"), ...ids.map(delivered)])
    return Effect.gen(function* () {
      assert.deepStrictEqual(counts(succeeded(yield* track(refs(1)))), { ...none, registered: 1, delivered: 1 })
    }).pipe(Effect.provide(layer({ sources: [source] })))
  })

  it.effect("are asked for by groups, no more at once than the source takes", () => {
    let under = 0
    let most = 0
    const inner = ScriptedSource.make(({ ids }) => ids.map(delivered), { takes: 100 })
    const source = {
      ...inner.source,
      lookup: (batch: Parameters<typeof inner.source.lookup>[0]) =>
        Stream.suspend(() => {
          under += 1
          most = Math.max(most, under)
          return inner.source.lookup(batch)
        }).pipe(Stream.ensuring(Effect.sync(() => (under -= 1))))
    }
    return Effect.gen(function* () {
      succeeded(
        yield* track([...refs(250, "big"), ...refs(30).map((ref) => ({ ...ref, messageId: `x-${ref.messageId}` }))])
      )
      assert.strictEqual(most, 4)
      assert.deepStrictEqual(
        inner.looks.filter(({ group }) => group === "big").map(({ ids }) => ids.length),
        [100, 100, 50]
      )
      assert.strictEqual(inner.looks.length, 33)
    }).pipe(Effect.provide(layer({ sources: [source] })))
  })
})

describe("a classifier", () => {
  it.effect("that throws is passed over, and said so once", () => {
    const logs: Array<string> = []
    const { source } = ScriptedSource.make(({ ids }) => ids.map(says("failed", "X")))
    const broken = defineClassifier({
      name: "broken",
      classify: () => {
        throw new Error("I do not know that code")
      }
    })
    const good = defineClassifier({ name: "good", classify: () => ({ cause: "opted_out", rule: "X" }) })
    return Effect.gen(function* () {
      const { summary } = succeeded(yield* track(refs(10)))
      assert.deepStrictEqual(summary.byCause, { opted_out: 10 })
      assert.deepStrictEqual(
        logs.filter((line) => line.includes("broken")),
        ["the classifier broken was passed over: I do not know that code"]
      )
    }).pipe(Effect.provide(layer({ sources: [source], classifiers: [broken, good] }, logs)))
  })

  it.effect("is told whom the user measures", () => {
    const seen: Array<string | undefined> = []
    const { source } = ScriptedSource.make(({ ids }) => ids.map(delivered))
    const nosy = defineClassifier({ name: "nosy", classify: ({ carrier }) => void seen.push(carrier) })
    return Effect.gen(function* () {
      yield* track([{ messageId: "m-1", carrier: "acme" }, { messageId: "m-2" }])
      assert.deepStrictEqual(seen, ["acme", undefined])
    }).pipe(Effect.provide(layer({ sources: [source], classifiers: [nosy] })))
  })
})

describe("the end of a run", () => {
  it.effect("is recorded where it is interrupted", () => {
    const { source } = ScriptedSource.make(({ ids }) => ids.map(sent))
    return Effect.gen(function* () {
      const exit = yield* track(refs(2), { horizon: "10 minutes" })
      assert.isTrue(Exit.hasInterrupts(exit))
      assert.deepInclude((yield* wellRecorded).at(-1), { kind: "run.stopped", outcome: "interrupted" })
      // The next run goes on from there.
      const again = yield* track(refs(2), { for: "1 minute" })
      assert.strictEqual(succeeded(again).summary.pending, 2)
    }).pipe(Effect.provide(layer({ sources: [source] })))
  })

  it.effect("counts the requests of this run alone", () => {
    const { source } = ScriptedSource.make(({ ids }) => ids.map(delivered))
    return Effect.gen(function* () {
      assert.strictEqual(succeeded(yield* track(refs(1))).requests, 0)
    }).pipe(Effect.provide(layer({ sources: [source] })))
  })
})

describe("sinks and exporters", () => {
  const { source } = ScriptedSource.make(({ ids }) => ids.map(delivered))
  const noop = { name: "noop", target: "nowhere" }

  it.effect("are given the whole run, its end included, and nothing that the journal does not hold yet", () => {
    const given: Array<number> = []
    const early: Array<number> = []
    let last = () => 0
    const sink: AuditSink = {
      ...noop,
      write: (batch) =>
        Effect.sync(() => {
          given.push(...batch.map(({ seq }) => seq))
          early.push(...batch.map(({ seq }) => seq).filter((seq) => seq > last()))
        })
    }
    return Effect.gen(function* () {
      const { store } = yield* Journal
      last = () => Effect.runSync(store.lastSeq)
      const { sinks } = succeeded(yield* track(refs(3)))
      assert.deepStrictEqual(sinks, [
        { name: "noop", target: "nowhere", backlog: 0, oldestAt: undefined, failure: undefined }
      ])
      assert.deepStrictEqual(
        given,
        (yield* wellRecorded).map(({ seq }) => seq)
      )
      assert.deepStrictEqual(early, [])
    }).pipe(Effect.provide(layer({ sources: [source], sinks: [sink] })))
  })

  it.effect("that hang delay the end of a run by 4 s at the most, and by 2 s where it is interrupted", () => {
    const sink: AuditSink = { ...noop, write: () => Effect.never }
    const pending = ScriptedSource.make(({ ids }) => ids.map(sent))
    return Effect.gen(function* () {
      const result = succeeded(yield* track(refs(1), { for: "1 minute" }))
      assert.isAbove(result.sinks[0]?.backlog ?? 0, 3)
      assert.strictEqual(yield* Clock.currentTimeMillis, 64_000)
      const tracker = yield* Tracker.Tracker
      const fiber = yield* Effect.forkChild(tracker.track({ actor: "tester", messages: Stream.succeed(refs(1)) }))
      yield* TestClock.adjust(1000)
      const stopping = yield* Effect.forkChild(Fiber.interrupt(fiber))
      yield* TestClock.adjust(2000)
      assert.isDefined(stopping.pollUnsafe())
      assert.deepInclude((yield* wellRecorded).at(-1), { outcome: "interrupted" })
    }).pipe(Effect.provide(layer({ sources: [pending.source], sinks: [sink] })))
  })

  it.effect(
    "that stay down stop the run in order, where that is asked for: what is recorded is delivered to the others",
    () => {
      const bad: AuditSink = {
        name: "bad",
        target: "nowhere",
        write: () => Effect.fail(new AuditError({ sink: "bad", detail: "503" }))
      }
      const given: Array<string> = []
      const good: AuditSink = {
        name: "good",
        target: "memory",
        write: (batch) => Effect.sync(() => void given.push(...batch.map(({ kind }) => kind)))
      }
      const pending = ScriptedSource.make(({ ids }) => ids.map(sent))
      return Effect.gen(function* () {
        const exit = yield* track(refs(3))
        const error = Option.getOrUndefined(Exit.findErrorOption(exit))
        assert.instanceOf(error, AuditDown)
        assert.strictEqual(error.sink, "bad")
        assert.isBelow(yield* Clock.currentTimeMillis, 645_000)
        const all = yield* wellRecorded
        const last = all.at(-1)
        assert.deepInclude(last, { kind: "run.stopped", outcome: "failed" })
        assert.match(
          String(last?.kind === "run.stopped" && last.detail),
          /^the audit sink bad \(nowhere\) is down since /
        )
        assert.deepStrictEqual(
          given,
          all.map(({ kind }) => kind)
        )
      }).pipe(
        Effect.provide(
          layer({
            sources: [pending.source],
            sinks: [bad, good],
            auditOutage: { action: "stop", after: "10 minutes" }
          })
        )
      )
    }
  )

  it.effect("beneath which the journal fails end the run", () => {
    const bad: AuditSink = { ...noop, write: () => Effect.fail(new AuditError({ sink: "noop", detail: "503" })) }
    const pending = ScriptedSource.make(({ ids }) => ids.map(sent))
    const broken = new JournalError({
      reason: new JournalBroken({ journal: "x", operation: "noteFailure", cause: new Error("disk full") })
    })
    return Effect.gen(function* () {
      assert.strictEqual(reason(yield* track(refs(3))), "JournalBroken")
      assert.isBelow(yield* Clock.currentTimeMillis, 10_000)
    }).pipe(
      Effect.provide(
        layer({
          sources: [pending.source],
          sinks: [bad],
          store: (store) => ({ ...store, noteFailure: () => Effect.fail(broken) })
        })
      )
    )
  })

  it.effect("write the messages when the run has ended; one that fails is the run's failure", () => {
    const rows: Array<string> = []
    const exporter: Exporter = {
      ...noop,
      write: (stream) => Stream.runForEach(stream, ({ values }) => Effect.sync(() => rows.push(values.resolution)))
    }
    const broken: Exporter = {
      ...noop,
      write: () => Effect.fail(new ExportError({ target: "x", detail: "disk full" }))
    }
    return Effect.gen(function* () {
      succeeded(yield* track(refs(3)).pipe(Effect.provide(layer({ sources: [source], exporters: [exporter] }))))
      assert.deepStrictEqual(rows, ["delivered", "delivered", "delivered"])
      const exit = yield* track(refs(3)).pipe(
        Effect.provide(layer({ sources: [source], exporters: [broken] }), { local: true })
      )
      assert.include(String(exit), "the export to x failed: disk full")
    })
  })
})

describe("two trackers", () => {
  it.effect("do not write one journal", () => {
    const { source } = ScriptedSource.make(({ ids }) => ids.map(sent))
    return Effect.gen(function* () {
      const tracker = yield* Tracker.Tracker
      const one = { messages: Stream.succeed(refs(1)), actor: "one" }
      const first = yield* Effect.forkChild(tracker.track(one))
      yield* TestClock.adjust(1000)
      const second = yield* Effect.exit(tracker.track({ ...one, actor: "two" }))
      assert.strictEqual(reason(second), "JournalInUse")
      assert.strictEqual((yield* events).filter(({ kind }) => kind === "run.started").length, 1)
      yield* Fiber.interrupt(first)
      const third = yield* Effect.forkChild(tracker.track({ ...one, for: "1 second" }))
      yield* TestClock.adjust(1000)
      assert.isTrue(Exit.isSuccess(yield* Fiber.await(third)))
      assert.strictEqual(yield* Clock.currentTimeMillis, 2000)
    }).pipe(Effect.provide(layer({ sources: [source] })))
  })
})
