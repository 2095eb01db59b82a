import type { TrackingEvent } from "@dlrkit/core"
import { assert, describe, it } from "@effect/vitest"
import * as EventTail from "../src/EventTail.ts"

const events = (from: number, to: number): ReadonlyArray<TrackingEvent.TrackingEvent> =>
  Array.from({ length: to - from + 1 }, (_, i) => ({
    v: 1,
    id: `j-${from + i}`,
    seq: from + i,
    at: "2026-01-01T00:00:00.000Z",
    run: 1,
    actor: "a",
    kind: "run.started",
    command: "test",
    version: "0"
  }))

describe("the newest events", () => {
  it("are given to a consumer that keeps up, and no others", () => {
    const tail = EventTail.make(10)
    assert.isUndefined(tail.after(0, 5))
    tail.push(events(1, 4))
    tail.push(events(5, 6))
    assert.deepStrictEqual(tail.after(0, 100), events(1, 6))
    assert.deepStrictEqual(tail.after(4, 1), events(5, 5))
    assert.isUndefined(tail.after(6, 100), "what may stand in the store after them is not known here")
  })

  it("begin anew where another process has written in between", () => {
    const tail = EventTail.make(10)
    tail.push(events(1, 4))
    tail.push(events(7, 8))
    assert.isUndefined(tail.after(3, 10))
    assert.isUndefined(tail.after(4, 10))
    assert.deepStrictEqual(tail.after(6, 10), events(7, 8))
  })

  it("are no more than twice as many as asked for", () => {
    const tail = EventTail.make(10)
    for (let seq = 1; seq <= 1000; seq++) tail.push(events(seq, seq))
    assert.isUndefined(tail.after(900, 10))
    assert.deepStrictEqual(tail.after(995, 10), events(996, 1000))
  })
})
