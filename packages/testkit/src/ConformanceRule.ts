/**
 * Rules that a plugin must keep, as data: each can be run by itself, against a plugin that is right or one that is not.
 *
 * @module
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Metric from "effect/Metric"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { nearest } from "./NearestWord.ts"

/** One thing that a plugin must do. `S` is what it is run with. */
export interface Rule<in S> {
  /** By which it is skipped; it stays the same. */
  readonly name: string
  /** What a plugin does that keeps it: a sentence from its verb on. */
  readonly says: string
  /** What it belongs to, where that can be skipped as a whole. */
  readonly part?: string | undefined
  /** Fails, or dies of an `AssertionError`, where the plugin does not keep it; with {@link Excused} where it cannot be asked. */
  readonly run: (subject: S) => Effect.Effect<void, unknown, Scope.Scope>
}

/** What every suite takes beside what it checks. */
export interface SuiteOptions {
  /** The title of the suite; the kind and the plugin's name by default. */
  readonly name?: string | undefined
  /** Rules (or parts of the suite) that are not run, each with the reason. An empty reason, or a rule that there is not, fails. */
  readonly skip?: Readonly<Record<string, string>> | undefined
}

/** Something that a plugin does not do, though it must. */
export interface Violation {
  /** The rule's name. */
  readonly rule: string
  /** How it showed. */
  readonly detail: string
}

/** A rule cannot be asked of this plugin, for a reason that is shown. */
export class Excused extends Schema.TaggedError<Excused>()("Excused", { reason: Schema.String }) {}

/** Ends a rule that cannot be asked of this plugin. */
export const excuse = (reason: string): Effect.Effect<never, Excused> => Effect.fail(new Excused({ reason }))

/** How a rule went. */
export type Outcome =
  | { readonly _tag: "Kept" }
  | { readonly _tag: "Skipped"; readonly reason: string }
  | { readonly _tag: "Broken"; readonly error: unknown; readonly detail: string }

/** A rule of a suite; with the reason why it is skipped, where it is. */
export interface Planned<in S> {
  readonly rule: Rule<S>
  readonly skipped: string | undefined
}

/** The rule that skips themselves must keep. */
export const skipRule = "skip"

/** The rules of a suite in their order, and what is wrong with its skips. */
export const plan = <S>(
  rules: ReadonlyArray<Rule<S>>,
  skip: SuiteOptions["skip"] = {}
): { readonly planned: ReadonlyArray<Planned<S>>; readonly faults: ReadonlyArray<string> } => {
  const names = new Set(rules.flatMap(({ name, part }) => (part === undefined ? [name] : [name, part])))
  const faults = Object.entries(skip).flatMap(([name, reason]) => {
    if (!names.has(name)) return [`there is no rule "${name}" to skip${nearest(name, names)}`]
    return reason.trim() === "" ? [`the rule "${name}" is skipped for no reason: say why`] : []
  })
  const reasonOf = (name: string | undefined) =>
    name !== undefined && Object.hasOwn(skip, name) ? skip[name] : undefined
  const parts = new Set(rules.flatMap(({ part }) => (reasonOf(part) === undefined ? [] : (part ?? []))))
  return {
    faults,
    planned: [
      ...rules.map((rule) => ({ rule, skipped: reasonOf(rule.name) ?? reasonOf(rule.part) })),
      ...Array.from(parts, (part) => ({ rule: without(part, rules), skipped: undefined }))
    ]
  }
}

/** A part that is skipped as a whole must be lacking. */
const without = <S>(part: string, rules: ReadonlyArray<Rule<S>>): Rule<S> => ({
  name: `without-${part}`,
  says: `does without ${part}, which is why that is skipped`,
  run: (subject) =>
    Effect.forEach(
      rules.filter((rule) => rule.part === part),
      (rule) => outcomeOf(rule, subject)
    ).pipe(
      Effect.flatMap((outcomes) =>
        outcomes.some(({ _tag }) => _tag === "Broken")
          ? Effect.void
          : Effect.fail(new Error(`it does all that ${part} means: take that out of what is skipped`))
      )
    )
})

/** Runs a rule in a scope, with metrics of its own and without a log. */
export const outcomeOf = <S>(rule: Rule<S>, subject: S): Effect.Effect<Outcome> =>
  Effect.suspend(() => rule.run(subject)).pipe(
    Effect.scoped,
    Effect.provide(Logger.layer([])),
    Effect.provideService(Metric.MetricRegistry, new Map()),
    Effect.as<Outcome>({ _tag: "Kept" }),
    Effect.catchCause((cause): Effect.Effect<Outcome> => {
      const error = Cause.squash(cause)
      return Effect.succeed(
        error instanceof Excused
          ? { _tag: "Skipped", reason: error.reason }
          : { _tag: "Broken", error, detail: error instanceof Error ? error.message : Cause.pretty(cause) }
      )
    })
  )

/** What a plugin does not do, though it must; nothing where it is fit to be used. Needs no test runner. */
export const violationsOf = <S extends SuiteOptions>(
  rules: ReadonlyArray<Rule<S>>,
  subject: S,
  only?: ReadonlyArray<string>
): Effect.Effect<ReadonlyArray<Violation>> =>
  Effect.gen(function* () {
    const { faults, planned } = plan(rules, subject.skip)
    const found: Array<Violation> = faults.map((detail) => ({ rule: skipRule, detail }))
    for (const { rule, skipped } of planned) {
      if (skipped !== undefined || only?.includes(rule.name) === false) continue
      const outcome = yield* outcomeOf(rule, subject)
      if (outcome._tag === "Broken") found.push({ rule: rule.name, detail: outcome.detail })
    }
    return found
  })
