/**
 * Import: what carriers and aggregators themselves report enters the journal, beside what the platform says.
 *
 * A receipt is about the message with its external id (see {@link ExternalId}). Where no message has that id, or the
 * receipt none, it is about the one message to its recipient that was sent before it happened, and not too long before;
 * where there are several, it is about none. Nothing that is imported makes, names or moves a message, and one that is
 * nobody's is not found. A tracker may run beside it: each batch is one transaction over what is written then.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { withCarrier } from "./AppliedPage.ts"
import * as CarrierReports from "./CarrierReports.ts"
import type { Classification } from "./Classifier.ts"
import { compare, type Disagreement } from "./Comparison.ts"
import type { DeliveryReceipt } from "./DeliveryReceipt.ts"
import { Journal } from "./Journal.ts"
import type { JournalError, Sought } from "./JournalStore.ts"
import type { TrackedMessage } from "./Message.ts"
import { idOf, matches, recipientOf } from "./ReceiptMatch.ts"
import type { ReadReceipt } from "./ReceiptProfile.ts"
import type { EventBody } from "./TrackingEvent.ts"

export { clockDifference } from "./ReceiptMatch.ts"

/** A receipt that was read, or a sentence that says why it cannot be. */
export type Reading = ReadReceipt | string

/** What to import, and how. */
export interface ImportOptions<E, R> {
  readonly actor: string
  readonly version: string
  /** Where the receipts come from, for people. */
  readonly file: string
  /** Whose they are; of several, their names. */
  readonly profile: string
  /** The receipts; each batch is one transaction. */
  readonly batches: Stream.Stream<ReadonlyArray<Reading>, E, R>
  /** What a receipt means, once its message's carrier is in it. */
  readonly classify: (receipt: DeliveryReceipt) => Classification
  /**
   * For how long after a message was sent a receipt may be of it that is matched by its recipient; until its deadline
   * where that is later. Milliseconds, 72 hours by default.
   */
  readonly within?: number | undefined
  /** Only says what it would do. */
  readonly dryRun?: boolean | undefined
}

/** What was imported. */
export interface Imported {
  readonly receipts: number
  readonly byId: number
  readonly byRecipient: number
  /** They are about no message of the journal, or no receipts of outbound messages. */
  readonly unmatched: number
  /** They could be about several messages. */
  readonly ambiguous: number
  /** They cannot be read, or say what nobody knows. */
  readonly unreadable: number
  /** The words for a status that nobody knows, each once. */
  readonly unknownWords: ReadonlyArray<string>
  /** Messages that have another report now than they had. */
  readonly changed: number
  /** Of the messages that the receipts are about, those of which their carrier now says another end than the journal has. */
  readonly disagree: ReadonlyArray<Disagreement>
}

const defaultWithin = 72 * 3_600_000

/**
 * How many batches a dry run looks messages up for at once. It cannot make the index that an import makes first, so that
 * each look-up may read the whole journal.
 */
const triedAtOnce = 25

/** What a batch does to messages. */
interface Applied {
  /** Those that have another report now. */
  readonly update: ReadonlyArray<TrackedMessage>
  readonly bodies: ReadonlyArray<EventBody>
  readonly counts: Pick<Imported, "byId" | "byRecipient" | "unmatched" | "ambiguous" | "unreadable">
  /** The words for a status that nobody knows. */
  readonly words: ReadonlyArray<string>
  /** The messages that the receipts are about, as they are then. */
  readonly heard: ReadonlyArray<TrackedMessage>
}

/** Imports receipts in a run of its own. Fails where their stream does; what came before that is imported. */
export const importReceipts = Effect.fnUntraced(function* <E, R>(
  options: ImportOptions<E, R>
): Effect.fn.Return<Imported, E | JournalError, R | Journal | Scope.Scope> {
  const journal = yield* Journal
  const { actor, classify, dryRun = false, file, profile, version, within = defaultWithin } = options
  const tally = { receipts: 0, byId: 0, byRecipient: 0, unmatched: 0, ambiguous: 0, unreadable: 0 }
  const unknownWords = new Set<string>()
  const changed = new Set<number>()
  const disagree = new Map<number, Disagreement>()
  /** What a dry run would have written. */
  const unwritten = new Map<number, TrackedMessage>()

  /** What receipts do to messages. Counts only once it is written. */
  const apply = (
    messages: ReadonlyArray<TrackedMessage>,
    receipts: ReadonlyArray<ReadReceipt>,
    at: number
  ): Applied => {
    const now = new Map(messages.map((message) => [message.key, message]))
    const bodies: Array<EventBody> = []
    const counts = { byId: 0, byRecipient: 0, unmatched: 0, ambiguous: 0, unreadable: 0 }
    const words: Array<string> = []
    const heard = new Set<number>()
    for (const [index, match] of matches(messages, receipts, within).entries()) {
      const message = match._tag === "One" ? now.get(match.key) : undefined
      if (match._tag !== "One" || message === undefined) {
        counts[match._tag === "Ambiguous" ? "ambiguous" : "unmatched"] += 1
        continue
      }
      const receipt = withCarrier((receipts[index] as ReadReceipt).receipt, message)
      const meaning = classify(receipt)
      if (meaning.state === undefined) {
        counts.unreadable += 1
        words.push(receipt.providerStatus)
      } else if (meaning.state === "ignore") {
        counts.unmatched += 1
      } else {
        const step = CarrierReports.hear(message, receipt, meaning, at)
        counts[match.by === "id" ? "byId" : "byRecipient"] += 1
        now.set(message.key, step.message)
        heard.add(message.key)
        bodies.push(...step.events)
      }
    }
    const update = messages.flatMap((before) => {
      const after = now.get(before.key)
      return after === undefined || after === before ? [] : [after]
    })
    return { update, bodies, counts, words, heard: Array.from(heard, (key) => now.get(key) as TrackedMessage) }
  }

  /** What is to be known of the messages that receipts may be about. */
  const soughtBy = (receipts: ReadonlyArray<ReadReceipt>): Sought => ({
    externalIds: distinct(receipts.map(idOf)),
    recipients: distinct(receipts.map(recipientOf))
  })

  const importBatch = Effect.fnUntraced(function* (
    batch: ReadonlyArray<Reading>,
    applyTo: (receipts: ReadonlyArray<ReadReceipt>, at: number) => Effect.Effect<Applied, JournalError>
  ) {
    const receipts = batch.filter(isRead)
    const applied = yield* applyTo(receipts, yield* Clock.currentTimeMillis)
    for (const message of applied.update) changed.add(message.key)
    for (const message of applied.heard) {
      const { disagreement } = compare(message, undefined)
      if (disagreement === undefined) disagree.delete(message.key)
      else disagree.set(message.key, disagreement)
    }
    for (const word of applied.words) unknownWords.add(word)
    tally.receipts += batch.length
    tally.unreadable += batch.length - receipts.length
    for (const [name, count] of Object.entries(applied.counts)) tally[name as keyof typeof applied.counts] += count
  })

  if (dryRun) {
    const tryBatches = Effect.fnUntraced(function* (batches: ReadonlyArray<ReadonlyArray<Reading>>) {
      const found = yield* journal.store.find(soughtBy(batches.flat().filter(isRead)))
      for (const batch of batches) {
        yield* importBatch(batch, (receipts, at) => {
          const messages = found.map((message) => unwritten.get(message.key) ?? message)
          const applied = apply(messages, receipts, at)
          for (const message of applied.update) unwritten.set(message.key, message)
          return Effect.succeed(applied)
        })
      }
    })
    yield* Stream.runForEach(Stream.grouped(options.batches, triedAtOnce), tryBatches)
  } else {
    const config = { file, profile, journal: journal.store.location, withinMs: within }
    const run = yield* journal.startBeside({ actor, version, command: "import", config })
    const write = (receipts: ReadonlyArray<ReadReceipt>, at: number) =>
      journal.store.transact(soughtBy(receipts), ({ messages }) => {
        const result = apply(messages, receipts, at)
        const events = result.bodies.map((body) => ({ at, run: run.id, actor: run.actor, body }))
        return { update: result.update, events, result }
      })
    yield* Stream.runForEach(options.batches, (batch) => importBatch(batch, write)).pipe(
      Effect.ensuring(
        Effect.suspend(() => {
          const { ambiguous, byId, byRecipient, receipts, unmatched, unreadable } = tally
          const counts = { receipts, matched: byId + byRecipient, unmatched, ambiguous, unreadable }
          return Effect.ignore(journal.record([{ kind: "receipts.imported", file, profile, ...counts }]))
        })
      )
    )
  }
  return {
    ...tally,
    unknownWords: Array.from(unknownWords),
    changed: changed.size,
    disagree: Array.from(disagree)
      .sort(([a], [b]) => a - b)
      .map(([, disagreement]) => disagreement)
  }
}, Effect.scoped)

const isRead = (reading: Reading): reading is ReadReceipt => typeof reading !== "string"

const distinct = (texts: ReadonlyArray<string | undefined>): ReadonlyArray<string> =>
  Array.from(new Set(texts)).filter((text) => text !== undefined)
