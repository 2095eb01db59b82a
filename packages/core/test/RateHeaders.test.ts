import { assert, describe, it } from "@effect/vitest"
import * as Headers from "effect/http/Headers"
import * as RateHeaders from "../src/RateHeaders.ts"

const read = (allowed?: string, count?: string, reset?: string) =>
  RateHeaders.read(
    Headers.fromInput({
      ...(allowed === undefined ? {} : { "ININ-RateLimit-Allowed": allowed }),
      ...(count === undefined ? {} : { "inin-ratelimit-count": count }),
      ...(reset === undefined ? {} : { "inin-ratelimit-reset": reset })
    })
  )

describe("the headers of an answer", () => {
  it("tell the limit, what is used of it, and how long its window still lasts", () => {
    assert.deepStrictEqual(read("180", "1", "61"), { allowed: 180, count: 1, reset: 61_000 })
    assert.deepStrictEqual(read("300"), { allowed: 300 })
  })

  it("tell nothing where they are missing, bad or absurd", () => {
    assert.deepStrictEqual(read(), {})
    for (const bad of ["", " ", "-1", "0", "NaN", "many", "1e9", "3.5", "999999999", "9".repeat(30), "300, 300"]) {
      assert.deepStrictEqual(read(bad), {}, bad)
    }
    for (const bad of ["0", "-5", "x", "100000", ""]) assert.deepStrictEqual(read("300", "10", bad), { allowed: 300 })
    assert.deepStrictEqual(read("300", "10"), { allowed: 300 })
    assert.deepStrictEqual(read("300", undefined, "10"), { allowed: 300 })
  })
})
