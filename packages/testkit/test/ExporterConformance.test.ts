import { describe, it } from "@effect/vitest"
import { ExporterConformance } from "../src/index.ts"
import { breaks, right } from "./BrokenExporters.ts"
import { provesEachRule } from "./provesEachRule.ts"

ExporterConformance.suite({ ...right, name: "an exporter to memory" })

describe("an exporter that", () => {
  provesEachRule(ExporterConformance, breaks, it.live)
})
