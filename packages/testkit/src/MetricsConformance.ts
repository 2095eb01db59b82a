/**
 * What any metric exporter must pass, whoever writes it: the metrics of a tracker by their names and labels, at their
 * current values, whatever happens to who reads them.
 *
 * @module
 */
import { ok } from "node:assert/strict"
import { TrackerMetrics, type TrackingEvent } from "@dlrkit/core"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { excuse, type Rule, type SuiteOptions, type Violation, violationsOf } from "./ConformanceRule.ts"
import { type Point, pointsOf } from "./MetricsText.ts"
import { type Doing, doing, type Faults } from "./Plainly.ts"
import { hostile } from "./Samples.ts"
import { register } from "./Suite.ts"
import * as VirtualTime from "./VirtualTime.ts"

export type { Point } from "./MetricsText.ts"

/** A new place where metrics are published, such as a port or a collector, which nobody else has. */
export interface Place {
  /** The layer that publishes them there, as it is given to `defineTracker`. */
  readonly metrics: Layer.Layer<never, unknown>
  /**
   * What is published at this moment: points, or the text that Prometheus scrapes. Time is virtual and stands still: who
   * waits for a push moves it with `TestClock.adjust`.
   */
  readonly read: Doing<string | ReadonlyArray<Point>>
  /** `refuse`: who reads the metrics goes away in the middle, or takes no push. Begun, time moves by a minute, then ended. */
  readonly faults?: Faults<"refuse"> | undefined
  /** Whether nothing is published any more. Asked when the layer's scope has ended, an hour of virtual time later. */
  readonly isQuiet?: Doing<boolean> | undefined
}

/** A metric exporter to be checked. */
export interface Subject extends SuiteOptions {
  /** Makes a new place, which is there until the scope ends. Run for every rule. */
  readonly make: Doing<Place>
}

const rule = (
  name: string,
  says: string,
  run: (place: Place) => Effect.Effect<void, unknown, Scope.Scope>
): Rule<Subject> => ({
  name,
  says,
  run: ({ make }) => Effect.flatMap(doing(make), run).pipe(Effect.scoped, VirtualTime.still)
})

const points = ({ read }: Place) =>
  Effect.map(doing(read), (published) => (typeof published === "string" ? pointsOf(published) : published))

const isPoint =
  (name: string, labels: Point["labels"]) =>
  (point: Point): boolean =>
    point.name === name && Object.entries(labels).every(([label, value]) => point.labels[label] === value)

/** Throws where a metric is not published with these labels at this value. */
const expect = (published: ReadonlyArray<Point>, name: string, labels: Point["labels"], value: number): void => {
  const what = `${name}${JSON.stringify(labels)}`
  const [point, ...more] = published.filter(isPoint(name, labels))
  if (point === undefined) {
    const named = published.filter((one) => one.name === name).map((one) => JSON.stringify(one.labels))
    throw new Error(`${what} is not published${named.length === 0 ? "" : `; there is ${named.slice(0, 3).join(", ")}`}`)
  }
  ok(more.length === 0, `${what} is published ${more.length + 1} times at once`)
  ok(Math.abs(point.value - value) < 1e-6, `${what} is published as ${point.value}, and is ${value}`)
}

const observe = (...bodies: ReadonlyArray<TrackingEvent.EventBody>) =>
  TrackerMetrics.observe(bodies.map((body) => ({ at: 0, run: 1, actor: "tester@host", body })))

const missing = (carrier: string): TrackingEvent.EventBody => ({ kind: "message.missing", messageId: "m-1", carrier })

const request = (durationMs: number): TrackingEvent.EventBody => ({
  kind: "request",
  source: "genesys",
  purpose: "lookup",
  messages: 100,
  outcome: "ok",
  startedAt: "2026-03-01T10:00:00.000Z",
  durationMs,
  attempt: 1
})

const failed: TrackingEvent.EventBody = {
  kind: "message.failed",
  messageId: "m-2",
  carrier: "acme",
  providerStatus: "failed",
  from: "sent",
  cause: "opted_out",
  category: "permanent_block",
  retryable: "no",
  mustAct: "sender"
}

const counted = (carrier: string) => [{ event: "missing", carrier }] as const

/** Does a bit of everything that has a metric, and gives what must be published then. */
const everything = Effect.gen(function* () {
  yield* observe(missing("acme"), missing("acme"), failed, request(20), request(300))
  yield* TrackerMetrics.sinkBacklog("audit-file", 7, 1500)
  yield* TrackerMetrics.sinkFailed("audit-file")
  yield* TrackerMetrics.budgetLimit("genesys", 300)
  yield* TrackerMetrics.planned("genesys", "lookup", 2500)
  const requests = { source: "genesys", purpose: "lookup" }
  return [
    ["dlrkit_messages_total", { event: "missing", carrier: "acme" }, 2],
    ["dlrkit_messages_total", { event: "failed", carrier: "acme" }, 1],
    ["dlrkit_failures_total", { carrier: "acme", category: "permanent_block", cause: "opted_out" }, 1],
    ["dlrkit_requests_total", { ...requests, outcome: "ok" }, 2],
    ["dlrkit_request_duration_seconds_count", requests, 2],
    ["dlrkit_request_duration_seconds_sum", requests, 0.32],
    ["dlrkit_sink_backlog_events", { sink: "audit-file" }, 7],
    ["dlrkit_sink_backlog_age_seconds", { sink: "audit-file" }, 1.5],
    ["dlrkit_sink_failures_total", { sink: "audit-file" }, 1],
    ["dlrkit_budget_requests_per_window", { source: "genesys" }, 300],
    ["dlrkit_planned_requests_total", { source: "genesys", kind: "lookup" }, 1],
    ["dlrkit_request_price_seconds", { source: "genesys" }, 2.5]
  ] as const
})

/** How many servers of this process listen at a port. */
const listening = () => process.getActiveResourcesInfo().filter((name) => name === "TCPServerWrap").length

const texts = hostile.filter((text) => !text.includes("\u0000"))

/** All rules, in their order. */
export const rules: ReadonlyArray<Rule<Subject>> = [
  rule("metrics", "publishes every metric of a tracker by its name and labels, at its value", (place) =>
    Effect.gen(function* () {
      yield* Layer.build(place.metrics)
      const expected = yield* everything
      const published = yield* points(place)
      for (const [name, labels, value] of expected) expect(published, name, labels, value)
    })
  ),

  rule("current-values", "publishes the values of now: what a counter has come to, and where a gauge stands", (place) =>
    Effect.gen(function* () {
      yield* Layer.build(place.metrics)
      for (const [count, backlog] of [
        [1, 90],
        [2, 5],
        [3, 0]
      ] as const) {
        yield* observe(missing("acme"))
        yield* TrackerMetrics.sinkBacklog("audit", backlog, 0)
        const published = yield* points(place)
        expect(published, "dlrkit_messages_total", counted("acme")[0], count)
        expect(published, "dlrkit_sink_backlog_events", { sink: "audit" }, backlog)
      }
    })
  ),

  rule("hostile-labels", "publishes labels as they are, whatever they hold", (place) =>
    Effect.gen(function* () {
      yield* Layer.build(place.metrics)
      yield* observe(...texts.map(missing))
      const published = yield* points(place)
      for (const text of texts) expect(published, "dlrkit_messages_total", counted(text)[0], 1)
    })
  ),

  rule(
    "refusal",
    "goes on where nobody takes what it publishes, and publishes the values of now to the next",
    (place) =>
      Effect.gen(function* () {
        const begin = place.faults?.begin.refuse
        if (place.faults === undefined || begin === undefined) {
          return yield* excuse("`make` gives no `faults.begin.refuse`: nobody can be made to refuse what is published")
        }
        yield* Layer.build(place.metrics)
        yield* observe(missing("acme"))
        yield* doing(begin)
        yield* VirtualTime.pass("1 minute")
        yield* observe(missing("acme"))
        yield* doing(place.faults.end)
        expect(yield* points(place), "dlrkit_messages_total", counted("acme")[0], 2)
      })
  ),

  rule("end", "ends with its scope, and publishes nothing after it", (place) =>
    Effect.gen(function* () {
      const before = listening()
      const scope = yield* Scope.make()
      yield* Scope.provide(Layer.build(place.metrics), scope)
      yield* observe(missing("acme"))
      yield* points(place)
      yield* VirtualTime.drive(Scope.close(scope, Exit.void))
      yield* VirtualTime.pass("1 hour")
      ok(listening() <= before, "it listens at a port though its scope has ended")
      if (place.isQuiet === undefined) {
        return yield* excuse("`make` gives no `isQuiet`: nobody can tell whether it publishes anything")
      }
      ok(yield* doing(place.isQuiet), "it publishes something though its scope has ended")
    })
  )
]

/** What a metric exporter does not do, though it must: of all rules, or of some by name. Needs no test runner. */
export const violations = (subject: Subject, only?: ReadonlyArray<string>): Effect.Effect<ReadonlyArray<Violation>> =>
  violationsOf(rules, subject, only)

/**
 * Tests for Vitest, one a rule. Time is virtual.
 *
 * @example
 * ```ts
 * MetricsConformance.suite({
 *   make: () => ({
 *     metrics: MyMetrics.metrics({ port: 9999 }),
 *     read: async () => (await fetch("http://127.0.0.1:9999/metrics")).text()
 *   })
 * })
 * ```
 */
export const suite = (subject: Subject): void => register("the metric exporter", rules, subject)
