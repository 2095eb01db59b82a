/**
 * The program: runs the command line as a process, and ends it with the right exit code.
 *
 * @module
 */
import { Exporter } from "@dlrkit/core"
import { layer as layerPlatform } from "@dlrkit/core/node"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Cli from "./Cli.ts"
import * as ExitCode from "./ExitCode.ts"
import * as Terminal from "./Terminal.ts"

const signals = { SIGINT: 130, SIGTERM: 143 } as const

/** A terminal tells all its processes of Ctrl-C, and those that started us pass it on: within so long it is the same one. */
const sameSignal = 500

/** However a plugin hangs, a stop takes no longer. Milliseconds. */
const stopAtMost = 4500

let stop: { readonly signal: keyof typeof signals; readonly at: number } | undefined
for (const signal of Object.keys(signals) as Array<keyof typeof signals>) {
  process.on(signal, () => {
    const at = performance.now()
    // Nothing is lost: what was committed is on the disk, and the next run finds the rest.
    if (stop !== undefined && (stop.signal !== signal || at - stop.at > sameSignal)) process.exit(signals[signal])
    stop ??= { signal, at }
    setTimeout(() => process.exit(signals[signal]), stopAtMost).unref()
  })
}

// Whoever writes there is told by the write itself.
let readerGone = false
process.stdout.on("error", (error) => {
  readerGone ||= Terminal.isReaderGone(error)
})

/** The code of an exit; says what went wrong, in a line. */
const conclude = (exit: Exit.Exit<unknown, unknown>): number => {
  const code = codeOf(exit)
  const failure = Terminal.printFailure()
  if (failure === undefined) return code
  Terminal.stderr.print(`dlrkit: ${failure}`)
  return 2
}

const codeOf = (exit: Exit.Exit<unknown, unknown>): number => {
  if (Exit.isSuccess(exit)) return 0
  Terminal.stderr.clear()
  if (Cause.hasInterruptsOnly(exit.cause)) return signals[stop?.signal ?? "SIGINT"]
  const failure = Cause.findErrorOption(exit.cause)
  if (failure._tag === "None") {
    Terminal.stderr.print(`dlrkit: a bug: ${Cause.pretty(exit.cause)}`)
    return 70
  }
  const error = failure.value
  if (error instanceof Exporter.ExportError && readerGone) return 0
  if (!(error instanceof ExitCode.Finished)) {
    Terminal.stderr.print(`dlrkit: ${error instanceof Error ? error.message : String(error)}`)
  }
  return ExitCode.ofError(error)
}

NodeRuntime.runMain(Cli.run(process.argv.slice(2)).pipe(Effect.provide(layerPlatform)), {
  disableErrorReporting: true,
  teardown: (exit, onExit) => onExit(conclude(exit))
})
