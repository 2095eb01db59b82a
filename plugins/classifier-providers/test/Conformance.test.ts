import type { Classifier, Taxonomy } from "@dlrkit/core"
import { ClassifierConformance } from "@dlrkit/testkit"
import { cases } from "./Cases.ts"
import { classifiers } from "./Providers.ts"

/** What the cases say of a profile's own codes; what nobody explains is not the classifier's to answer. */
const ownCases = (profile: string): ReadonlyArray<ClassifierConformance.Case> =>
  cases.flatMap((it) => {
    const [state, cause, retryable] = it.means.split(" ") as [Classifier.State, Taxonomy.Cause?, Taxonomy.Retryable?]
    if (it.profile !== profile || state !== "failed" || cause === "unexplained") return []
    const { id: name, payload, previous } = it
    return [{ name, profile, payload, ...(previous && { previous }), expect: { state, cause, retryable } }]
  })

for (const classifier of classifiers) {
  ClassifierConformance.suite({ classifier, cases: ownCases(classifier.name) })
}
