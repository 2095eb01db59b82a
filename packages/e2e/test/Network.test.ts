import * as http from "node:http"
import * as https from "node:https"
import type { AddressInfo } from "node:net"
import * as net from "node:net"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { generate } from "selfsigned"
import { lines, platform, workplace } from "./command.ts"

const quick = { messages: 30, within: 300, never: 0, missing: 0 } as const

/** Listens on a free port of this machine until the scope ends. */
const listening = <S extends net.Server>(server: S) =>
  Effect.acquireRelease(
    Effect.callback<number>((resume) => {
      server.listen(0, "127.0.0.1", () => resume(Effect.succeed((server.address() as AddressInfo).port)))
    }),
    () =>
      Effect.callback<void>((resume) => {
        server.close(() => resume(Effect.void))
        if (server instanceof http.Server || server instanceof https.Server) server.closeAllConnections()
      })
  )

/** A proxy that opens tunnels to this machine whatever host is asked for, and says which were. */
const proxy = (answer: "tunnel" | "refuse", port: number) =>
  Effect.gen(function* () {
    const asked: Array<string> = []
    const server = http.createServer((_request, response) => response.writeHead(500).end())
    server.on("connect", (request: http.IncomingMessage, socket: net.Socket) => {
      asked.push(request.url ?? "")
      socket.on("error", () => socket.destroy())
      if (answer === "refuse") {
        socket.end("HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n")
        return
      }
      const tunnel = net.connect(port, "127.0.0.1", () => {
        socket.write("HTTP/1.1 200 OK\r\n\r\n")
        tunnel.pipe(socket).pipe(tunnel)
      })
      tunnel.on("error", () => socket.destroy())
      socket.on("close", () => tunnel.destroy())
    })
    return { asked, url: `http://127.0.0.1:${yield* listening(server)}` }
  })

/** The simulated platform behind TLS, with a certificate for these names that nobody trusts yet. */
const secured = Effect.fnUntraced(function* (place: Effect.Success<typeof workplace>) {
  const { environment, server } = yield* platform(place, quick)
  const certificate = yield* Effect.promise(() =>
    generate([{ name: "commonName", value: "dlrkit test" }], {
      keyType: "ec",
      extensions: [
        { name: "basicConstraints", cA: true },
        {
          name: "subjectAltName",
          altNames: [
            { type: 2, value: "localhost" },
            { type: 2, value: "platform.example" },
            { type: 7, ip: "127.0.0.1" },
            { type: 7, ip: "0.0.0.0" }
          ]
        }
      ]
    })
  )
  place.write("authority.pem", certificate.cert)
  const tls = https.createServer({ key: certificate.private, cert: certificate.cert }, (request, response) => {
    const { headers, method, url } = request
    const onward = http.request(`${server.url}${url}`, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers)
      answer.pipe(response)
    })
    request.pipe(onward)
  })
  return { environment, port: yield* listening(tls) }
})

const track = ["track", "messages.csv", "--json"]

const at = (environment: Record<string, string>, url: string) => ({
  ...environment,
  GENESYS_API_URL: url,
  GENESYS_LOGIN_URL: url
})

const config = (source: string) => `
  import { defineTracker } from ${JSON.stringify(import.meta.resolve("@dlrkit/core"))}
  import * as Genesys from ${JSON.stringify(import.meta.resolve("@dlrkit/source-genesys"))}
  export default defineTracker({ sources: [Genesys.source(${source})] })
`

// Each has a folder and a platform of its own, and most of its time it waits.
describe.concurrent("a company's network", () => {
  it.live("an authority of the company's own is trusted by NODE_EXTRA_CA_CERTS and by the option ca", () =>
    Effect.gen(function* () {
      const place = yield* workplace
      const { environment, port } = yield* secured(place)
      const here = at(environment, `https://localhost:${port}`)
      const byNode = yield* place.run(track, { ...here, NODE_EXTRA_CA_CERTS: place.file("authority.pem") })
      assert.strictEqual(byNode.code, 0, byNode.stderr)
      place.write("ca.config.ts", config(`{ ca: "authority.pem" }`))
      const byOption = yield* place.run([...track, "--config", "ca.config.ts", "--journal", "2.db"], here)
      assert.strictEqual(byOption.code, 0, byOption.stderr)
      assert.strictEqual(JSON.parse(byOption.stdout).registered, 30)
    })
  )

  it.live("HTTPS_PROXY is honoured, and NO_PROXY", () =>
    Effect.gen(function* () {
      const place = yield* workplace
      const { environment, port } = yield* secured(place)
      const tunnel = yield* proxy("tunnel", port)
      const there = {
        ...at(environment, "https://platform.example"),
        NODE_EXTRA_CA_CERTS: place.file("authority.pem"),
        HTTPS_PROXY: tunnel.url
      }
      const proxied = yield* place.run(track, there)
      assert.strictEqual(proxied.code, 0, proxied.stderr)
      assert.deepStrictEqual(Array.from(new Set(tunnel.asked)), ["platform.example:443"])

      const refusing = yield* proxy("refuse", 0)
      const past = yield* place.run([...track, "--journal", "2.db"], {
        ...at(there, `https://0.0.0.0:${port}`),
        HTTPS_PROXY: refusing.url,
        NO_PROXY: "0.0.0.0"
      })
      assert.strictEqual(past.code, 0, past.stderr)
      assert.deepStrictEqual(refusing.asked, [])
    })
  )

  it.live("this machine's own addresses never go through a proxy", () =>
    Effect.gen(function* () {
      const place = yield* workplace
      const { environment } = yield* platform(place, quick)
      const refusing = yield* proxy("refuse", 0)
      const ended = yield* place.run(track, { ...environment, HTTP_PROXY: refusing.url, HTTPS_PROXY: refusing.url })
      assert.strictEqual(ended.code, 0, ended.stderr)
      assert.deepStrictEqual(refusing.asked, [])
    })
  )

  it.live(
    "a bad certificate, a proxy's 407, an unknown host and a closed port are four different lines",
    () =>
      Effect.gen(function* () {
        const place = yield* workplace
        const { environment, port } = yield* secured(place)
        const refusing = yield* proxy("refuse", 0)
        const environments = [
          at(environment, `https://localhost:${port}`),
          { ...at(environment, "https://platform.example"), HTTPS_PROXY: refusing.url },
          // A name that no resolver can ask for: none of its parts may be longer than 63 characters.
          at(environment, `https://${"x".repeat(64)}.example`),
          at(environment, "http://127.0.0.1:1")
        ]
        // Each repeats its request for some ten seconds before it gives up.
        const failures = yield* Effect.forEach(
          environments,
          (one, i) => place.run([...track, "--journal", `${i}.db`, "--audit", `audit-${i}`], one),
          { concurrency: "unbounded" }
        )
        const said = failures.map(({ code, stderr }) => {
          assert.strictEqual(code, 6, stderr)
          return lines(stderr).at(-1) ?? ""
        })
        assert.match(said[0] ?? "", /certificate of localhost:\d+ is not trusted.*NODE_EXTRA_CA_CERTS/)
        assert.match(said[1] ?? "", /proxy refused.*platform\.example.*407/)
        assert.match(said[2] ?? "", /host x+\.example is unknown/)
        assert.match(said[3] ?? "", /127\.0\.0\.1:1 cannot be reached.*ECONNREFUSED/)
        for (const { stderr } of failures) assert.strictEqual(lines(stderr).length, 1, stderr)
      }),
    60_000
  )
})

describe.concurrent("credentials", () => {
  it.live("a wrong secret is refused in one line, with exit 4", () =>
    Effect.gen(function* () {
      const place = yield* workplace
      const { environment } = yield* platform(place, quick)
      const ended = yield* place.run(track, { ...environment, GENESYS_CLIENT_SECRET: "wrong-secret-value" })
      assert.strictEqual(ended.code, 4)
      assert.strictEqual(lines(ended.stderr).length, 1, ended.stderr)
      assert.match(ended.stderr, /credentials/)
      assert.notInclude(ended.stderr, "wrong-secret-value")
    })
  )

  it.live("a permission that is lacking is named, with exit 4", () =>
    Effect.gen(function* () {
      const place = yield* workplace
      const { environment } = yield* platform(place, { ...quick, denied: ["messaging:messages:read"] })
      const ended = yield* place.run(track, environment)
      assert.strictEqual(ended.code, 4)
      assert.match(ended.stderr, /messaging:messages:read/)
      assert.strictEqual(lines(ended.stderr).length, 1, ended.stderr)
    })
  )

  it.live("the secret may come from a file, or from .env beside the config; the environment wins", () =>
    Effect.gen(function* () {
      const place = yield* workplace
      const { environment } = yield* platform(place, quick)
      const { GENESYS_CLIENT_SECRET, ...rest } = environment
      place.write("secret", `${GENESYS_CLIENT_SECRET}\n`)
      const byFile = yield* place.run(track, { ...rest, GENESYS_CLIENT_SECRET_FILE: place.file("secret") })
      assert.strictEqual(byFile.code, 0, byFile.stderr)

      place.write(".env", `GENESYS_CLIENT_SECRET=${GENESYS_CLIENT_SECRET}\n`)
      assert.strictEqual((yield* place.run([...track, "--journal", "2.db"], rest)).code, 0)

      place.write(".env", "GENESYS_CLIENT_SECRET=wrong\n")
      assert.strictEqual((yield* place.run([...track, "--journal", "3.db"], environment)).code, 0)
      assert.strictEqual((yield* place.run([...track, "--journal", "4.db"], rest)).code, 4)
    })
  )
})
