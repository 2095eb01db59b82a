/**
 * The configuration of a command: the config file where there is one, the flags over it, the defaults beneath.
 *
 * @module
 */
import * as path from "node:path"
import { pathToFileURL } from "node:url"
import * as AuditFile from "@dlrkit/audit-file"
import * as GenesysCodes from "@dlrkit/classifier-genesys"
import { TrackerDefinition } from "@dlrkit/core"
import * as Sqlite from "@dlrkit/journal-sqlite"
import * as Genesys from "@dlrkit/source-genesys"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import type * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as CarrierFile from "./CarrierFile.ts"

/** The config file cannot be used. */
class ConfigError extends Schema.TaggedError<ConfigError>()("ConfigError", {
  file: Schema.String,
  detail: Schema.String
}) {
  override get message() {
    return `the config ${this.file} does not load: ${this.detail}`
  }
}

/** Why a configuration cannot be loaded. */
export type LoadError = ConfigError | CarrierFile.CarrierFileError

/** The flags that say how a tracker is configured. */
export interface ConfigFlags {
  readonly config?: string | undefined
  readonly journal?: string | undefined
  readonly audit?: string | undefined
  readonly carriers?: string | undefined
  /** Milliseconds. */
  readonly deadline?: number | undefined
}

/** The names of a config file that is found without being named, in the folder that the command runs in. */
const names = ["dlrkit.config.ts", "dlrkit.config.mts", "dlrkit.config.js", "dlrkit.config.mjs"]

/**
 * Loads the configuration. Fails with `ConfigError` where the config file is not there, does not load, or exports no
 * tracker, and with `CarrierFileError` where the carriers' file is bad.
 *
 * @returns the tracker, the environment that it reads, and the config file where there is one
 */
export const load = Effect.fnUntraced(function* (flags: ConfigFlags) {
  const file = flags.config ?? (yield* findConfig)
  const config = file === undefined ? {} : yield* loadConfig(file)
  const carriers = flags.carriers === undefined ? config.carriers : yield* CarrierFile.read(flags.carriers)
  const { audit, classifiers, journal, sources } = config
  const definition = TrackerDefinition.make({
    ...config,
    sources: sources ?? [Genesys.source()],
    classifiers: classifiers ?? [GenesysCodes.classifier()],
    journal:
      flags.journal === undefined
        ? (journal ?? Sqlite.journal({ file: "dlrkit.db" }))
        : Sqlite.journal({ file: flags.journal }),
    audit:
      flags.audit === undefined
        ? (audit ?? [AuditFile.sink({ directory: "audit" })])
        : [AuditFile.sink({ directory: flags.audit })],
    ...(carriers === undefined ? {} : { carriers }),
    ...(flags.deadline === undefined ? {} : { deadline: flags.deadline })
  })
  return { file, definition, environment: yield* environment(file === undefined ? "." : path.dirname(file)) }
})

const findConfig = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  for (const name of names) {
    if (yield* Effect.orElseSucceed(fs.exists(name), () => false)) return name
  }
  return undefined
})

const loadConfig = Effect.fnUntraced(function* (file: string) {
  const fs = yield* FileSystem.FileSystem
  if (!(yield* Effect.orElseSucceed(fs.exists(file), () => false))) {
    return yield* new ConfigError({ file, detail: "there is no such file" })
  }
  const module = yield* Effect.tryPromise({
    try: () => import(pathToFileURL(path.resolve(file)).href) as Promise<{ readonly default?: unknown }>,
    catch: (error) =>
      new ConfigError({
        file,
        detail: error instanceof Error ? oneLine(`${error.name}: ${error.message}`) : oneLine(String(error))
      })
  })
  if (!TrackerDefinition.isTrackerDefinition(module.default)) {
    return yield* new ConfigError({ file, detail: "its default export is not what defineTracker gives" })
  }
  return module.default.config
})

const oneLine = (text: string) => text.split("\n")[0] as string

/** The environment, and beneath it the `.env` beside the config. */
const environment = (folder: string) =>
  FileSystem.FileSystem.use((fs) => fs.readFileString(path.join(folder, ".env"))).pipe(
    Effect.map((contents) =>
      ConfigProvider.orElse(ConfigProvider.fromEnv(), ConfigProvider.fromDotEnvContents(contents))
    ),
    Effect.orElseSucceed(() => ConfigProvider.fromEnv()),
    Effect.map((provider): Layer.Layer<never> => ConfigProvider.layer(provider))
  )
