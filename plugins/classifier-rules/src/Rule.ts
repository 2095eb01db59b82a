/**
 * Rules and cases: what a row of the file means, once it is read.
 *
 * @module
 */
import type { Classifier, Taxonomy } from "@dlrkit/core"
import type { RE2JS } from "re2js"

/** A text as it is compared: letter case and white space around it do not count; digits do (`008` and `8` are two). */
export const folded = (text: string): string => text.trim().toUpperCase()

/** Texts as they are compared, each with how it was written. */
export type Words = ReadonlyMap<string, string>

/** Which codes a rule is for. */
export type Matcher =
  | { readonly kind: "codes"; readonly codes: Words }
  | { readonly kind: "prefix"; readonly prefix: string }
  | { readonly kind: "pattern"; readonly pattern: string; readonly regex: RE2JS }
  /** It goes by the status word alone. */
  | { readonly kind: "status" }

/** What must be so besides. What is absent need not be. */
export interface Conditions {
  readonly status?: Words | undefined
  readonly carrier?: Words | undefined
  readonly profile?: Words | undefined
  readonly field?: Words | undefined
  /** When it happened, in epoch milliseconds: not before. A receipt that tells no time is not within a window. */
  readonly from?: number | undefined
  /** When it happened, in epoch milliseconds: before that. */
  readonly until?: number | undefined
}

/** A rule. */
export interface Rule {
  /** Its own name, else one from what it matches, such as `code 008`; no two of a file have the same. */
  readonly name: string
  readonly line: number
  readonly matcher: Matcher
  readonly conditions: Conditions
  /** What it answers. */
  readonly verdict: Classifier.Verdict
}

/** A receipt as the file describes it, and what must come of it. */
export interface Case {
  readonly line: number
  readonly code?: string | undefined
  readonly status?: string | undefined
  readonly carrier?: string | undefined
  readonly profile?: string | undefined
  readonly field?: string | undefined
  /** When it happened, in epoch milliseconds. */
  readonly at?: number | undefined
  readonly expected: Expectation
}

/** What a case expects. What is absent is not looked at. */
export interface Expectation {
  readonly cause?: Taxonomy.Cause | undefined
  readonly state?: Classifier.State | undefined
  readonly retryable?: Taxonomy.Retryable | undefined
  /** The name of the rule that must answer; `none` where none may. */
  readonly rule?: string | undefined
}

/** What a rule is for, in words: `code 008`, `prefix 51`. */
export const subjectOf = ({ conditions, matcher }: Pick<Rule, "conditions" | "matcher">): string => {
  switch (matcher.kind) {
    case "codes":
      return `code ${wordsText(matcher.codes)}`
    case "prefix":
      return `prefix ${matcher.prefix}`
    case "pattern":
      return `pattern ${matcher.pattern}`
    case "status":
      return `status ${wordsText(conditions.status ?? new Map())}`
  }
}

const wordsText = (words: Words): string => {
  const [first = "", ...others] = words.values()
  return others.length === 0 ? first : `${first} and ${others.length} more`
}
