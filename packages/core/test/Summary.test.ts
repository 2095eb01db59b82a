import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import type { Total } from "../src/JournalStore.ts"
import { Resolution, Status } from "../src/Message.ts"
import { fromTotals } from "../src/Summary.ts"
import { Cause, causes } from "../src/Taxonomy.ts"

const total = (changes: Partial<Total> = {}): Total => ({
  carrier: "acme",
  status: "sent",
  resolution: undefined,
  category: undefined,
  cause: undefined,
  missing: false,
  late: false,
  contradicted: false,
  count: 1,
  ...changes
})

const failed = (cause: Cause, count: number, carrier = "acme") =>
  total({ carrier, status: "failed", resolution: "failed", cause, category: causes[cause].category, count })

describe("a summary", () => {
  it("of nothing is nothing", () => {
    assert.deepStrictEqual(fromTotals([]), {
      registered: 0,
      delivered: 0,
      failed: 0,
      unconfirmed: 0,
      pending: 0,
      missing: 0,
      late: 0,
      contradicted: 0,
      byCategory: {},
      byCause: {},
      byCarrier: {}
    })
  })

  it("counts each message once, by how it ended, and failures by why", () => {
    const summary = fromTotals([
      total({ carrier: "zeta", status: "delivered", resolution: "delivered", count: 5 }),
      failed("opted_out", 2),
      failed("expired", 1),
      failed("network_failure", 4, "zeta"),
      total({ count: 3 }),
      total({ status: "pending", missing: true, count: 2 }),
      total({ resolution: "unconfirmed", missing: true }),
      total({ resolution: "unconfirmed" }),
      total({ carrier: "zeta", status: "delivered", resolution: "delivered", late: true, contradicted: true, count: 2 })
    ])
    assert.deepStrictEqual(summary, {
      registered: 21,
      delivered: 7,
      failed: 7,
      unconfirmed: 2,
      pending: 5,
      missing: 3,
      late: 2,
      contradicted: 2,
      byCategory: { permanent_block: 2, temporary_network: 5 },
      byCause: { expired: 1, network_failure: 4, opted_out: 2 },
      byCarrier: {
        acme: { registered: 10, delivered: 0, failed: 3, unconfirmed: 2, pending: 5 },
        zeta: { registered: 11, delivered: 7, failed: 4, unconfirmed: 0, pending: 0 }
      }
    })
    assert.deepStrictEqual(Object.keys(summary.byCause), ["expired", "network_failure", "opted_out"])
    assert.deepStrictEqual(Object.keys(summary.byCarrier), ["acme", "zeta"])
  })

  it("counts a carrier with an odd name like any other", () => {
    const { byCarrier } = fromTotals([total({ carrier: "__proto__" }), total({ carrier: "constructor" })])
    assert.deepStrictEqual(Object.keys(byCarrier), ["__proto__", "constructor"])
  })

  it.prop(
    "adds up, whatever is counted",
    {
      totals: Schema.Array(
        Schema.Struct({
          carrier: Schema.Literals(["a", "b", "c"]),
          status: Status,
          resolution: Schema.UndefinedOr(Resolution),
          cause: Cause,
          missing: Schema.Boolean,
          late: Schema.Boolean,
          contradicted: Schema.Boolean,
          count: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1000 }))
        })
      )
    },
    ({ totals }) => {
      const given = totals.map(
        ({ cause, ...rest }): Total =>
          rest.resolution === "failed"
            ? { ...rest, cause, category: causes[cause].category }
            : { ...rest, cause: undefined, category: undefined }
      )
      const { byCarrier, byCategory, byCause, ...all } = fromTotals(given)
      const sum = (counts: Iterable<number>) => Array.from(counts).reduce((a, b) => a + b, 0)
      assert.strictEqual(all.registered, sum(given.map(({ count }) => count)))
      assert.strictEqual(all.registered, all.delivered + all.failed + all.unconfirmed + all.pending)
      for (const key of ["registered", "delivered", "failed", "unconfirmed", "pending"] as const) {
        assert.strictEqual(all[key], sum(Object.values(byCarrier).map((counts) => counts[key])))
      }
      assert.strictEqual(all.failed, sum(Object.values(byCause)))
      assert.strictEqual(all.failed, sum(Object.values(byCategory)))
    }
  )
})
