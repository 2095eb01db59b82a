import { AuditSinkConformance } from "@dlrkit/testkit"
import { onTestFinished } from "vitest"
import { sink } from "../src/index.ts"
import { receiver } from "./Receiver.ts"

AuditSinkConformance.suite({
  make: async () => {
    const { close, fail, kept, url } = await receiver()
    onTestFinished(close)
    return {
      sink: sink({ url }),
      read: () => kept,
      faults: {
        begin: { refuse: () => fail("refuse"), stall: () => fail("stall") },
        end: () => fail(undefined)
      }
    }
  }
})
