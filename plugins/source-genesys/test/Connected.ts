/** A source that is connected to a scripted platform, with a journal in memory and without an environment. */
import { Journal, JournalStoreMemory } from "@dlrkit/core"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FileSystem from "effect/FileSystem"
import * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Random from "effect/Random"
import * as TestClock from "effect/testing/TestClock"
import * as Genesys from "../src/index.ts"
import type * as ScriptedPlatform from "./ScriptedPlatform.ts"

/** What every test connects with. */
const options: Genesys.SourceOptions = {
  apiUrl: "https://api.test",
  loginUrl: "https://login.test",
  clientId: "the-id",
  clientSecret: "the-secret"
}

/** Connects. */
export const connect = (
  platform: Pick<ReturnType<typeof ScriptedPlatform.make>, "client">,
  changes: Genesys.SourceOptions = {}
) =>
  Effect.gen(function* () {
    const source = yield* Genesys.source({ ...options, ...changes })
    return { source, journal: yield* Journal.Journal }
  }).pipe(
    Effect.provide(
      Layer.mergeAll(
        Layer.provide(Journal.layer, JournalStoreMemory.layer),
        Layer.succeed(HttpClient.HttpClient, platform.client),
        FileSystem.layerNoop({}),
        ConfigProvider.layer(ConfigProvider.fromEnv({ env: {} }))
      )
    ),
    Random.withSeed("genesys")
  )

/** Runs it for as long as it takes in virtual time. */
export const finish = <A, E>(effect: Effect.Effect<A, E>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(effect)
    yield* TestClock.adjust("1 day")
    return yield* Fiber.join(fiber)
  })

/** Keeps what is logged. */
export const logging = <A, E, R>(logs: Array<string>, effect: Effect.Effect<A, E, R>) =>
  Effect.provide(
    effect,
    Logger.layer([Logger.make(({ logLevel, message }) => void logs.push(`${logLevel} ${message}`))])
  )
