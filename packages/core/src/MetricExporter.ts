/**
 * Metric exporters: who publishes what a tracker counts.
 *
 * A metric exporter is a layer that reads Effect's metric registry for as long as it lasts. {@link defineMetrics} makes one
 * of plain functions, which are handed the metrics every so often.
 *
 * @module
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import { type DurationError, millisOf } from "./Deadlines.ts"
import * as PlainFunction from "./PlainFunction.ts"
import * as Plugin from "./Plugin.ts"

interface Named {
  /** Such as `dlrkit_messages_total`; see `TrackerMetrics` for all of them. */
  readonly name: string
  readonly description: string | undefined
  readonly labels: Readonly<Record<string, string>>
}

/** A metric with its labels, and where it stands now. Counters and histograms count from the start of the program. */
export type MetricPoint =
  | (Named & { readonly type: "counter" | "gauge"; readonly value: number })
  | (Named & {
      readonly type: "histogram"
      readonly count: number
      readonly sum: number
      /** How many observations were at most so large; those above the last one are in `count` alone. */
      readonly buckets: ReadonlyArray<{ readonly upTo: number; readonly count: number }>
    })

/** A metric exporter of plain functions. */
export interface PlainMetrics {
  readonly name: string
  /** How often it publishes; 10 seconds where it is left out. */
  readonly every?: Duration.Input | undefined
  /**
   * Publishes the metrics as they stand: every so often, and once more when the tracker ends. Where it throws, rejects or
   * takes longer than 3 seconds, when its `signal` is aborted, that is a warning and no more.
   */
  readonly publish: (
    points: ReadonlyArray<MetricPoint>,
    given: PlainFunction.Interruptible
  ) => PlainFunction.Plain<void>
  /** Closes what it holds open, when the tracker ends. */
  readonly close?: (() => PlainFunction.Plain<void>) | undefined
}

/** How long it may take to publish. Milliseconds. */
const publishAtMost = 3000

/** All counters, gauges and histograms of the program, as they stand. */
export const points: Effect.Effect<ReadonlyArray<MetricPoint>> = Effect.map(Metric.snapshot, (snapshots) =>
  snapshots.flatMap((snapshot): ReadonlyArray<MetricPoint> => {
    const named = { name: snapshot.id, description: snapshot.description, labels: { ...snapshot.attributes } }
    switch (snapshot.type) {
      case "Counter":
        return [{ ...named, type: "counter", value: Number(snapshot.state.count) }]
      case "Gauge":
        return [{ ...named, type: "gauge", value: Number(snapshot.state.value) }]
      case "Histogram": {
        const { buckets, count, sum } = snapshot.state
        return [{ ...named, type: "histogram", count, sum, buckets: buckets.map(([upTo, count]) => ({ upTo, count })) }]
      }
      default:
        return []
    }
  })
)

/**
 * Makes a metric exporter from plain functions, or from a function that gives them, which may be async.
 *
 * @example
 * ```ts
 * const metrics = defineMetrics({
 *   name: "dashboard",
 *   every: "30 seconds",
 *   publish: async (points, { signal }) => {
 *     await fetch("https://dashboard.example/metrics", { method: "POST", body: JSON.stringify(points), signal })
 *   }
 * })
 * ```
 */
export const defineMetrics = (
  metrics: PlainMetrics | (() => PlainFunction.Plain<PlainMetrics>)
): Layer.Layer<never, Plugin.PluginFailed | DurationError> =>
  Plugin.stamp(typeof metrics === "function" ? "(a function)" : metrics.name, Layer.effectDiscard(start(metrics)))

const start = Effect.fnUntraced(function* (metrics: Parameters<typeof defineMetrics>[0]) {
  const {
    close,
    every = "10 seconds",
    name,
    publish
  } = typeof metrics === "function"
    ? yield* PlainFunction.run(
        metrics,
        (thrown) => new Plugin.PluginFailed({ kind: "metric exporter", detail: PlainFunction.textOf(thrown) })
      )
    : metrics
  const interval = yield* Effect.fromResult(millisOf(`every of the metric exporter ${name}`, every))
  let failing = false
  const push = Effect.flatMap(points, (now) =>
    PlainFunction.run((given) => publish(now, given), PlainFunction.textOf)
  ).pipe(
    Effect.timeoutOrElse({
      duration: publishAtMost,
      orElse: () => Effect.fail(`it took longer than ${publishAtMost} ms`)
    }),
    Effect.matchEffect({
      onSuccess: () =>
        Effect.sync(() => {
          failing = false
        }),
      onFailure: (detail) => {
        if (failing) return Effect.void
        failing = true
        return Effect.logWarning(
          `the metrics are not published by ${name}: ${detail}; it is tried again, and said no more`
        )
      }
    })
  )
  // What is added last ends first: publishing stops, the last values are published, and it is closed.
  yield* Effect.addFinalizer(() => PlainFunction.closing(`the metric exporter ${name}`, close) ?? Effect.void)
  yield* Effect.addFinalizer(() => push)
  yield* Effect.forkScoped(Effect.forever(Effect.andThen(Effect.sleep(interval), push)))
})
