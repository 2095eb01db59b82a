/** What the codes of ACME, our own carrier, mean: a whole plugin. */
import { type Classifier, defineClassifier } from "@dlrkit/core"

/** From ACME's handbook. Category, retryable and actor follow from the cause, but for what is said here. */
const meanings = new Map<string, Classifier.Verdict>([
  ["ACME-17", { cause: "opted_out" }],
  ["ACME-23", { cause: "handset_unreachable" }],
  ["ACME-31", { cause: "content_filtered" }],
  ["ACME-40", { cause: "rate_limited" }],
  // Their switch restarts within seconds: the same message can be sent again at once.
  ["ACME-99", { cause: "network_failure", retryable: "yes" }]
])

/** Reads the codes of ACME's messages, such as `ACME-17` or `ACME-17 BLOCKED BY SUBSCRIBER`, and leaves all others. */
export const acme = defineClassifier({
  name: "acme",
  classify: (receipt) => {
    if (receipt.carrier !== "acme") return undefined
    const code = receipt.code?.match(/^ACME-\d+/)?.[0]
    const meaning = code === undefined ? undefined : meanings.get(code)
    return meaning && { ...meaning, rule: code }
  }
})
