import { assert, it } from "@effect/vitest"
import * as RunTally from "../src/RunTally.ts"
import { message } from "./Samples.ts"

it("counts the messages of its run by how they ended, and leaves those of others", () => {
  const tally = RunTally.make(1)
  const [pending, delivered, failed] = [
    message(),
    message({ resolution: "delivered" }),
    message({ resolution: "failed" })
  ] as const
  tally.note([
    { before: undefined, after: pending },
    { before: undefined, after: pending },
    { before: undefined, after: failed },
    { before: undefined, after: message({ run: 2 }) }
  ])
  assert.deepStrictEqual(tally.counts(), { registered: 3, delivered: 0, failed: 1, unconfirmed: 0, pending: 2 })
  tally.note([
    { before: pending, after: delivered },
    { before: pending, after: undefined }
  ])
  assert.deepStrictEqual(tally.counts(), { registered: 2, delivered: 1, failed: 1, unconfirmed: 0, pending: 0 })
})
