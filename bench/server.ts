/**
 * The platform of the benchmark, a process of its own so that it takes nothing from the side that is measured: answers a
 * token request, and each contact's messages with a page that was rendered before it said that it listens.
 */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { answer, contacts } from "./Workload.ts"

const ids = contacts(Number(process.argv[2]))
const pages = new Map(ids.map((id, page) => [id, Buffer.from(answer(page))]))
const token = Buffer.from(JSON.stringify({ access_token: "benchmark", expires_in: 86_400 }))
const prefix = "/api/v2/messaging/externalcontacts/"

const server = createServer((request, response) => {
  const url = request.url ?? ""
  const body = url === "/oauth/token" ? token : pages.get(url.slice(prefix.length, url.indexOf("/", prefix.length)))
  request.resume()
  if (body === undefined) {
    response.writeHead(404).end()
  } else {
    response.writeHead(200, { "content-type": "application/json", "content-length": body.length }).end(body)
  }
})

server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port))
process.on("disconnect", () => process.exit())
