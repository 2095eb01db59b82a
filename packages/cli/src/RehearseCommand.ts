/**
 * `dlrkit rehearse`: an outage before it happens, over the user's own config, under virtual time.
 *
 * @module
 */
import { Journal, JournalStore } from "@dlrkit/core"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Configuration from "./Configuration.ts"
import { durationFlag } from "./DurationText.ts"
import { Finished } from "./ExitCode.ts"
import * as Flags from "./Flags.ts"
import { openJournal } from "./OpenJournal.ts"
import * as Rehearsal from "./Rehearsal.ts"
import * as RehearsalCarriers from "./RehearsalCarriers.ts"
import * as RehearsalFigures from "./RehearsalFigures.ts"
import * as RehearsalReport from "./RehearsalReport.ts"
import * as RehearsalStage from "./RehearsalStage.ts"
import * as Scenario from "./Scenario.ts"
import * as Terminal from "./Terminal.ts"

/** More take minutes. */
const mostMessages = 100_000

/** The command. */
export const command = Command.make("rehearse", {
  scenario: Flag.Literals("scenario", Scenario.names).pipe(Flag.withDescription("What goes wrong")),
  seed: Flag.String("seed").pipe(
    Flag.withDescription("The same seed plays the same, byte for byte"),
    Flag.withDefault("1")
  ),
  config: Flags.config,
  journal: Flags.journal,
  messages: Flag.Int("messages").pipe(
    Flag.withMetavar("N"),
    Flag.filter(
      (count) => count > 0 && count <= mostMessages,
      (count) => `Expected a number from 1 to ${mostMessages}, got ${count}`
    ),
    Flag.withDescription("How many messages are sent"),
    Flag.withDefault(500)
  ),
  over: durationFlag("over").pipe(Flag.withDescription("How long sending them takes"), Flag.withDefault(3_600_000)),
  deadline: durationFlag("deadline").pipe(
    Flag.withDescription("How long after it was sent a message is followed; what the config says, else 72h"),
    Flag.optional
  ),
  json: Flags.json
}).pipe(
  Command.withShortDescription("Play an outage before it happens"),
  Command.withDescription(
    "Plays an outage over the config's own classifiers, carriers and settings, under virtual time and against a simulated platform, and reports what would be late, lost and unconfirmed. Sends nothing, writes nothing, and needs no credentials. Exits with 1 where a message was lost."
  ),
  Command.withExamples([
    { command: "dlrkit rehearse --scenario platform-outage", description: "Two hours without the platform" },
    { command: "dlrkit rehearse --scenario silent-carrier --seed 7 --json", description: "The result as JSON" }
  ]),
  Command.withHandler(
    Effect.fnUntraced(function* (flags) {
      const { definition, environment } = yield* Configuration.load({
        config: Option.getOrUndefined(flags.config),
        journal: Option.getOrUndefined(flags.journal),
        deadline: Option.getOrUndefined(flags.deadline)
      })
      const stage = yield* RehearsalStage.make(definition, environment)
      const { carriers: configured } = stage.settings
      const learned = yield* Effect.flatMap(Journal.Journal, ({ store }) =>
        RehearsalCarriers.learned(store, stage.sourceName, configured, stage.api)
      ).pipe(
        Effect.provide(yield* openJournal(flags)),
        // Without a journal, and without one having been named, nothing has been learned yet.
        Effect.catchIf(
          (error) => Option.isNone(flags.journal) && error instanceof JournalStore.JournalError,
          () => Effect.succeed(undefined)
        )
      )
      const { carriers, origin } =
        learned ?? RehearsalCarriers.configured(configured, stage.api) ?? RehearsalCarriers.invented(stage.api)

      const { messages, over, seed } = flags
      const scenario = Scenario.make(flags.scenario, { over, carrier: carriers[0].name, perMinute: stage.perMinute })
      const calm = yield* Rehearsal.play(stage, { seed, messages, over, carriers })
      const troubled = yield* Rehearsal.play(stage, { seed, messages, over, carriers, trouble: scenario.trouble })
      const comparison = RehearsalFigures.compare(calm, troubled, scenario)
      const rehearsed: RehearsalReport.Rehearsed = {
        ...{ scenario, seed, messages, over, comparison },
        source: stage.sourceName,
        perMinute: stage.perMinute,
        deadline: troubled.messages.reduce(
          (longest, { deadlineAt, registeredAt, sentAt = registeredAt }) => Math.max(longest, deadlineAt - sentAt),
          0
        ),
        carriers: origin
      }
      if (stage.otherSources > 0) {
        Terminal.stderr.print(`only the config's first source, ${stage.sourceName}, is rehearsed`)
      }
      yield* Terminal.printResult(flags.json ? RehearsalReport.toJson(rehearsed) : RehearsalReport.render(rehearsed))
      if (comparison.lost.length > 0) return yield* new Finished({ code: 1 })
    }, Effect.scoped)
  )
)
