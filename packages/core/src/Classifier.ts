/**
 * Classifiers: what a receipt means.
 *
 * A classifier is a pure function from a receipt to a verdict, or to nothing where it does not know. They are asked in
 * the order of the configuration, and the first answer wins. Pure, so that old receipts can be read again.
 *
 * @module
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type DeliveryReceipt, type State, stateOf } from "./DeliveryReceipt.ts"
import * as Plugin from "./Plugin.ts"
import type { ReceiptProfile } from "./ReceiptProfile.ts"
import { Actor, adviceOf, type Category, type Cause, isCause, type Resend, Retryable } from "./Taxonomy.ts"

export type { State } from "./DeliveryReceipt.ts"

/** A classifier's answer. Everything that it leaves out follows from the cause, or from the receipt's own status. */
export interface Verdict {
  /** Why it failed; counts only where the state is `failed`. */
  readonly cause?: Cause | undefined
  /** Which rule of the classifier said so, such as the code itself. */
  readonly rule?: string | undefined
  /** What the rule says in words, for whoever asks why. */
  readonly why?: string | undefined
  /** Only where the receipt's own status is absent or wrong. */
  readonly state?: State | undefined
  /** Only where it is not what follows from the cause. */
  readonly retryable?: Retryable | undefined
  /** How many seconds to wait before sending again, only where the carrier says so. */
  readonly retryAfterSeconds?: number | undefined
  /** Only where it is not what follows from the cause. */
  readonly actor?: Actor | undefined
}

/** One of a classifier's rules, for those who list, test and extend them. */
export interface Rule {
  /** As verdicts name it. */
  readonly rule: string
  /** Whose codes it reads; absent where it reads those of any profile. */
  readonly profile?: string | undefined
  /** The field that its code stands in. */
  readonly field?: string | undefined
  /** The code that it knows, where it knows a single one. */
  readonly code?: string | undefined
  readonly cause?: Cause | undefined
}

/** A classifier: a name, and a pure function that answers `undefined` where it does not know. */
export interface Classifier {
  readonly name: string
  readonly classify: (receipt: DeliveryReceipt) => Verdict | undefined
  /** How the payloads of the profiles that it knows are read, where they are not only met as receipts of a source. */
  readonly profiles?: ReadonlyArray<ReceiptProfile> | undefined
  /** All of its rules, where it can tell them. */
  readonly rules?: ReadonlyArray<Rule> | undefined
  /** The contract that it was made for; see {@link Plugin.contract}. */
  readonly contract?: number | undefined
}

/** What a receipt means, once a classifier (or nobody) has spoken. What does not apply is `undefined`. */
export interface Classification {
  /** `undefined` where nobody knows what the provider's word says. */
  readonly state: State | undefined
  readonly cause: Cause | undefined
  readonly category: Category | undefined
  readonly retryable: Retryable | undefined
  /** Seconds after the failure before which sending again is of no use. */
  readonly retryAfterSeconds: number | undefined
  readonly resend: Resend | undefined
  readonly actor: Actor | undefined
  /** What the actor should do. */
  readonly action: string | undefined
  readonly classifier: string | undefined
  readonly rule: string | undefined
  readonly why: string | undefined
}

/** What went wrong in a classifier: it threw, or gave a verdict that the taxonomy does not have. */
export interface ClassifierFault {
  readonly classifier: string
  readonly receipt: DeliveryReceipt
  readonly detail: string
}

/**
 * Makes a classifier from a plain function.
 *
 * @example
 * ```ts
 * const acme = defineClassifier({
 *   name: "acme",
 *   classify: (receipt) => receipt.code === "ACME-17" ? { cause: "opted_out", rule: "ACME-17" } : undefined
 * })
 * ```
 */
export const defineClassifier = (classifier: Classifier): Classifier => ({ contract: Plugin.contract, ...classifier })

/** The tracker's classifiers, in the order in which they are asked. */
export class Classifiers extends Context.Service<Classifiers, ReadonlyArray<Classifier>>()(
  "@dlrkit/core/Classifiers"
) {}

/** Gathers classifiers, given as records or as Effects that build them. The first answer wins. */
export const layer = <const P extends Plugin.Plugin<Classifier>>(
  classifiers: ReadonlyArray<P>
): Layer.Layer<Classifiers, Plugin.PluginError<P> | Plugin.Refusal, Plugin.PluginServices<P>> =>
  Layer.effect(
    Classifiers,
    Plugin.buildAll<Classifier, P>("classifier", classifiers, ["classify"]) as Effect.Effect<
      ReadonlyArray<Classifier>,
      Plugin.PluginError<P> | Plugin.Refusal
    >
  )

const states: ReadonlySet<unknown> = new Set<State>(["in_progress", "delivered", "failed", "unconfirmed", "ignore"])

const retryables: ReadonlySet<unknown> = new Set(Retryable.literals)
const actors: ReadonlySet<unknown> = new Set(Actor.literals)

/** What is wrong with a verdict that a classifier gave; `undefined` where nothing is. */
const faultOf = (verdict: Verdict): string | undefined => {
  if (typeof verdict !== "object")
    return `it gave ${typeof verdict === "string" ? verdict : `a ${typeof verdict}`}, which is no verdict`
  if (typeof (verdict as { readonly then?: unknown }).then === "function")
    return "it gave a promise: what it needs is read before, by the function that makes it"
  if (verdict.cause !== undefined && !isCause(verdict.cause))
    return `it gave the unknown cause ${String(verdict.cause)}`
  if (verdict.state !== undefined && !states.has(verdict.state)) {
    return `it gave the unknown state ${String(verdict.state)}`
  }
  if (verdict.retryable !== undefined && !retryables.has(verdict.retryable)) {
    return `it gave the unknown retryable ${String(verdict.retryable)}`
  }
  if (verdict.actor !== undefined && !actors.has(verdict.actor))
    return `it gave the unknown actor ${String(verdict.actor)}`
  return undefined
}

/**
 * Asks the classifiers in their order. A failure that none explains is `unexplained`; a status that nobody knows has no
 * state. A classifier that throws is passed over and handed to `onFault`: it cannot stop a run.
 */
export const classify = (
  classifiers: ReadonlyArray<Classifier>,
  receipt: DeliveryReceipt,
  onFault: (fault: ClassifierFault) => void
): Classification => {
  for (const classifier of classifiers) {
    const verdict = ask(classifier, receipt)
    if (verdict === undefined) continue
    if (typeof verdict !== "string") return conclude(receipt, verdict, classifier.name)
    onFault({ classifier: classifier.name, receipt, detail: verdict })
  }
  return conclude(receipt, unanswered(receipt), undefined)
}

/** What one classifier says; a text where it is at fault. */
const ask = (classifier: Classifier, receipt: DeliveryReceipt): Verdict | string | undefined => {
  try {
    const verdict = classifier.classify(receipt)
    if (verdict === undefined || verdict === null) return undefined
    return faultOf(verdict) ?? verdict
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** One step of the way to a classification. */
export interface Asked {
  readonly classifier: string
  /** What it said; `undefined` where it did not know. */
  readonly verdict: Verdict | undefined
  /** What was wrong with what it said, so that it was passed over. */
  readonly fault: string | undefined
}

/** The way to a classification: every classifier that was asked, up to the one that answered. */
export const explain = (classifiers: ReadonlyArray<Classifier>, receipt: DeliveryReceipt): ReadonlyArray<Asked> => {
  const way: Array<Asked> = []
  for (const classifier of classifiers) {
    const said = ask(classifier, receipt)
    const fault = typeof said === "string" ? said : undefined
    const verdict = typeof said === "string" ? undefined : said
    way.push({ classifier: classifier.name, verdict, fault })
    if (verdict !== undefined) break
  }
  return way
}

const known: Verdict = {}

/** What is said of a receipt that no classifier knows. */
const unanswered = ({ code, field, profile, providerStatus, status }: DeliveryReceipt): Verdict => {
  if (status === undefined)
    return { why: `nobody knows what ${profile} means by ${providerStatus || "no status at all"}` }
  if (status !== "failed") return known
  return {
    why:
      code === undefined
        ? `${profile} reports ${providerStatus} and gives no reason`
        : `no classifier knows the code ${code}${field === undefined ? "" : ` of ${field}`} of ${profile}`
  }
}

const conclude = (receipt: DeliveryReceipt, verdict: Verdict, classifier: string | undefined): Classification => {
  const state = verdict.state ?? stateOf(receipt)
  if (state !== "failed") {
    return {
      state,
      cause: undefined,
      category: undefined,
      retryable: undefined,
      retryAfterSeconds: undefined,
      resend: state === "unconfirmed" ? "ask" : undefined,
      actor: undefined,
      action: undefined,
      classifier,
      rule: verdict.rule,
      why: verdict.why
    }
  }
  const cause = verdict.cause ?? "unexplained"
  const { action, actor, category, resend, retryAfterSeconds, retryable } = adviceOf(cause, verdict)
  return {
    state,
    cause,
    category,
    retryable,
    retryAfterSeconds,
    resend,
    actor,
    action,
    classifier,
    rule: verdict.rule,
    why: verdict.why
  }
}
