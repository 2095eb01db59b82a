/**
 * `dlrkit simulator`: a stand-in for the platform, to try dlrkit on.
 *
 * @module
 */
import { Simulator, SimulatorServer } from "@dlrkit/simulator"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import { UsageError } from "./ExitCode.ts"
import * as Terminal from "./Terminal.ts"

/** The command. */
export const command = Command.make("simulator", {
  api: Flag.Literals("api", ["messaging", "conversations"]).pipe(
    Flag.withDescription("The API that it serves: `conversations` is the public one"),
    Flag.withDefault("messaging" as const)
  ),
  port: Flag.Int("port").pipe(
    Flag.filter(
      (port) => port >= 0 && port < 65_536,
      (port) => `Expected a port from 0 to 65535, got ${port}`
    ),
    Flag.withDescription("The port; any free one by default"),
    Flag.withDefault(0)
  ),
  messages: Flag.Int("messages").pipe(Flag.withDescription("How many messages were sent"), Flag.withDefault(1000)),
  contacts: Flag.Int("contacts").pipe(
    Flag.withDescription("How many contacts they went to; one for 25 messages by default, or for each conversation"),
    Flag.optional
  ),
  seed: Flag.String("seed").pipe(
    Flag.withDescription("The same seed gives the same messages, receipts and faults"),
    Flag.withDefault("1")
  ),
  faults: Flag.Literals("faults", ["none", "chaos", "outage", "auth"]).pipe(
    Flag.withDescription("What goes wrong"),
    Flag.withDefault("none" as const)
  ),
  speed: Flag.Finite("speed").pipe(
    Flag.withDescription("Receipts come so many times faster; at 1 all have come within a minute"),
    Flag.withDefault(1)
  ),
  requestsPerMinute: Flag.Int("requests-per-minute").pipe(
    Flag.withDescription("How many requests the platform allows"),
    Flag.withDefault(300)
  ),
  out: Flag.String("out").pipe(
    Flag.withMetavar("FILE"),
    Flag.withDescription("Where the list of messages is written"),
    Flag.withDefault("messages.csv")
  )
}).pipe(
  Command.withShortDescription("Start a stand-in for the platform"),
  Command.withDescription(
    "Serves a simulated Genesys Cloud on this machine until it is stopped, writes the messages that it knows, and prints how to track them."
  ),
  Command.withExamples([
    { command: "dlrkit simulator --messages 500 --faults chaos", description: "With faults" },
    { command: "dlrkit simulator --api conversations", description: "The public API" }
  ]),
  Command.withHandler(
    Effect.fnUntraced(function* (flags) {
      const fs = yield* FileSystem.FileSystem
      const server = yield* SimulatorServer.serve({
        api: flags.api,
        port: flags.port,
        messages: flags.messages,
        contacts: Option.getOrUndefined(flags.contacts),
        seed: flags.seed,
        faults: flags.faults,
        speed: flags.speed,
        requestsPerMinute: flags.requestsPerMinute
      })
      yield* fs
        .writeFileString(flags.out, Simulator.toCsv(server.messages, { api: flags.api }))
        .pipe(
          Effect.mapError((error) => new UsageError({ detail: `${flags.out} cannot be written: ${error.message}` }))
        )
      const exports = Object.entries(server.environment).map(([name, value]) => `export ${name}=${value}`)
      // A little longer than the last receipt takes; what has none by then ends unconfirmed.
      const deadline = Math.ceil(90 / flags.speed)
      yield* Terminal.printResult(
        [
          ...exports,
          `dlrkit track ${quote(flags.out)} --deadline ${deadline}s`,
          `# the truth, and what clients did wrong: ${server.url}/_simulator/report`,
          "ready"
        ].join("\n")
      )
      yield* Effect.never
    }, Effect.scoped)
  )
)

const quote = (word: string) => (/^[\w./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)
