/**
 * The simulated platform as a real HTTP server.
 *
 * @module
 */
import * as http from "node:http"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberSet from "effect/FiberSet"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import type { Answer } from "./Answer.ts"
import { InvalidOptions, type Options } from "./Options.ts"
import * as Simulator from "./Simulator.ts"

/** Another program listens there already. */
export class PortInUse extends Schema.TaggedError<PortInUse>()("PortInUse", {
  host: Schema.String,
  port: Schema.Int
}) {
  override get message() {
    return `${this.host}:${this.port} is in use by another program; choose another port, or 0 for any free one`
  }
}

/** The system does not let the simulator listen there. */
export class CannotListen extends Schema.TaggedError<CannotListen>()("CannotListen", {
  host: Schema.String,
  port: Schema.Int,
  cause: Schema.Defect()
}) {
  override get message() {
    const why = this.cause instanceof Error ? this.cause.message : String(this.cause)
    return `cannot listen on ${this.host}:${this.port} (${why}); choose another host or port`
  }
}

/** Why the simulator does not serve. Its message is one line. */
export class ServeError extends Schema.TaggedError<ServeError>()("ServeError", {
  reason: Schema.Union([PortInUse, CannotListen, InvalidOptions])
}) {
  override get message() {
    return this.reason.message
  }
}

/** Where to listen. */
export interface Address {
  /** Default `127.0.0.1`. */
  readonly host?: string | undefined
  /** 0, the default, is any free one. */
  readonly port?: number | undefined
}

/** A simulation that is being served. */
export interface Served extends Simulator.Simulator {
  /** `http://HOST:PORT`, without a slash at its end. */
  readonly url: string
  readonly host: string
  readonly port: number
  /** The environment that a client needs. */
  readonly environment: Readonly<Record<string, string>>
}

/** Makes a simulation that starts now and serves it until the scope closes. */
export const serve = (options: Options & Address = {}): Effect.Effect<Served, ServeError, Scope.Scope> => {
  const { host, port, ...rest } = options
  return Simulator.make(rest).pipe(
    Effect.mapError((reason) => new ServeError({ reason })),
    Effect.flatMap((simulator) => listen(simulator, { host, port }))
  )
}

/** Makes a simulation and serves it, for a program without Effect: until it is closed. Rejects with `ServeError`. */
export const start = async (
  options: Options & Address = {}
): Promise<Served & { readonly close: () => Promise<void> }> => {
  const scope = Scope.makeUnsafe()
  const served = await Effect.runPromise(Scope.provide(serve(options), scope))
  return { ...served, close: () => Effect.runPromise(Scope.close(scope, Exit.void)) }
}

/** Serves a simulation until the scope closes; then all connections are closed. */
export const listen = (
  simulator: Simulator.Simulator,
  address: Address = {}
): Effect.Effect<Served, ServeError, Scope.Scope> =>
  Effect.gen(function* () {
    const host = address.host ?? "127.0.0.1"
    const clock = yield* Clock.Clock
    const run = yield* FiberSet.makeRuntime()
    const now = () => clock.currentTimeMillisUnsafe()

    const reply = (request: http.IncomingMessage, response: http.ServerResponse, body: Uint8Array) => {
      const { method = "GET", url = "/", headers } = request
      const answer = simulator.platform.handle({ method, url, headers, body }, now())
      if (answer.delay === 0) return send(answer, request, response, now)
      run(Effect.sleep(answer.delay).pipe(Effect.andThen(Effect.sync(() => send(answer, request, response, now)))))
    }
    const server = yield* bind(host, address.port ?? 0, (request, response) => {
      const chunks: Array<Uint8Array> = []
      request.on("data", (chunk: Uint8Array) => chunks.push(chunk))
      request.on("end", () => reply(request, response, Buffer.concat(chunks)))
    })
    const port = (server.address() as { readonly port: number }).port
    const url = `http://${host.includes(":") ? `[${host}]` : host}:${port}`
    return { ...simulator, url, host, port, environment: Simulator.environment(simulator, url) }
  })

/** Longer than any client waits between two requests: a connection that is closed for idleness is no fault of ours. */
const keepAliveTimeout = 600_000

/** Large enough that a URL which is far too long is answered by the platform, not by Node. */
const maxHeaderSize = 1 << 20

const bind = (host: string, port: number, listener: http.RequestListener) =>
  Effect.acquireRelease(
    Effect.callback<http.Server, ServeError>((resume) => {
      const server = http.createServer({ keepAliveTimeout, maxHeaderSize }, listener)
      server.once("error", (cause: NodeJS.ErrnoException) => {
        const reason =
          cause.code === "EADDRINUSE" ? new PortInUse({ host, port }) : new CannotListen({ host, port, cause })
        resume(Effect.fail(new ServeError({ reason })))
      })
      server.listen(port, host, () => resume(Effect.succeed(server)))
    }),
    (server) =>
      Effect.callback<void>((resume) => {
        server.close(() => resume(Effect.void))
        server.closeAllConnections()
      })
  )

const send = (
  answer: Answer,
  request: http.IncomingMessage,
  response: http.ServerResponse,
  now: () => number
): void => {
  if (answer.ending === "reset") {
    request.socket.resetAndDestroy()
    return
  }
  response.writeHead(answer.status, answer.headers)
  if (answer.ending === "cut") {
    response.write(answer.body, () => request.socket.destroy())
    return
  }
  // Not emitted where the client has gone away before the answer's end.
  response.once("finish", () => answer.sent(now()))
  response.end(answer.body)
}
