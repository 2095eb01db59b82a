/**
 * What the carriers themselves say of a batch, as an aggregator's webhook would bring it: the truth, but for some messages of
 * which the carrier tells another end than the platform. Nothing but this finds those: the platform only knows itself.
 */
import type { SimulatorServer } from "@dlrkit/simulator"
import type * as Effect from "effect/Effect"

type Platform = Effect.Success<ReturnType<typeof SimulatorServer.serve>>

/** One message in so many is told otherwise. */
const everyNth = 90

/** The receipts as NDJSON, and the ids of the messages that the carriers tell otherwise. */
export const of = (platform: Platform) => {
  const messages = new Map(platform.messages.map((message) => [message.id, message]))
  const otherwise = new Set<string>()
  const lines: Array<string> = []
  for (const { id, status } of platform.report().messages) {
    const message = messages.get(id)
    if (message === undefined || (status !== "delivered" && status !== "failed")) continue
    if (lines.length % everyNth === everyNth - 1) otherwise.add(id)
    const arrived = (status === "delivered") !== otherwise.has(id)
    // The same id, but as another system writes it.
    const receipt = { ref: message.externalMessageId.toUpperCase(), word: arrived ? "ARRIVED" : "LOST" }
    lines.push(JSON.stringify({ profile: "aggregator", receipt }))
  }
  return { ndjson: `${lines.join("\n")}\n`, otherwise }
}
