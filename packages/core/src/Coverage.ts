/**
 * Coverage: which codes and status words of a journal nobody knows, how often, of which carriers, and which known ones
 * they are like. That is how code lists grow.
 *
 * A code is known where a classifier answers for it today, whatever was recorded: also one of which its list says that
 * nobody explains it.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { type Classification, type Classifier, classify, type Rule } from "./Classifier.ts"
import { messages } from "./Exporter.ts"
import type { Journal } from "./Journal.ts"
import type { JournalError } from "./JournalStore.ts"
import type { TrackedMessage } from "./Message.ts"
import * as NearCodes from "./NearCodes.ts"
import * as RecordedReceipt from "./RecordedReceipt.ts"

/** A code, or a word for the status, that nobody knows. */
export interface Unknown {
  readonly kind: "code" | "status"
  /** The code or the word, as the provider writes it. */
  readonly text: string
  /** Whose it is; `undefined` in journals from before that was kept, and of words for the status. */
  readonly profile: string | undefined
  readonly field: string | undefined
  /** How many messages have it. */
  readonly count: number
  /** Of which carriers, the most first. */
  readonly carriers: ReadonlyArray<{ readonly carrier: string; readonly count: number }>
  /** The known codes that are most like it, those of its own profile first. */
  readonly near: ReadonlyArray<Rule>
}

/** What is known and what is not. */
export interface Coverage {
  /** Failures with a code, and words for a status that nobody knew. */
  readonly looked: number
  /** Of these, those that nobody knows, the most frequent first. */
  readonly unknown: ReadonlyArray<Unknown>
  /** Failures that were recorded as unexplained, and that a classifier explains today. */
  readonly explainedNow: number
}

const nearest = 3

type Counted = Omit<Unknown, "count" | "carriers" | "near"> & { readonly carriers: Map<string, number> }

const isExplanation = (meaning: Classification | undefined): boolean =>
  meaning?.state === "failed" && meaning.cause !== "unexplained"

/** Counts what nobody knows, message by message. */
export interface Counter {
  readonly add: (message: TrackedMessage) => void
  readonly result: () => Coverage
}

/** Makes a counter that asks these classifiers. */
export const counter = (classifiers: ReadonlyArray<Classifier>): Counter => {
  const profileOf = RecordedReceipt.profiler(classifiers)
  const near = NearCodes.make(classifiers.flatMap(({ rules = [] }) => rules))
  const counted = new Map<string, Counted>()
  let looked = 0
  let explainedNow = 0

  const count = (what: Omit<Counted, "carriers">, carrier: string) => {
    const key = JSON.stringify([what.kind, what.text, what.profile ?? null, what.field ?? null])
    const known = counted.get(key) ?? { ...what, carriers: new Map<string, number>() }
    counted.set(key, known)
    known.carriers.set(carrier, (known.carriers.get(carrier) ?? 0) + 1)
  }

  return {
    add: (message) => {
      for (const failure of RecordedReceipt.failuresOf(message)) {
        looked += 1
        const { cause, classifier, code, field, profile } = failure.reason
        const receipt = RecordedReceipt.receiptOf(message, failure, profileOf)
        const meaning = receipt === undefined ? undefined : classify(classifiers, receipt, () => {})
        const isKnown = meaning === undefined ? classifier !== undefined : meaning.classifier !== undefined
        if (!isKnown) count({ kind: "code", text: code, profile: receipt?.profile ?? profile, field }, message.carrier)
        else if ((cause ?? "unexplained") === "unexplained" && isExplanation(meaning)) explainedNow += 1
      }
      for (const text of message.unrecognized ?? []) {
        looked += 1
        count({ kind: "status", text, profile: undefined, field: undefined }, message.carrier)
      }
    },
    result: () => {
      const unknown = Array.from(counted.values(), ({ carriers, ...what }): Unknown => {
        const byCount = Array.from(carriers, ([carrier, count]) => ({ carrier, count })).sort(
          (a, b) => b.count - a.count || (a.carrier < b.carrier ? -1 : 1)
        )
        return { ...what, count: byCount.reduce((sum, { count }) => sum + count, 0), carriers: byCount, near: [] }
      })
      unknown.sort((a, b) => b.count - a.count || (a.text < b.text ? -1 : 1))
      return { looked, explainedNow, unknown: unknown.map((one) => ({ ...one, near: near(one, nearest) })) }
    }
  }
}

/** Looks at all messages of the journal, their conflicts and their carriers' reports. Holds each unknown code once. */
export const ofJournal = Effect.fnUntraced(function* (
  classifiers: ReadonlyArray<Classifier>
): Effect.fn.Return<Coverage, JournalError, Journal> {
  const { add, result } = counter(classifiers)
  yield* Stream.runForEachArray(messages(), (page) => Effect.sync(() => page.forEach(add)))
  return result()
})
