import { JournalStoreMemory } from "@dlrkit/core"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { JournalConformance } from "../src/index.ts"
import { breaks, broken } from "./BrokenJournals.ts"

JournalConformance.suite("the journal in memory", {
  journal: Effect.succeed(JournalStoreMemory.layer),
  lacks: { durability: "nothing survives its scope", access: "whoever opens it has another one" }
})

describe("a journal of which is known that", () => {
  for (const [name, [change, expected]] of Object.entries(breaks)) {
    it.effect(name, () =>
      Effect.gen(function* () {
        const found = yield* JournalConformance.violations(broken(change))
        assert.deepStrictEqual(
          found.map(({ check }) => check),
          expected
        )
        for (const { detail } of found) assert.isNotEmpty(detail)
      })
    )
  }
})

describe("a lack", () => {
  it.effect("that is none is told", () =>
    Effect.gen(function* () {
      const found = yield* JournalConformance.violations({
        ...broken(() => ({})),
        lacks: { access: "it is in memory", durability: "so they say" }
      })
      assert.deepStrictEqual(
        found.map(({ check }) => check),
        ["does without durability: so they say"]
      )
      assert.include(found[0]?.detail, "take that out of what it lacks")
    })
  )
})
