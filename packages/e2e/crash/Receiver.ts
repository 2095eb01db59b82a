/**
 * A receiver of audit events by HTTP that fails now and then, also after it has kept what it was sent.
 *
 * @module
 */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { text } from "node:stream/consumers"
import * as Effect from "effect/Effect"
import { draw } from "./Draw.ts"

/** A receiver that listens, and every line that it was sent and has kept. */
export interface Receiver {
  readonly url: string
  readonly kept: ReadonlyArray<string>
  /** From now on it answers everything. */
  readonly recover: () => void
}

/** Listens for as long as the scope lasts. */
export const serve = Effect.fnUntraced(function* (seed: string) {
  const kept: Array<string> = []
  let failing = true
  let asked = 0
  const server = yield* Effect.acquireRelease(
    Effect.callback<ReturnType<typeof createServer>>((resume) => {
      const server = createServer(async (request, response) => {
        // Of a batch that is cut off nothing is kept, as the process that sent it is gone.
        const body = await text(request).catch(() => undefined)
        if (body === undefined) return
        const luck = failing ? draw(seed, "receiver", ++asked) : 1
        if (luck < 0.1) return void response.writeHead(503).end()
        kept.push(...body.split("\n").filter((line) => line !== ""))
        if (luck < 0.2) return void request.socket.destroy()
        response.writeHead(204).end()
      })
      server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
    }),
    (server) =>
      Effect.callback<void>((resume) => {
        server.close(() => resume(Effect.void))
        server.closeAllConnections()
      })
  )
  const receiver: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`,
    kept,
    recover: () => {
      failing = false
    }
  }
  return receiver
})
