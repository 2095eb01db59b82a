import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import * as Path from "effect/Path"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import * as AuditSink from "../src/AuditSink.ts"
import * as Classifier from "../src/Classifier.ts"
import type { Exporter } from "../src/Exporter.ts"
import { Journal } from "../src/Journal.ts"
import type { JournalError, JournalStore } from "../src/JournalStore.ts"
import * as JournalStoreMemory from "../src/JournalStoreMemory.ts"
import type { ReceiptSource } from "../src/ReceiptSource.ts"
import * as Tracker from "../src/Tracker.ts"
import * as TrackerDefinition from "../src/TrackerDefinition.ts"
import { defineTracker } from "../src/TrackerDefinition.ts"
import { receipt } from "./Samples.ts"
import * as ScriptedPlatform from "./ScriptedPlatform.ts"
import * as ScriptedSource from "./ScriptedSource.ts"

class OpenError extends Schema.TaggedError<OpenError>()("OpenError", { file: Schema.String }) {}

class Vault extends Context.Service<Vault, { readonly key: string }>()("test/Vault") {}

const scripted = ScriptedSource.make(({ ids }) => ids.map((messageId) => receipt("delivered", { messageId })), {
  takes: 0
})
const source = Effect.map(HttpClient.HttpClient, (): ReceiptSource => scripted.source)
const journal: Layer.Layer<JournalStore, OpenError> = JournalStoreMemory.layer
const classifier = Classifier.defineClassifier({ name: "acme", classify: () => undefined })
const consoleSink = AuditSink.defineAuditSink({ name: "console", write: () => {} })
const fileSink: Effect.Effect<AuditSink.AuditSink, OpenError, FileSystem.FileSystem | Scope.Scope> =
  Effect.succeed(consoleSink)
const sealed: Array<string> = []
const vaultSink: Effect.Effect<AuditSink.AuditSink, never, Vault> = Effect.map(Vault, ({ key }) => ({
  name: "sealed",
  target: key,
  write: (batch) => Effect.sync(() => sealed.push(...batch.map(({ kind }) => `${kind} under ${key}`)))
}))
const vault = Layer.succeed(Vault, { key: "k-1" })
const metrics: Layer.Layer<never, "busy", HttpClient.HttpClient> = Layer.empty
const vaultMetrics: Layer.Layer<never, never, Vault> = Layer.empty
const vaultJournal: Layer.Layer<JournalStore, never, Vault> = JournalStoreMemory.layer
const exporter: Exporter = { name: "none", target: "nowhere", write: () => Effect.void }

/** What a definition can fail with while its plugins are built. */
type ErrorOf<T> = T extends TrackerDefinition.TrackerDefinition<infer E> ? E : "no definition"
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false
const holds = <T extends true>(): T => true as T

const platform = Layer.mergeAll(
  Layer.succeed(HttpClient.HttpClient, ScriptedPlatform.make(() => ({})).client),
  FileSystem.layerNoop({}),
  Path.layer,
  Stdio.layerTest({})
)

const track = Tracker.Tracker.use((tracker) =>
  tracker.track({ actor: "tester", messages: Stream.succeed([{ messageId: "m-1" }]) })
)

describe("defineTracker", () => {
  it("takes plugins as records and as Effects, and knows what can go wrong with them", () => {
    const plain = defineTracker({ sources: [source], journal: JournalStoreMemory.layer, classifiers: [classifier] })
    const mixed = defineTracker({
      sources: [source, scripted.source],
      journal,
      classifiers: [classifier, Effect.succeed(classifier)],
      audit: [fileSink, consoleSink],
      exports: [exporter],
      metrics: [metrics],
      carriers: { "+1": "one" },
      deadline: "3 days"
    })
    holds<Same<ErrorOf<typeof plain>, never>>()
    holds<Same<ErrorOf<typeof mixed>, OpenError | "busy">>()
    // @ts-expect-error: it can fail with more than that
    holds<Same<ErrorOf<typeof mixed>, OpenError>>()
    for (const definition of [plain, mixed]) assert.isTrue(TrackerDefinition.isTrackerDefinition(definition))
    for (const other of [undefined, null, {}, "x", plain.config]) {
      assert.isFalse(TrackerDefinition.isTrackerDefinition(other))
    }
  })

  it("needs nothing: what is left out has defaults", () => {
    const definition = defineTracker({})
    holds<Same<ErrorOf<typeof definition>, never>>()
    assert.deepStrictEqual(definition.config, {})
  })

  it("knows the type of a receipt in a classifier that is written in place", () => {
    defineTracker({
      classifiers: [
        { name: "inline", classify: (receipt) => (receipt.code?.startsWith("5") ? { cause: "expired" } : undefined) }
      ]
    })
    defineTracker({
      // @ts-expect-error: no such cause
      classifiers: [{ name: "inline", classify: () => ({ cause: "because" }) }]
    })
    defineTracker({
      // @ts-expect-error: a receipt has no such field
      classifiers: [{ name: "inline", classify: (receipt) => (receipt.text ? { cause: "expired" } : undefined) }]
    })
  })

  it("does not compile where a plugin's service is missing, misspelt or of another kind", () => {
    // @ts-expect-error: the sink needs a Vault, and nobody provides it
    defineTracker({ sources: [source], journal, audit: [vaultSink] })
    // @ts-expect-error: that is provided, but it is no Vault
    defineTracker({ audit: [vaultSink], provide: Layer.succeed(Path.Path, {} as Path.Path) })
    // @ts-expect-error: among others that need nothing, too
    defineTracker({ audit: [consoleSink, vaultSink, fileSink] })
    // @ts-expect-error: the metrics need a Vault
    defineTracker({ metrics: [vaultMetrics] })
    // @ts-expect-error: the journal needs a Vault
    defineTracker({ journal: vaultJournal })
    // @ts-expect-error: there is no such key
    defineTracker({ sources: [source], audits: [consoleSink] })
    // @ts-expect-error: a source is no sink
    defineTracker({ audit: [scripted.source] })
    // @ts-expect-error: an Effect of a source is no sink, either
    defineTracker({ audit: [source] })
    // @ts-expect-error: a journal is a layer of a store
    defineTracker({ journal: vault })
    // @ts-expect-error: a deadline is a duration
    defineTracker({ deadline: "soon" })
    const provided = defineTracker({ audit: [vaultSink], provide: vault })
    holds<Same<ErrorOf<typeof provided>, never>>()
    assert.isTrue(TrackerDefinition.isTrackerDefinition(provided))
  })

  it("knows what can go wrong with what is provided", () => {
    const provide: Layer.Layer<Vault, OpenError> = vault
    const definition = defineTracker({ audit: [vaultSink], provide })
    holds<Same<ErrorOf<typeof definition>, OpenError>>()
    assert.isDefined(definition)
  })
})

describe("the layer of a definition", () => {
  it.effect("is a tracker over its plugins", () =>
    Effect.gen(function* () {
      const definition = defineTracker({
        sources: [source],
        journal: JournalStoreMemory.layer,
        audit: [vaultSink],
        provide: vault,
        deadline: "1 hour"
      })
      const { summary } = yield* track.pipe(Effect.provide(TrackerDefinition.layer(definition)))
      assert.strictEqual(summary.delivered, 1)
      assert.include(sealed, "message.delivered under k-1")
      assert.include(sealed, "run.stopped under k-1")
    }).pipe(Effect.provide(platform))
  )

  it.effect("builds each plugin once, and ends what it began", () =>
    Effect.gen(function* () {
      const said: Array<string> = []
      const scoped = (name: string) =>
        Effect.acquireRelease(
          Effect.sync(() => {
            said.push(`${name} opened`)
            return { ...consoleSink, name }
          }),
          () => Effect.sync(() => said.push(`${name} closed`))
        )
      const definition = defineTracker({
        sources: [source],
        journal: JournalStoreMemory.layer,
        audit: [scoped("a"), scoped("b")]
      })
      yield* track.pipe(Effect.provide(TrackerDefinition.layer(definition)))
      assert.deepStrictEqual(said, ["a opened", "b opened", "b closed", "a closed"])
    }).pipe(Effect.provide(platform))
  )

  it.effect("fails as its plugins do", () =>
    Effect.gen(function* () {
      const definition = defineTracker({
        sources: [source],
        journal: JournalStoreMemory.layer,
        audit: [Effect.fail(new OpenError({ file: "audit" }))]
      })
      const error = yield* Effect.flip(Effect.provide(track, TrackerDefinition.layer(definition)))
      assert.strictEqual(error._tag, "OpenError")
    }).pipe(Effect.provide(platform))
  )

  it.effect("without a journal fails with what to write", () =>
    Effect.gen(function* () {
      const layer: Layer.Layer<Journal, JournalError, never> = TrackerDefinition.journalLayer(
        defineTracker({})
      ) as never
      const error = yield* Effect.flip(Effect.provide(Journal, layer))
      assert.include(error.message, "the configuration names none")
    })
  )

  it.effect("of the journal alone builds no source, so that it needs no credentials", () =>
    Effect.gen(function* () {
      const definition = defineTracker({
        sources: [Effect.fail(new OpenError({ file: "credentials" }))],
        journal: JournalStoreMemory.layer
      })
      const seq = yield* Journal.use(({ store }) => store.lastSeq).pipe(
        Effect.provide(TrackerDefinition.journalLayer(definition))
      )
      assert.strictEqual(seq, 0)
    }).pipe(Effect.provide(platform))
  )
})
