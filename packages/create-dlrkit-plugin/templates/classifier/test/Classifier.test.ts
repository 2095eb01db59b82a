import { ClassifierConformance } from "@dlrkit/testkit"
import { classifier } from "../src/index.ts"

const carrier = "{{NAME}}"

/** A failure that the carrier reports with a code. */
const failed = (code: string) => ({ carrier, code, status: "failed" as const })

ClassifierConformance.suite({
  classifier: classifier(),
  // A rule that no case defends fails, by its name.
  minimumScore: 1,
  cases: [
    { receipt: failed("E-17"), expect: { cause: "opted_out", retryable: "no", rule: "E-17" } },
    { receipt: failed("E-23"), expect: { cause: "handset_unreachable", rule: "E-23" } },
    { receipt: failed("E-99"), expect: { cause: "network_failure", retryable: "yes", rule: "E-99" } },
    { name: "a code that the list does not have", receipt: failed("E-18"), expect: undefined },
    { name: "another carrier's code", receipt: { ...failed("E-17"), carrier: "another" }, expect: undefined }
  ]
})
