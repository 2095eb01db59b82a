import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { assert, describe, it, onTestFinished } from "vitest"
import { defineAuditSink } from "../src/AuditSink.ts"
import { defineClassifier } from "../src/Classifier.ts"
import {
  type Decision,
  JournalBroken,
  JournalError,
  JournalStore,
  type Snapshot,
  type Sought
} from "../src/JournalStore.ts"
import * as JournalStoreMemory from "../src/JournalStoreMemory.ts"
import { createTracker, RunUnderWay, TrackerClosed } from "../src/node.ts"
import { defineSource } from "../src/PlainSource.ts"
import * as Plugin from "../src/Plugin.ts"
import { defineTracker } from "../src/TrackerDefinition.ts"
import type { TrackingEvent } from "../src/TrackingEvent.ts"

/** A source that knows the ends of messages as they are told, and says nothing of those that have none. */
const gateway = (ends: Map<string, string>) =>
  defineSource({
    name: "gateway",
    batchSize: 100,
    requestsPerMinute: 60_000,
    lookup: async (messages) =>
      messages.flatMap(({ messageId = "" }) => {
        const end = ends.get(messageId)
        if (end === undefined) return []
        const status = end === "delivered" ? ("delivered" as const) : ("failed" as const)
        return [{ messageId, providerStatus: status, status, ...(status === "failed" ? { code: end } : {}) }]
      })
  })

const acme = defineClassifier({
  name: "acme",
  classify: ({ code }) => (code === "17" ? { cause: "opted_out", rule: "17" } : undefined)
})

/** Done before each transaction that writes new messages. */
type BeforeInsert = () => Effect.Effect<void, JournalError>

const journal = (beforeInsert: BeforeInsert) =>
  Layer.effect(
    JournalStore,
    Effect.map(JournalStoreMemory.make, (store) => ({
      ...store,
      transact: <A>(sought: Sought, decide: (snapshot: Snapshot) => Decision<A>) =>
        (sought.names ?? []).length === 0
          ? store.transact(sought, decide)
          : Effect.andThen(Effect.suspend(beforeInsert), store.transact(sought, decide))
    }))
  )

/** A tracker that is closed when the test ends, over what it is told. */
const tracked = (ends: Record<string, string>, beforeInsert: BeforeInsert = () => Effect.void) => {
  const known = new Map(Object.entries(ends))
  const said: Array<string> = []
  const tracker = createTracker({
    sources: [gateway(known)],
    journal: journal(beforeInsert),
    classifiers: [acme],
    audit: [
      async () =>
        defineAuditSink({
          name: "said",
          write: async (batch) => void said.push(...batch.map(({ kind }) => kind)),
          close: () => void said.push("closed")
        })
    ],
    floor: "1 millis"
  })
  onTestFinished(() => tracker.close())
  return { tracker, known, said }
}

const ids = (...names: ReadonlyArray<string>) => names.map((messageId) => ({ messageId }))

/** The events up to the first of a kind. */
const upTo = async (events: AsyncIterable<TrackingEvent>, kind: TrackingEvent["kind"]) => {
  const read: Array<TrackingEvent> = []
  for await (const event of events) {
    read.push(event)
    if (event.kind === kind) return read
  }
  return read
}

const rejection = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => assert.fail("it does not reject"),
    (error) => error
  )

describe("createTracker", () => {
  it("registers, runs to the end, and closes what its plugins hold open", async () => {
    const { said, tracker } = tracked({ a: "delivered", b: "17" })
    const registered = await tracker.register([...ids("a", "b"), { externalContactId: "c" }])
    assert.strictEqual(registered.accepted, 2)
    assert.match(registered.refused[0]?.reason ?? "", /^it has no id/)
    assert.deepInclude(await tracker.status(), { running: false, waiting: 2, lastSeq: 0 })

    const { summary } = await tracker.run()
    assert.deepInclude(summary, { delivered: 1, failed: 1, pending: 0, byCause: { opted_out: 1 } })
    const { sinks, summary: all, waiting } = await tracker.status()
    assert.deepStrictEqual([all, waiting, sinks[0]?.backlog], [summary, 0, 0])
    await tracker.close()
    assert.deepStrictEqual([said[0], said.at(-2), said.at(-1)], ["run.started", "run.stopped", "closed"])
  })

  it("takes what a definition is made of, an async iterable of messages, and nothing at all", async () => {
    const tracker = createTracker(
      defineTracker({ sources: [gateway(new Map([["a", "delivered"]]))], journal: JournalStoreMemory.layer })
    )
    onTestFinished(() => tracker.close())
    assert.deepInclude((await tracker.run()).summary, { registered: 0 })
    const messages = async function* () {
      yield* ids("a")
    }
    await tracker.register(messages())
    assert.deepInclude((await tracker.run({ once: true })).summary, { registered: 1, delivered: 1 })
  })

  it("registers during a run, which ends when all have ended; a second one follows", async () => {
    const { known, tracker } = tracked({ a: "delivered" })
    await tracker.register(ids("a", "b"))
    const first = tracker.run()
    const events = tracker.events()
    await upTo(events, "message.delivered")
    assert.instanceOf(await rejection(tracker.run()), RunUnderWay)
    known.set("b", "delivered").set("c", "17")
    await tracker.register(ids("c"))
    assert.deepInclude((await tracker.status()).summary, { registered: 3 })
    assert.deepInclude((await first).summary, { registered: 3, delivered: 2, failed: 1 })

    known.set("d", "delivered")
    await tracker.register(ids("d"))
    const second = await tracker.run()
    assert.deepInclude(second.summary, { registered: 1, delivered: 1 })
    assert.deepInclude((await tracker.status()).summary, { registered: 4, delivered: 3, failed: 1 })
  })

  it("has registered during a run when it says so, and not before", async () => {
    let held = Promise.resolve()
    let release = () => {}
    const { tracker } = tracked({ a: "delivered", b: "delivered" }, () => Effect.promise(() => held))
    await tracker.register(ids("a"))
    const run = tracker.run({ follow: true, for: 300 })
    await upTo(tracker.events(), "message.delivered")
    held = new Promise((resolve) => {
      release = resolve
    })
    let said = false
    const registering = tracker.register(ids("b")).then(() => {
      said = true
    })
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
    assert.isFalse(said)
    release()
    await registering
    assert.deepInclude((await run).summary, { delivered: 2 })
  })

  it("keeps for the next run what one that failed has not registered", async () => {
    let failures = 1
    const broken = new JournalError({
      reason: new JournalBroken({ journal: "j", operation: "transact", cause: "EIO" })
    })
    const { tracker } = tracked({ a: "delivered" }, () => (failures-- > 0 ? Effect.fail(broken) : Effect.void))
    await tracker.register(ids("a"))
    assert.strictEqual((await rejection(tracker.run())).message, broken.message)
    assert.deepInclude(await tracker.status(), { running: false, waiting: 1 })
    assert.deepInclude((await tracker.run()).summary, { delivered: 1 })
  })

  it("follows on where it is told to, and is stopped by its signal, in order", async () => {
    const { tracker } = tracked({ a: "delivered", b: "delivered" })
    await tracker.register(ids("a"))
    const stop = new AbortController()
    const run = tracker.run({ follow: true, signal: stop.signal })
    const events = tracker.events()
    await upTo(events, "message.delivered")
    await tracker.register(ids("b"))
    stop.abort(new Error("enough"))
    assert.strictEqual((await rejection(run)).message, "enough")
    const stopped = (await upTo(tracker.events(), "run.stopped")).at(-1)
    assert.strictEqual(stopped?.kind === "run.stopped" ? stopped.outcome : undefined, "interrupted")
  })

  it("refuses what is no message, and takes the rest", async () => {
    const { tracker } = tracked({ a: "delivered" })
    const given: unknown = [null, "a", { messageId: 5 }, { messageId: "" }, {}, { messageId: "a" }]
    const { accepted, refused } = await tracker.register(given as ReadonlyArray<never>)
    assert.strictEqual(accepted, 1)
    assert.deepStrictEqual(
      refused.map(({ reason }) => reason.split(":")[0]),
      [
        "it is no message",
        "it is no message",
        "its messageId is no text, or an empty one",
        "its messageId is no text, or an empty one",
        "it has no id"
      ]
    )
    assert.deepInclude((await tracker.run()).summary, { registered: 1, delivered: 1 })
  })

  it("follows what a run has left open where it is registered again", async () => {
    const { known, tracker } = tracked({})
    await tracker.register(ids("a"))
    await tracker.run({ for: 50 })
    known.set("a", "delivered")
    assert.deepInclude((await tracker.run()).summary, { registered: 0 })
    await tracker.register(ids("a"))
    assert.deepInclude((await tracker.run()).summary, { registered: 1, delivered: 1 })
  })

  it("ends after so long, with what is pending", async () => {
    const { tracker } = tracked({})
    await tracker.register(ids("a"))
    assert.deepInclude((await tracker.run({ for: 50 })).summary, { pending: 1 })
    const bad = await rejection(tracker.run({ for: "soon" as "1 second" }))
    assert.strictEqual(
      bad.message,
      'the setting for is "soon": write a duration that is longer than nothing, like "72 hours"'
    )
  })
})

describe("the events", () => {
  it("are all of a run in order, however late they are read, up to its last when the tracker closes", async () => {
    const names = Array.from({ length: 200 }, (_, index) => `m-${index}`)
    const { tracker } = tracked(Object.fromEntries(names.map((name) => [name, "delivered"])))
    let begin = () => {}
    const begun = new Promise<void>((resolve) => {
      begin = resolve
    })
    const reading = (async () => {
      const read: Array<TrackingEvent> = []
      for await (const event of tracker.events()) {
        await begun
        read.push(event)
      }
      return read
    })()
    await tracker.register(ids(...names))
    await tracker.run()
    const { lastSeq } = await tracker.status()
    assert.isAbove(lastSeq, 400)
    const closed = tracker.close()
    begin()
    await closed
    const read = await reading
    assert.deepStrictEqual(
      read.map(({ seq }) => seq),
      Array.from({ length: lastSeq }, (_, index) => index + 1)
    )
    assert.strictEqual(read.at(-1)?.kind, "run.stopped")
  })

  it("begin after a number, for as many readers as there are", async () => {
    const { tracker } = tracked({ a: "delivered" })
    await tracker.register(ids("a"))
    await tracker.run()
    const { lastSeq } = await tracker.status()
    const newest = tracker.events({ after: lastSeq - 1 })
    assert.strictEqual((await newest.next()).value?.seq, lastSeq)
    await newest.return()
    const both = [tracker.events(), tracker.events()]
    for (const events of both) {
      assert.strictEqual((await events.next()).value?.seq, 1)
      await events.return()
    }
  })

  it("that nobody reads on hold up neither a run nor the end", async () => {
    const { tracker } = tracked({ a: "delivered" })
    const abandoned = tracker.events()
    await tracker.register(ids("a"))
    const run = tracker.run()
    await abandoned.next()
    await run
    await tracker.close()
    // What was read ahead is still there, and then it ends.
    for await (const _ of abandoned);
    assert.isTrue((await abandoned.next()).done)
  })
})

describe("a tracker that is closed", () => {
  it("rejects what is asked of it, and may be closed again", async () => {
    const { tracker } = tracked({})
    await tracker.register(ids("a"))
    const run = rejection(tracker.run())
    await upTo(tracker.events(), "run.configured")
    const waiting = tracker.events({ after: 1000 }).next()
    await Promise.all([tracker.close(), tracker.close()])
    assert.instanceOf(await run, TrackerClosed)
    assert.isTrue((await waiting).done)
    for (const asked of [tracker.register(ids("b")), tracker.run(), tracker.status()]) {
      assert.strictEqual((await rejection(asked)).message, "the tracker is closed: make another one with createTracker")
    }
    assert.isTrue((await tracker.events().next()).done)
  })

  it("is closed at the end of its block", async () => {
    const { said } = await (async () => {
      const made = tracked({})
      await using tracker = made.tracker
      await tracker.status()
      return made
    })()
    assert.deepStrictEqual(said, ["closed"])
  })
})

describe("a plugin that cannot be used", () => {
  it("is an error in a line, of whatever is asked first", async () => {
    const failing = createTracker({
      journal: JournalStoreMemory.layer,
      audit: [() => Promise.reject(new Error("ECONNREFUSED"))]
    })
    onTestFinished(() => failing.close())
    assert.strictEqual(
      (await rejection(failing.register([]))).message,
      "a function of the configuration that is to make the audit sink fails: ECONNREFUSED"
    )
    const other = createTracker({
      journal: Plugin.stamp("ledger", JournalStoreMemory.layer, 2),
      audit: [Effect.succeed(defineAuditSink({ name: "none", write: () => {} }))]
    })
    onTestFinished(() => other.close())
    assert.strictEqual(
      (await rejection(other.run())).message,
      "the journal ledger is made for contract 2 of @dlrkit/core, and this one has contract 1: update @dlrkit/core"
    )
  })
})
