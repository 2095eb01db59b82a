import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Metric from "effect/Metric"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import * as AuditSink from "../src/AuditSink.ts"
import { defineAuditSink } from "../src/AuditSink.ts"
import * as Classifier from "../src/Classifier.ts"
import { defineExporter, ExportError, type ExportRow, toRow } from "../src/Exporter.ts"
import * as Journal from "../src/Journal.ts"
import { JournalBroken, JournalError, toTrackingEvent } from "../src/JournalStore.ts"
import * as JournalStoreMemory from "../src/JournalStoreMemory.ts"
import { defineMetrics, type MetricPoint } from "../src/MetricExporter.ts"
import { defineSource } from "../src/PlainSource.ts"
import * as Plugin from "../src/Plugin.ts"
import * as SourceError from "../src/SourceError.ts"
import { message } from "./Samples.ts"
import * as TrackedRun from "./TrackedRun.ts"

const event = toTrackingEvent("j", 1, {
  at: 0,
  run: 1,
  actor: "a",
  body: { kind: "run.stopped", outcome: "completed" }
})

describe("an audit sink of plain functions", () => {
  it.effect("writes by value, by promise and by Effect", () =>
    Effect.gen(function* () {
      const said: Array<string> = []
      const say = (how: string) => void said.push(how)
      const sinks = [
        defineAuditSink({ name: "value", write: ([first]) => say(`value ${first?.id}`) }),
        defineAuditSink({ name: "promise", write: async () => say("promise") }),
        defineAuditSink({ name: "effect", write: () => Effect.sync(() => say("effect")) })
      ]
      for (const { write } of sinks) yield* write([event])
      assert.deepStrictEqual(said, ["value j-1", "promise", "effect"])
      assert.deepStrictEqual(sinks[0]?.target, "value")
    })
  )

  it.effect("fails with what was thrown, rejected with or failed with", () =>
    Effect.gen(function* () {
      const writes: ReadonlyArray<Parameters<typeof defineAuditSink>[0]["write"]> = [
        () => {
          throw new Error("503\nline two")
        },
        () => Promise.reject(new Error("503\nline two")),
        () => Effect.fail(new Error("503\nline two")),
        () => Promise.reject(new AuditSink.AuditError({ sink: "s", detail: "503 line two" }))
      ]
      for (const write of writes) {
        const error = yield* Effect.flip(defineAuditSink({ name: "s", write }).write([event]))
        assert.instanceOf(error, AuditSink.AuditError)
        assert.strictEqual(error.message, "the audit sink s failed: 503 line two")
      }
    })
  )

  it.effect("that is interrupted sees its signal, and is waited for: nothing overtakes it", () =>
    Effect.gen(function* () {
      const began = yield* Deferred.make<AbortSignal>()
      let finish = () => {}
      const write = new Promise<void>((resolve) => {
        finish = resolve
      })
      const sink = defineAuditSink({
        name: "slow",
        write: (_, { signal }) => {
          Deferred.doneUnsafe(began, Effect.succeed(signal))
          return write
        }
      })
      const writing = yield* Effect.forkChild(sink.write([event]))
      const signal = yield* Deferred.await(began)
      writing.interruptUnsafe()
      yield* Effect.promise(() => new Promise(setImmediate))
      assert.isTrue(signal.aborted)
      assert.isUndefined(writing.pollUnsafe())
      finish()
      yield* Fiber.await(writing)
    })
  )

  it.effect("is made by an async function, and closed at the end of the scope; that it does not close is said", () =>
    Effect.gen(function* () {
      const said: Array<string> = []
      const made = (name: string, close: () => void | Promise<void>) => async () => {
        said.push(`${name} opens`)
        return defineAuditSink({ name, write: () => {}, close })
      }
      const gathered = AuditSink.layer([
        made("a", () => void said.push("a closes")),
        made("b", () => Promise.reject(new Error("EIO")))
      ])
      yield* Effect.scoped(Layer.build(gathered)).pipe(
        Effect.provide(Logger.layer([Logger.make(({ message }) => void said.push(String(message)))]))
      )
      assert.deepStrictEqual(said, ["a opens", "b opens", "the audit sink b does not close: EIO", "a closes"])
    })
  )
})

describe("an exporter of plain functions", () => {
  const row = toRow(message())

  it.effect("reads rows as it asks for them, and the labels", () =>
    Effect.gen(function* () {
      const read: Array<string> = []
      const exporter = defineExporter({
        name: "ids",
        write: async (rows, { labels }) => {
          for await (const { values } of rows) read.push(`${values.messageId} of ${labels}`)
        }
      })
      yield* exporter.write(Stream.make(row, row), ["a", "b"])
      assert.deepStrictEqual(read, ["m-1 of a,b", "m-1 of a,b"])
    })
  )

  it.effect("fails with what was thrown; with the journal's error where that could not be read", () =>
    Effect.gen(function* () {
      const readAll = async (rows: AsyncIterable<ExportRow>) => {
        for await (const _ of rows);
      }
      const failing = defineExporter({
        name: "x",
        target: "the moon",
        write: () => Promise.reject(new Error("too far"))
      })
      const error = yield* Effect.flip(failing.write(Stream.empty, []))
      assert.instanceOf(error, ExportError)
      assert.strictEqual(error.message, "the export to the moon failed: too far")
      const broken = new JournalError({ reason: new JournalBroken({ journal: "j", operation: "read", cause: "EIO" }) })
      const reading = defineExporter({ name: "y", write: readAll })
      assert.strictEqual(yield* Effect.flip(reading.write(Stream.fail(broken), [])), broken)
    })
  )

  it.effect("that is interrupted gets no more rows, and is waited for while it tidies up", () =>
    Effect.gen(function* () {
      const stuck = Stream.concat(Stream.make(row), Stream.never)
      const endless = Stream.forever(Stream.fromEffect(Effect.as(Effect.yieldNow, row)))
      const many = Stream.concat(Stream.fromIterable(Array.from({ length: 1000 }, () => row)), Stream.never)
      for (const rows of [stuck, endless, many]) {
        let read = 0
        const midway = yield* Deferred.make<AbortSignal>()
        const said: Array<string> = []
        const exporter = defineExporter({
          name: "slow",
          write: async (rows, { signal }) => {
            try {
              for await (const _ of rows) {
                read += 1
                Deferred.doneUnsafe(midway, Effect.succeed(signal))
                await new Promise(setImmediate)
              }
              said.push("read all")
            } finally {
              await new Promise(setImmediate)
              said.push("tidied up")
            }
          }
        })
        const writing = yield* Effect.forkChild(exporter.write(rows, []))
        const signal = yield* Deferred.await(midway)
        yield* Fiber.interrupt(writing)
        assert.isTrue(signal.aborted)
        assert.deepStrictEqual(said, ["tidied up"])
        assert.isBelow(read, 1000)
      }
    })
  )
})

describe("metrics of plain functions", () => {
  const logged: Array<string> = []
  const counted = Metric.counter("plain_total", { description: "Counted", incremental: true })
  const measured = Metric.histogram("plain_seconds", { boundaries: [1, 5] })

  it.effect("are published every so often, and once more at the end, before it closes", () =>
    Effect.gen(function* () {
      const published: Array<ReadonlyArray<MetricPoint>> = []
      const metrics = defineMetrics(async () => ({
        name: "board",
        every: "1 minute",
        publish: async (points) => {
          published.push(points)
          if (published.length < 3) throw new Error("502")
        },
        close: () => Effect.logInfo(`closed after ${published.length}`)
      }))
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* Layer.build(metrics)
          yield* Metric.update(Metric.withAttributes(counted, { carrier: "acme" }), 2)
          for (const seconds of [0.5, 3, 8]) yield* Metric.update(measured, seconds)
          yield* TestClock.adjust("1 minute")
          yield* Effect.promise(() => new Promise(setImmediate))
          yield* TestClock.adjust("1 minute")
          yield* Effect.promise(() => new Promise(setImmediate))
          assert.strictEqual(published.length, 2)
        })
      )
      assert.deepStrictEqual(logged, [
        "the metrics are not published by board: 502; it is tried again, and said no more",
        "closed after 3"
      ])
      const last = published.at(-1) ?? []
      assert.deepStrictEqual(
        last.find(({ name }) => name === "plain_total"),
        { name: "plain_total", description: "Counted", labels: { carrier: "acme" }, type: "counter", value: 2 }
      )
      const histogram = last.find(({ name }) => name === "plain_seconds")
      assert.deepInclude(histogram, { type: "histogram", count: 3, sum: 11.5 })
      assert.deepStrictEqual(histogram?.type === "histogram" ? histogram.buckets : [], [
        { upTo: 1, count: 1 },
        { upTo: 5, count: 2 }
      ])
    }).pipe(
      Effect.provideService(Metric.MetricRegistry, new Map()),
      Effect.provide(Logger.layer([Logger.make(({ message }) => void logged.push(String(message)))]))
    )
  )

  it.effect("that hang are given up after a while, with their signal", () =>
    Effect.gen(function* () {
      const signals: Array<AbortSignal> = []
      const metrics = defineMetrics({
        name: "board",
        publish: (_, { signal }) => {
          signals.push(signal)
          return new Promise(() => {})
        }
      })
      const ended = yield* Effect.forkChild(Effect.scoped(Layer.build(metrics)))
      yield* TestClock.adjust("3 seconds")
      yield* Fiber.join(ended)
      assert.deepStrictEqual(
        signals.map(({ aborted }) => aborted),
        [true]
      )
    })
  )

  it.effect("fail where they cannot be made, or publish at no interval", () =>
    Effect.gen(function* () {
      const failure = (metrics: ReturnType<typeof defineMetrics>) =>
        Effect.map(Effect.flip(Effect.scoped(Layer.build(metrics))), ({ message }) => message)
      assert.strictEqual(
        yield* failure(defineMetrics(() => Promise.reject(new Error("no key")))),
        "a function of the configuration that is to make the metric exporter fails: no key"
      )
      assert.match(
        yield* failure(defineMetrics({ name: "board", every: 0, publish: () => {} })),
        /^the setting every of the metric exporter board is 0/
      )
    })
  )
})

describe("a source of plain functions", () => {
  const journal = Layer.provide(Journal.layer, JournalStoreMemory.layer)
  /** Runs a look-up to its end in virtual time. */
  const looked = (plain: Parameters<typeof defineSource>[0]) =>
    Effect.gen(function* () {
      const source = yield* defineSource(plain)
      const looking = yield* Effect.forkChild(Effect.exit(Stream.runCollect(source.lookup([message()]))))
      const done = yield* Effect.raceFirst(
        Fiber.join(looking),
        Effect.andThen(TestClock.adjust("1 hour"), Effect.never)
      )
      const { store } = yield* Journal.Journal
      const requests = (yield* store.events(0, 100)).flatMap((each) =>
        each.kind === "request" ? [`${each.attempt} ${each.outcome}`] : []
      )
      return { done, requests }
    }).pipe(Effect.scoped, Effect.provide(journal))

  const fails = (thrown: unknown, times: number) => {
    let calls = 0
    return () => {
      calls += 1
      if (calls <= times) throw thrown
      // A text that the platform sends along is none of a receipt's.
      return [{ messageId: "m-1", providerStatus: "DELIVRD", status: "delivered" as const, text: "Hello" }]
    }
  }

  it.effect("repeats what fails in passing, records each request, and names the profile", () =>
    Effect.gen(function* () {
      const { done, requests } = yield* looked({ name: "gateway", lookup: fails(new Error("ECONNRESET"), 2) })
      assert.deepStrictEqual(requests, ["1 bad-body", "2 bad-body"])
      const page = done._tag === "Success" ? done.value[0] : undefined
      assert.deepStrictEqual(page, {
        receipts: [{ messageId: "m-1", providerStatus: "DELIVRD", status: "delivered", profile: "gateway" }],
        last: true
      })
    })
  )

  it.effect("takes a code that JSON has as a number by its digits, and null for nothing", () =>
    Effect.gen(function* () {
      const given = { messageId: "m-1", providerStatus: "UNDELIV", status: "failed", code: 17, field: null }
      const { done } = yield* looked({ name: "gateway", lookup: () => [given as never] })
      assert.deepStrictEqual(done._tag === "Success" ? done.value[0]?.receipts : undefined, [
        { profile: "gateway", messageId: "m-1", providerStatus: "UNDELIV", status: "failed", code: "17" }
      ])
    })
  )

  it.effect("keeps a pause that it is asked for, and fails at once with what it says is permanent", () =>
    Effect.gen(function* () {
      const paused = SourceError.because(new SourceError.Throttled({ host: "gateway", retryAfterMs: 60_000 }))
      const times: Array<number> = []
      const lookup = () =>
        Effect.flatMap(Clock.currentTimeMillis, (now) => {
          times.push(now)
          return times.length === 1 ? Effect.fail(paused) : Effect.succeed([])
        })
      assert.deepStrictEqual((yield* looked({ name: "gateway", lookup })).requests, ["1 throttled"])
      assert.isAtLeast((times[1] ?? 0) - (times[0] ?? 0), 60_000)
      const refused = SourceError.because(new SourceError.Refused({ host: "gateway", status: 401, detail: "no key" }))
      const { done, requests } = yield* looked({ name: "gateway", lookup: fails(refused, 9) })
      assert.deepStrictEqual(requests, ["1 unauthorized"])
      assert.include(JSON.stringify(done), "Refused")
    })
  )

  it.effect("that hangs, or gives no receipts, has failed", () =>
    Effect.gen(function* () {
      const signals: Array<AbortSignal> = []
      const hanging = yield* looked({
        name: "gateway",
        lookup: (_, { signal }) => {
          signals.push(signal)
          return new Promise(() => {})
        }
      })
      assert.deepInclude(hanging.requests, "1 timed-out")
      assert.isTrue(signals[0]?.aborted)
      const { done } = yield* looked({ name: "gateway", lookup: () => "none" as never })
      assert.include(JSON.stringify(done), "its lookup gives no list of receipts")
    })
  )

  it.effect("is tracked with, and is paced", () =>
    Effect.gen(function* () {
      const times: Array<number> = []
      const lookup: Parameters<typeof defineSource>[0]["lookup"] = (messages) =>
        Effect.map(
          Effect.clockWith((clock) => clock.currentTimeMillis),
          (now) => {
            times.push(now)
            return messages.map(({ messageId = "" }) => ({
              messageId,
              providerStatus: "ok",
              status: "delivered" as const
            }))
          }
        )
      const source = yield* defineSource({ name: "gateway", requestsPerMinute: 60, lookup }).pipe(
        Effect.provide(journal)
      )
      const exit = yield* TrackedRun.track(TrackedRun.refs(20)).pipe(
        Effect.provide(TrackedRun.layer({ sources: [source] }))
      )
      assert.deepInclude(exit._tag === "Success" ? exit.value.summary : {}, { delivered: 20 })
      assert.isAbove((times.at(-1) ?? 0) - (times[0] ?? 0), 19_000)
    }).pipe(Effect.scoped)
  )
})

describe("a plugin for another contract", () => {
  it.effect("is refused by name of both versions, whatever it is made by", () =>
    Effect.gen(function* () {
      const old = { name: "acme", contract: 0, classify: () => undefined }
      const refusal =
        "the classifier acme is made for contract 0 of @dlrkit/core, and this one has contract 1: update the plugin, or ask its author for a version that is made for this contract"
      for (const plugin of [old, Effect.succeed(old), async () => old]) {
        const error = yield* Effect.flip(Effect.scoped(Layer.build(Classifier.layer([plugin]))))
        assert.strictEqual(error.message, refusal)
      }
      const sink = { ...defineAuditSink({ name: "acme", write: () => {} }), contract: 2 }
      const error = yield* Effect.flip(Effect.scoped(Layer.build(AuditSink.layer([sink]))))
      assert.match(error.message, /^the audit sink acme is made for contract 2 .* contract 1: update @dlrkit\/core$/)
    })
  )

  it.effect("may be a layer, if that says so", () =>
    Effect.gen(function* () {
      const stamped = Plugin.stamp("acme", Layer.empty, 7)
      const error = yield* Effect.flip(Plugin.acceptedLayer("metric exporter", stamped))
      assert.match(error.message, /^the metric exporter acme is made for contract 7 /)
      yield* Plugin.acceptedLayer("metric exporter", Layer.empty)
      yield* Plugin.acceptedLayer("metric exporter", defineMetrics({ name: "board", publish: () => {} }))
    })
  )
})
