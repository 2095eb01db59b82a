import { describe, it } from "@effect/vitest"
import { MetricsConformance } from "../src/index.ts"
import { breaks, right } from "./BrokenMetrics.ts"
import { provesEachRule } from "./provesEachRule.ts"

MetricsConformance.suite({ ...right, name: "a metric exporter to memory" })

describe("a metric exporter that", () => {
  provesEachRule(MetricsConformance, breaks, it.live)
})
