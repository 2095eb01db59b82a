/**
 * Reads a file of messages as `dlrkit track` does, and prints how many it found.
 *
 * @module
 */
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as MessageFile from "../src/MessageFile.ts"

const counted = MessageFile.open(process.argv[2] ?? "").pipe(
  Effect.flatMap(({ batches }) =>
    Stream.runFold(
      batches,
      () => 0,
      (count, batch) => count + batch.length
    )
  ),
  Effect.provide(NodeServices.layer)
)
process.stdout.write(String(await Effect.runPromise(counted)))
