import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as PubSub from "effect/PubSub"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"
import * as Journal from "../src/Journal.ts"
import { Entropy, JournalBroken, JournalError, JournalStore, type JournalStoreService } from "../src/JournalStore.ts"
import * as JournalStoreMemory from "../src/JournalStoreMemory.ts"
import { type EventBody, TrackingEvent } from "../src/TrackingEvent.ts"
import { meaning, receipt } from "./Samples.ts"
import { events, messages } from "./TrackedRun.ts"

const fixed = Layer.succeed(Entropy, (bytes) => "ab".repeat(bytes))
const journal = Journal.layer.pipe(Layer.provideMerge(JournalStoreMemory.layer), Layer.provideMerge(fixed))

const options: Journal.RunOptions = { actor: "tester", command: "track", version: "1", config: {} }

const registration = (messageId: string, changes: Partial<Journal.Registration> = {}): Journal.Registration => ({
  ref: { messageId },
  source: "scripted",
  group: "g",
  carrier: "acme",
  carrierOrigin: "config",
  deadline: 10_000,
  expired: undefined,
  ...changes
})

/** `m-1` is registered first. */
const page = (words: Readonly<Record<string, string>>, looked = Object.keys(words), startedAt = 0): Journal.Page => ({
  receipts: Object.entries(words).map(([messageId, word]) => ({ receipt: receipt(word, { messageId }) })),
  classify: meaning,
  looked: looked.flatMap((messageId) => Number(messageId.slice(2)) || []),
  startedAt,
  nextLook: () => 5000
})

const request = (changes: Partial<Extract<EventBody, { kind: "request" }>> = {}): EventBody => ({
  kind: "request",
  source: "scripted",
  purpose: "lookup",
  messages: 1,
  outcome: "ok",
  startedAt: new Date(0).toISOString(),
  durationMs: 5,
  attempt: 1,
  ...changes
})

const at = (millis: number) => new Date(millis).toISOString()

describe("the journal", () => {
  it.effect("gives its events numbers without gaps, stable ids, the run and who ran it", () =>
    Effect.gen(function* () {
      const journal = yield* Journal.Journal
      const run = yield* journal.start(options)
      yield* journal.register([registration("m-1"), registration("m-2")])
      yield* TestClock.adjust(1500)
      yield* journal.commit(page({ "m-1": "sent", "m-2": "failed" }))
      const all = yield* events
      assert.deepStrictEqual(
        all.map(({ actor, at, id, kind, run, seq, v }) => [v, id, seq, at, run, actor, kind]),
        [
          "run.started",
          "run.configured",
          "message.registered",
          "message.registered",
          "message.sent",
          "message.failed"
        ].map((kind, index) => [
          1,
          `abababababababab-${index + 1}`,
          index + 1,
          at(index < 4 ? 0 : 1500),
          run.id,
          "tester",
          kind
        ])
      )
    }).pipe(Effect.provide(journal))
  )

  it.effect("writes events that their published schema accepts, with nothing besides", () =>
    Effect.gen(function* () {
      const journal = yield* Journal.Journal
      yield* journal.start(options)
      yield* journal.register([
        registration("m-1", { ref: { messageId: "m-1", to: "+13175550123", sentAt: 5, externalContactId: "c" } }),
        registration("m-2"),
        registration("m-3"),
        registration("m-4", { expired: "too old" })
      ])
      yield* journal.note(request({ correlationId: "c-1", httpStatus: 200, retryAfterMs: 10 }))
      yield* journal.commit(page({ "m-1": "failed", "m-2": "what" }, ["m-1", "m-2", "m-3"]))
      yield* journal.commit(page({ "m-1": "delivered", "m-2": "delivered" }))
      yield* journal.record([{ kind: "run.stopped", outcome: "completed" }])
      const all = yield* events
      assert.strictEqual(new Set(all.map(({ kind }) => kind)).size, 11)
      for (const event of all) {
        const decoded = Schema.decodeUnknownSync(TrackingEvent, { onExcessProperty: "error" })(event)
        assert.deepStrictEqual(decoded, event)
        assert.deepStrictEqual(JSON.parse(JSON.stringify(event)), event)
      }
    }).pipe(Effect.provide(journal))
  )

  it.effect("commits states and events together, and nothing where nothing changed", () =>
    Effect.gen(function* () {
      const journal = yield* Journal.Journal
      yield* journal.start(options)
      yield* journal.register([registration("m-1"), registration("m-2")])
      const { shown, unmatched } = yield* journal.commit(page({ "m-1": "delivered", stranger: "sent" }))
      assert.deepStrictEqual(
        [shown.map(({ after, before, returned }) => [before.resolution, after?.resolution, returned]), unmatched],
        [[[undefined, "delivered", true]], 1]
      )
      const before = yield* events
      // A page that came twice, looks aside.
      const again = yield* journal.commit(page({ "m-1": "delivered" }, []))
      assert.deepStrictEqual(
        again.shown.map(({ after, before }) => after === before),
        [true]
      )
      assert.deepStrictEqual(yield* events, before)
    }).pipe(Effect.provide(journal))
  )

  it.effect("takes the record of a request along with the page that it brought", () =>
    Effect.gen(function* () {
      const journal = yield* Journal.Journal
      yield* journal.start(options)
      yield* journal.register([registration("m-1")])
      yield* journal.note(request())
      assert.strictEqual((yield* events).length, 3)
      yield* journal.commit(page({ "m-1": "delivered" }))
      assert.deepStrictEqual(
        (yield* events).slice(3).map(({ kind }) => kind),
        ["request", "message.delivered"]
      )
      assert.strictEqual(yield* journal.requests, 1)
    }).pipe(Effect.provide(journal))
  )

  it.effect("loses no record where a transaction fails", () => {
    let works = true
    const failure = new JournalError({
      reason: new JournalBroken({ journal: "x", operation: "commit", cause: new Error("disk full") })
    })
    const fragile = Layer.effect(
      JournalStore,
      Effect.map(
        JournalStoreMemory.make,
        (store): JournalStoreService => ({
          ...store,
          transact: (ids, decide) => Effect.suspend(() => (works ? store.transact(ids, decide) : Effect.fail(failure)))
        })
      )
    )
    return Effect.gen(function* () {
      const journal = yield* Journal.Journal
      yield* journal.start(options)
      yield* journal.register([registration("m-1")])
      yield* journal.note(request({ attempt: 1 }))
      works = false
      assert.include((yield* Effect.flip(journal.commit(page({ "m-1": "sent" })))).message, "disk full")
      works = true
      yield* journal.note(request({ attempt: 2 }))
      yield* journal.commit(page({ "m-1": "delivered" }))
      assert.deepStrictEqual(
        (yield* events).slice(3).map((event) => ("attempt" in event ? event.attempt : event.kind)),
        [1, 2, "message.delivered"]
      )
    }).pipe(Effect.provide(Journal.layer.pipe(Layer.provide(fragile))))
  })

  it.effect("tells those who wait that there are new events, and nobody of none", () =>
    Effect.gen(function* () {
      const journal = yield* Journal.Journal
      const changes = yield* journal.changes
      yield* journal.record([])
      assert.strictEqual(yield* PubSub.remaining(changes), 0)
      yield* journal.start(options)
      assert.strictEqual(yield* PubSub.take(changes), 2)
    }).pipe(Effect.scoped, Effect.provide(journal))
  )

  it.effect("claims a known message for the run that names it again, with that run's deadline while it is open", () =>
    Effect.gen(function* () {
      const journal = yield* Journal.Journal
      const first = yield* Effect.scoped(journal.start(options))
      yield* journal.register([registration("m-1"), registration("m-2")])
      yield* journal.commit(page({ "m-2": "delivered" }))
      yield* TestClock.adjust(1000)
      const second = yield* Effect.scoped(journal.start(options))
      assert.notStrictEqual(first.id, second.id)
      const registered = yield* journal.register([
        registration("m-1", { deadline: 3000 }),
        registration("m-2", { deadline: 3000 }),
        registration("m-3")
      ])
      assert.deepInclude(registered, { added: 1, known: 2, expired: 0 })
      assert.deepStrictEqual(registered.changes.map(({ after, before }) => [before, after?.messageId]).sort(), [
        [undefined, "m-1"],
        [undefined, "m-2"],
        [undefined, "m-3"]
      ])
      const [one, two, three] = yield* messages
      assert.deepInclude(one, { run: second.id, deadlineAt: 3000, registeredAt: 0 })
      assert.deepInclude(two, { run: second.id, deadlineAt: 10_000, resolution: "delivered" })
      assert.deepInclude(three, { run: second.id, deadlineAt: 11_000, dueAt: 1000 })
    }).pipe(Effect.scoped, Effect.provide(journal))
  )

  it.effect("waits for messages of a carrier that a receipt tells as long as for that carrier's", () =>
    Effect.gen(function* () {
      const journal = yield* Journal.Journal
      const deadlineOf = (carrier: string) => (carrier === "acme" ? 2000 : 10_000)
      const unknown = { carrier: "unknown", carrierOrigin: "unknown" } as const
      const shared = { ...page({}), deadlineOf }
      const told = (messageId: string, word: string) => ({ receipt: receipt(word, { messageId, carrier: "acme" }) })
      yield* Effect.scoped(journal.start(options))
      yield* journal.register([
        registration("m-1", unknown),
        registration("m-2", { ...unknown, ref: { messageId: "m-2", deadlineAt: 7000 } }),
        registration("m-3", { ...unknown, ref: { messageId: "m-3", deadline: 6000, sentAt: 500 } }),
        registration("m-4", unknown),
        registration("m-5", { carrier: "other" })
      ])
      yield* journal.commit({
        ...shared,
        receipts: ["m-1", "m-2", "m-3", "m-5"].map((id) => told(id, "sent")).concat(told("m-4", "delivered"))
      })
      const deadlines = Effect.map(messages, (all) => all.map(({ deadlineAt }) => deadlineAt))
      assert.deepStrictEqual(yield* deadlines, [2000, 7000, 6500, 10_000, 10_000])

      // The next run knows no more of the carriers, waits longer for this one, and gives one message a deadline of its own.
      yield* Effect.scoped(journal.start(options))
      yield* journal.register(
        [
          registration("m-1", unknown),
          registration("m-2", unknown),
          registration("m-3", { ...unknown, ref: { messageId: "m-3", deadline: 1000 } })
        ],
        undefined,
        (carrier) => (carrier === "acme" ? 3000 : 10_000)
      )
      assert.deepStrictEqual(yield* deadlines, [3000, 7000, 1500, 10_000, 10_000])

      // Where nobody knew the carrier, the run that does says it.
      yield* journal.register([registration("m-6", unknown)])
      yield* journal.register([registration("m-6")], undefined, deadlineOf)
      assert.deepInclude((yield* messages).at(-1), { carrier: "acme", carrierOrigin: "config", deadlineAt: 2000 })
    }).pipe(Effect.provide(journal))
  )

  it.effect("closes a message with the look that tells a carrier whose deadline has passed", () =>
    Effect.gen(function* () {
      const journal = yield* Journal.Journal
      yield* Effect.scoped(journal.start(options))
      yield* journal.register([registration("m-1", { carrier: "unknown", carrierOrigin: "unknown" })])
      yield* journal.commit({
        ...page({}, ["m-1"], 2000),
        receipts: [{ receipt: receipt("sent", { messageId: "m-1", carrier: "acme" }) }],
        deadlineOf: () => 2000
      })
      assert.deepInclude((yield* messages)[0], { carrier: "acme", resolution: "unconfirmed", deadlineAt: 2000 })
    }).pipe(Effect.provide(journal))
  )

  it.effect("lets one track, and others ask beside it", () =>
    Effect.gen(function* () {
      const journal = yield* Journal.Journal
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* journal.start(options)
          const second = yield* Effect.flip(Effect.scoped(journal.start(options)))
          assert.strictEqual(second.reason._tag, "JournalInUse")
          yield* journal.startBeside({ ...options, command: "reconcile" })
        })
      )
      yield* Effect.scoped(journal.start(options))
      assert.strictEqual((yield* events).filter(({ kind }) => kind === "run.started").length, 3)
    }).pipe(Effect.provide(journal))
  )

  it.effect("hashes a number with a key of its own: the same in one journal, another in the next", () => {
    const hash = Journal.Journal.useSync((journal) => journal.hash("+13175550123"))
    const keyed = (digits: string) =>
      Journal.layer.pipe(
        Layer.provide(Layer.fresh(JournalStoreMemory.layer)),
        Layer.provide(Layer.succeed(Entropy, (bytes) => digits.repeat(bytes)))
      )
    return Effect.gen(function* () {
      const [one, again] = yield* Effect.provide(Effect.all([hash, hash]), keyed("ab"))
      const two = yield* Effect.provide(hash, keyed("cd"))
      assert.strictEqual(one, again)
      assert.notStrictEqual(one, two)
      assert.match(one, /^hmac:[0-9a-f]{32}$/)
    })
  })
})

describe("the traffic of earlier runs", () => {
  const sent = (millis: number, changes: Partial<Extract<EventBody, { kind: "request" }>> = {}) =>
    Effect.gen(function* () {
      const journal = yield* Journal.Journal
      yield* TestClock.setTime(millis + 5)
      yield* journal.record([request({ startedAt: at(millis), ...changes })])
    })

  it.effect("is each request of the window, tokens and other sources aside, oldest first", () =>
    Effect.gen(function* () {
      const journal = yield* Journal.Journal
      yield* sent(1000)
      yield* sent(50_000)
      yield* sent(51_000, { purpose: "token" })
      yield* sent(52_000, { source: "other" })
      yield* sent(53_000, { outcome: "throttled" })
      yield* sent(70_000)
      yield* TestClock.setTime(100_000)
      assert.deepStrictEqual(yield* journal.traffic("scripted", 60_000), {
        sent: [50_000, 53_000, 70_000],
        notBefore: 0
      })
    }).pipe(Effect.provide(journal))
  )

  it.effect("is counted for each of several credentials; what names none may be anyone's", () =>
    Effect.gen(function* () {
      const journal = yield* Journal.Journal
      yield* sent(50_000, { credential: "a" })
      yield* sent(51_000, { credential: "b", outcome: "throttled", retryAfterMs: 90_000, durationMs: 0 })
      yield* sent(52_000)
      yield* TestClock.setTime(100_000)
      assert.deepStrictEqual(yield* journal.traffic("scripted", 60_000, "a"), { sent: [50_000, 52_000], notBefore: 0 })
      assert.strictEqual((yield* journal.traffic("scripted", 60_000, "b")).notBefore, 141_000)
      assert.strictEqual((yield* journal.traffic("scripted", 60_000)).sent.length, 3)
    }).pipe(Effect.provide(journal))
  )

  it.effect("is found among thousands of other events, also where answers took long", () =>
    Effect.gen(function* () {
      const journal = yield* Journal.Journal
      const noise = Array.from({ length: 2500 }, (_, index) => registration(`m-${index}`))
      yield* sent(0)
      yield* TestClock.setTime(89_000)
      yield* journal.note(request({ startedAt: at(60_000), durationMs: 29_000 }))
      yield* journal.register(noise)
      yield* sent(90_000)
      yield* journal.register(noise.map(({ ref }) => registration(`x-${ref.messageId}`)))
      yield* TestClock.setTime(100_000)
      assert.deepStrictEqual((yield* journal.traffic("scripted", 60_000)).sent, [60_000, 90_000])
    }).pipe(Effect.provide(journal))
  )

  it.effect("tells how long the platform still asks to wait, even long after it said so", () =>
    Effect.gen(function* () {
      const journal = yield* Journal.Journal
      yield* sent(1000, { outcome: "throttled", retryAfterMs: 7_200_000, durationMs: 10 })
      yield* journal.register(Array.from({ length: 1500 }, (_, index) => registration(`m-${index}`)))
      yield* TestClock.setTime(3_600_000)
      assert.deepStrictEqual(yield* journal.traffic("scripted", 60_000), { sent: [], notBefore: 7_201_010 })
    }).pipe(Effect.provide(journal))
  )
})
