/** The platform on this machine: it knows the receipts that it is told, and answers as it is told. */
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"

/** An answer that is not one with receipts. */
interface Answer {
  readonly status: number
  readonly headers?: Record<string, string>
}

/** What can go wrong with it. */
export type Fault = "junk" | "unavailable" | "refused" | "stall"

const statuses = { junk: 200, unavailable: 503, refused: 401 }

/** Starts one. */
export const platform = async (receipts: Readonly<Record<string, { state: string; error?: string }>>) => {
  const asked: Array<ReadonlyArray<string>> = []
  const answers: Array<Answer> = []
  let fault: Fault | undefined
  const server = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? "", "http://127.0.0.1")
    const ids = (searchParams.get("ids") ?? "").split(",")
    asked.push(ids)
    if (fault === "stall") return
    if (fault !== undefined) {
      response.writeHead(statuses[fault]).end("<p>Sorry</p>")
      return
    }
    const { headers = {}, status }: Answer = answers.shift() ?? { status: 200 }
    const rows = ids.flatMap((id) => (receipts[id] === undefined ? [] : [{ id, ...receipts[id] }]))
    response.writeHead(status, headers).end(JSON.stringify(status === 200 ? rows : {}))
  })
  await once(server.listen(0, "127.0.0.1"), "listening")
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** The ids of each request. */
    asked,
    /** What the next requests are answered with, instead of receipts. */
    answers,
    /** From now on this goes wrong. */
    fail: (how: Fault | undefined) => {
      fault = how
    },
    close: () => {
      server.close()
      server.closeAllConnections()
    }
  }
}
