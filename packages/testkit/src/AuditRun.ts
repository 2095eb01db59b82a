/**
 * A run that delivers its events with core's own delivery: through a sink that goes wrong as it is told, beside another.
 *
 * @module
 */
import { AuditSink, AuditTrail, Journal, JournalStore, JournalStoreMemory, type TrackingEvent } from "@dlrkit/core"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

type Write = AuditSink.AuditSink["write"]
type Fault = (call: number) => Effect.Effect<void, AuditSink.AuditError>

/** What is delivered, through what, and what goes wrong. Calls are counted from 1. */
export interface Delivery {
  readonly sink: AuditSink.AuditSink
  /** How many events. */
  readonly count: number
  /** What comes before the sink gets a batch: it does not get it where this fails. */
  readonly before?: Fault | undefined
  /** What comes after the sink has acknowledged a batch: core does not learn of it where this fails. */
  readonly after?: Fault | undefined
}

/** How a delivery went. */
interface Delivered {
  readonly events: ReadonlyArray<TrackingEvent.TrackingEvent>
  /** How often core has called the sink. */
  readonly calls: number
  /** The most batches that were under way at once. */
  readonly atOnce: number
  /** Whether another sink had all events before this one had taken any. */
  readonly neighbourFirst: boolean
}

const none: Fault = () => Effect.void

const record = (count: number) =>
  Journal.Journal.use((journal) =>
    journal.record(
      Array.from({ length: count }, (_, index) => ({
        kind: "message.missing" as const,
        messageId: `m-${index + 1}`,
        carrier: "acme"
      }))
    )
  )

/** Delivers events until every sink has them all, in virtual time. */
export const deliver = ({ after = none, before = none, count, sink }: Delivery) =>
  Effect.gen(function* () {
    let calls = 0
    let under = 0
    let atOnce = 0
    let neighbour = 0
    let neighbourFirst: boolean | undefined
    const write: Write = (batch) =>
      Effect.suspend(() => {
        calls += 1
        under += 1
        atOnce = Math.max(atOnce, under)
        const call = calls
        return before(call).pipe(
          Effect.andThen(sink.write(batch)),
          Effect.andThen(Effect.suspend(() => after(call))),
          Effect.ensuring(
            Effect.sync(() => {
              under -= 1
            })
          )
        )
      }).pipe(
        Effect.tap(() =>
          Effect.sync(() => {
            neighbourFirst ??= neighbour === count
          })
        )
      )
    const beside: Write = (batch) =>
      Effect.sync(() => {
        neighbour += batch.length
      })
    const program = Effect.gen(function* () {
      const { store } = yield* Journal.Journal
      yield* record(count)
      const trail = yield* AuditTrail.start()
      let backlog = count
      while (backlog > 0) {
        yield* Effect.sleep("1 second")
        backlog = (yield* AuditTrail.statuses).reduce((sum, one) => sum + one.backlog, 0)
      }
      yield* trail.drain("1 minute")
      const events = yield* store.events(0, count)
      const delivered: Delivered = { events, calls, atOnce, neighbourFirst: neighbourFirst === true }
      return delivered
    })
    return yield* program.pipe(
      Effect.scoped,
      Effect.provide([
        Journal.layer.pipe(Layer.provide(Layer.fresh(JournalStoreMemory.layer))),
        Layer.succeed(AuditSink.AuditSinks, [
          { ...sink, write },
          { name: `${sink.name} beside`, target: "memory", write: beside }
        ])
      ]),
      Effect.provideService(JournalStore.Entropy, (bytes: number) => "ab".repeat(bytes))
    )
  })
