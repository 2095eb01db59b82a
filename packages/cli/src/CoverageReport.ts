/**
 * What `dlrkit classify --coverage` prints: the codes of a journal that nobody knows, each as a rule to be filled in, so
 * that the whole is the beginning of a rules file.
 *
 * @module
 */
import { type Classifier, Coverage, Journal, type JournalStore } from "@dlrkit/core"
import * as Effect from "effect/Effect"
import type * as Stdio from "effect/Stdio"
import * as Terminal from "./Terminal.ts"

/** How many codes are told to people. */
const toldCodes = 50

/** Looks at the journal, and prints what it finds. */
export const print = Effect.fnUntraced(function* (
  classifiers: ReadonlyArray<Classifier.Classifier>,
  json: boolean
): Effect.fn.Return<void, JournalStore.JournalError, Journal.Journal | Stdio.Stdio> {
  const { store } = yield* Journal.Journal
  const { explainedNow, looked, unknown } = yield* Coverage.ofJournal(classifiers)
  if (json) {
    const codes = unknown.map(toJson)
    return yield* Terminal.printResult(
      JSON.stringify({ journal: store.location, looked, explainedNow, unknown: codes })
    )
  }
  const told = unknown.slice(0, toldCodes)
  if (told.length > 0) yield* Terminal.printResult(["rules:", ...told.map(toText)].join("\n"))
  if (unknown.length > told.length) {
    yield* Terminal.printResult(`# and ${unknown.length - told.length} more; --json has all`)
  }
  const times = unknown.reduce((sum, { count }) => sum + count, 0)
  Terminal.stderr.print(
    `${store.location}: of ${looked} codes and words, ${times} are not known, ${unknown.length} different ones`
  )
  if (explainedNow > 0) {
    Terminal.stderr.print(
      `${explainedNow} unexplained ${explainedNow === 1 ? "failure is" : "failures are"} explained by now: see dlrkit reclassify`
    )
  }
})

/** The only carrier, where it has a name. */
const carrierOf = ({ carriers: [first, ...others] }: Coverage.Unknown) =>
  first === undefined || others.length > 0 || first.carrier === "unknown" ? undefined : first.carrier

/** A value as YAML reads it back, whatever stands in it: a JSON text is one. */
const value = (text: string) =>
  /^[A-Za-z_][\w-]*$/.test(text) && !/^(true|false|null|yes|no|on|off|y|n)$/i.test(text) ? text : JSON.stringify(text)

const ruleOf = (unknown: Coverage.Unknown): ReadonlyArray<readonly [key: string, value: string]> => {
  const { field, kind, profile, text } = unknown
  const carrier = carrierOf(unknown)
  const told = { [kind]: text, profile, field, carrier }
  return Object.entries(told).flatMap(([key, text]) => (text === undefined ? [] : [[key, text] as const]))
}

const toText = (unknown: Coverage.Unknown): string => {
  const { carriers, count, near } = unknown
  const counts = carriers.map(({ carrier, count }) => `${comment(carrier)} ${count}`)
  const [first, ...others] = ruleOf(unknown).map(([key, text]) => `${key}: ${value(text)}`)
  return [
    `  # ${count} ${count === 1 ? "message" : "messages"}: ${counts.join(", ")}`,
    ...near.map(
      ({ cause, code, profile }) => `  # like ${comment(code ?? "")} of ${profile ?? "any"}: ${cause ?? "no failure"}`
    ),
    `  - ${first}`,
    ...[...others, unknown.kind === "code" ? "cause: ???" : "state: ???"].map((line) => `    ${line}`)
  ].join("\n")
}

/** A text that ends no comment. */
const comment = (text: string) => text.replace(/\s+/g, " ")

const toJson = (unknown: Coverage.Unknown) => {
  const { carriers, count, field = null, kind, near, profile = null, text } = unknown
  return {
    kind,
    code: text,
    profile,
    field,
    count,
    carriers,
    near: near.map(({ cause = null, code, field = null, profile = null, rule }) => ({
      code,
      profile,
      field,
      cause,
      rule
    })),
    proposed: { ...Object.fromEntries(ruleOf(unknown)), [kind === "code" ? "cause" : "state"]: "???" }
  }
}
