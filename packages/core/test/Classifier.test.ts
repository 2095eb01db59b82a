import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import {
  type Classifier,
  type ClassifierFault,
  Classifiers,
  classify,
  defineClassifier,
  explain,
  layer
} from "../src/Classifier.ts"
import { causes } from "../src/Taxonomy.ts"
import { receipt } from "./Samples.ts"

const always = (name: string, verdict: ReturnType<Classifier["classify"]>) =>
  defineClassifier({ name, classify: () => verdict })

const silent = always("silent", undefined)
const failed = receipt("failed", { code: "X" })

/** What classifiers make of a receipt, and what went wrong in them. */
const read = (classifiers: ReadonlyArray<Classifier>, of = failed) => {
  const faults: Array<ClassifierFault> = []
  return { meaning: classify(classifiers, of, (fault) => faults.push(fault)), faults }
}

describe("classifiers", () => {
  it("are asked in order, and the first answer wins", () => {
    const one = always("one", { cause: "opted_out", rule: "1" })
    const two = always("two", { cause: "expired", rule: "2" })
    assert.deepInclude(read([silent, one, two]).meaning, { cause: "opted_out", classifier: "one", rule: "1" })
    assert.deepInclude(read([two, one]).meaning, { cause: "expired", classifier: "two" })
  })

  it("say a cause, from which all else follows", () => {
    for (const cause of Object.keys(causes) as Array<keyof typeof causes>) {
      const { action, actor, category, delay, resend, retryable } = causes[cause]
      assert.deepStrictEqual(read([always("a", { cause })]).meaning, {
        state: "failed",
        cause,
        category,
        retryable,
        retryAfterSeconds: retryable === "no" ? undefined : delay?.first,
        resend,
        actor,
        action,
        classifier: "a",
        rule: undefined,
        why: undefined
      })
    }
  })

  it("may know better who must act, and whether repeating helps", () => {
    const own = always("a", { cause: "network_failure", retryable: "no", actor: "recipient" })
    assert.deepInclude(read([own]).meaning, { category: "temporary_network", retryable: "no", actor: "recipient" })
  })

  it("that are all silent leave a failure unexplained", () => {
    const { faults, meaning } = read([silent])
    assert.deepInclude(meaning, { state: "failed", cause: "unexplained", category: "unknown", classifier: undefined })
    assert.deepStrictEqual(faults, [])
  })

  it("leave the status to the receipt, unless they know better", () => {
    const states = ["pending", "sent", "delivered", "failed", "what"].map(
      (word) => read([], receipt(word)).meaning.state
    )
    assert.deepStrictEqual(states, ["in_progress", "in_progress", "delivered", "failed", undefined])
    for (const state of ["in_progress", "delivered", "failed", "unconfirmed", "ignore"] as const) {
      assert.strictEqual(read([always("a", { state })], receipt("what")).meaning.state, state)
    }
  })

  it("give a delivered message no cause", () => {
    const { meaning } = read([always("a", { cause: "opted_out", rule: "r" })], receipt("delivered"))
    assert.deepInclude(meaning, { state: "delivered", cause: undefined, category: undefined, rule: "r" })
  })

  it("that throw, or give a cause that is none, are passed over and told of", () => {
    const throws = (thrown: unknown) =>
      defineClassifier({
        name: "throws",
        classify: () => {
          throw thrown
        }
      })
    const good = always("good", { cause: "expired" })
    for (const [bad, detail] of [
      [throws(new Error("no such code")), "no such code"],
      [throws("a word"), "a word"],
      [always("false", { cause: "because" as never }), "it gave the unknown cause because"],
      [always("false", { cause: "constructor" as never }), "it gave the unknown cause constructor"],
      [always("false", { retryable: "maybe" as never }), "it gave the unknown retryable maybe"],
      [always("false", { actor: "me" as never }), "it gave the unknown actor me"],
      [always("false", "opted_out" as never), "it gave opted_out, which is no verdict"],
      [always("false", Object as never), "it gave a function, which is no verdict"],
      [
        always("false", Promise.resolve({}) as never),
        "it gave a promise: what it needs is read before, by the function that makes it"
      ]
    ] as const) {
      const { faults, meaning } = read([bad, good])
      assert.strictEqual(meaning.cause, "expired")
      assert.deepStrictEqual(faults, [{ classifier: bad.name, receipt: failed, detail }])
    }
    assert.strictEqual(read([throws(new Error("x"))]).meaning.cause, "unexplained")
  })

  it("that answer null do not know, either", () => {
    assert.deepInclude(read([always("null", null as never), always("good", { cause: "expired" })]).meaning, {
      classifier: "good"
    })
  })

  it.effect("are gathered in their order, whether records or Effects that build them", () =>
    Effect.gen(function* () {
      const gathered = yield* Classifiers
      assert.deepStrictEqual(
        gathered.map(({ name }) => name),
        ["a", "b", "c"]
      )
    }).pipe(
      Effect.provide(layer([always("a", undefined), Effect.succeed(always("b", undefined)), always("c", undefined)]))
    )
  )
})

describe("the way to a classification", () => {
  const broken = defineClassifier({
    name: "broken",
    classify: () => {
      throw new Error("no such code")
    }
  })
  const good = always("good", { cause: "expired", rule: "X", why: "it took too long" })

  it("names every classifier that was asked, up to the one that answered", () => {
    assert.deepStrictEqual(
      explain([silent, broken, always("false", { cause: "because" as never }), good, silent], failed),
      [
        { classifier: "silent", verdict: undefined, fault: undefined },
        { classifier: "broken", verdict: undefined, fault: "no such code" },
        { classifier: "false", verdict: undefined, fault: "it gave the unknown cause because" },
        { classifier: "good", verdict: { cause: "expired", rule: "X", why: "it took too long" }, fault: undefined }
      ]
    )
  })

  it("ends where the classification comes from", () => {
    for (const chain of [[good], [silent, good], [broken, good], [good, broken], [silent], []]) {
      const answered = explain(chain, failed).find(({ verdict }) => verdict !== undefined)
      assert.strictEqual(read(chain).meaning.classifier, answered?.classifier)
    }
  })

  it("is told where nobody answers: why nothing is known", () => {
    const why = (word: string, changes: Parameters<typeof receipt>[1] = {}) =>
      read([], receipt(word, changes)).meaning.why
    assert.strictEqual(why("failed"), "scripted reports failed and gives no reason")
    assert.strictEqual(why("failed", { code: "X" }), "no classifier knows the code X of scripted")
    assert.strictEqual(why("failed", { code: "X", field: "err" }), "no classifier knows the code X of err of scripted")
    assert.strictEqual(why("what"), "nobody knows what scripted means by what")
    assert.strictEqual(why(""), "nobody knows what scripted means by no status at all")
    assert.isUndefined(why("delivered"))
  })
})
