import { describe, it } from "@effect/vitest"
import { SourceConformance } from "../src/index.ts"
import { breaks, right } from "./BrokenSources.ts"
import { provesEachRule } from "./provesEachRule.ts"

SourceConformance.suite({ ...right, name: "a source of memory" })

describe("a source that", () => {
  provesEachRule(SourceConformance, breaks, it.live)
})
