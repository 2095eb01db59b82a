/**
 * What must be so after all those kills: the journal says what the platform served, and each sink has what the journal
 * says.
 *
 * @module
 */
import { existsSync, readdirSync } from "node:fs"
import { defineTracker, Exporter, Journal, JournalStore, TrackerDefinition, type TrackingEvent } from "@dlrkit/core"
import { layer as layerPlatform } from "@dlrkit/core/node"
import * as Sqlite from "@dlrkit/journal-sqlite"
import type { Simulator } from "@dlrkit/simulator"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { lines, type workplace } from "../test/command.ts"
import { violations } from "../test/invariants.ts"
import type { Receiver } from "./Receiver.ts"

/** What was found. */
export interface Verdict {
  readonly messages: number
  readonly events: number
  /** Events that a sink was given again, with the same id and the same content. */
  readonly duplicates: number
  /** What is lost, or wrong, each in a sentence. */
  readonly wrong: ReadonlyArray<string>
}

/** What the journal of a folder holds, and what is damaged in it. */
const readJournal = (file: string) =>
  Effect.gen(function* () {
    const { store } = yield* Journal.Journal
    const events = yield* store.events(0, Number.MAX_SAFE_INTEGER)
    const messages = yield* Stream.runCollect(Exporter.messages())
    return { events, messages, damage: yield* store.check }
  }).pipe(
    Effect.provide(
      TrackerDefinition.journalLayer(defineTracker({ journal: Sqlite.journal({ file }) })).pipe(
        Layer.provide(Layer.succeed(JournalStore.Access, "read" as const)),
        Layer.provide(layerPlatform)
      )
    )
  )

const eventOf = (line: string): TrackingEvent.TrackingEvent | undefined => {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

/** What is wrong with what a sink holds, and how much of it came again. */
const compare = (sink: string, held: ReadonlyArray<string>, events: ReadonlyArray<TrackingEvent.TrackingEvent>) => {
  const wrong: Array<string> = []
  let newest = 0
  let duplicates = 0
  for (const line of held) {
    const event = eventOf(line)
    if (event === undefined) {
      wrong.push(`${sink} holds a line that is no event: ${line}`)
      continue
    }
    const { id, seq } = event
    const recorded = events[seq - 1]
    if (recorded === undefined) wrong.push(`${sink} holds ${id}, which the journal has lost`)
    else if (JSON.stringify(recorded) !== line) {
      wrong.push(`${sink} holds ${id} as ${line}, the journal as ${JSON.stringify(recorded)}`)
    }
    if (seq > newest + 1) wrong.push(`${sink} was given ${seq} after ${newest}`)
    if (seq <= newest) duplicates += 1
    newest = Math.max(newest, seq)
  }
  if (newest < events.length) wrong.push(`${sink} ends with ${newest}, the journal with ${events.length}`)
  return { duplicates, wrong }
}

/** Looking again at what was served to a process that was killed is no fault, nor is what it was told in its last moment. */
const mayHappen = /^the platform counted (afterEnd|duringRetryAfter) /

/** Holds everything that was left behind against the simulator's truth. Each run has ended; the last one had no faults. */
export const judge = Effect.fnUntraced(function* (
  place: Effect.Success<typeof workplace>,
  simulator: Simulator.Simulator,
  receiver: Receiver,
  logs: ReadonlyArray<string>
) {
  const { damage, events, messages } = yield* readJournal(place.file("dlrkit.db"))
  const read = (name: string) => (existsSync(place.file(name)) ? lines(place.read(name)) : [])
  const trails = readdirSync(place.file("audit"))
  const trail = compare("audit-file", read(`audit/${trails[0]}`), events)
  const others = [
    compare("ledger", read("ledger.ndjson"), events),
    compare("hanging", read("hanging.ndjson"), events),
    compare("audit-http", receiver.kept, events)
  ]
  const exported = read("messages.ndjson").length
  const verdict: Verdict = {
    messages: messages.length,
    events: events.length,
    duplicates: others.reduce((sum, { duplicates }) => sum + duplicates, trail.duplicates),
    wrong: [
      ...damage,
      ...violations({ exit: Exit.void as never, simulator, events, messages, logs }).filter(
        (text) => !mayHappen.test(text)
      ),
      ...trail.wrong,
      ...others.flatMap(({ wrong }) => wrong),
      ...(trails.length === 1 ? [] : [`there are ${trails.length} audit files of one journal`]),
      ...(trail.duplicates === 0 ? [] : [`audit-file holds ${trail.duplicates} events twice`]),
      ...(exported === messages.length ? [] : [`${exported} messages were exported, of ${messages.length}`])
    ]
  }
  return verdict
})
