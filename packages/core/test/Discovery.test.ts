import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import * as Discovery from "../src/Discovery.ts"
import { isTime, type MessageRef } from "../src/Message.ts"
import type { ReceiptSource, Sighting, Sweep, SweepWindow } from "../src/ReceiptSource.ts"
import { because, Refused, type SourceErrorReason, Unavailable } from "../src/SourceError.ts"
import { receipt } from "./Samples.ts"
import * as ScriptedSource from "./ScriptedSource.ts"

const second = 1000
const minute = 60 * second
const lag = minute
const start = 100 * minute

/** A conversation of the platform: when it began, and for how long the sweep does not show it. */
interface Conversation {
  readonly id: string
  readonly at: number
  readonly hidden?: number
  readonly campaignId?: string
  readonly ambiguous?: boolean
}

const sighting = ({ ambiguous = false, at, id }: Conversation): Sighting => ({
  ref: { conversationId: id, outboundContactId: `contact-${id}`, sentAt: at },
  receipt: receipt("sent", { messageId: undefined, conversationId: id }),
  ambiguous
})

/** A source that shows conversations some time after they began, three a page, a page a second. */
const platform = (
  conversations: ReadonlyArray<Conversation>,
  fails: (pass: number) => SourceErrorReason | undefined
) => {
  const windows: Array<SweepWindow & { readonly at: number }> = []
  const sweep: Sweep = {
    pageSize: 3,
    lag,
    pages: (window) =>
      Stream.unwrap(
        Effect.gen(function* () {
          const at = yield* Clock.currentTimeMillis
          windows.push({ ...window, at })
          const shown = conversations
            .filter(
              ({ at, campaignId = "g" }) => at >= window.from && at < window.to && campaignId === window.campaignId
            )
            .filter(({ at: began, hidden = lag }) => began + hidden <= at)
            .map(sighting)
          const pages = Array.from({ length: Math.ceil(shown.length / 3) || 1 }, (_, i) =>
            shown.slice(i * 3, i * 3 + 3)
          )
          const reason = fails(windows.length)
          const read = Stream.fromIterable(pages).pipe(
            Stream.mapEffect((sightings) => Effect.as(Effect.sleep(second), { sightings, total: shown.length }))
          )
          return reason === undefined ? read : Stream.concat(Stream.take(read, 1), Stream.fail(because(reason)))
        })
      )
  }
  return { windows, sweep }
}

interface Run {
  readonly exit: Exit.Exit<void, unknown>
  readonly found: ReadonlyArray<{ readonly at: number; readonly refs: ReadonlyArray<MessageRef> }>
  readonly windows: ReadonlyArray<SweepWindow & { readonly at: number }>
  readonly passes: ReadonlyArray<Discovery.Pass>
  readonly endedAt: number
}

/** Begins with the next millisecond: the clock follows a fiber that it has woken. */
const fromStart = <A, E>(effect: Effect.Effect<A, E>) => Effect.andThen(Effect.sleep(1), effect)

/** Discovers from the minute 100 on, for so long at most. */
const run = (
  conversations: ReadonlyArray<Conversation>,
  options: Partial<Discovery.DiscoverOptions> & {
    readonly horizon?: number
    readonly fails?: (pass: number) => SourceErrorReason | undefined
  } = {}
): Effect.Effect<Run> =>
  Effect.gen(function* () {
    const { fails = () => undefined, horizon = 60 * minute, ...rest } = options
    yield* TestClock.setTime(start - 1)
    const { sweep, windows } = platform(conversations, fails)
    const { source } = ScriptedSource.make(() => [], { sweep })
    const found: Array<{ at: number; refs: ReadonlyArray<MessageRef> }> = []
    const passes: Array<Discovery.Pass> = []
    const ends: Array<number> = []
    const discovering = Discovery.discover({
      sources: [source],
      campaignId: "g",
      from: 0,
      onPass: (pass) => Effect.sync(() => void passes.push(pass)),
      ...rest
    }).pipe(
      Stream.runForEach(({ refs }) => Effect.map(Clock.currentTimeMillis, (at) => void found.push({ at, refs }))),
      Effect.onExit(() => Effect.map(Clock.currentTimeMillis, (at) => void ends.push(at)))
    )
    const fiber = yield* Effect.forkChild(fromStart(discovering), { startImmediately: true })
    yield* TestClock.adjust(horizon)
    yield* Fiber.interrupt(fiber)
    return { exit: yield* Fiber.await(fiber), found, windows, passes, endedAt: ends[0] ?? Number.NaN }
  }).pipe(Effect.provide(Logger.layer([])))

const idsOf = ({ found }: Run) => found.flatMap(({ refs }) => refs.map(({ conversationId }) => conversationId))

const many = (count: number, from: number, every: number): ReadonlyArray<Conversation> =>
  Array.from({ length: count }, (_, index) => ({ id: `v${index}`, at: from + index * every }))

describe("a window in the past", () => {
  it.effect("is read once, page by page, and all that is known of a message is given", () =>
    Effect.gen(function* () {
      const done = yield* run([...many(7, minute, minute), { id: "other", at: minute, campaignId: "h" }], {
        to: 90 * minute
      })
      assert.isTrue(Exit.isSuccess(done.exit))
      assert.deepStrictEqual(
        done.found.map(({ refs }) => refs.length),
        [3, 3, 1]
      )
      assert.deepStrictEqual(done.found[0]?.refs[0], {
        campaignId: "g",
        conversationId: "v0",
        outboundContactId: "contact-v0",
        sentAt: minute
      })
      assert.deepStrictEqual(done.windows, [{ from: 0, to: 90 * minute, campaignId: "g", at: start }])
      assert.deepStrictEqual(done.passes, [
        {
          source: "scripted",
          from: 0,
          to: 90 * minute,
          campaignId: "g",
          conversations: 7,
          completeUntil: start - 2 * minute
        }
      ])
    })
  )

  it.effect("gives ambiguous conversations, too, and a conversation that two pages show once", () =>
    Effect.gen(function* () {
      const twice = { id: "v1", at: 2 * minute, ambiguous: true }
      const done = yield* run([{ id: "v0", at: minute }, twice, { id: "v2", at: 3 * minute }, twice], {
        to: 90 * minute
      })
      assert.deepStrictEqual(idsOf(done), ["v0", "v1", "v2"])
    })
  )
})

describe("a window that ends now", () => {
  const recent: ReadonlyArray<Conversation> = [
    { id: "old", at: 50 * minute },
    { id: "shown", at: start - minute },
    { id: "hidden", at: start - 5 * second },
    { id: "late", at: start - 6 * second, hidden: 110 * second }
  ]

  it.effect("is read again, its end alone, when it is complete", () =>
    Effect.gen(function* () {
      const done = yield* run(recent, { to: start })
      assert.deepStrictEqual(idsOf(done).sort(), ["hidden", "late", "old", "shown"])
      assert.deepStrictEqual(
        done.windows.map(({ at, from, to }) => [at - start, from - start, to - start]),
        [
          [0, -start, 0],
          [2 * minute, -2 * minute, 0]
        ]
      )
      assert.isTrue(Exit.isSuccess(done.exit))
      assert.isAtMost(done.endedAt, start + 2 * minute + 5 * second)
    })
  )

  it.effect("is read once where that is asked for, and says how far it is complete", () =>
    Effect.gen(function* () {
      const done = yield* run(recent, { to: start, once: true })
      assert.deepStrictEqual(idsOf(done), ["old", "shown"])
      assert.strictEqual(done.passes[0]?.completeUntil, start - 2 * minute)
      assert.strictEqual(done.windows.length, 1)
    })
  )
})

describe("following", () => {
  it.effect("gives each message once, soon after it is shown, and asks no more often than it must", () =>
    Effect.gen(function* () {
      const conversations = many(60, start - 30 * minute, minute)
      const followed = yield* run(conversations, { from: start - 20 * minute, horizon: 40 * minute })
      assert.isTrue(Exit.hasInterrupts(followed.exit))
      assert.deepStrictEqual(
        idsOf(followed),
        conversations.slice(10).map(({ id }) => id)
      )
      for (const { at, refs } of followed.found) {
        for (const { sentAt } of refs) {
          if (isTime(sentAt) && sentAt > start) assert.isAtMost(at - sentAt, lag + 2 * minute + 10 * second)
        }
      }
      assert.isAtMost(followed.windows.length, 21)
      for (const [index, { from }] of followed.windows.entries()) {
        const before = followed.windows[index - 1]
        if (before !== undefined) assert.strictEqual(from, Math.max(before.from, before.to - 2 * minute))
      }
    })
  )

  it.effect("ends where it is given an end that lies ahead", () =>
    Effect.gen(function* () {
      const done = yield* run(many(30, start, minute), { to: start + 10 * minute })
      assert.strictEqual(idsOf(done).length, 10)
      assert.isTrue(Exit.isSuccess(done.exit))
      assert.isAtMost(done.endedAt, start + 13 * minute)
    })
  )
})

describe("a platform that fails", () => {
  const away = new Unavailable({ host: "platform", detail: "503" })
  const refused = new Refused({ host: "platform", status: 403, detail: "no" })
  const conversations = many(9, minute, minute)

  it.effect("is waited out once it has answered; what was given is not given again", () =>
    Effect.gen(function* () {
      const done = yield* run(conversations, { to: 90 * minute, fails: (pass) => (pass < 4 ? away : undefined) })
      assert.isTrue(Exit.isSuccess(done.exit))
      assert.strictEqual(done.windows.length, 4)
      assert.deepStrictEqual(
        idsOf(done),
        conversations.map(({ id }) => id)
      )
      assert.strictEqual(done.passes.length, 1)
      for (const [index, { at }] of done.windows.entries()) {
        if (index > 0) assert.isAtLeast(at - (done.windows[index - 1]?.at ?? 0), 2 * minute)
      }
    })
  )

  it.effect("ends discovering where it refuses us, or has never answered", () =>
    Effect.gen(function* () {
      const denied = yield* run(conversations, { to: 90 * minute, fails: () => refused })
      assert.deepStrictEqual(Exit.findErrorOption(denied.exit), Exit.findErrorOption(Exit.fail(because(refused))))
      const { sweep } = platform([], () => undefined)
      const dead = ScriptedSource.make(() => [], { sweep: { ...sweep, pages: () => Stream.fail(because(away)) } })
      const error = yield* Effect.flip(Stream.runDrain(Discovery.discover({ sources: [dead.source], from: 0, to: 1 })))
      assert.strictEqual(error.reason._tag, "Unavailable")
    })
  )
})

describe("several sources", () => {
  it.effect("are read side by side; one that cannot sweep is passed over", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(start - 1)
      const sources: ReadonlyArray<ReceiptSource> = ["a", "b"].map((id) => {
        const { sweep } = platform([{ id, at: minute }], () => undefined)
        return ScriptedSource.make(() => [], { name: id, sweep }).source
      })
      const blind = ScriptedSource.make(() => []).source
      const fiber = yield* Effect.forkChild(
        fromStart(
          Stream.runCollect(
            Discovery.discover({ sources: [blind, ...sources], campaignId: "g", from: 0, to: 2 * minute })
          )
        ),
        { startImmediately: true }
      )
      yield* TestClock.adjust(minute)
      const found = yield* Fiber.join(fiber)
      assert.deepStrictEqual(
        found
          .flatMap(({ refs, shown }) => refs.map(({ conversationId }) => `${conversationId} by ${shown.source}`))
          .sort(),
        ["a by a", "b by b"]
      )
      const error = yield* Effect.flip(Stream.runDrain(Discovery.discover({ sources: [blind], from: 0, to: 1 })))
      assert.strictEqual(error.reason._tag, "InvalidQuery")
    })
  )
})
