import { JournalStoreMemory } from "@dlrkit/core"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { JournalConformance } from "../src/index.ts"
import { breaks, broken, ruleBreaks } from "./BrokenJournals.ts"

JournalConformance.suite({
  name: "the journal in memory",
  journal: Effect.succeed(JournalStoreMemory.layer),
  skip: { durability: "nothing survives its scope", access: "whoever opens it has another one" }
})

describe("a journal of which is known that", () => {
  for (const [name, [change, expected]] of Object.entries(breaks)) {
    it.effect(name, () =>
      Effect.gen(function* () {
        const found = yield* JournalConformance.violations(broken(change))
        assert.deepStrictEqual(
          found.map(({ rule }) => rule),
          expected
        )
        for (const { detail } of found) assert.isNotEmpty(detail)
      })
    )
  }
})

describe("a rule that is broken is told:", () => {
  for (const { name } of JournalConformance.rules) {
    it.effect(name, () =>
      Effect.gen(function* () {
        const change = ruleBreaks[name]
        assert.isDefined(change, "no journal breaks it")
        const { journal } = broken(change!)
        const found = yield* JournalConformance.violations({ journal }, [name])
        assert.deepStrictEqual(
          found.map(({ rule }) => rule),
          [name]
        )
      })
    )
  }
})

describe("a part that is skipped", () => {
  it.effect("though it is there is told", () =>
    Effect.gen(function* () {
      const found = yield* JournalConformance.violations({
        ...broken(() => ({})),
        skip: { access: "it is in memory", durability: "so they say" }
      })
      assert.deepStrictEqual(
        found.map(({ rule }) => rule),
        ["without-durability"]
      )
      assert.include(found[0]?.detail, "take that out of what is skipped")
    })
  )
})
