import { defineClassifier } from "@dlrkit/core"
import { assert, describe, it } from "@effect/vitest"
import * as KnownClassifiers from "../src/KnownClassifiers.ts"

describe("the classifiers that a command asks", () => {
  it("are those of the config and then the others, each name once", () => {
    const own = [
      defineClassifier({ name: "genesys", classify: () => undefined }),
      defineClassifier({ name: "acme", classify: () => undefined })
    ]
    const all = KnownClassifiers.withBuiltIn(own)
    const others = KnownClassifiers.builtIn().filter(({ name }) => name !== "genesys")
    assert.deepStrictEqual(
      all.map(({ name }) => name),
      ["genesys", "acme", ...others.map(({ name }) => name)]
    )
    assert.strictEqual(all[0], own[0])
    assert.isAbove(others.length, 0)
  })
})
