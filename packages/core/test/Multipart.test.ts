import { assert, describe, it } from "@effect/vitest"
import { type Classification, classify, type State } from "../src/Classifier.ts"
import { together } from "../src/Multipart.ts"
import type { Cause } from "../src/Taxonomy.ts"
import { receipt } from "./Samples.ts"

const part = (state: State | undefined, providerStatus: string = state ?? "what"): Classification =>
  classify([{ name: "parts", classify: () => ({ state, rule: providerStatus }) }], receipt("what"), () => {})

const of = (...states: ReadonlyArray<State | undefined>) => {
  const { decides, partlyArrived } = together(states.map((state) => part(state)))
  return [decides?.state, partlyArrived] as const
}

describe("a message of several parts", () => {
  it.each([
    [["delivered", "delivered"], "delivered", false],
    [["delivered"], "delivered", false],
    [["delivered", "in_progress"], "in_progress", true],
    [["in_progress", "in_progress"], "in_progress", false],
    [["delivered", "failed"], "failed", true],
    [["failed", "delivered", "in_progress"], "failed", true],
    [["failed", "failed"], "failed", false],
    [["unconfirmed", "delivered"], "unconfirmed", true],
    [["unconfirmed", "failed"], "failed", false],
    [["in_progress", "unconfirmed"], "unconfirmed", false],
    [["delivered", "ignore"], "delivered", false]
  ] as const)("whose parts are %j is %s", (states, state, partlyArrived) => {
    assert.deepStrictEqual(of(...states), [state, partlyArrived])
    assert.deepStrictEqual(of(...[...states].reverse()), [state, partlyArrived])
  })

  it("is not known while a part is not, unless another one failed", () => {
    assert.deepStrictEqual(of("delivered", undefined, "in_progress"), [undefined, true])
    assert.strictEqual(together([part("delivered"), part(undefined, "WHATEVR")]).decides?.rule, "WHATEVR")
    assert.deepStrictEqual(of(undefined, "failed"), ["failed", false])
  })

  it("has no state without a receipt", () => {
    assert.deepStrictEqual(together([]), { decides: undefined, partlyArrived: false })
    assert.deepStrictEqual(together([part("ignore")]), { decides: undefined, partlyArrived: false })
  })

  it("is decided by the failure that no time mends, wherever it stands", () => {
    const failed = (cause: Cause) =>
      classify([{ name: "parts", classify: () => ({ cause }) }], receipt("failed"), () => {})
    const away = failed("handset_unreachable")
    const dead = failed("invalid_number")
    assert.strictEqual(together([away, dead]).decides?.cause, "invalid_number")
    assert.strictEqual(together([dead, away]).decides?.cause, "invalid_number")
    assert.strictEqual(together([part("delivered"), away, failed("expired")]).decides?.cause, "handset_unreachable")
  })

  it("is decided by the first of parts that are equally bad", () => {
    assert.strictEqual(together([part("delivered"), part("failed", "a"), part("failed", "b")]).decides?.rule, "a")
  })
})
