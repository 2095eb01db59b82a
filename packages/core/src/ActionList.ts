/**
 * Lists of what to do, taken out of a journal: what may be sent again, which numbers to suppress, what to fix.
 *
 * The first two hold phone numbers in clear, as nothing else does that leaves a journal, because whoever asks for them
 * needs them. So {@link take} records who took which list before it gives a single row.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { withCarrier } from "./AppliedPage.ts"
import { type Classifier, Classifiers, classify } from "./Classifier.ts"
import * as Exporter from "./Exporter.ts"
import * as FixList from "./FixList.ts"
import { Journal } from "./Journal.ts"
import type { JournalError } from "./JournalStore.ts"
import type { ListRow } from "./ListRow.ts"
import type { TrackedMessage } from "./Message.ts"
import * as ResendList from "./ResendList.ts"
import * as SuppressionList from "./SuppressionList.ts"

/** The lists that there are. */
export const ListName = Schema.Literals(["resend", "suppress", "fix"])
/** See {@link ListName}. */
export type ListName = typeof ListName.Type

/** A list, ready to be written. */
export interface ActionList {
  readonly columns: ReadonlyArray<string>
  /** The names of all labels that occur in its rows. */
  readonly labels: ReadonlyArray<string>
  /** How many rows it has; a tracker that works meanwhile may add a few to the list of what to send again. */
  readonly count: number
  /** It has phone numbers in clear. */
  readonly numbers: boolean
  readonly rows: Stream.Stream<ListRow, JournalError>
  /** What is left out, and why: each in a sentence. */
  readonly notices: ReadonlyArray<string>
}

/** What a list is to hold. */
export interface ListOptions {
  /** Only what concerns this carrier. */
  readonly carrier?: string | undefined
}

const ifAny = (count: number, one: string, several: string): ReadonlyArray<string> =>
  count === 0 ? [] : [count === 1 ? `1 ${one}` : `${count} ${several}`]

const isRow = (answer: ResendList.Answer): answer is ResendList.ResendRow => typeof answer === "object"

/** How many seconds after its failure a message may be sent again, as the classifiers read its code today. */
const waitBy =
  (classifiers: ReadonlyArray<Classifier>) =>
  (message: TrackedMessage): number | undefined => {
    const { cause, code, field, profile, providerStatus = "" } = message
    if (code === undefined || profile === undefined) return undefined
    const receipt = withCarrier({ profile, providerStatus, status: "failed", code, field }, message)
    const told = classify(classifiers, receipt, () => {})
    return told.cause === cause ? told.retryAfterSeconds : undefined
  }

/** Reads a list out of the journal. Nothing of it has left the journal then. */
const read = Effect.fnUntraced(function* (
  list: ListName,
  { carrier }: ListOptions
): Effect.fn.Return<ActionList, JournalError, Classifiers | Journal> {
  const journal = yield* Journal
  const messages = Stream.provideService(Exporter.messages(), Journal, journal)
  const each = (note: (message: TrackedMessage) => void) =>
    Stream.runForEachArray(messages, (page) => Effect.sync(() => page.forEach(note)))
  const suppressed = (ofCarrier: string | undefined) =>
    Effect.gen(function* () {
      const suppression = SuppressionList.make(ofCarrier)
      yield* each(suppression.note)
      yield* each(suppression.noteArrival)
      return suppression
    })

  switch (list) {
    case "fix": {
      const fix = FixList.make(carrier)
      yield* each(fix.note)
      const rows = fix.rows()
      const all = { columns: FixList.columns, labels: [], numbers: false, notices: [] }
      return { ...all, count: rows.length, rows: Stream.fromIterable(rows) }
    }
    case "suppress": {
      const suppression = yield* suppressed(carrier)
      const all = { columns: SuppressionList.columns, labels: [], numbers: true }
      return {
        ...all,
        count: Array.from(suppression.rows()).length,
        rows: Stream.fromIterable({ [Symbol.iterator]: suppression.rows }),
        notices: ifAny(
          suppression.working(),
          "number is left out: it was called invalid, and took a message later",
          "numbers are left out: they were called invalid, and took a message later"
        )
      }
    }
    case "resend": {
      const suppression = yield* suppressed(undefined)
      const waitOf = waitBy(yield* Classifiers)
      const now = yield* Clock.currentTimeMillis
      const answerOf = (message: TrackedMessage): ResendList.Answer =>
        carrier !== undefined && message.carrier !== carrier ? undefined : ResendList.answerOf(message, now, waitOf)
      const labels = new Set<string>()
      let count = 0
      let passed = 0
      let withheld = 0
      yield* each((message) => {
        const answer = answerOf(message)
        if (answer === undefined) return
        if (answer === "passed") passed += 1
        else if (suppression.has(message)) withheld += 1
        else {
          count += 1
          for (const label of Object.keys(answer.labels)) labels.add(label)
        }
      })
      return {
        columns: ResendList.columns,
        labels: Array.from(labels),
        count,
        numbers: true,
        rows: messages.pipe(
          Stream.filter((message) => !suppression.has(message)),
          Stream.map(answerOf),
          Stream.filter(isRow)
        ),
        notices: [
          ...ifAny(
            withheld,
            "message is left out: its number is on the list suppress",
            "messages are left out: their numbers are on the list suppress"
          ),
          ...ifAny(
            passed,
            "message is left out: the time in which it might have been sent again has passed",
            "messages are left out: the time in which they might have been sent again has passed"
          )
        ]
      }
    }
  }
})

/** Who takes a list out, and where it goes; `-` is standard output. */
export interface TakeOptions extends ListOptions {
  readonly actor: string
  readonly version: string
  readonly file: string
}

/**
 * Takes a list out of the journal: records who took it, and only then has `write` write it. Where that cannot be
 * recorded, nothing is written. A tracker may run beside it.
 */
export const take = Effect.fnUntraced(function* <E, R>(
  list: ListName,
  { actor, file, version, ...options }: TakeOptions,
  write: (list: ActionList) => Effect.Effect<void, E, R>
): Effect.fn.Return<ActionList, E | JournalError, Classifiers | Journal | Scope.Scope | R> {
  const journal = yield* Journal
  const taken = yield* read(list, options)
  const { carrier } = options
  yield* journal.startBeside({
    actor,
    version,
    command: "export",
    config: { journal: journal.store.location, list, file, ...(carrier === undefined ? {} : { carrier }) }
  })
  yield* journal.record([{ kind: "list.exported", list, file, rows: taken.count, numbers: taken.numbers }])
  yield* write(taken)
  return taken
}, Effect.scoped)
