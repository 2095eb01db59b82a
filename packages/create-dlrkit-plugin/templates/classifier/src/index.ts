/**
 * What the codes of {{NAME}} mean.
 *
 * @module
 */
import { type Classifier, defineClassifier } from "@dlrkit/core"

/**
 * The meaning of each code. Say here where you have it from: the list's name and its date. A cause is one of
 * `Taxonomy.causes`. Category, retryable and who must act follow from it; a verdict says only what differs.
 */
const meanings: Readonly<Record<string, Classifier.Verdict>> = {
  "E-17": { cause: "opted_out", why: "blocked by the subscriber" },
  "E-23": { cause: "handset_unreachable", why: "absent subscriber" },
  "E-99": { cause: "network_failure", why: "the switch restarts", retryable: "yes" }
}

/** Reads the codes of the carrier `{{NAME}}`, and leaves all others to the next classifier. */
export const classifier = (): Classifier.Classifier =>
  defineClassifier({
    name: "{{NAME}}",
    rules: Object.entries(meanings).map(([code, { cause }]) => ({ rule: code, code, cause })),
    classify: ({ carrier, code = "" }) => {
      if (carrier !== "{{NAME}}" || !Object.hasOwn(meanings, code)) return undefined
      return { ...meanings[code], rule: code }
    }
  })
