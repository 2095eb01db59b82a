/**
 * The command line: its commands, its help, and how it says that it was called wrongly.
 *
 * @module
 */
import * as CliError from "effect/cli/CliError"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ClassifyCommand from "./ClassifyCommand.ts"
import * as DoctorCommand from "./DoctorCommand.ts"
import { Finished } from "./ExitCode.ts"
import * as ExplainCommand from "./ExplainCommand.ts"
import * as ExportCommand from "./ExportCommand.ts"
import * as ForecastCommand from "./ForecastCommand.ts"
import * as ForgetCommand from "./ForgetCommand.ts"
import * as ImportCommand from "./ImportCommand.ts"
import * as JournalCommand from "./JournalCommand.ts"
import * as ReclassifyCommand from "./ReclassifyCommand.ts"
import * as ReconcileCommand from "./ReconcileCommand.ts"
import * as RehearseCommand from "./RehearseCommand.ts"
import * as ReportCommand from "./ReportCommand.ts"
import * as RulesCommand from "./RulesCommand.ts"
import * as SimulatorCommand from "./SimulatorCommand.ts"
import * as StatusCommand from "./StatusCommand.ts"
import * as Terminal from "./Terminal.ts"
import * as TrackCommand from "./TrackCommand.ts"
import { version } from "./Version.ts"

/** `dlrkit` and its commands. */
const command = Command.make("dlrkit").pipe(
  Command.withDescription("Follows SMS messages to a proven end."),
  Command.withSubcommands([
    TrackCommand.command,
    StatusCommand.command,
    ReportCommand.command,
    ExplainCommand.command,
    ExportCommand.command,
    ImportCommand.command,
    ReconcileCommand.command,
    ClassifyCommand.command,
    ReclassifyCommand.command,
    JournalCommand.command,
    ForgetCommand.command,
    DoctorCommand.command,
    ForecastCommand.command,
    RehearseCommand.command,
    RulesCommand.command,
    SimulatorCommand.command
  ])
)

/** Help goes to standard output; a wrong call is one line on standard error. */
const presenter = CliOutput.layerPresenter({
  present: (event) => {
    switch (event._tag) {
      case "Help":
        return event.reason === "Implicit"
          ? complain("name a command", event.commandPath)
          : Terminal.printResult(CliOutput.defaultFormatter().formatHelpDoc(event.helpDoc))
      case "InvalidInvocation":
        return complain(event.errors.map(({ message }) => message).join("; "), event.commandPath)
      case "Version":
        return Terminal.printResult(event.version)
    }
  }
})

const complain = (problem: string, commandPath: ReadonlyArray<string>) =>
  Effect.sync(() =>
    Terminal.stderr.print(`dlrkit: ${problem.replace(/\s*\n\s*/g, " ")} (see ${commandPath.join(" ")} --help)`)
  )

/** Runs the command line. A wrong call has been said when this fails with `Finished` 2. */
export const run = (args: ReadonlyArray<string>) =>
  Command.runWith(command, { version, renderErrors: true })(args).pipe(
    Effect.mapError((error: unknown) =>
      CliError.isCliError(error) && error._tag === "ShowHelp" ? new Finished({ code: 2 }) : error
    ),
    Effect.provide(Layer.mergeAll(presenter, Terminal.layerLogger))
  )
