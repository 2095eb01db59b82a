/**
 * The program: runs the command line as a process, and ends it with the right exit code.
 *
 * @module
 */
import { layer as layerPlatform } from "@dlrkit/core/node"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Cli from "./Cli.ts"
import * as ExitCode from "./ExitCode.ts"
import * as Terminal from "./Terminal.ts"

const signals = { SIGINT: 130, SIGTERM: 143 } as const
let stoppedBy: keyof typeof signals = "SIGINT"
for (const signal of Object.keys(signals) as Array<keyof typeof signals>) {
  process.once(signal, () => {
    stoppedBy = signal
  })
}

// Whoever reads our output may stop reading (`| head`): that is no failure of ours.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  process.exit(error.code === "EPIPE" ? 0 : 2)
})

/** The code of an exit; says what went wrong, in a line. */
const conclude = (exit: Exit.Exit<unknown, unknown>): number => {
  if (Exit.isSuccess(exit)) return 0
  Terminal.stderr.clear()
  if (Cause.hasInterruptsOnly(exit.cause)) return signals[stoppedBy]
  const failure = Cause.findErrorOption(exit.cause)
  if (failure._tag === "None") {
    Terminal.stderr.print(`dlrkit: a bug: ${Cause.pretty(exit.cause)}`)
    return 70
  }
  const error = failure.value
  if (!(error instanceof ExitCode.Finished)) {
    Terminal.stderr.print(`dlrkit: ${error instanceof Error ? error.message : String(error)}`)
  }
  return ExitCode.ofError(error)
}

NodeRuntime.runMain(Cli.run(process.argv.slice(2)).pipe(Effect.provide(layerPlatform)), {
  disableErrorReporting: true,
  teardown: (exit, onExit) => onExit(conclude(exit))
})
