/**
 * A simulation: messages, the platform that reports on them, and the truth. A transport makes it reachable:
 * `SimulatorServer` over HTTP, `SimulatorClient` in process.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Message from "./Message.ts"
import type { InvalidOptions, Options } from "./Options.ts"
import * as Platform from "./Platform.ts"
import type { Report } from "./Report.ts"
import * as Settings from "./Settings.ts"

export { type Column, columnsOf, toCsv } from "./MessagesCsv.ts"

/** A simulation. */
export interface Simulator {
  /** The options with all defaults filled in. */
  readonly settings: Settings.Settings
  /** Epoch milliseconds. */
  readonly startedAt: number
  /** Those that the simulation began with; messages that clients send stand in the report. */
  readonly messages: ReadonlyArray<Message.Message>
  readonly platform: Platform.Platform
  /** The truth so far, and what clients did wrong so far. */
  readonly report: () => Report
}

/**
 * Makes a simulation that starts now. Fails with `InvalidOptions` where an option is out of its range.
 *
 * @example
 * const simulator = yield* Simulator.make({ messages: 500, seed: 7, faults: "chaos" })
 */
export const make = (options: Options = {}): Effect.Effect<Simulator, InvalidOptions> =>
  Effect.gen(function* () {
    const settings = yield* Settings.resolve(options)
    const startedAt = yield* Clock.currentTimeMillis
    const maker = Message.maker(settings, startedAt)
    const messages = Message.makeAll(settings, maker)
    const platform = Platform.make(settings, messages, maker, startedAt)
    return { settings, startedAt, messages, platform, report: platform.report }
  })

/**
 * The environment that a client of this simulation needs, at this address.
 *
 * @example
 * environment(simulator, "http://127.0.0.1:8080").GENESYS_CLIENT_ID
 */
export const environment = (simulator: Simulator, url: string): Readonly<Record<string, string>> => ({
  GENESYS_CLIENT_ID: simulator.settings.clientId,
  GENESYS_CLIENT_SECRET: simulator.settings.clientSecret,
  GENESYS_API: simulator.settings.api,
  GENESYS_API_URL: url,
  GENESYS_LOGIN_URL: url,
  GENESYS_REQUESTS_PER_MINUTE: String(simulator.settings.announcedPerMinute),
  ...(simulator.settings.api === "conversations"
    ? { GENESYS_ANALYTICS_LAG: String(Math.ceil(simulator.settings.analyticsLag / 1000)) }
    : {})
})
