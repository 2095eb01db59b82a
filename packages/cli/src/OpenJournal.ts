/**
 * How commands open a journal: to read it, to write beside a tracker, or to bring it to this version.
 *
 * @module
 */
import { type Journal, JournalStore, TrackerDefinition } from "@dlrkit/core"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Configuration from "./Configuration.ts"

/** The layer of a definition, or a part of it, with the environment that it reads and a journal that is opened so. */
export const opened = <A, E, R>(
  layer: Layer.Layer<A, E, R>,
  environment: Layer.Layer<never>,
  access: "read" | "beside" | "migrate"
): Layer.Layer<A, E, R> =>
  layer.pipe(Layer.provide(environment), Layer.provide(Layer.succeed(JournalStore.Access, access)))

/** The journal that the flags name, opened to be read alone, or for more than that. */
export const openJournal = Effect.fnUntraced(function* (
  flags: {
    readonly config: Option.Option<string>
    readonly journal: Option.Option<string>
  },
  access: "read" | "beside" | "migrate" = "read"
): Effect.fn.Return<
  Layer.Layer<Journal.Journal, unknown, Exclude<TrackerDefinition.Platform, Journal.Journal | Scope.Scope>>,
  Configuration.LoadError,
  FileSystem.FileSystem
> {
  const { definition, environment } = yield* Configuration.load({
    config: Option.getOrUndefined(flags.config),
    journal: Option.getOrUndefined(flags.journal)
  })
  return opened(TrackerDefinition.journalLayer(definition), environment, access)
})
