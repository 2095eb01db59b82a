/**
 * A program with the sink, for the test to start: once its standard input ends, it writes as many batches of 100 events as
 * its argument says, and tells on standard error how that went.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Effect, Stdio, Stream } from "effect"
import * as AuditStdout from "../src/index.ts"
import { events } from "./events.ts"

Effect.gen(function* () {
  const stdio = yield* Stdio.Stdio
  yield* Stream.runDrain(stdio.stdin)
  const sink = yield* AuditStdout.sink()
  for (let batch = 0; batch < Number(process.argv[2]); batch++) {
    yield* sink.write(events(batch * 100 + 1, batch * 100 + 100))
  }
  process.stderr.write("all written")
}).pipe(
  Effect.catch((error) => Effect.sync(() => process.stderr.write(error.message))),
  Effect.provide(NodeServices.layer),
  NodeRuntime.runMain
)
