/**
 * Whatever happens, a journal holds what the one in memory does: histories from a seed, played on both.
 *
 * @module
 */
import { Classifier, Journal, JournalStore, JournalStoreMemory, type Message } from "@dlrkit/core"
import * as Arbitrary from "effect/Arbitrary"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import type { Rule } from "./ConformanceRule.ts"
import { contents, type Place, placeOf, plain, type Store, same } from "./JournalCheck.ts"
import { acknowledge } from "./Samples.ts"

const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

const Step = Schema.Union([
  Schema.TaggedStruct("Register", { from: between(0, 20), groups: between(1, 4) }),
  Schema.TaggedStruct("Look", {
    size: between(1, 4),
    status: Schema.Literals(["pending", "sent", "delivered", "failed"]),
    by: Schema.Literals(["dueAt", "deadlineAt"])
  }),
  Schema.TaggedStruct("Wait", { seconds: between(1, 2000) }),
  Schema.TaggedStruct("Acknowledge", { consumer: between(0, 2), behind: between(0, 9) }),
  Schema.TaggedStruct("Fail", { consumer: between(0, 2) }),
  Schema.TaggedStruct("Prune", { older: between(0, 900), behind: between(0, 30), limit: between(1, 9) }),
  Schema.TaggedStruct("Forget", { id: between(0, 20) })
])
type Step = typeof Step.Type

const recipient = (id: number) => `+1317555${String(id).padStart(4, "0")}`

/** One in three is known by its conversation alone until it is seen. */
const registration = (id: number, group: string): Journal.Registration => ({
  ref: {
    ...(id % 3 === 0 ? {} : { messageId: `m${id}` }),
    conversationId: `c${id >> 1}`,
    to: recipient(id)
  },
  source: "source",
  group,
  carrier: id % 2 === 0 ? "even" : "odd",
  carrierOrigin: "message",
  deadline: 1_800_000,
  expired: undefined
})

const page = (first: Message.TrackedMessage, looked: ReadonlyArray<number>, status: Message.Status, at: number) => {
  const { conversationId, ref } = first
  const messageId = first.messageId ?? `m${Number(ref.to?.slice(-4))}`
  const receipt = { messageId, profile: "test", providerStatus: status, status }
  return {
    receipts: [{ receipt, name: { messageId, conversationId } }],
    classify: (receipt) => Classifier.classify([], receipt, () => {}),
    looked,
    startedAt: at,
    nextLook: () => at + 5000
  } satisfies Journal.Page
}

const play = (journal: Journal.JournalService, store: Store, step: Step) =>
  Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    switch (step._tag) {
      case "Register": {
        const ids = Array.from({ length: 8 }, (_, i) => step.from + i)
        return yield* journal.register(ids.map((id) => registration(id, `g${id % step.groups}`)))
      }
      case "Look": {
        const [soonest] = yield* store.open({ source: "source", run: 1, by: step.by, limit: 1 })
        if (soonest === undefined) return undefined
        const { group } = soonest
        const asked = { source: "source", run: 1, group, except: new Set<number>(), limit: step.size }
        const batch = yield* store.openOf(asked)
        const [first] = batch
        if (first === undefined) return undefined
        const looked = batch.map(({ key }) => key)
        return [batch, yield* journal.commit(page(first, looked, step.status, now))]
      }
      case "Wait":
        return yield* TestClock.adjust(step.seconds * 1000)
      case "Acknowledge":
        return yield* acknowledge(store, `sink-${step.consumer}`, Math.max(0, (yield* store.lastSeq) - step.behind))
      case "Fail":
        return yield* store.noteFailure(`sink-${step.consumer}`, { since: now - 1, at: now, detail: "down" })
      case "Prune": {
        const eventsUpTo = (yield* store.lastSeq) - step.behind
        return yield* store.prune(
          { endedBefore: now - step.older * 1000, eventsUpTo, limit: step.limit },
          (pruned) => ({
            at: now,
            run: 1,
            actor: "tester",
            body: { kind: "journal.pruned", before: new Date(now).toISOString(), ...pruned }
          })
        )
      }
      case "Forget": {
        const found = yield* store.find({ recipients: [recipient(step.id).slice(1)] })
        yield* store.transact({ keys: found.map(({ key }) => key) }, ({ messages }) => {
          const renamed = messages.map(({ ref: { to: _, ...ref }, ...message }) => ({ ...message, ref }))
          return { update: renamed, renamed, result: undefined }
        })
        const mentioned = yield* store.mentions([JSON.stringify(`m${step.id}`)], 0, 99)
        const redacted = yield* store.redact((body) =>
          body.kind === "message.registered" && body.messageId === `m${step.id}` && body.to !== undefined
            ? { ...body, to: "nobody" }
            : undefined
        )
        return [found, mentioned, redacted]
      }
    }
  })

/** All that a history makes a journal answer, and what it holds in the end. */
const tell = (place: Place, steps: ReadonlyArray<Step>) =>
  place
    .using((store) =>
      Effect.gen(function* () {
        const journal = yield* Journal.make.pipe(Effect.provideService(JournalStore.JournalStore, store))
        yield* TestClock.setTime(1_700_000_000_000)
        yield* journal.start({ actor: "tester", command: "test", version: "0", config: {} })
        const answers: Array<unknown> = []
        for (const step of steps) answers.push(plain(yield* play(journal, store, step)))
        const byDeadline = yield* store.open({ source: "source", run: 1, by: "deadlineAt", limit: 100 })
        return { answers, byDeadline, ...(yield* contents(store)) }
      })
    )
    .pipe(
      Effect.provideService(JournalStore.Entropy, (bytes: number) => "ab".repeat(bytes)),
      Effect.provide(TestClock.layer(), { local: true })
    )

/** How many histories are played. */
const runs = 25

/** Whatever happens, a journal holds what the one in memory does. It is run with what makes a new place for each history. */
export const historyCheck: Rule<Effect.Effect<Place, unknown, Scope.Scope>> = {
  name: "histories",
  says: "holds what the journal in memory does, whatever happens",
  run: (fresh) =>
    Arbitrary.checkEffect(
      Arbitrary.schema(Schema.Array(Step).check(Schema.isMinLength(8), Schema.isMaxLength(25))),
      (steps) =>
        Effect.scoped(
          Effect.gen(function* () {
            const expected = yield* tell(placeOf(Layer.fresh(JournalStoreMemory.layer)), steps)
            same(yield* tell(yield* fresh, steps), expected)
            return true
          })
        ).pipe(Effect.catchCause((cause) => Effect.fail(cause))),
      { seed: "journal", runs }
    ).pipe(
      Effect.flatMap((result) => {
        const failure = Arbitrary.formatCheckFailure(result)
        return failure === undefined ? Effect.void : Effect.fail(new Error(failure))
      })
    )
}
