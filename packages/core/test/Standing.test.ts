import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import type { State } from "../src/DeliveryReceipt.ts"
import type { TrackedMessage } from "../src/Message.ts"
import * as Standing from "../src/Standing.ts"
import * as StateMachine from "../src/StateMachine.ts"
import { meaning, message, receipt } from "./Samples.ts"

const Said = Schema.Literals(["in_progress", "delivered", "failed", "unconfirmed", "ignore", "nothing known"])

/** A receipt that says a state, as a source reads it. */
const words: Readonly<Record<string, string>> = { in_progress: "sent", delivered: "delivered", failed: "failed" }

/** Where a message of the journal stands. */
const standingOf = ({ resolution, seenAt, status }: TrackedMessage): State | undefined =>
  resolution ?? (status === "pending" && seenAt === undefined ? undefined : "in_progress")

describe("where a message stands", () => {
  it.prop(
    "is what the journal's state machine makes of the same receipts",
    { words: Schema.Array(Said) },
    ({ words: told }) => {
      const said = told.map((state) => (state === "nothing known" ? undefined : state))
      let tracked = message()
      for (const [at, state] of said.entries()) {
        const one = receipt(words[state ?? ""] ?? "what", { code: state === "failed" ? "X-1" : undefined })
        tracked = StateMachine.applyReceipt(tracked, one, meaning(one, { state }), at + 1).message
      }
      assert.strictEqual(Standing.of(said), standingOf(tracked), told.join(", "))
    },
    { arbitrary: { runs: 1000, seed: "dlrkit" } }
  )
})
