/**
 * Publishes what a tracker counts to {{NAME}}.
 *
 * @module
 */
import { renameSync, writeFileSync } from "node:fs"
import { defineMetrics, type MetricExporter } from "@dlrkit/core"

/** The options of {@link metrics}. */
export interface MetricsOptions {
  /** The file, replaced each time; the textfile collector of Prometheus' node exporter reads it. */
  readonly file: string
  /** How often, in milliseconds; 10 seconds. */
  readonly every?: number
}

const escaped = (text: string) => text.replace(/[\\"\n]/g, (char) => (char === "\n" ? "\\n" : `\\${char}`))

const sample = (name: string, labels: Readonly<Record<string, string>>, value: number) => {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`)
  return `${name}{${pairs.join(",")}} ${value}\n`
}

/** A metric in the text format of Prometheus. */
const text = (point: MetricExporter.MetricPoint) => {
  const { labels, name } = point
  if (point.type !== "histogram") return sample(name, labels, point.value)
  const buckets = [...point.buckets, { upTo: "+Inf", count: point.count }]
  return [
    ...buckets.map(({ count, upTo }) => sample(`${name}_bucket`, { ...labels, le: String(upTo) }, count)),
    sample(`${name}_sum`, labels, point.sum),
    sample(`${name}_count`, labels, point.count)
  ].join("")
}

/** Writes the metrics into a file, at an interval, and once more at the end. */
export const metrics = ({ every = 10_000, file }: MetricsOptions): ReturnType<typeof defineMetrics> =>
  defineMetrics({
    name: "{{NAME}}",
    every,
    publish: (points) => {
      const beside = `${file}.tmp`
      writeFileSync(beside, points.map(text).join(""))
      // Whoever reads it sees it whole.
      renameSync(beside, file)
    }
  })
