/**
 * `dlrkit forget`: a person's data leave the journal, also beside a tracker.
 *
 * @module
 */
import { Forgetting, Journal, Message } from "@dlrkit/core"
import { currentActor } from "@dlrkit/core/node"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { UsageError } from "./ExitCode.ts"
import * as Flags from "./Flags.ts"
import { openJournal } from "./OpenJournal.ts"
import * as Terminal from "./Terminal.ts"
import { version } from "./Version.ts"

/** The command. */
export const command = Command.make("forget", {
  number: Argument.String("NUMBER").pipe(
    Argument.withDescription("The person's phone number with its country: +49 171 …, 0049 171 …")
  ),
  config: Flags.config,
  journal: Flags.journal,
  actor: Flags.actor,
  json: Flags.json
}).pipe(
  Command.withShortDescription("Take a person's data out of the journal"),
  Command.withDescription(
    "Makes all messages to a number nobody's: the number, ids, contacts and labels leave the journal's messages and events, and its files; status, carrier, cause and times stay, so that totals remain. Messages without an end are not followed any more. Can be run again, also where nothing is left to forget."
  ),
  Command.withHandler(
    Effect.fnUntraced(function* (flags) {
      const digits = yield* personOf(flags.number)
      yield* forget(digits, Option.getOrElse(flags.actor, currentActor), flags.json).pipe(
        Effect.provide(yield* openJournal(flags, "beside"))
      )
    })
  )
)

/** As many digits as a number has with its country's (E.164 allows 15). */
const fewest = 7
const most = 15

/** The digits of a person's number. It is not printed again: logs keep what is said here. */
const personOf = (text: string) => {
  const digits = Message.digitsIn(text)
  if (digits === undefined || digits.length < fewest || digits.length > most) return Effect.fail(noNumber)
  return Effect.succeed(digits)
}

const noNumber = new UsageError({
  detail: "that is no phone number with its country: write one like +49 171 2345678"
})

const forget = Effect.fnUntraced(function* (digits: string, actor: string, json: boolean) {
  const { store } = yield* Journal.Journal
  const { ended, events, messages } = yield* Forgetting.forget(digits, { actor, version })
  // A list may have held numbers without their country; else, this one is not what it was meant to be.
  if (messages + events === 0 && digits.startsWith("0")) return yield* noNumber
  if (json) {
    yield* Terminal.printResult(JSON.stringify({ journal: store.location, messages, ended, events }))
  } else if (messages + events === 0) {
    yield* Terminal.printResult(`nothing of that number is in the journal ${store.location}`)
  } else {
    const followed = ended === 0 ? "" : `, ${ended} of which are no longer followed`
    yield* Terminal.printResult(
      `forgotten: ${messages} messages are nobody's now${followed}, and ${events} events name nobody`
    )
  }
  Terminal.stderr.print(
    "not reached from here: audit files, exports and whatever else sinks were given (message ids, and a keyed hash of the number), copies of the journal, and your own lists: who tracks these messages again registers them again"
  )
})
