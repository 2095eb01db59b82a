import type { Classifier, Taxonomy } from "@dlrkit/core"
import { ClassifierConformance } from "@dlrkit/testkit"
import * as Smpp from "../src/index.ts"
import { cases } from "./PublishedCases.ts"

ClassifierConformance.suite({
  classifier: Smpp.classifier(),
  cases: cases.flatMap(({ expected, id, receipt, ...known }): ReadonlyArray<ClassifierConformance.Case> => {
    const [state, cause, retryable] = expected.split(" ") as [Classifier.State, Taxonomy.Cause?, Taxonomy.Retryable?]
    // What nobody explains, a code of another package and one of a route's own are not this classifier's to answer.
    const isAnothers = known.profile === "clickatell" || "route_codes" in known
    if (state !== "failed" || cause === "unexplained" || isAnothers) return []
    const { field, profile } = known
    return [
      {
        name: id,
        ...(profile && { profile }),
        ...(field && { field }),
        payload: receipt,
        expect: { state, cause, retryable }
      }
    ]
  })
})
