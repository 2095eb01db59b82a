import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { MetricsConformance } from "@dlrkit/testkit"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { onTestFinished } from "vitest"
import { metrics } from "../src/index.ts"

MetricsConformance.suite({
  make: () => {
    const folder = mkdtempSync(join(tmpdir(), "metrics-"))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const file = join(folder, "dlrkit.prom")
    const read = () => (existsSync(file) ? readFileSync(file, "utf8") : "")
    return {
      metrics: metrics({ file }),
      // Time is virtual, and passes when it is told to.
      read: Effect.map(TestClock.adjust("10 seconds"), read)
    }
  }
})
