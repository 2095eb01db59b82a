/**
 * What a classifier must do with whatever receipt it is given: answer nothing or a verdict that the taxonomy has, the same
 * each time, out of the receipt alone.
 *
 * @module
 */
import { isDeepStrictEqual } from "node:util"
import { type Classifier, type DeliveryReceipt, Taxonomy } from "@dlrkit/core"
import * as Chance from "./Chance.ts"
import { type Case, receiptOf, Unread } from "./ClassifierCase.ts"
import * as GeneratedReceipts from "./GeneratedReceipts.ts"
import { frozen } from "./Junk.ts"
import { nearest } from "./NearestWord.ts"
import { states } from "./ReceiptShape.ts"

type Receipt = DeliveryReceipt.DeliveryReceipt

/** A classifier that was built, and its cases. */
export interface Built {
  readonly classifier: Classifier.Classifier
  readonly cases: ReadonlyArray<Case>
}

/** One thing that a classifier must do: what it does not do, as texts. */
export interface ClassifierRule {
  readonly name: string
  readonly says: string
  readonly faults: (built: Built) => Iterable<string>
}

/** A value for people, not too long. */
export const shown = (value: unknown): string => {
  const text = typeof value === "function" ? "a function" : (JSON.stringify(value) ?? String(value))
  return text.length > 300 ? `${text.slice(0, 299)}…` : text
}

/** What a function gives; a text where it throws. */
export const attempt = <A>(run: () => A): { readonly value: A } | string => {
  try {
    return { value: run() }
  } catch (error) {
    return `threw ${error instanceof Error ? error.message : String(error)}`
  }
}

/** The receipts of cases; those that cannot be read are told of elsewhere. */
const known = ({ cases, classifier }: Built): ReadonlyArray<Receipt> =>
  cases.flatMap((it) => {
    const read = attempt(() => receiptOf(classifier, it))
    return typeof read === "string" || read.value instanceof Unread ? [] : [read.value]
  })

const generated = (built: Built) => GeneratedReceipts.make(built.classifier, known(built))

const verdictFields = {
  cause: Object.keys(Taxonomy.causes),
  state: states,
  retryable: Taxonomy.Retryable.literals,
  actor: Taxonomy.Actor.literals,
  rule: undefined,
  why: undefined,
  retryAfterSeconds: undefined
} as const

/** What is wrong with an answer; nothing where it is none, or a verdict that the taxonomy has. */
const verdictFaults = (verdict: unknown): ReadonlyArray<string> => {
  if (verdict === undefined) return []
  if (typeof verdict !== "object" || verdict === null || Array.isArray(verdict)) {
    return ["that is neither `undefined` nor a verdict"]
  }
  return Object.entries(verdict).flatMap(([key, value]) => {
    if (!Object.hasOwn(verdictFields, key))
      return [`a verdict has no "${key}"${nearest(key, Object.keys(verdictFields))}`]
    if (value === undefined) return []
    const words: ReadonlyArray<string> | undefined = verdictFields[key as keyof typeof verdictFields]
    if (words !== undefined) {
      return typeof value === "string" && words.includes(value)
        ? []
        : [`there is no ${key} ${shown(value)}${typeof value === "string" ? nearest(value, words) : ""}`]
    }
    if (key === "retryAfterSeconds") {
      return Number.isFinite(value) && value >= 0 ? [] : [`${shown(value)} are no seconds to wait`]
    }
    return typeof value === "string" && value !== "" ? [] : [`its ${key} is ${shown(value)}, not a text`]
  })
}

/** What is wrong with the answers to receipts; one fault of a receipt is enough. */
function* answerFaults({ classifier }: Built, receipts: ReadonlyArray<Receipt>) {
  for (const receipt of receipts) {
    const answer = attempt(() => classifier.classify(structuredClone(receipt)))
    const [fault] = typeof answer === "string" ? [answer] : verdictFaults(answer.value)
    if (fault !== undefined)
      yield `${shown(receipt)} ${typeof answer === "string" ? "" : `gives ${shown(answer.value)}: `}${fault}`
  }
}

/** What was asked of the time and of chance while something ran; each asking throws. */
const askedOfTimeAndChance = (run: () => void): ReadonlyArray<string> => {
  const asked: Array<string> = []
  const told = (name: string) => (): never => {
    asked.push(name)
    throw new Error(`a classifier goes by the receipt alone, and asks ${name}`)
  }
  const Real = Date
  const replaced: ReadonlyArray<readonly [object, string, unknown]> = [
    [
      globalThis,
      "Date",
      new Proxy(Real, {
        construct: (target, values) => (values.length === 0 ? told("new Date()")() : Reflect.construct(target, values)),
        apply: told("Date()")
      })
    ],
    [Real, "now", told("Date.now()")],
    [Math, "random", told("Math.random()")],
    [performance, "now", told("performance.now()")],
    [process, "hrtime", Object.assign(told("process.hrtime()"), { bigint: told("process.hrtime.bigint()") })],
    [process, "uptime", told("process.uptime()")],
    [crypto, "randomUUID", told("crypto.randomUUID()")],
    [crypto, "getRandomValues", told("crypto.getRandomValues()")]
  ]
  const before = replaced.map(([object, key]) => Object.getOwnPropertyDescriptor(object, key))
  try {
    for (const [object, key, value] of replaced) {
      Object.defineProperty(object, key, { value, configurable: true, writable: true })
    }
    run()
  } finally {
    for (const [index, [object, key]] of replaced.entries()) {
      const descriptor = before[index]
      if (descriptor === undefined) Reflect.deleteProperty(object, key)
      else Object.defineProperty(object, key, descriptor)
    }
  }
  return asked
}

/** The answers to receipts in their order; what throws answers nothing here, as another rule tells of it. */
const answers = ({ classify }: Classifier.Classifier, receipts: ReadonlyArray<Receipt>) =>
  receipts.map((receipt) => {
    const answer = attempt(() => structuredClone(classify(structuredClone(receipt))))
    return typeof answer === "string" ? undefined : answer.value
  })

/** The words of a rule that the taxonomy has to know. */
const ruleFaults = ({ cause, rule }: Classifier.Rule): ReadonlyArray<string> =>
  cause === undefined || verdictFields.cause.includes(cause)
    ? []
    : [`the rule "${rule}": there is no cause ${shown(cause)}${nearest(String(cause), verdictFields.cause)}`]

/** What a classifier must do with whatever receipt it is given. */
export const classifierRules: ReadonlyArray<ClassifierRule> = [
  // First, as what a classifier remembers of one asking shows where it has not been asked before.
  {
    name: "determinism",
    says: "answers a receipt in the same way each time, whatever it was asked before",
    faults: function* (built) {
      const receipts = generated(built)
      const first = answers(built.classifier, receipts)
      const order = Chance.make(7).shuffled(receipts.map((_, index) => index))
      const again = answers(
        built.classifier,
        order.map((index) => receipts[index]!)
      )
      for (const [at, index] of order.entries()) {
        if (isDeepStrictEqual(first[index], again[at])) continue
        yield `${shown(receipts[index])} gives ${shown(first[index])} at first, and ${shown(again[at])} later`
      }
    }
  },
  {
    name: "totality",
    says: "answers each receipt with nothing, or with a verdict of the taxonomy's words; never throws",
    faults: (built) => answerFaults(built, generated(built))
  },
  {
    name: "junk",
    says: "does so for texts that no code has as well: hostile, huge, or the name of something that every object has",
    faults: (built) => answerFaults(built, GeneratedReceipts.junk(built.classifier, known(built)))
  },
  {
    name: "receipt-unchanged",
    says: "leaves the receipt as it was, and does not need to change it",
    faults: function* (built) {
      for (const receipt of generated(built)) {
        const given = structuredClone(receipt)
        const free = attempt(() => built.classifier.classify(given))
        if (!isDeepStrictEqual(given, receipt)) yield `${shown(receipt)} is ${shown(given)} afterwards`
        const answer = attempt(() => built.classifier.classify(frozen(structuredClone(receipt))))
        if (typeof answer === "string" && typeof free !== "string")
          yield `${shown(receipt)} ${answer} where it was frozen`
      }
    }
  },
  {
    name: "no-time-no-chance",
    says: "asks neither the clock nor chance, so that an old receipt can be read again",
    faults: (built) => {
      const receipts = generated(built)
      const asked = askedOfTimeAndChance(() => {
        for (const receipt of receipts) attempt(() => built.classifier.classify(receipt))
      })
      return Array.from(new Set(asked), (name) => `it asks ${name}`)
    }
  },
  {
    name: "plain-verdicts",
    says: "gives verdicts that are plain data: no promises, no functions, nothing that is lost when it is written down",
    faults: function* (built) {
      for (const receipt of generated(built)) {
        const answer = attempt(() => built.classifier.classify(receipt))
        if (typeof answer === "string" || typeof answer.value !== "object" || answer.value === null) continue
        const prototype: unknown = Object.getPrototypeOf(answer.value)
        const isPlain = prototype === Object.prototype || prototype === null
        const told = Object.fromEntries(Object.entries(answer.value).filter(([, value]) => value !== undefined))
        const written = attempt(() => JSON.parse(JSON.stringify(told)))
        if (!isPlain || typeof written === "string" || !isDeepStrictEqual(written.value, told)) {
          yield `${shown(receipt)} gives ${isPlain ? shown(told) : "an object of a class or a promise"}, which is no plain data`
        }
      }
    }
  },
  {
    name: "rules-unique",
    says: "declares each of its rules once",
    faults: function* ({ classifier: { rules = [] } }) {
      const seen = new Set<string>()
      for (const { profile, rule } of rules) {
        const key = JSON.stringify([profile, rule])
        if (seen.has(key)) yield `the rule "${rule}"${profile === undefined ? "" : ` of ${profile}`} is declared twice`
        seen.add(key)
      }
    }
  },
  {
    name: "rules-declared",
    says: "declares rules of the taxonomy's words, and answers with those alone, and with their causes",
    faults: function* (built) {
      const { classifier } = built
      if (classifier.rules === undefined) return
      for (const rule of classifier.rules) yield* ruleFaults(rule)
      const declared = Map.groupBy(classifier.rules, ({ rule }) => rule)
      const told = new Set<string>()
      for (const receipt of [...known(built), ...generated(built)]) {
        const answer = attempt(() => classifier.classify(receipt))
        if (typeof answer === "string" || answer.value?.rule === undefined) continue
        const { cause, rule } = answer.value
        if (told.has(rule)) continue
        const causes = declared.get(rule)?.map(({ cause }) => cause)
        if (causes !== undefined && (cause === undefined || causes.includes(undefined) || causes.includes(cause)))
          continue
        told.add(rule)
        yield causes === undefined
          ? `${shown(receipt)} is answered by the rule "${rule}", which it does not declare`
          : `${shown(receipt)} is answered with ${shown(cause)} by the rule "${rule}", which it declares with ${causes.join(" and ")}`
      }
    }
  }
]
