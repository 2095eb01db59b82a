import { assert, describe, it } from "@effect/vitest"
import { cases } from "./Cases.ts"
import { meaning } from "./Providers.ts"

describe("the cases", () => {
  it.each(cases.map((one) => [one.profile ?? "no profile", one.id, one] as const))("%s: %s", (_, __, one) =>
    assert.strictEqual(meaning(one.profile, one.payload, one.previous), one.means)
  )
})
