/**
 * Looks at a tracker's set-up, part by part: what is wrong with one hides nothing of the others, and nothing is written.
 *
 * @module
 */
import * as path from "node:path"
import {
  AuditSink,
  Classifier,
  Journal,
  JournalStore,
  JournalStoreMemory,
  ReceiptSource,
  TrackerDefinition
} from "@dlrkit/core"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Configuration from "./Configuration.ts"

/** A finding, and which part it is about: a source by its name, or `dlrkit`. */
export interface Finding extends ReceiptSource.Finding {
  readonly source: string
}

/** Takes findings as they come. */
type Emit = (finding: Finding) => Effect.Effect<void>

/** What the parts of a tracker may need. */
type Services = Exclude<TrackerDefinition.Platform, Scope.Scope | Journal.Journal>

/**
 * Looks at everything that `dlrkit track` would use with these flags, and hands out what it finds. What a source asks the
 * platform is recorded nowhere.
 */
export const examine = (flags: Configuration.ConfigFlags, emit: Emit): Effect.Effect<void, never, Services> =>
  Effect.gen(function* () {
    const loaded = yield* Effect.result(Configuration.load(flags))
    if (Result.isFailure(loaded)) {
      return yield* emit(ours("config", "problem", loaded.failure.message, "mend the file, or name another one"))
    }
    const { definition, environment, file } = loaded.success
    yield* emit(ours("config", "ok", file ?? "no config file: the defaults and the environment"))
    const { audit = [], classifiers = [], provide, sources = [] } = definition.config
    const beneath = Layer.provideMerge(
      (provide ?? Layer.empty) as Layer.Layer<never>,
      Layer.merge(environment, Layer.provide(Journal.layer, JournalStoreMemory.layer))
    )
    /** Builds a part as a tracker would, over a journal of its own: what its plugin needs is what a runtime gives. */
    const build = <A, E, R>(part: Layer.Layer<A, E, R>) =>
      Effect.exit(Layer.build(Layer.provide(part, beneath) as unknown as Layer.Layer<A, E, Services>))

    yield* examineJournal(TrackerDefinition.journalLayer(definition).pipe(Layer.provide(environment)), emit)
    for (const plugin of audit) yield* examineSink(yield* build(AuditSink.layer([plugin])), emit)
    for (const plugin of classifiers) {
      const built = yield* build(Classifier.layer([plugin]))
      if (Exit.isFailure(built)) yield* emit(ours("classifiers", "problem", messageOf(built.cause)))
    }
    if (sources.length === 0) {
      yield* emit(ours("sources", "problem", "the configuration names no source", "add one to sources in the config"))
    }
    for (const [index, plugin] of sources.entries()) {
      const name = Effect.isEffect(plugin) ? `source ${index + 1}` : plugin.name
      yield* examineSource(name, yield* build(ReceiptSource.layer([plugin])), emit)
    }
  }).pipe(Effect.scoped)

const ours = (check: string, outcome: Finding["outcome"], detail: string, advice?: string): Finding => ({
  source: "dlrkit",
  check,
  outcome,
  detail,
  ...(advice === undefined ? {} : { advice })
})

/** What went wrong, in a line, whatever it was. */
const messageOf = (cause: Cause.Cause<unknown>): string => {
  const error = Cause.squash(cause)
  return (error instanceof Error ? error.message : String(error)).split("\n")[0] as string
}

/** The journal is read, never made; where there is none, its place is looked at. */
const examineJournal = Effect.fnUntraced(function* (
  journal: Layer.Layer<Journal.Journal, unknown, Services>,
  emit: Emit
) {
  const opened = (access: "read" | "create") =>
    Layer.build(Layer.provide(journal, Layer.succeed(JournalStore.Access, access))).pipe(
      Effect.map((context) => Context.get(context, Journal.Journal).store),
      Effect.exit
    )
  const there = yield* opened("read")
  if (Exit.isSuccess(there)) {
    const { claim, lastSeq, location } = there.value
    const events = yield* Effect.exit(lastSeq)
    if (Exit.isFailure(events)) return yield* emit(ours("journal", "problem", messageOf(events.cause)))
    if (yield* isClaimed(location, claim)) {
      return yield* emit(
        ours(
          "journal",
          "warning",
          `${location} is in use by a tracker`,
          "wait until it has ended, or name another journal with --journal"
        )
      )
    }
    return yield* emit(yield* writable(location, ours("journal", "ok", `${location}, ${events.value} events`)))
  }
  // Opening makes no file before the first run does.
  const absent = yield* opened("create")
  if (Exit.isFailure(absent)) return yield* emit(ours("journal", "problem", messageOf(absent.cause)))
  const { location } = absent.value
  yield* emit(yield* writable(path.dirname(location), ours("journal", "ok", `${location}: the first run makes it`)))
}, Effect.scoped)

/** Whether a tracker has the journal. Where there is no lock's file, nobody ever had it, and none is to be made. */
const isClaimed = Effect.fnUntraced(function* (
  location: string,
  claim: Effect.Effect<void, JournalStore.JournalError, Scope.Scope>
) {
  const fs = yield* FileSystem.FileSystem
  if (!(yield* Effect.orElseSucceed(fs.exists(`${location}.lock`), () => false))) return false
  const claimed = yield* Effect.result(Effect.scoped(claim))
  return Result.isFailure(claimed) && claimed.failure.reason._tag === "JournalInUse"
})

const examineSink = Effect.fnUntraced(function* (
  built: Exit.Exit<Context.Context<AuditSink.AuditSinks>, unknown>,
  emit: Emit
) {
  if (Exit.isFailure(built)) {
    return yield* emit(ours("audit", "problem", messageOf(built.cause), "name another folder with --audit"))
  }
  for (const { name, target } of Context.get(built.value, AuditSink.AuditSinks)) {
    const found = ours("audit", "ok", `${name}: ${target}`)
    yield* emit(name.startsWith("audit-file") ? yield* writable(target, found) : found)
  }
})

/** What was found, unless the file or folder cannot be written; of one that is not there, the nearest folder above it. */
const writable = Effect.fnUntraced(function* (target: string, found: Finding) {
  const fs = yield* FileSystem.FileSystem
  let place = path.resolve(target)
  while (!(yield* Effect.orElseSucceed(fs.exists(place), () => false)) && path.dirname(place) !== place) {
    place = path.dirname(place)
  }
  return yield* Effect.match(fs.access(place, { writable: true }), {
    onSuccess: () => found,
    onFailure: () =>
      ours(
        found.check,
        "problem",
        `${place} cannot be written`,
        "give its owner's rights to this user, or name another place"
      )
  })
})

const examineSource = Effect.fnUntraced(function* (
  name: string,
  built: Exit.Exit<Context.Context<ReceiptSource.ReceiptSources>, unknown>,
  emit: Emit
) {
  if (Exit.isFailure(built)) {
    const problem = (detail: string): Finding => ({
      source: name,
      check: "configuration",
      outcome: "problem",
      detail,
      advice: "say it in the environment, in .env, or in the source's options"
    })
    for (const detail of problemsOf(built.cause)) yield* emit(problem(detail))
    return
  }
  for (const source of Context.get(built.value, ReceiptSource.ReceiptSources)) {
    if (source.diagnose === undefined) {
      yield* emit({
        source: source.name,
        check: "source",
        outcome: "warning",
        detail: "it cannot check itself",
        advice: "try it: dlrkit track --once with one message"
      })
      continue
    }
    const checked = yield* Effect.exit(
      Stream.runForEach(source.diagnose, (finding) => emit({ source: source.name, ...finding }))
    )
    if (Exit.isFailure(checked)) {
      if (Cause.hasInterrupts(checked.cause)) return yield* Effect.interrupt
      yield* emit({ source: source.name, check: "source", outcome: "problem", detail: messageOf(checked.cause) })
    }
  }
})

/** Each thing that keeps a source from being built. */
const problemsOf = (cause: Cause.Cause<unknown>): ReadonlyArray<string> => {
  const error = Cause.squash(cause)
  const problems = typeof error === "object" && error !== null && "problems" in error ? error.problems : undefined
  return Array.isArray(problems) && problems.length > 0 ? problems.map(String) : [messageOf(cause)]
}

/** The exit code: that of all problems where they have one in common, else 1; 0 where there are none. */
export const exitCode = (findings: ReadonlyArray<Finding>): number => {
  const codes = new Set(findings.filter(({ outcome }) => outcome === "problem").map(codeOf))
  return codes.size === 0 ? 0 : codes.size === 1 ? (codes.values().next().value as number) : 1
}

/** A check's first word says what it is about; permissions have a colon. */
const codeOf = ({ check, source }: Finding): number => {
  const word = check.split(" ")[0] as string
  if (source === "dlrkit" || word === "configuration") return 2
  if (word === "token" || word === "organization" || word.includes(":")) return 4
  return word === "host" || word === "login" || word === "proxy" ? 6 : 1
}
