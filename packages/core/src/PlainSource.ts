/**
 * Sources of plain functions. One look-up is one request: core paces it by the budget, gives it a time-out, repeats it when
 * it fails in passing, stops asking while the platform is down, and records it.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Breaker from "./Breaker.ts"
import * as Credentials from "./Credentials.ts"
import { type DurationError, millisOf } from "./Deadlines.ts"
import type { DeliveryReceipt } from "./DeliveryReceipt.ts"
import { unlessGivenUp } from "./GivenUp.ts"
import * as HttpAnswer from "./HttpAnswer.ts"
import { Journal } from "./Journal.ts"
import type { JournalError } from "./JournalStore.ts"
import type { MessageRef, TrackedMessage } from "./Message.ts"
import * as PlainFunction from "./PlainFunction.ts"
import { persist } from "./PlatformClient.ts"
import * as Plugin from "./Plugin.ts"
import type { ReceiptSource } from "./ReceiptSource.ts"
import * as ResiliencePolicy from "./ResiliencePolicy.ts"
import { because, SourceError, type SourceErrorReason, Unavailable, Unreachable } from "./SourceError.ts"
import { isoTime } from "./TrackingEvent.ts"

/** A receipt as a plain source gives it: its `profile` is the source's name, where it is left out. */
export type PlainReceipt = Omit<DeliveryReceipt, "profile"> & { readonly profile?: string | undefined }

/** A source of plain functions. */
export interface PlainSource {
  readonly name: string
  /** What the audit trail says of how it is configured; no secrets. */
  readonly describe?: Readonly<Record<string, unknown>> | undefined
  /** How far back the platform keeps receipts; 90 days. */
  readonly retention?: Duration.Input | undefined
  /** How many requests it may send in a minute; 300. */
  readonly requestsPerMinute?: number | undefined
  /** The most messages that one look-up may ask for; 1. */
  readonly batchSize?: number | undefined
  /** How many look-ups may be under way at once; 4. */
  readonly concurrency?: number | undefined
  /** How long a look-up may take; 30 seconds. */
  readonly timeout?: Duration.Input | undefined
  /** Why it cannot look a message up, in a sentence; by default, because it has no `messageId`. */
  readonly refuse?: ((ref: MessageRef) => string | undefined) | undefined
  /** Messages with the same group can be looked up together; all can, where it is left out. */
  readonly groupOf?: ((ref: MessageRef) => string) | undefined
  /**
   * Looks up messages of one group, at most `batchSize`, with one request. Gives all that the platform says of them; a
   * message that it says nothing of is one that it does not know. What it throws, or rejects with, is an outage that is
   * waited out, unless it is a `SourceError`, which says better: `SourceError.because(new SourceError.Throttled({ … }))`.
   * Its `signal` is aborted where it takes too long, or the run is stopped.
   */
  readonly lookup: (
    messages: ReadonlyArray<TrackedMessage>,
    given: PlainFunction.Interruptible
  ) => PlainFunction.Plain<ReadonlyArray<PlainReceipt>>
  /** Closes what it holds open, when the tracker ends. */
  readonly close?: (() => PlainFunction.Plain<void>) | undefined
}

/** A plain source knows its own credentials. */
const nobody: Credentials.Credential = {
  name: "own",
  auth: { token: Effect.succeed(Redacted.make("")), renew: Effect.succeed }
}

/**
 * Makes a source from plain functions. It looks messages up; a source that sweeps too is written with Effect.
 *
 * @example
 * ```ts
 * const source = defineSource({
 *   name: "gateway",
 *   batchSize: 100,
 *   lookup: async (messages, { signal }) => {
 *     const ids = messages.map(({ messageId }) => messageId).join(",")
 *     const response = await fetch(`https://gateway.example/receipts?ids=${ids}`, { signal })
 *     const rows: ReadonlyArray<{ id: string; state: string }> = await response.json()
 *     return rows.map(({ id, state }) => ({ messageId: id, providerStatus: state, status: statuses[state] }))
 *   }
 * })
 * ```
 */
export const defineSource = Effect.fnUntraced(function* (
  plain: PlainSource
): Effect.fn.Return<ReceiptSource, DurationError | JournalError, Journal | Scope.Scope> {
  const { batchSize = 1, concurrency = 4, describe = {}, groupOf = () => "", name } = plain
  const setting = (key: string) => `${key} of the source ${name}`
  const retention = yield* Effect.fromResult(millisOf(setting("retention"), plain.retention ?? "90 days"))
  const timeout = yield* Effect.fromResult(millisOf(setting("timeout"), plain.timeout ?? "30 seconds"))
  const policy = ResiliencePolicy.make({ budget: { requests: plain.requestsPerMinute ?? 300 }, timeout, concurrency })
  const journal = yield* Journal
  const credentials = yield* Credentials.make({ source: name, host: name, policy, credentials: [nobody] })
  const breaker = yield* Breaker.make(name, name, policy)

  /** One request, with its record. */
  const attempt = Effect.fnUntraced(function* (messages: ReadonlyArray<TrackedMessage>, count: () => number) {
    const { ended } = yield* unlessGivenUp(credentials.take({ endpoint: undefined, permission: "" }))
    const startedAt = yield* Clock.currentTimeMillis
    return yield* PlainFunction.run(
      (given) => plain.lookup(messages, given),
      (thrown) => reasonOf(name, thrown)
    ).pipe(
      Effect.timeoutOrElse({
        duration: timeout,
        orElse: () =>
          Effect.fail<SourceErrorReason>(
            new Unreachable({ what: "timed-out", host: name, detail: Duration.format(Duration.millis(timeout)) })
          )
      }),
      Effect.flatMap((receipts) => checked(name, receipts)),
      Effect.onExit((exit) =>
        Effect.gen(function* () {
          const reason = Exit.isFailure(exit) ? HttpAnswer.reasonOf(exit.cause) : undefined
          const retryAfterMs = reason?._tag === "Throttled" ? reason.retryAfterMs : undefined
          yield* ended(reason, {})
          yield* journal.note({
            kind: "request",
            source: name,
            purpose: "lookup",
            messages: messages.length,
            outcome: Exit.isSuccess(exit) ? "ok" : HttpAnswer.outcomeOf(exit.cause),
            startedAt: isoTime(startedAt),
            durationMs: (yield* Clock.currentTimeMillis) - startedAt,
            attempt: count(),
            ...(retryAfterMs === undefined ? {} : { retryAfterMs })
          })
          if (Exit.isFailure(exit)) yield* Effect.ignore(journal.record([]))
        })
      )
    )
  })

  return {
    name,
    contract: Plugin.contract,
    describe: { ...describe, policy: ResiliencePolicy.describe(policy) },
    supports: { analytics: false },
    retention,
    concurrency,
    batchSize,
    complete: (ref) => ref,
    refuse: plain.refuse ?? ((ref) => (ref.messageId === undefined ? "it has no messageId" : undefined)),
    groupOf,
    lookup: (messages) =>
      Stream.fromEffect(
        Effect.suspend(() => {
          let attempts = 0
          return persist(policy, breaker.guard(attempt(messages, () => ++attempts)))
        }).pipe(
          Effect.mapBoth({
            onFailure: because,
            onSuccess: (receipts) => ({ receipts, last: true })
          })
        )
      ),
    ready: Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      const at = Math.max(yield* credentials.next, now + (yield* breaker.closesIn))
      if (at > now)
        yield* Effect.sleep(Math.min(at - now, Duration.toMillis(Duration.fromInputUnsafe(policy.longestPause))))
    }),
    rate: credentials.rate,
    analyticsBatchSize: 1,
    analytics: () => Effect.succeed({ records: [] }),
    close: PlainFunction.closing(`the source ${name}`, plain.close)
  }
})

/** What was thrown, as the reason that it is. */
const reasonOf = (host: string, thrown: unknown): SourceErrorReason =>
  thrown instanceof SourceError ? thrown.reason : new Unavailable({ host, detail: PlainFunction.textOf(thrown) })

/** The fields of a receipt. Whatever else a platform tells goes no further: it may be a text, or a number. */
const fields = [
  "key",
  "messageId",
  "conversationId",
  "providerStatus",
  "status",
  "code",
  "field",
  "previous",
  "carrier",
  "externalMessageId",
  "occurredAt",
  "sentAt"
] as const satisfies ReadonlyArray<keyof PlainReceipt>

/** Those that are no texts. In the others JSON may have a number, and its digits are meant. */
const others: ReadonlySet<keyof PlainReceipt> = new Set(["key", "status", "previous", "occurredAt", "sentAt"])

const receiptOf = (name: string, given: PlainReceipt): DeliveryReceipt =>
  Object.fromEntries([
    ["profile", given.profile ?? name],
    ...fields.flatMap((field) => {
      const value = given[field]
      // What a platform leaves empty, it may say with null.
      if (value === undefined || value === null) return []
      return [[field, typeof value === "number" && !others.has(field) ? String(value) : value]]
    })
  ])

/** The receipts that a look-up gave, where they are some. */
const checked = (
  name: string,
  given: ReadonlyArray<PlainReceipt>
): Effect.Effect<ReadonlyArray<DeliveryReceipt>, SourceErrorReason> =>
  Array.isArray(given) && given.every((receipt) => typeof receipt?.providerStatus === "string")
    ? Effect.succeed(given.map((receipt) => receiptOf(name, receipt)))
    : Effect.fail(
        new Unavailable({ host: name, detail: "its lookup gives no list of receipts, each with a providerStatus" })
      )
