/**
 * The metrics of a tracker, derived from its events, in Effect's metric registry. A metric exporter publishes them.
 *
 * | metric | labels |
 * |---|---|
 * | `dlrkit_messages_total` | `event` (registered, sent, delivered, failed, unconfirmed, conflict, missing, unrecognized), `carrier` |
 * | `dlrkit_failures_total` | `carrier`, `category`, `cause` |
 * | `dlrkit_alerts_total` | `alert` (account_problem, sender_unregistered, none_delivered), `carrier` |
 * | `dlrkit_requests_total` | `source`, `purpose`, `outcome` |
 * | `dlrkit_request_duration_seconds` | `source`, `purpose` |
 * | `dlrkit_sink_backlog_events` | `sink` |
 * | `dlrkit_sink_backlog_age_seconds` | `sink` |
 * | `dlrkit_sink_failures_total` | `sink` |
 * | `dlrkit_budget_requests_per_window` | `source` |
 * | `dlrkit_planned_requests_total` | `source`, `kind` (lookup, sweep) |
 * | `dlrkit_request_price_seconds` | `source` |
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import type { EventDraft } from "./JournalStore.ts"
import type { EventBody } from "./TrackingEvent.ts"

const messages = Metric.counter("dlrkit_messages_total", {
  description: "What happened to messages",
  incremental: true
})
const failures = Metric.counter("dlrkit_failures_total", {
  description: "Failed messages by cause",
  incremental: true
})
const alerts = Metric.counter("dlrkit_alerts_total", {
  description: "What somebody had to look at",
  incremental: true
})
const requests = Metric.counter("dlrkit_requests_total", {
  description: "Requests to the platform, repeats included",
  incremental: true
})
const requestDuration = Metric.histogram("dlrkit_request_duration_seconds", {
  description: "How long the platform took to answer",
  boundaries: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
})
const backlog = Metric.gauge("dlrkit_sink_backlog_events", {
  description: "Events that a sink has not acknowledged yet"
})
const backlogAge = Metric.gauge("dlrkit_sink_backlog_age_seconds", {
  description: "How long ago the oldest event was recorded that a sink has not acknowledged yet"
})
const sinkFailures = Metric.counter("dlrkit_sink_failures_total", {
  description: "Batches that a sink did not take",
  incremental: true
})
const budget = Metric.gauge("dlrkit_budget_requests_per_window", {
  description: "Requests that the platform is believed to allow in a window"
})

const plannedRequests = Metric.counter("dlrkit_planned_requests_total", {
  description: "Requests that the planner chose, a sweep counted once",
  incremental: true
})
const requestPrice = Metric.gauge("dlrkit_request_price_seconds", {
  description: "The unseen time that a request is expected to reveal, at the least"
})

/** The planner has chosen a request, at a price in milliseconds of unseen time. */
export const planned = (source: string, kind: string, price: number): Effect.Effect<void> =>
  Effect.andThen(
    Metric.update(Metric.withAttributes(plannedRequests, { source, kind }), 1),
    Metric.update(Metric.withAttributes(requestPrice, { source }), price / 1000)
  )

/** Counts what a transaction has written. */
export const observe = (events: ReadonlyArray<EventDraft>): Effect.Effect<void> =>
  Effect.suspend(() => {
    const counts = new Map<
      string,
      { readonly metric: Metric.Counter<number>; labels: Record<string, string>; n: number }
    >()
    const count = (metric: Metric.Counter<number>, name: string, labels: Record<string, string>) => {
      const key = `${name}\0${Object.values(labels).join("\0")}`
      const counted = counts.get(key)
      if (counted === undefined) counts.set(key, { metric, labels, n: 1 })
      else counted.n += 1
    }
    const updates: Array<Effect.Effect<void>> = []
    for (const { body } of events) {
      if (body.kind === "request") {
        const { durationMs, outcome, purpose, source } = body
        count(requests, "requests", { source, purpose, outcome })
        updates.push(Metric.update(Metric.withAttributes(requestDuration, { source, purpose }), durationMs / 1000))
      } else if (body.kind === "alert.raised") {
        count(alerts, "alerts", { alert: body.alert, carrier: body.carrier })
      } else if (isMessageEvent(body)) {
        const { carrier } = body
        count(messages, "messages", { event: body.kind.slice("message.".length), carrier })
        if (body.kind === "message.failed") {
          count(failures, "failures", { carrier, category: body.category, cause: body.cause })
        }
      }
    }
    for (const { labels, metric, n } of counts.values()) {
      updates.push(Metric.update(Metric.withAttributes(metric, labels), n))
    }
    return Effect.all(updates, { discard: true })
  })

/** How many events a sink is behind, and how old the oldest of them is, in milliseconds. */
export const sinkBacklog = (sink: string, events: number, age: number): Effect.Effect<void> =>
  Effect.andThen(
    Metric.update(Metric.withAttributes(backlog, { sink }), events),
    Metric.update(Metric.withAttributes(backlogAge, { sink }), age / 1000)
  )

/** A sink did not take a batch. */
export const sinkFailed = (sink: string): Effect.Effect<void> =>
  Metric.update(Metric.withAttributes(sinkFailures, { sink }), 1)

/** How many requests a window is believed to allow. */
export const budgetLimit = (source: string, limit: number): Effect.Effect<void> =>
  Metric.update(Metric.withAttributes(budget, { source }), limit)

const isMessageEvent = (body: EventBody): body is Extract<EventBody, { readonly carrier: string }> =>
  body.kind.startsWith("message.")
