import { defineAuditSink } from "@dlrkit/core"
import { describe, it } from "@effect/vitest"
import { AuditSinkConformance } from "../src/index.ts"
import { breaks, right } from "./BrokenSinks.ts"
import { provesEachRule } from "./provesEachRule.ts"

AuditSinkConformance.suite({ ...right, name: "a sink in memory" })

AuditSinkConformance.suite({
  name: "a sink of plain functions",
  make: () => {
    const ids: Array<string> = []
    const write = async (batch: ReadonlyArray<{ readonly id: string }>) => void ids.push(...batch.map(({ id }) => id))
    return { sink: defineAuditSink({ name: "plain", write }), read: async () => ids }
  }
})

describe("a sink that", () => {
  provesEachRule(AuditSinkConformance, breaks, it.live)
})
