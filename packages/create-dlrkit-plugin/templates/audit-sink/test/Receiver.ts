/** A receiver of events on this machine, which keeps them, and goes wrong as it is told. */
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { text } from "node:stream/consumers"

/** Starts one. */
export const receiver = async () => {
  const kept: Array<string> = []
  let fault: "refuse" | "stall" | undefined
  const server = createServer(async (request, response) => {
    const body = await text(request).catch(() => "")
    if (fault === "stall") return
    if (fault === "refuse") {
      response.writeHead(503).end()
      return
    }
    for (const line of body.split("\n").filter((line) => line !== "")) kept.push(JSON.parse(line))
    response.writeHead(204).end()
  })
  await once(server.listen(0, "127.0.0.1"), "listening")
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`,
    kept,
    fail: (how: "refuse" | "stall" | undefined) => {
      fault = how
    },
    close: () => {
      server.close()
      server.closeAllConnections()
    }
  }
}
