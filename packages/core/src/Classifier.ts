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
import type { DeliveryReceipt } from "./DeliveryReceipt.ts"
import * as Plugin from "./Plugin.ts"
import { type Actor, type Category, type Cause, causes, type Retryable } from "./Taxonomy.ts"

/**
 * What one receipt says. `ignore`: it is no receipt of an outbound message. `unconfirmed`: the platform says that no
 * final receipt will come.
 */
export type State = "in_progress" | "delivered" | "failed" | "unconfirmed" | "ignore"

/** A classifier's answer. Everything that it leaves out follows from the cause, or from the receipt's own status. */
export interface Verdict {
  /** Why it failed; counts only where the state is `failed`. */
  readonly cause?: Cause | undefined
  /** Which rule of the classifier said so, such as the code itself. */
  readonly rule?: string | undefined
  /** Only where the receipt's own status is absent or wrong. */
  readonly state?: State | undefined
  readonly retryable?: Retryable | undefined
  readonly actor?: Actor | undefined
}

/** A classifier: a name, and a pure function that answers `undefined` where it does not know. */
export interface Classifier {
  readonly name: string
  readonly classify: (receipt: DeliveryReceipt) => Verdict | undefined
}

/** What a receipt means, once a classifier (or nobody) has spoken. */
export interface Classification {
  readonly state: State | undefined
  readonly cause: Cause | undefined
  readonly category: Category | undefined
  readonly retryable: Retryable | undefined
  readonly actor: Actor | undefined
  readonly classifier: string | undefined
  readonly rule: string | undefined
}

/** What went wrong in a classifier: it threw, or gave a cause that the taxonomy does not have. */
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
export const defineClassifier = (classifier: Classifier): Classifier => classifier

/** The tracker's classifiers, in the order in which they are asked. */
export class Classifiers extends Context.Service<Classifiers, ReadonlyArray<Classifier>>()(
  "@dlrkit/core/Classifiers"
) {}

/** Gathers classifiers, given as records or as Effects that build them. The first answer wins. */
export const layer = <const P extends Plugin.Plugin<Classifier>>(
  classifiers: ReadonlyArray<P>
): Layer.Layer<Classifiers, Plugin.PluginError<P>, Plugin.PluginServices<P>> =>
  Layer.effect(
    Classifiers,
    Plugin.buildAll<Classifier, P>(classifiers) as Effect.Effect<ReadonlyArray<Classifier>, Plugin.PluginError<P>>
  )

const stateOf = (receipt: DeliveryReceipt): State | undefined => {
  switch (receipt.status) {
    case "pending":
    case "sent":
      return "in_progress"
    default:
      return receipt.status
  }
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
    let verdict: Verdict | undefined
    try {
      verdict = classifier.classify(receipt)
    } catch (error) {
      onFault({ classifier: classifier.name, receipt, detail: error instanceof Error ? error.message : String(error) })
      continue
    }
    if (verdict === undefined || verdict === null) continue
    if (verdict.cause !== undefined && !Object.hasOwn(causes, verdict.cause)) {
      onFault({ classifier: classifier.name, receipt, detail: `it gave the unknown cause ${String(verdict.cause)}` })
      continue
    }
    return conclude(verdict.state ?? stateOf(receipt), verdict, classifier.name)
  }
  return conclude(stateOf(receipt), {}, undefined)
}

const conclude = (state: State | undefined, verdict: Verdict, classifier: string | undefined): Classification => {
  if (state !== "failed") {
    return {
      state,
      cause: undefined,
      category: undefined,
      retryable: undefined,
      actor: undefined,
      classifier,
      rule: verdict.rule
    }
  }
  const cause = verdict.cause ?? "unexplained"
  const info = causes[cause]
  return {
    state,
    cause,
    category: info.category,
    retryable: verdict.retryable ?? info.retryable,
    actor: verdict.actor ?? info.actor,
    classifier,
    rule: verdict.rule
  }
}
