/**
 * What any journal must pass, whoever writes it: as tests for Vitest, and as plain Effects.
 *
 * @module
 */
import type { JournalStore } from "@dlrkit/core"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { describe, it } from "vitest"
import { durabilityChecks } from "./DurabilityChecks.ts"
import { eventChecks } from "./EventChecks.ts"
import { historyCheck } from "./HistoryCheck.ts"
import { type Feature, type JournalCheck, placeOf } from "./JournalCheck.ts"
import { messageChecks } from "./MessageChecks.ts"
import { openChecks } from "./OpenChecks.ts"
import { upkeepChecks } from "./UpkeepChecks.ts"

export type { Feature } from "./JournalCheck.ts"

/** A journal to be checked. */
export interface Subject {
  /**
   * A new place for a journal each time, such as a file's name in a new folder, and the layer that opens the journal that
   * is there, or makes it: the same that an integrator gives to `defineTracker`. It is built whenever the journal is
   * opened. What the place needs is there until the scope ends.
   */
  readonly journal: Effect.Effect<
    Layer.Layer<JournalStore.JournalStore, JournalStore.JournalError>,
    unknown,
    Scope.Scope
  >
  /** What it does without, and why. */
  readonly lacks?: { readonly [F in Feature]?: string } | undefined
}

/** Something that a journal does not do. */
export interface Violation {
  /** The name of the check. */
  readonly check: string
  /** How it showed. */
  readonly detail: string
}

/** A check, to be run in a place of its own. */
export interface Check {
  /** What a journal must do, from the verb on. */
  readonly name: string
  /** Fails where it does not. */
  readonly run: Effect.Effect<void, unknown>
}

/** What a journal is checked for. Where it lacks something, that is checked: a lack must be one. */
export const checks = ({ journal, lacks = {} }: Subject): ReadonlyArray<Check> => {
  const fresh = Effect.map(journal, placeOf)
  const toCheck = ({ name, run }: JournalCheck): Check => ({ name, run: Effect.scoped(Effect.flatMap(fresh, run)) })
  const all = [
    ...eventChecks,
    ...messageChecks,
    ...openChecks,
    ...upkeepChecks,
    ...durabilityChecks,
    historyCheck(fresh)
  ]
  const isLacking = ({ needs }: JournalCheck) => needs !== undefined && lacks[needs] !== undefined
  const lacking = (Object.keys(lacks) as ReadonlyArray<Feature>).map(
    (feature): Check => ({
      name: `does without ${feature}: ${lacks[feature]}`,
      run: Effect.forEach(all.filter(({ needs }) => needs === feature).map(toCheck), ({ run }) =>
        Effect.exit(run)
      ).pipe(
        Effect.flatMap((exits) =>
          exits.some(({ _tag }) => _tag === "Failure")
            ? Effect.void
            : Effect.fail(new Error(`it has all that ${feature} means: take that out of what it lacks`))
        )
      )
    })
  )
  return [...all.filter((check) => !isLacking(check)).map(toCheck), ...lacking]
}

/** What a journal does not do, though it must; nothing where it is fit to be used. Needs no test runner. */
export const violations = (subject: Subject): Effect.Effect<ReadonlyArray<Violation>> =>
  Effect.forEach(checks(subject), ({ name, run }) =>
    run.pipe(
      Effect.as([]),
      Effect.catchCause((cause) => Effect.succeed([{ check: name, detail: Cause.pretty(cause) }]))
    )
  ).pipe(Effect.map((found) => found.flat()))

/**
 * Tests for Vitest, one a check.
 *
 * @example
 * ```ts
 * JournalConformance.suite("the SQLite journal", {
 *   journal: Effect.map(folder, (path) => Sqlite.journal({ file: join(path, "dlrkit.db") }))
 * })
 * ```
 */
export const suite = (name: string, subject: Subject): void => {
  describe(name, () => {
    for (const { name, run } of checks(subject)) it(name, () => Effect.runPromise(run))
  })
}
