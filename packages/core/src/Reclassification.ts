/**
 * Reclassification: the recorded failures of a journal are read again by the classifiers of today.
 *
 * Only reasons change, each with an event that says what it was. A message keeps its status, its conflicts and its report
 * also where the classifiers would now end it otherwise: that is counted, and for people to judge. What was recorded before
 * stands in the events before. Read again by the same classifiers, nothing changes.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Classification } from "./Classifier.ts"
import type { DeliveryReceipt } from "./DeliveryReceipt.ts"
import * as FinalWord from "./FinalWord.ts"
import { Journal, type Run } from "./Journal.ts"
import type { EventDraft, JournalError } from "./JournalStore.ts"
import { isForgotten, nameOf, type Reason, type TrackedMessage } from "./Message.ts"
import * as RecordedReceipt from "./RecordedReceipt.ts"
import { type Step, silent } from "./Step.ts"
import type { Cause } from "./Taxonomy.ts"
import type { EventBody } from "./TrackingEvent.ts"

/** How recorded failures are read. Pure. */
export interface Reading {
  readonly classify: (receipt: DeliveryReceipt, place: RecordedReceipt.Place) => Classification
  /** Whose code list a reason goes by; see {@link RecordedReceipt.profiler}. */
  readonly profileOf: (reason: Reason) => string | undefined
}

/** What reading one failure again gave. */
export type Outcome =
  /** Nothing new. */
  | "same"
  /** Nobody knows whose code it is. */
  | "withoutProfile"
  /** Another reason than before. */
  | "changed"
  /** Another end than a failure, which is not applied. */
  | "otherwise"

/** A failure that was read again, and what came of it. */
export interface Reread {
  readonly outcome: Outcome
  readonly failure: RecordedReceipt.RecordedFailure
  readonly meaning: Classification | undefined
}

const isSame = (reason: Reason, { actor, cause, retryable }: Classification): boolean =>
  (reason.cause ?? "unexplained") === cause &&
  (reason.cause === undefined || (reason.retryable === retryable && reason.actor === actor))

const rereadOne = (message: TrackedMessage, failure: RecordedReceipt.RecordedFailure, reading: Reading): Reread => {
  const receipt = RecordedReceipt.receiptOf(message, failure, reading.profileOf)
  if (receipt === undefined) return { outcome: "withoutProfile", failure, meaning: undefined }
  const meaning = reading.classify(receipt, failure.place)
  if (meaning.state !== "failed") return { outcome: "otherwise", failure, meaning }
  return { outcome: isSame(failure.reason, meaning) ? "same" : "changed", failure, meaning }
}

/** Reads the failures of a message again. */
export const reread = (message: TrackedMessage, reading: Reading): ReadonlyArray<Reread> =>
  isForgotten(message) ? [] : RecordedReceipt.failuresOf(message).map((failure) => rereadOne(message, failure, reading))

/** A message with its new reasons, and the events that say so. */
export const apply = (before: TrackedMessage, reading: Reading): Step => {
  let step = silent(before)
  for (const { failure, meaning, outcome } of reread(before, reading)) {
    if (outcome !== "changed" || meaning === undefined) continue
    const { code, field, profile } = failure.reason
    const reason = FinalWord.reasonOf({
      ...meaning,
      code,
      field,
      profile: profile ?? reading.profileOf(failure.reason)
    })
    step = {
      message: put(step.message, failure, reason),
      events: [...step.events, reclassified(step.message, failure, reason)]
    }
  }
  return step
}

const put = (
  message: TrackedMessage,
  { index, place }: RecordedReceipt.RecordedFailure,
  reason: ReturnType<typeof FinalWord.reasonOf>
): TrackedMessage => {
  switch (place) {
    case "end":
      return { ...message, ...reason }
    case "conflict":
      return {
        ...message,
        conflicts: message.conflicts.with(index, FinalWord.conflictOf({ status: "failed", ...reason }))
      }
    case "report": {
      const { report } = message
      return report === undefined
        ? message
        : { ...message, report: { ...report, ...reason, profile: reason.profile ?? report.profile } }
    }
  }
}

const reclassified = (
  message: TrackedMessage,
  { providerStatus, reason: was }: RecordedReceipt.RecordedFailure,
  reason: Reason
): EventBody => ({
  kind: "message.reclassified",
  ...nameOf(message),
  carrier: message.carrier,
  ...(providerStatus === undefined ? {} : { providerStatus }),
  ...FinalWord.known({ profile: reason.profile, code: reason.code, field: reason.field }),
  was: FinalWord.known({ cause: was.cause, classifier: was.classifier, rule: was.rule }),
  ...FinalWord.meaningEvent(reason)
})

/** Failures that are alike, and what comes of them. */
export interface Change {
  readonly place: RecordedReceipt.Place
  readonly from: Cause
  readonly to: Cause
  readonly carrier: string
  readonly profile: string | undefined
  readonly code: string
  /** The classifier that answers now, and its rule. */
  readonly classifier: string | undefined
  readonly rule: string | undefined
  readonly count: number
}

/** Failures that are alike, and that would now end otherwise. */
export interface Otherwise
  extends Pick<Change, "carrier" | "classifier" | "code" | "place" | "profile" | "rule" | "count"> {
  /** `undefined` where nobody would know. */
  readonly state: Classification["state"]
}

/** What reading a journal again gave. */
export interface Reclassified {
  /** Recorded failures that were read again. */
  readonly read: number
  /** What changes, the most first. */
  readonly changes: ReadonlyArray<Change>
  readonly otherwise: ReadonlyArray<Otherwise>
  /** Failures with a code of which nobody knows whose it is. */
  readonly withoutProfile: number
  /** Messages that failed without a code: there is nothing to read again. */
  readonly withoutCode: number
}

/** Counts what comes of failures. */
const tally = () => {
  const changes = new Map<string, Change>()
  const otherwise = new Map<string, Otherwise>()
  const counts = { read: 0, withoutProfile: 0, withoutCode: 0 }
  const count = <A extends { readonly count: number }>(into: Map<string, A>, what: Omit<A, "count">) => {
    const key = JSON.stringify(what)
    into.set(key, { ...what, count: (into.get(key)?.count ?? 0) + 1 } as A)
  }
  const sorted = <A extends { readonly count: number }>(from: ReadonlyMap<string, A>) =>
    Array.from(from.values()).sort((a, b) => b.count - a.count)
  return {
    take: (message: TrackedMessage, readings: ReadonlyArray<Reread>, profileOf: Reading["profileOf"]) => {
      if (message.status === "failed" && message.code === undefined && !isForgotten(message)) counts.withoutCode += 1
      for (const { failure, meaning, outcome } of readings) {
        counts[outcome === "withoutProfile" ? "withoutProfile" : "read"] += 1
        if (meaning === undefined || outcome === "same") continue
        const { place, reason } = failure
        const { classifier, rule } = meaning
        const alike = {
          place,
          carrier: message.carrier,
          profile: profileOf(reason),
          code: reason.code,
          classifier,
          rule
        }
        if (outcome === "otherwise") count(otherwise, { ...alike, state: meaning.state })
        else {
          const to = meaning.cause ?? "unexplained"
          count(changes, { ...alike, from: reason.cause ?? "unexplained", to })
        }
      }
    },
    result: (): Reclassified => ({ ...counts, changes: sorted(changes), otherwise: sorted(otherwise) })
  }
}

const pageSize = 500

/** How to read a journal again, and whether to write. */
export interface ReclassifyOptions extends Reading {
  /** Who writes; nothing is written without it. The tracker's claim is the caller's to take. */
  readonly write?: { readonly actor: string; readonly version: string } | undefined
}

/**
 * Reads all recorded failures of the journal again, and, where it is to write, writes the new reasons and their events,
 * batch by batch, each in one transaction: where it is interrupted, another call does the rest. A run is begun with the
 * first change.
 */
export const reclassify = Effect.fnUntraced(function* (
  options: ReclassifyOptions
): Effect.fn.Return<Reclassified, JournalError, Journal | Scope.Scope> {
  const journal = yield* Journal
  const { store } = journal
  const { take, result } = tally()
  let run: Run | undefined

  const write = Effect.fnUntraced(function* (
    keys: ReadonlyArray<number>,
    who: NonNullable<ReclassifyOptions["write"]>
  ) {
    run ??= yield* journal.startBeside({ ...who, command: "reclassify", config: { journal: store.location } })
    const { actor, id } = run
    const at = yield* Clock.currentTimeMillis
    const draft = (body: EventBody): EventDraft => ({ at, run: id, actor, body })
    yield* store.transact({ keys }, ({ messages }) => {
      const steps = messages.map((message) => apply(message, options)).filter(({ events }) => events.length > 0)
      return {
        update: steps.map(({ message }) => message),
        events: steps.flatMap(({ events }) => events).map(draft),
        result: undefined
      }
    })
  })

  for (let after = 0; ; ) {
    const page = yield* store.messages({ after, limit: pageSize })
    const changed: Array<number> = []
    for (const message of page) {
      const readings = reread(message, options)
      take(message, readings, options.profileOf)
      if (readings.some(({ outcome }) => outcome === "changed")) changed.push(message.key)
    }
    if (options.write !== undefined && changed.length > 0) yield* write(changed, options.write)
    const last = page.at(-1)
    if (last === undefined || page.length < pageSize) return result()
    after = last.key
  }
}, Effect.scoped)
