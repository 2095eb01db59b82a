/** Classifiers and cases that are wrong on purpose, each in one way. */
import type { Classifier, DeliveryReceipt, ReceiptProfile } from "@dlrkit/core"
import type { ClassifierConformance } from "../src/index.ts"

type Receipt = DeliveryReceipt.DeliveryReceipt

const causes = new Map([
  ["17", "opted_out"],
  ["40", "rate_limited"]
] as const)

const classify = ({ code, profile }: Receipt): Classifier.Verdict | undefined => {
  const cause = profile === "acme" && code !== undefined ? causes.get(code as "17") : undefined
  return cause === undefined
    ? undefined
    : { cause, rule: `code ${code}`, retryable: cause === "opted_out" ? "no" : "after" }
}

const statuses = new Map([
  ["UP", "delivered"],
  ["DOWN", "failed"]
] as const)

const isRecord = (payload: unknown): payload is Record<string, unknown> =>
  typeof payload === "object" && payload !== null

const reader: ReceiptProfile.ReceiptProfile = {
  name: "acme",
  recognizes: (payload) => isRecord(payload) && "acmeStatus" in payload,
  read: (payload) => {
    if (!isRecord(payload) || !("acmeStatus" in payload)) return undefined
    const { acmeCode, acmeStatus } = payload
    return {
      receipt: {
        profile: "acme",
        providerStatus: String(acmeStatus),
        status: statuses.get(acmeStatus as "UP"),
        ...(typeof acmeCode === "string" ? { code: acmeCode } : {})
      }
    }
  }
}

/** A classifier that is right, and cases that say so. */
export const right = {
  classifier: {
    name: "acme",
    classify,
    profiles: [reader],
    rules: [
      { rule: "code 17", profile: "acme", code: "17", cause: "opted_out" },
      { rule: "code 40", profile: "acme", code: "40", cause: "rate_limited" }
    ]
  } satisfies Classifier.Classifier,
  cases: [
    {
      receipt: { profile: "acme", status: "failed", code: "17" },
      expect: { state: "failed", cause: "opted_out", retryable: "no", actor: "sender", rule: "code 17" }
    },
    { payload: { acmeStatus: "DOWN", acmeCode: "40" }, expect: { cause: "rate_limited", retryable: "after" } },
    { name: "nobody's code", payload: { acmeStatus: "DOWN", acmeCode: "1" }, profile: "acme", expect: undefined }
  ] satisfies ReadonlyArray<ClassifierConformance.Case>
}

const classifying = (changed: (receipt: Receipt, verdict: Classifier.Verdict | undefined) => unknown) => ({
  ...right,
  classifier: { ...right.classifier, classify: (receipt: Receipt) => changed(receipt, classify(receipt)) as never }
})

const reading = (changed: Partial<ReceiptProfile.ReceiptProfile>) => ({
  ...right,
  classifier: { ...right.classifier, profiles: [{ ...reader, ...changed }] }
})

const casing = (...cases: ReadonlyArray<unknown>) => ({
  ...right,
  cases: [...right.cases, ...(cases as typeof right.cases)]
})

const table: Readonly<Record<string, unknown>> = { 17: "opted_out", 40: "rate_limited" }
let count = 0
let last: string | undefined
const asked = new Set<string>()

/** One that looks at a carrier's receipts alone, which only a case tells of. */
const ofCarrier = (found: (code: string) => unknown): ClassifierConformance.Subject => ({
  classifier: {
    name: "telco",
    rules: [
      { rule: "17", code: "17", cause: "opted_out" },
      { rule: "40", code: "40", cause: "rate_limited" }
    ],
    classify: ({ carrier, code = "" }) => (carrier === "telco" ? (found(code) as Classifier.Verdict) : undefined)
  },
  cases: [{ receipt: { carrier: "telco", status: "failed", code: "17" }, expect: { cause: "opted_out" } }]
})

const ruling = (...rules: ReadonlyArray<unknown>): ClassifierConformance.Subject => ({
  ...right,
  classifier: { ...right.classifier, rules: rules as ReadonlyArray<Classifier.Rule> }
})

/** What is wrong, the rule that finds it, a part of what is said, and the subject. */
export const breaks: ReadonlyArray<
  readonly [what: string, rule: string, told: string, subject: ClassifierConformance.Subject]
> = [
  [
    "is made for another contract",
    "contract",
    "contract 99",
    { ...right, classifier: { ...right.classifier, contract: 99 } }
  ],
  ["has no name", "contract", "name is empty", { ...right, classifier: { ...right.classifier, name: "" } }],
  [
    "throws where a receipt has no code",
    "totality",
    "threw",
    classifying(({ code }, verdict) => (code!.length > 3 ? undefined : verdict))
  ],
  [
    "gives a cause that there is not",
    "totality",
    "did you mean opted_out?",
    classifying((_, verdict) => verdict && { ...verdict, cause: "opt_out" })
  ],
  ["gives null", "totality", "neither `undefined` nor a verdict", classifying((_, verdict) => verdict ?? null)],
  [
    "gives a verdict with a field of its own",
    "totality",
    'no "reason"; there are cause',
    classifying((_, verdict) => verdict && { ...verdict, reason: "x" })
  ],
  [
    "looks codes up in a plain object",
    "junk",
    "there is no cause a function",
    classifying(({ code = "" }) => (table[code] === undefined ? undefined : { cause: table[code] }))
  ],
  [
    "makes a regular expression of a code",
    "junk",
    "threw Invalid regular expression",
    classifying(({ code = "" }, verdict) => (new RegExp(code).test("17") ? verdict : undefined))
  ],
  [
    "looks the codes of one carrier up in a plain object",
    "junk",
    "there is no cause a function",
    ofCarrier((code) => (table[code] === undefined ? undefined : { cause: table[code] }))
  ],
  [
    "has a rule for one carrier with a cause that there is not, and no case for it",
    "totality",
    'there is no cause "opt_out"',
    ofCarrier((code) =>
      code === "40" ? { cause: "opt_out" } : Object.hasOwn(table, code) ? { cause: table[code] } : undefined
    )
  ],
  [
    "answers a receipt only when it comes again",
    "determinism",
    "gives undefined at first",
    classifying((receipt, verdict) => {
      const text = JSON.stringify(receipt)
      const known = asked.has(text)
      asked.add(text)
      return known ? verdict : undefined
    })
  ],
  [
    "counts",
    "determinism",
    "later",
    classifying((_, verdict) => verdict && { ...verdict, retryAfterSeconds: count++ })
  ],
  [
    "goes by what it was asked before",
    "determinism",
    "later",
    classifying(({ code }, verdict) => {
      const before = last
      last = code
      return before === "17" ? undefined : verdict
    })
  ],
  [
    "changes the receipt",
    "receipt-unchanged",
    "afterwards",
    classifying((receipt, verdict) => {
      Object.assign(receipt, { code: "x" })
      return verdict
    })
  ],
  [
    "changes the receipt and back",
    "receipt-unchanged",
    "where it was frozen",
    classifying((receipt, verdict) => {
      const { profile } = receipt
      Object.assign(receipt, { profile: "x" })
      Object.assign(receipt, { profile })
      return verdict
    })
  ],
  [
    "asks the time",
    "no-time-no-chance",
    "Date.now()",
    classifying((_, verdict) => (Date.now() > 0 ? verdict : undefined))
  ],
  [
    "asks the time quietly",
    "no-time-no-chance",
    "new Date()",
    classifying((_, verdict) => {
      try {
        return String(new Date()) !== "" ? verdict : undefined
      } catch {
        return verdict
      }
    })
  ],
  [
    "asks how long the process has run",
    "no-time-no-chance",
    "process.hrtime.bigint()",
    classifying((_, verdict) => (process.hrtime.bigint() < 0n ? undefined : verdict))
  ],
  [
    "asks chance",
    "no-time-no-chance",
    "Math.random()",
    classifying((_, verdict) => (Math.random() < 2 ? verdict : undefined))
  ],
  ["gives a promise", "plain-verdicts", "a promise", classifying(async (_, verdict) => verdict)],
  [
    "gives a verdict that is lost when written",
    "plain-verdicts",
    "no plain data",
    classifying((_, verdict) => verdict && { ...verdict, why: () => "" })
  ],
  [
    "declares a rule twice",
    "rules-unique",
    'the rule "code 17" of acme',
    { ...right, classifier: { ...right.classifier, rules: [...right.classifier.rules, ...right.classifier.rules] } }
  ],
  [
    "names a rule that it does not declare",
    "rules-declared",
    'by the rule "code 40"',
    { ...right, classifier: { ...right.classifier, rules: right.classifier.rules.slice(0, 1) } }
  ],
  [
    "declares a rule with a cause that there is not",
    "rules-declared",
    'the rule "code 99": there is no cause "opt_out"; did you mean opted_out?',
    ruling(...right.classifier.rules, { rule: "code 99", code: "99", cause: "opt_out" })
  ],
  [
    "declares a rule with another cause than it answers with",
    "rules-declared",
    'with "rate_limited" by the rule "code 40", which it declares with invalid_number',
    ruling(right.classifier.rules[0], { rule: "code 40", profile: "acme", code: "40", cause: "invalid_number" })
  ],
  [
    "throws at a payload that is none",
    "readers-total",
    "threw",
    reading({ read: (payload) => ((payload as { a: number }).a > 0 ? undefined : reader.read(payload, {})) })
  ],
  [
    "reads a receipt with a number for a code",
    "readers-total",
    "is no text",
    reading({ read: () => ({ receipt: { profile: "acme", providerStatus: "", code: 8 as never } }) })
  ],
  [
    "changes a payload",
    "readers-pure",
    "afterwards",
    reading({
      read: (payload) => {
        if (isRecord(payload) && !Object.isFrozen(payload)) payload.seen = true
        return reader.read(payload, {})
      }
    })
  ],
  [
    "reads a payload in two ways",
    "readers-pure",
    "in two ways",
    reading({ read: () => ({ receipt: { profile: "acme", providerStatus: String(count++) } }) })
  ],
  ["recognizes what it does not read", "readers-recognize", "does not read it", reading({ read: () => undefined })],
  [
    "recognizes a payload for two profiles",
    "readers-recognize",
    "is recognized by acme, and by acme-2",
    { ...right, classifier: { ...right.classifier, profiles: [reader, { ...reader, name: "acme-2" }] } }
  ],
  [
    "recognizes a bare number",
    "readers-recognize",
    "any provider may send",
    reading({
      recognizes: (payload) => payload === 8,
      read: () => ({ receipt: { profile: "acme", providerStatus: "" } })
    })
  ],
  [
    "has a case with a word that there is not",
    "cases-typed",
    'a case has no "expects"; did you mean expect?',
    casing({ receipt: {}, expects: {} })
  ],
  [
    "has a case with a mistyped cause",
    "cases-typed",
    'cause cannot be "opted-out"; did you mean opted_out?',
    casing({ receipt: { profile: "acme", status: "failed", code: "17" }, expect: { cause: "opted-out" } })
  ],
  [
    "has a case with a mistyped field",
    "cases-typed",
    'a receipt has no "errorCode"',
    casing({ receipt: { profile: "acme", status: "failed", errorCode: "17" }, expect: undefined })
  ],
  [
    "has a case with a mistyped status",
    "cases-typed",
    'status cannot be "fail"; did you mean failed?',
    casing({ receipt: { profile: "acme", status: "fail" }, expect: undefined })
  ],
  [
    "has a case that expects nothing in particular",
    "cases-typed",
    "expect says nothing",
    casing({ receipt: { profile: "acme", status: "failed", code: "40" }, expect: {} })
  ],
  [
    "has a case that expects a cause of what was delivered",
    "cases-typed",
    "has no cause",
    casing({ receipt: { profile: "acme", code: "40" }, expect: { state: "delivered", cause: "opted_out" } })
  ],
  [
    "has a case of a rule that there is not",
    "cases-typed",
    'no rule "code 4"; did you mean code 40?',
    casing({ receipt: { profile: "acme", code: "40", status: "failed" }, expect: { rule: "code 4" } })
  ],
  [
    "has a case of neither receipt nor payload",
    "cases-typed",
    "a receipt, or else a payload",
    casing({ expect: undefined })
  ],
  [
    "has a case twice",
    "cases-distinct",
    "cases 1 and 4 have one input",
    casing({ receipt: { code: "17", status: "failed", profile: "acme" }, expect: undefined })
  ],
  [
    "has two cases of one name",
    "cases-distinct",
    "have one name",
    casing({ name: "nobody's code", payload: { acmeStatus: "DOWN", acmeCode: "2" }, expect: undefined })
  ],
  [
    "has a case of a profile that there is not",
    "cases-reachable",
    'no profile "acne"',
    casing({ profile: "acne", payload: { acmeStatus: "DOWN" }, expect: undefined })
  ],
  [
    "has a case whose payload cannot be read",
    "cases-reachable",
    "no receipt of the profile acme",
    casing({ profile: "acme", payload: { status: "DOWN" }, expect: undefined })
  ],
  [
    "has a case that expects an answer of a classifier that has none",
    "cases",
    "unreachable",
    casing({ receipt: { profile: "acme", status: "failed", code: "3" }, expect: { cause: "opted_out" } })
  ],
  [
    "does not mean what a case says",
    "cases",
    'cause is "opted_out", not "invalid_number"',
    casing({
      receipt: { profile: "acme", status: "failed", code: "17", carrier: "x" },
      expect: { cause: "invalid_number" }
    })
  ],
  [
    "answers where it must not",
    "cases",
    "must not answer",
    casing({ receipt: { profile: "acme", status: "failed", code: "17", carrier: "x" }, expect: undefined })
  ],
  [
    "does not tell its rules, and is to have a score",
    "mutation-score",
    "declares no `rules`",
    { ...right, classifier: { name: "acme", classify, profiles: [reader] }, minimumScore: 0.9 }
  ],
  [
    "has rules that no case defends",
    "mutation-score",
    "code 40 (acme): no case would notice if it answers nothing",
    { ...right, cases: right.cases.slice(0, 1), minimumScore: 0.9 }
  ]
]
