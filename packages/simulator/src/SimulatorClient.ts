/**
 * The simulated platform in process: an `HttpClient` that never leaves it, for tests under virtual time.
 *
 * Time passes only by `Effect.sleep`, in whole milliseconds; everything else is synchronous. Any host will do in a URL,
 * and any path before the platform's own, such as a gateway has.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientError from "effect/http/HttpClientError"
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import type { Answer } from "./Answer.ts"
import * as Seed from "./Seed.ts"
import type { Simulator } from "./Simulator.ts"

/** How the network in between behaves. */
export interface NetworkOptions {
  /** Milliseconds that a request and its answer are on their way, together. Default 20 to 120. */
  readonly latency?: { readonly min: number; readonly max: number } | undefined
}

/** Makes a client. */
export const make = (simulator: Simulator, options: NetworkOptions = {}): HttpClient.HttpClient => {
  const latency = options.latency ?? { min: 20, max: 120 }
  const chance = Seed.make(simulator.settings.seed, "network")
  return HttpClient.make(
    Effect.fnUntraced(function* (request, url) {
      const clock = yield* Clock.Clock
      const body = yield* bytes(request)
      const travel = chance.whole(latency.min, latency.max)
      const there = Math.floor(travel / 2)
      yield* pause(there)
      const answer = simulator.platform.handle(
        { method: request.method, url: pathOf(url) + url.search, headers: request.headers, body },
        clock.currentTimeMillisUnsafe()
      )
      yield* pause(answer.delay + travel - there)
      if (answer.ending === "reset") return yield* lost(request)
      if (answer.ending === "complete") answer.sent(clock.currentTimeMillisUnsafe())
      return response(request, answer)
    })
  )
}

/**
 * Provides the client.
 *
 * @example
 * program.pipe(Effect.provide(SimulatorClient.layer(simulator)))
 */
export const layer = (simulator: Simulator, options?: NetworkOptions): Layer.Layer<HttpClient.HttpClient> =>
  Layer.sync(HttpClient.HttpClient, () => make(simulator, options))

/** A path without what a gateway has before it. */
const pathOf = ({ pathname }: URL) => pathname.replace(/^.*?(?=\/api\/v2\/|\/oauth\/token$)/, "")

const pause = (milliseconds: number) => (milliseconds > 0 ? Effect.sleep(milliseconds) : Effect.void)

const encoder = new TextEncoder()

const bytes = (request: HttpClientRequest.HttpClientRequest) => {
  const { body } = request
  if (body._tag === "Empty") return Effect.succeed(new Uint8Array())
  if (body._tag === "Uint8Array") return Effect.succeed(body.body)
  if (body._tag === "Raw" && typeof body.body === "string") return Effect.succeed(encoder.encode(body.body))
  const description = `the simulator's client sends text and bytes, not a ${body._tag} body`
  return Effect.fail(
    new HttpClientError.HttpClientError({ reason: new HttpClientError.EncodeError({ request, description }) })
  )
}

const lost = (request: HttpClientRequest.HttpClientRequest) => {
  const cause = Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" })
  return new HttpClientError.HttpClientError({ reason: new HttpClientError.TransportError({ request, cause }) })
}

/** A web response's body is read through promises, for which virtual time does not wait: so the readers are replaced. */
const response = (request: HttpClientRequest.HttpClientRequest, answer: Answer) => {
  const made = HttpClientResponse.fromWeb(
    request,
    new Response(null, { status: answer.status, headers: answer.headers })
  )
  const whole = Effect.suspend(() =>
    answer.ending === "complete"
      ? Effect.succeed(answer.body)
      : Effect.fail(
          new HttpClientError.HttpClientError({
            reason: new HttpClientError.DecodeError({ request, response: made, cause: new Error("other side closed") })
          })
        )
  )
  return Object.defineProperties(made, {
    text: { value: Effect.map(whole, (body) => new TextDecoder().decode(body)) },
    arrayBuffer: { value: Effect.map(whole, (body) => body.slice().buffer) },
    stream: { value: Stream.fromEffect(whole) }
  })
}
