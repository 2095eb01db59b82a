import { layerHttp } from "@dlrkit/core/node"
import { MetricsConformance } from "@dlrkit/testkit"
import { Clock, Effect, Layer, Queue } from "effect"
import { TestClock } from "effect/testing"
import * as Otlp from "../src/index.ts"
import { collector, type Push } from "./collector.ts"

interface DataPoint {
  readonly timeUnixNano: string
  readonly attributes: ReadonlyArray<{ readonly key: string; readonly value: { readonly stringValue: string } }>
  readonly asDouble?: number
  readonly count?: number
  readonly sum?: number
}

/** A metric of a push, whatever its kind. */
interface Pushed {
  readonly name: string
  readonly sum?: { readonly dataPoints: ReadonlyArray<DataPoint> }
  readonly gauge?: { readonly dataPoints: ReadonlyArray<DataPoint> }
  readonly histogram?: { readonly dataPoints: ReadonlyArray<DataPoint> }
}

const metricsOf = ({ body }: Push) =>
  body.resourceMetrics[0].scopeMetrics[0].metrics as unknown as ReadonlyArray<Pushed>

const dataOf = ({ gauge, histogram, sum }: Pushed) => (sum ?? gauge ?? histogram)?.dataPoints ?? []

const pointsOf = (push: Push): ReadonlyArray<MetricsConformance.Point> =>
  metricsOf(push).flatMap((metric) =>
    dataOf(metric).flatMap(({ asDouble, attributes, count = 0, sum = 0 }) => {
      const labels = Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue]))
      return metric.histogram === undefined
        ? [{ name: metric.name, labels, value: Number(asDouble) }]
        : [
            { name: `${metric.name}_count`, labels, value: Number(count) },
            { name: `${metric.name}_sum`, labels, value: sum }
          ]
    })
  )

/** When the values of a push were taken, in epoch milliseconds. */
const takenAt = (push: Push) =>
  Math.max(
    0,
    ...metricsOf(push)
      .flatMap(dataOf)
      .map((it) => Number(it.timeUnixNano) / 1e6)
  )

MetricsConformance.suite({
  make: Effect.gen(function* () {
    let refuses = false
    const refuse = (does: boolean) => () => {
      refuses = does
    }
    const { port, pushes } = yield* collector((response) => response.writeHead(refuses ? 503 : 200).end("{}"))
    return {
      metrics: Layer.provide(Otlp.metrics({ url: `http://127.0.0.1:${port}`, interval: "10 seconds" }), layerHttp),
      read: Effect.gen(function* () {
        yield* TestClock.adjust("10 seconds")
        const now = yield* Clock.currentTimeMillis
        // Pushes of before may still arrive.
        let push = yield* Queue.take(pushes)
        while (takenAt(push) <= now - 10_000) push = yield* Queue.take(pushes)
        return pointsOf(push)
      }),
      faults: { begin: { refuse: refuse(true) }, end: refuse(false) },
      isQuiet: Effect.gen(function* () {
        // The last push, at the end, has arrived before the end.
        yield* Queue.clear(pushes)
        yield* TestClock.adjust("1 minute")
        return (yield* Queue.size(pushes)) === 0
      })
    }
  })
})
