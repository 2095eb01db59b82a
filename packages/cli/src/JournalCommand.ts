/**
 * `dlrkit journal`: what keeps a journal in order.
 *
 * @module
 */
import { Journal, JournalCheck, Pruning, TrackingEvent } from "@dlrkit/core"
import { currentActor } from "@dlrkit/core/node"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { durationFlag } from "./DurationText.ts"
import { Finished } from "./ExitCode.ts"
import * as Flags from "./Flags.ts"
import { openJournal } from "./OpenJournal.ts"
import * as Terminal from "./Terminal.ts"
import { version } from "./Version.ts"

const flags = { config: Flags.config, journal: Flags.journal, json: Flags.json }

/** How many problems are told, one line each. */
const toldProblems = 20

const check = Command.make("check", flags).pipe(
  Command.withShortDescription("Whether a journal is whole"),
  Command.withDescription(
    "Looks for damage in the journal's file, for gaps among its events, and for messages that are not what their events say. Reads alone, also beside a tracker. Exits with 2 where something is wrong."
  ),
  Command.withHandler(
    Effect.fnUntraced(function* (flags) {
      yield* Effect.gen(function* () {
        const { store } = yield* Journal.Journal
        const { count, events, messages, problems } = yield* JournalCheck.check({ atMost: toldProblems })
        if (flags.json) {
          const whole = count === 0
          yield* Terminal.printResult(
            JSON.stringify({
              journal: store.location,
              whole,
              messages,
              events,
              problems,
              more: count - problems.length
            })
          )
        } else {
          for (const problem of problems) yield* Terminal.printResult(problem)
          if (count > problems.length) yield* Terminal.printResult(`and ${count - problems.length} more`)
          const found = count === 0 ? "whole" : `${count} ${count === 1 ? "problem" : "problems"}`
          yield* Terminal.printResult(`${store.location}: ${found}, ${messages} messages, ${events} events`)
        }
        if (count > 0) return yield* new Finished({ code: 2 })
      }).pipe(Effect.provide(yield* openJournal(flags)))
    })
  )
)

const compact = Command.make("compact", flags).pipe(
  Command.withShortDescription("Give unused space back"),
  Command.withDescription(
    "Writes the journal's file anew, without the space that what was taken out of it left behind."
  ),
  Command.withHandler(
    Effect.fnUntraced(function* (flags) {
      yield* Effect.gen(function* () {
        const { store } = yield* Journal.Journal
        const size = yield* store.compact
        yield* Terminal.printResult(
          flags.json
            ? JSON.stringify({ journal: store.location, ...size })
            : `${store.location}: ${size.before} bytes before, ${size.after} now`
        )
      }).pipe(Effect.provide(yield* openJournal(flags, "beside")))
    })
  )
)

const prune = Command.make("prune", {
  ...flags,
  actor: Flags.actor,
  olderThan: durationFlag("older-than").pipe(
    Flag.withDescription("How long ago a message must have ended, or an event been recorded, to go: 90d")
  )
}).pipe(
  Command.withShortDescription("Take out what is old"),
  Command.withDescription(
    "Takes out messages that ended so long ago, and events that old, from the oldest on: not those that an audit sink has not acknowledged, nor those of the last 24 hours. Works beside a tracker. The space is given back by dlrkit journal compact."
  ),
  Command.withHandler(
    Effect.fnUntraced(function* (flags) {
      const actor = Option.getOrElse(flags.actor, currentActor)
      yield* Effect.gen(function* () {
        const result = yield* pruneAs(actor, flags.olderThan)
        const before = TrackingEvent.isoTime(result.before)
        const { events, lastDayStays, messages, waitingFor } = result
        if (flags.json) {
          const waiting = waitingFor.map(({ consumer, seq }) => ({ name: consumer, acknowledged: seq }))
          return yield* Terminal.printResult(
            JSON.stringify({ before, messages, events, waitingFor: waiting, lastDayStays })
          )
        }
        yield* Terminal.printResult(`pruned: ${messages} messages and ${events} events of before ${before}`)
        for (const { consumer, seq } of waitingFor) {
          const has = seq === 0 ? "no event yet" : `events up to ${seq} alone`
          yield* Terminal.printResult(`${consumer} has ${has}: what it lacks stays until it has it`)
        }
        if (lastDayStays) {
          yield* Terminal.printResult(
            "events of the last 24 hours stay: they tell the next run which requests count against its budget"
          )
        }
      }).pipe(Effect.provide(yield* openJournal(flags, "beside")))
    })
  )
)

/** Prunes in a run of its own. */
const pruneAs = Effect.fnUntraced(function* (actor: string, olderThan: number) {
  const journal = yield* Journal.Journal
  const run = yield* journal.startBeside({
    actor,
    version,
    command: "journal prune",
    config: { journal: journal.store.location, olderThanMs: olderThan }
  })
  return yield* Pruning.prune({ olderThan, run })
}, Effect.scoped)

const migrate = Command.make("migrate", flags).pipe(
  Command.withShortDescription("Bring a journal of an older version to this one"),
  Command.withDescription(
    "Brings a journal that an older dlrkit made to what this one reads, and leaves a copy of it."
  ),
  Command.withHandler(
    Effect.fnUntraced(function* (flags) {
      yield* Effect.gen(function* () {
        const { location, migrated } = (yield* Journal.Journal).store
        if (flags.json) {
          return yield* Terminal.printResult(JSON.stringify({ journal: location, migrated: migrated ?? null }))
        }
        yield* Terminal.printResult(
          migrated === undefined
            ? `${location}: nothing to do, it is of this version`
            : `${location}: brought from version ${migrated.from} to ${migrated.to}; a copy of what it was is ${migrated.copy}`
        )
      }).pipe(Effect.provide(yield* openJournal(flags, "migrate")))
    })
  )
)

/** The command. */
export const command = Command.make("journal").pipe(
  Command.withShortDescription("Check, compact, prune or migrate a journal"),
  Command.withDescription("Keeps a journal in order."),
  Command.withSubcommands([check, compact, prune, migrate])
)
