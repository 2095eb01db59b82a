/** Metric exporters that are wrong on purpose, each in one way: the text that is scraped is handed over in memory. */
import { createServer } from "node:http"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as PrometheusMetrics from "effect/observability/PrometheusMetrics"
import type { MetricsConformance } from "../src/index.ts"

interface Breaks {
  /** Changes what is published. */
  readonly text?: (text: string, scrapes: number) => string
  /** What is done when the scope ends. */
  readonly stays?: boolean
  /** Dies of a reader that goes away. */
  readonly frail?: boolean
}

const subject = ({ frail = false, stays = false, text = (same) => same }: Breaks): MetricsConformance.Subject => ({
  make: () => {
    let scrapes = 0
    let scrape: Effect.Effect<string> | undefined
    const close = () => {
      scrape = undefined
    }
    const serve = Effect.gen(function* () {
      const context = yield* Effect.context()
      scrape = Effect.map(Effect.provide(PrometheusMetrics.format(), context), (published) =>
        text(published, ++scrapes)
      )
      if (!stays) yield* Effect.addFinalizer(() => Effect.sync(close))
    })
    return {
      metrics: Layer.effectDiscard(serve),
      read: Effect.suspend(() => scrape ?? Effect.fail(new Error("nobody listens"))),
      faults: { begin: { refuse: frail ? close : () => {} }, end: () => {} },
      isQuiet: () => scrape === undefined
    }
  }
})

/** A metric exporter that is right. */
export const right = subject({})

const first: Array<string> = []

/** What is wrong, the rule that finds it, a part of what is said, and the subject. */
export const breaks: ReadonlyArray<
  readonly [what: string, rule: string, told: string, subject: MetricsConformance.Subject]
> = [
  [
    "leaves a metric out",
    "metrics",
    "dlrkit_sink_failures_total",
    subject({ text: (text) => text.replaceAll(/^dlrkit_sink_failures_total.*$/gm, "") })
  ],
  [
    "leaves a label out",
    "metrics",
    "is not published; there is",
    subject({ text: (text) => text.replaceAll(/,?outcome="[^"]*"/g, "") })
  ],
  [
    "publishes milliseconds",
    "metrics",
    "published as 320",
    subject({ text: (text) => text.replaceAll(" 0.32", " 320") })
  ],
  [
    "publishes what was at first",
    "current-values",
    "published as 1, and is 2",
    subject({
      text: (text, scrapes) => {
        if (scrapes === 1) first.splice(0, 1, text)
        return first[0] ?? text
      }
    })
  ],
  [
    "does not escape labels",
    "hostile-labels",
    "exposition format",
    subject({ text: (text) => text.replaceAll('\\"', '"') })
  ],
  ["does not outlive a reader that goes away", "refusal", "nobody listens", subject({ frail: true })],
  [
    "keeps its port",
    "end",
    "listens at a port",
    {
      make: Effect.map(
        Effect.acquireRelease(
          Effect.sync(() => createServer()),
          (server) => Effect.sync(() => server.close())
        ),
        (server) => ({
          metrics: Layer.effectDiscard(
            Effect.promise(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve)))
          ),
          read: () => ""
        })
      )
    }
  ],
  ["does not end with its scope", "end", "though its scope has ended", subject({ stays: true })]
]
