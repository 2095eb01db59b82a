/** Sinks that are wrong on purpose, each in one way, over a place in memory. */
import { AuditSink, type TrackingEvent } from "@dlrkit/core"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { AuditSinkConformance } from "../src/index.ts"

type Event = TrackingEvent.TrackingEvent
type Batch = ReadonlyArray<Event>

/** A place in memory that takes a turn to answer, and can be made to refuse or to hang. */
const placeOf = () => {
  const kept: Array<Event> = []
  let fault: "refuse" | "stall" | undefined
  const begin = (kind: typeof fault) => () => {
    fault = kind
  }
  const put = (batch: Batch) =>
    Effect.gen(function* () {
      yield* Effect.yieldNow
      if (fault === "stall") return yield* Effect.never
      if (fault === "refuse") return yield* new AuditSink.AuditError({ sink: "memory", detail: "503" })
      kept.push(...batch)
    })
  return { kept, put, faults: { begin: { refuse: begin("refuse"), stall: begin("stall") }, end: begin(undefined) } }
}

type Place = ReturnType<typeof placeOf>

/** A subject whose sinks are wrong as is said; called whenever one is opened. */
const subject = (
  change: (place: Place, sink: AuditSink.AuditSink) => Partial<AuditSink.AuditSink>
): AuditSinkConformance.Subject => ({
  make: () => {
    const place = placeOf()
    const open = Effect.sync((): AuditSink.AuditSink => {
      const sink: AuditSink.AuditSink = { name: "memory", target: "memory", write: place.put }
      return { ...sink, ...change(place, sink) }
    })
    return { sink: open, read: () => [...place.kept], faults: place.faults }
  }
})

/** A sink that is right. */
export const right = subject(() => ({}))

const writing = (write: (place: Place, batch: Batch) => ReturnType<AuditSink.AuditSink["write"]>) =>
  subject((place) => ({ write: (batch) => write(place, batch) }))

const idempotent = { idempotent: true }

/** What is wrong, the rule that finds it, a part of what is said, and the subject. */
export const breaks: ReadonlyArray<
  readonly [what: string, rule: string, told: string, subject: AuditSinkConformance.Subject]
> = [
  ["is made for another contract", "contract", "contract 99", subject(() => ({ contract: 99 }))],
  ["has no target", "contract", "target is empty", subject(() => ({ target: "" }))],
  ["loses an event", "writes", "lost 1 events", writing(({ put }, batch) => put(batch.filter(({ seq }) => seq !== 7)))],
  ["turns a batch around", "writes", "after one that is later", writing(({ put }, batch) => put(batch.toReversed()))],
  [
    "brings those of one kind together",
    "writes",
    "after one that is later",
    writing(({ put }, batch) => put(batch.toSorted((a, b) => (a.kind < b.kind ? -1 : a.kind > b.kind ? 1 : 0))))
  ],
  [
    "keeps the last event of each message",
    "writes",
    "lost",
    writing(({ kept, put }, batch) =>
      Effect.map(put(batch), () => {
        const last = new Map(kept.map((event) => [(event as { messageId: string }).messageId, event]))
        kept.splice(0, kept.length, ...last.values())
      })
    )
  ],
  ["keeps an event twice", "writes", "2 times", writing(({ put }, batch) => put([...batch, ...batch]))],
  [
    "acknowledges before it has written",
    "writes",
    "has lost",
    writing(({ put }, batch) => Effect.asVoid(Effect.forkDetach(Effect.delay(put(batch), "1 second"))))
  ],
  [
    "dies of an empty batch",
    "empty-batch",
    "undefined",
    writing(({ put }, batch) => (batch[0]!.seq > 0 ? put(batch) : Effect.void))
  ],
  ["has no room for a large batch", "large-batch", "has lost", writing(({ put }, batch) => put(batch.slice(0, 500)))],
  [
    "changes texts",
    "hostile-texts",
    "is not whole",
    writing(({ put }, batch) => put(batch.map((event) => JSON.parse(JSON.stringify(event).replaceAll("\\u0000", "")))))
  ],
  [
    "writes on after its scope has ended",
    "restart",
    "after its scope has ended",
    writing(({ kept, put }, batch) =>
      Effect.tap(put(batch), () =>
        Effect.forkDetach(
          Effect.delay(
            Effect.sync(() => kept.push(batch[0]!)),
            "1 minute"
          )
        )
      )
    )
  ],
  [
    "begins anew after a restart",
    "restart",
    "has lost 50 events",
    subject(({ kept }) => {
      kept.length = 0
      return {}
    })
  ],
  [
    "keeps a part of what it then refuses",
    "retryable-failure",
    "times",
    subject(({ kept, put }) => {
      let calls = 0
      return {
        write: (batch) => {
          calls += 1
          if (calls > 1) return put(batch)
          kept.push(...batch)
          return Effect.fail(new AuditSink.AuditError({ sink: "memory", detail: "at first" }))
        }
      }
    })
  ],
  [
    "keeps nothing once it was idle for five minutes",
    "permanent-failure",
    "has lost",
    writing(({ put }, batch) => Effect.flatMap(Clock.currentTimeMillis, (now) => put(now > 300_000 ? [] : batch)))
  ],
  ["calls itself idempotent and is not", "mixed-failure", "may 1 times", subject(() => ({ supports: idempotent }))],
  [
    "tears a batch that is interrupted",
    "interruption",
    "after one that is later",
    writing(({ kept }, batch) =>
      Effect.forEach(
        batch.toReversed(),
        (event) =>
          Effect.andThen(
            Effect.sync(() => kept.push(event)),
            Effect.yieldNow
          ),
        { discard: true }
      ).pipe(Effect.tap(() => Effect.sync(() => kept.splice(-batch.length, batch.length, ...batch))))
    )
  ],
  [
    "remembers in memory alone what it has",
    "crash",
    "may 1 times",
    subject(({ put }) => {
      let last = 0
      return {
        supports: idempotent,
        write: (batch) =>
          Effect.suspend(() => {
            const fresh = batch.filter(({ seq }) => seq > last)
            last = batch.at(-1)?.seq ?? last
            return put(fresh)
          })
      }
    })
  ],
  [
    "takes no more than a few events",
    "back-pressure",
    "has lost",
    writing(({ kept, put }, batch) => put(kept.length > 1500 ? [] : batch))
  ],
  [
    "acknowledges what its place refuses",
    "refusal",
    "acknowledges a batch",
    writing(({ put }, batch) => Effect.ignore(put(batch)))
  ],
  [
    "dies of what its place refuses",
    "refusal",
    "does not fail with an AuditError",
    writing(({ put }, batch) => Effect.orDie(put(batch)))
  ],
  [
    "acknowledges what its place never took",
    "stall",
    "acknowledges what nobody took",
    writing(({ put }, batch) =>
      Effect.ignore(Effect.race(put(batch), Effect.andThen(Effect.yieldNow, Effect.yieldNow)))
    )
  ]
]
