import { ClassifierConformance } from "@dlrkit/testkit"
import * as Rules from "../src/index.ts"
import { load, receipt } from "./Samples.ts"

const { rules } = load(`
rules:
  - name: dead numbers
    code: ["008", ACME-17]
    cause: invalid_number
  - name: our own filter
    prefix: FLT-
    carrier: acme
    cause: content_filtered
    retryable: after
    retry_after: 30m
  - name: gateway trouble
    pattern: GW-\\d+
    cause: network_failure
  - name: nobody can say
    status: LOST
    state: unconfirmed
`)

ClassifierConformance.suite({
  classifier: Rules.compile(rules),
  cases: [
    { receipt: receipt({ code: "008" }), expect: { cause: "invalid_number", rule: "dead numbers" } },
    { receipt: receipt({ code: "acme-17" }), expect: { cause: "invalid_number" } },
    { receipt: receipt({ code: "8" }), expect: undefined },
    {
      receipt: receipt({ code: "FLT-3", carrier: "acme" }),
      expect: { cause: "content_filtered", retryable: "after", retryAfterSeconds: 1800 }
    },
    { receipt: receipt({ code: "FLT-3", carrier: "other" }), expect: undefined },
    { receipt: receipt({ code: "GW-12" }), expect: { cause: "network_failure", retryable: "after" } },
    { receipt: receipt({ code: "GW-" }), expect: undefined },
    { receipt: receipt({ providerStatus: "LOST" }), expect: { state: "unconfirmed", rule: "nobody can say" } }
  ],
  minimumScore: 1
})
