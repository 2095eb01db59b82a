/**
 * What any journal must pass, whoever writes it.
 *
 * @module
 */
import type { JournalStore } from "@dlrkit/core"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { type Rule, type SuiteOptions, type Violation, violationsOf } from "./ConformanceRule.ts"
import { durabilityChecks } from "./DurabilityChecks.ts"
import { eventChecks } from "./EventChecks.ts"
import { historyCheck } from "./HistoryCheck.ts"
import { type JournalCheck, placeOf } from "./JournalCheck.ts"
import { messageChecks } from "./MessageChecks.ts"
import { nameChecks } from "./NameChecks.ts"
import { openChecks } from "./OpenChecks.ts"
import { register } from "./Suite.ts"
import { upkeepChecks } from "./UpkeepChecks.ts"

/** A journal to be checked. It may skip `durability` or `access`, where it does without. */
export interface Subject extends SuiteOptions {
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
}

const freshOf = ({ journal }: Subject) => Effect.map(journal, placeOf)

const toRule = ({ name, part, run, says }: JournalCheck): Rule<Subject> => ({
  name,
  says,
  part,
  run: (subject) => Effect.flatMap(freshOf(subject), run)
})

const histories: Rule<Subject> = {
  ...historyCheck,
  run: (subject) => historyCheck.run(freshOf(subject))
}

/** All rules, in their order. */
export const rules: ReadonlyArray<Rule<Subject>> = [
  ...[...eventChecks, ...messageChecks, ...nameChecks, ...openChecks, ...upkeepChecks, ...durabilityChecks].map(toRule),
  histories
]

/** What a journal does not do, though it must: of all rules, or of some by name. Needs no test runner. */
export const violations = (subject: Subject, only?: ReadonlyArray<string>): Effect.Effect<ReadonlyArray<Violation>> =>
  violationsOf(rules, subject, only)

/**
 * Tests for Vitest, one a rule.
 *
 * @example
 * ```ts
 * JournalConformance.suite({
 *   name: "the SQLite journal",
 *   journal: Effect.map(folder, (path) => Sqlite.journal({ file: join(path, "dlrkit.db") }))
 * })
 * ```
 */
export const suite = (subject: Subject): void => register("the journal", rules, subject)
