/**
 * What any source of receipts must pass, whoever writes it, over a platform that its author has faked.
 *
 * @module
 */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict"
import { type DeliveryReceipt, type Message, ReceiptSource, SourceError } from "@dlrkit/core"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { excuse, type Rule, type SuiteOptions, type Violation, violationsOf } from "./ConformanceRule.ts"
import { frozen } from "./Junk.ts"
import { type Doing, doing, type Faults } from "./Plainly.ts"
import { built, type Given } from "./PluginRecord.ts"
import { fields, isStatus } from "./ReceiptShape.ts"
import { message } from "./Samples.ts"
import * as SourceRefs from "./SourceRefs.ts"
import { register } from "./Suite.ts"
import * as VirtualTime from "./VirtualTime.ts"

/** What can go wrong with a platform. `junk`: it answers with something that is none of its answers. */
export type PlatformFault = "junk" | "unavailable" | "refused" | "stall"

/** A faked platform, and the source that asks it. */
export interface Platform {
  /** The source, as it is given to `defineTracker`. */
  readonly source: Given<ReceiptSource.ReceiptSource>
  /** Messages that the platform knows; the source can look each of them up. */
  readonly known: ReadonlyArray<Message.MessageRef>
  /** A message that it does not know, though it could be looked up. */
  readonly unknown: Message.MessageRef
  /** A window that holds known messages, where the source sweeps. Epoch milliseconds; the clock begins at 0. */
  readonly window?: ReceiptSource.SweepWindow | undefined
  /** `unavailable`: it answers 500. `refused`: it answers 401. `stall`: it does not answer. */
  readonly faults?: Faults<PlatformFault> | undefined
}

/** A source to be checked. */
export interface Subject extends SuiteOptions {
  /** Makes a platform and the source that asks it. Run for every rule. */
  readonly make: Doing<Platform>
}

type Source = ReceiptSource.ReceiptSource

interface Opened extends Omit<Platform, "source"> {
  readonly source: Source
}

const rule = (
  name: string,
  says: string,
  run: (platform: Opened) => Effect.Effect<void, unknown, Scope.Scope>
): Rule<Subject> => ({
  name,
  says,
  run: ({ make }) =>
    Effect.gen(function* () {
      const { source, ...platform } = yield* doing(make)
      yield* run({ ...platform, source: yield* built(ReceiptSource.ReceiptSources, ReceiptSource.layer([source])) })
    }).pipe(Effect.scoped, VirtualTime.run)
})

/** A message as the journal holds it, once it was registered with a source. */
const tracked = (source: Source, given: Message.MessageRef, key: number): Message.TrackedMessage => {
  const ref = source.complete(given)
  return message({
    key,
    ref,
    messageId: ref.messageId,
    conversationId: ref.conversationId,
    sentAt: ref.sentAt,
    source: source.name,
    group: source.groupOf(ref) ?? ""
  })
}

/** The known messages, with those that can be looked up together side by side. */
const groupsOf = ({ known, source }: Opened) =>
  Array.from(
    Map.groupBy(
      known.map((ref, index) => tracked(source, ref, index + 1)),
      ({ group }) => group
    ).values()
  )

const isAbout = (message: Message.TrackedMessage) => (receipt: DeliveryReceipt.DeliveryReceipt) =>
  receipt.key === undefined
    ? message.messageId !== undefined && receipt.messageId === message.messageId
    : receipt.key === message.key

/** Looks up messages of one group; throws where its pages have no end, or another than the last one. */
const lookedUp = (source: Source, asked: ReadonlyArray<Message.TrackedMessage>) =>
  Effect.map(Stream.runCollect(source.lookup(asked)), (pages) => {
    deepStrictEqual(
      pages.map(({ last }) => last),
      pages.map((_, index) => index === pages.length - 1),
      "its last page, and no other, must say that it is the last"
    )
    return pages.flatMap(({ receipts }) => receipts)
  })

/** Throws where a receipt is none, or holds what a receipt must not. */
const checkReceipt = (receipt: DeliveryReceipt.DeliveryReceipt): void => {
  ok(typeof receipt.profile === "string" && receipt.profile !== "", "a receipt names no profile")
  ok(typeof receipt.providerStatus === "string", "a receipt has no word of the provider's for its status")
  for (const name of ["code", "field", "messageId", "conversationId", "externalMessageId", "carrier"] as const) {
    const value: unknown = receipt[name]
    ok(value === undefined || typeof value === "string", `its ${name} is no text, but ${JSON.stringify(value)}`)
  }
  ok(isStatus(receipt.status), `there is no status ${JSON.stringify(receipt.status)}`)
  const others = Object.keys(receipt).filter((key) => !fields.includes(key))
  deepStrictEqual(others, [], "a receipt holds what is none of a receipt's: no text and no number goes further")
  for (const moment of [receipt.occurredAt, receipt.sentAt]) ok(moment === undefined || Number.isFinite(moment))
}

/** Throws where a function of a ref throws, or does not give the same each time. */
const pure = <A>(name: string, of: (ref: Message.MessageRef) => A, refs: ReadonlyArray<Message.MessageRef>) =>
  refs.map((ref) => {
    const shown = JSON.stringify(ref).slice(0, 200)
    try {
      const first = of(frozen(structuredClone(ref)))
      deepStrictEqual(of(frozen(structuredClone(ref))), first)
      return first
    } catch (error) {
      throw new Error(`${name} is not pure and total at ${shown}: ${error instanceof Error ? error.message : error}`)
    }
  })

/** Throws where something does not fail with a `SourceError`. */
const checkFailure = (exit: Exit.Exit<unknown, unknown>, what: string): void => {
  ok(Exit.isFailure(exit), `it succeeds where the platform ${what}`)
  const error = exit.cause.reasons.find(({ _tag }) => _tag === "Fail")
  ok(
    error?._tag === "Fail" && error.error instanceof SourceError.SourceError,
    `it does not fail with a SourceError where the platform ${what}, but with ${String(exit.cause)}`
  )
}

const faultRule = (name: string, kind: PlatformFault, what: string): Rule<Subject> =>
  rule(name, `fails with a SourceError where the platform ${what}, and never dies of it`, (platform) =>
    Effect.gen(function* () {
      const { faults, source } = platform
      const begin = faults?.begin[kind]
      if (begin === undefined) return yield* excuse(`\`make\` gives no \`faults.begin.${kind}\``)
      yield* doing(begin)
      const [asked = []] = groupsOf(platform)
      checkFailure(yield* Effect.exit(Stream.runDrain(source.lookup(asked))), what)
    })
  )

/** All rules, in their order. */
export const rules: ReadonlyArray<Rule<Subject>> = [
  rule("contract", "has a name and limits that can be kept, and is made for this contract of core", ({ source }) =>
    Effect.sync(() => {
      ok(source.name !== "", "its name is empty")
      for (const limit of ["batchSize", "concurrency", "analyticsBatchSize"] as const) {
        ok(Number.isSafeInteger(source[limit]) && source[limit] > 0, `its ${limit} is ${source[limit]}`)
      }
      ok(source.retention > 0, `its retention is ${source.retention} ms`)
      deepStrictEqual(JSON.parse(JSON.stringify(source.describe)), source.describe, "`describe` is no plain data")
    })
  ),

  rule(
    "refs",
    "refuses, groups and completes whatever it is asked for; always in the same way, and never throws",
    (platform) =>
      Effect.sync(() => {
        const { known, source, unknown } = platform
        const refs = SourceRefs.make([...known, unknown])
        const completed = pure("complete", source.complete, refs)
        deepStrictEqual(completed.map(source.complete), completed, "a ref that is complete is completed again")
        for (const [index, reason] of pure("refuse", source.refuse, completed).entries()) {
          ok(reason === undefined || reason.trim() !== "", `it refuses ${JSON.stringify(refs[index])} for no reason`)
        }
        pure("groupOf", source.groupOf, completed)
        for (const ref of [...known, unknown].map(source.complete)) {
          strictEqual(source.refuse(ref), undefined, "it refuses a message that it can look up")
        }
      })
  ),

  rule("whole-answer", "tells of every message that the platform knows, and says which page is the last", (platform) =>
    Effect.gen(function* () {
      for (const asked of groupsOf(platform)) {
        for (let at = 0; at < asked.length; at += platform.source.batchSize) {
          const batch = asked.slice(at, at + platform.source.batchSize)
          const receipts = yield* lookedUp(platform.source, batch)
          receipts.forEach(checkReceipt)
          for (const one of batch) {
            ok(receipts.some(isAbout(one)), `no page tells of ${JSON.stringify(one.ref)}, which the platform knows`)
          }
        }
      }
    })
  ),

  rule("unknown-message", "tells nothing of a message that the platform does not know", (platform) =>
    Effect.gen(function* () {
      const asked = tracked(platform.source, platform.unknown, 1)
      const receipts = yield* lookedUp(platform.source, [asked])
      deepStrictEqual(receipts.filter(isAbout(asked)), [], "it tells of a message that the platform does not know")
    })
  ),

  rule("full-batch", "looks up as many messages of a group at once as it says", (platform) =>
    Effect.gen(function* () {
      const { source, unknown } = platform
      const [group = []] = groupsOf(platform)
      const known = group.slice(0, source.batchSize)
      const room = Math.min(source.batchSize, 1000) - known.length
      const [one] = known
      if (one?.messageId === undefined) return yield* excuse("the first of its known messages has no messageId")
      const fillers = Array.from({ length: Math.max(0, room) }, (_, index) =>
        tracked(source, { ...one.ref, messageId: `${unknown.messageId ?? "unknown"}-${index}` }, 1000 + index)
      ).filter(({ group }) => group === one.group)
      const receipts = yield* lookedUp(source, [...known, ...fillers])
      for (const asked of known) ok(receipts.some(isAbout(asked)), `no page tells of ${JSON.stringify(asked.ref)}`)
      for (const filler of fillers) ok(!receipts.some(isAbout(filler)), "it tells of a message that is not known")
    })
  ),

  rule("sweep", "reads a window whole, where it sweeps", (platform) =>
    Effect.gen(function* () {
      const { sweep } = platform.source
      if (sweep === undefined) return yield* excuse("it has no `sweep`")
      if (platform.window === undefined) return yield* excuse("`make` gives no `window` to sweep")
      ok(Number.isSafeInteger(sweep.pageSize) && sweep.pageSize > 0, `its pageSize is ${sweep.pageSize}`)
      ok(sweep.lag >= 0, `its lag is ${sweep.lag} ms`)
      const pages = yield* Stream.runCollect(sweep.pages(platform.window))
      const sightings = pages.flatMap((page) => page.sightings)
      for (const { receipt } of sightings) checkReceipt(receipt)
      for (const ref of platform.known) {
        const isSeen = sightings.some(
          (sighting) =>
            (ref.messageId !== undefined && sighting.ref.messageId === ref.messageId) ||
            (ref.conversationId !== undefined && sighting.ref.conversationId === ref.conversationId) ||
            (ref.outboundContactId !== undefined && sighting.ref.outboundContactId === ref.outboundContactId)
        )
        ok(isSeen, `its sweep does not see ${JSON.stringify(ref)}`)
      }
    })
  ),

  faultRule("junk-answer", "junk", "answers junk"),
  faultRule("unavailable", "unavailable", "answers 500"),
  faultRule("refused", "refused", "answers 401"),

  rule("interruption", "ends when it is interrupted, and looks up as before once the platform answers", (platform) =>
    Effect.gen(function* () {
      const { faults, source } = platform
      const begin = faults?.begin.stall
      if (faults === undefined || begin === undefined) return yield* excuse("`make` gives no `faults.begin.stall`")
      const [asked = []] = groupsOf(platform)
      const batch = asked.slice(0, source.batchSize)
      yield* doing(begin)
      // So often as it may have look-ups under way at once, and once more: each must give back what it has taken.
      for (let count = 0; count <= Math.min(source.concurrency, 20); count++) {
        const fiber = yield* Effect.forkChild(Stream.runDrain(source.lookup(batch)))
        for (let turns = 0; turns < 3; turns++) yield* VirtualTime.turn
        yield* Fiber.interrupt(fiber)
      }
      yield* doing(faults.end)
      const receipts = yield* lookedUp(source, batch)
      for (const one of batch) ok(receipts.some(isAbout(one)), "it looks up no more after an interruption")
    }).pipe(
      Effect.timeoutOrElse({
        duration: "10 minutes",
        orElse: () =>
          Effect.fail(new Error("it hangs after an interruption: what that look-up had taken is not given back"))
      })
    )
  )
]

/** What a source does not do, though it must: of all rules, or of some by name. Needs no test runner. */
export const violations = (subject: Subject, only?: ReadonlyArray<string>): Effect.Effect<ReadonlyArray<Violation>> =>
  violationsOf(rules, subject, only)

/**
 * Tests for Vitest, one a rule. Time is virtual, and passes by itself.
 *
 * @example
 * ```ts
 * SourceConformance.suite({
 *   make: () => {
 *     const platform = fakePlatform({ "m-1": "delivered", "m-2": "sent" })
 *     return { source: acme(platform), known: [{ messageId: "m-1" }, { messageId: "m-2" }], unknown: { messageId: "m-3" } }
 *   }
 * })
 * ```
 */
export const suite = (subject: Subject): void => register("the source", rules, subject)
