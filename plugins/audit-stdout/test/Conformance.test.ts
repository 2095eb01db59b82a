import { AuditSinkConformance } from "@dlrkit/testkit"
import { Effect, PlatformError, Sink, Stdio } from "effect"
import * as AuditStdout from "../src/index.ts"

const cause = new Error("write EPIPE")
const broken = PlatformError.systemError({ _tag: "Unknown", module: "Stdio", method: "stdout", cause })

/** Standard output in memory. Where it fails, or its reader stops to read, what was written is there but for its end. */
const place = () => {
  let written = ""
  let fault: Effect.Effect<never, PlatformError.PlatformError> | undefined
  const take = (chunk: string | Uint8Array) =>
    Effect.suspend(() => {
      const text = String(chunk)
      written += fault === undefined ? text : text.slice(0, -7)
      return fault ?? Effect.void
    })
  const becomes = (next: typeof fault) => () => {
    fault = next
  }
  const stdout = () => Sink.forEach(take)
  return {
    sink: Effect.provide(AuditStdout.sink(), Stdio.layerTest({ stdout })),
    // As its documentation says: what is no JSON is left out.
    read: () =>
      written
        .split("\n")
        .filter((line) => line.endsWith("}"))
        .map((line) => JSON.parse(line)),
    faults: {
      begin: { refuse: becomes(Effect.fail(broken)), stall: becomes(Effect.never) },
      end: becomes(undefined)
    }
  }
}

AuditSinkConformance.suite({ make: place })
