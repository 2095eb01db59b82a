/** A suite that must fail in part; Suite.test.ts runs it. */
import { ClassifierConformance } from "../../src/index.ts"
import { right } from "../BrokenClassifiers.ts"

ClassifierConformance.suite({
  ...right,
  classifier: { ...right.classifier, profiles: undefined, classify: () => ({ cause: "opted_out", rule: "code 17" }) },
  cases: [right.cases[0]!, { receipt: { profile: "acme", code: "1" }, expect: undefined }],
  skip: { "rules-declared": "it has too many", determinisn: "mistyped" }
})
