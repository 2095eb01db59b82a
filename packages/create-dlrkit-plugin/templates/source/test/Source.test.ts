import { Journal, JournalStoreMemory } from "@dlrkit/core"
import { createTracker } from "@dlrkit/core/node"
import { SourceConformance } from "@dlrkit/testkit"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { expect, onTestFinished, test } from "vitest"
import { source } from "../src/index.ts"
import { platform } from "./Platform.ts"

SourceConformance.suite({
  make: async () => {
    const { close, fail, url } = await platform({ a: { state: "DELIVERED" }, b: { state: "FAILED", error: "17" } })
    onTestFinished(close)
    const made = source({ url, token: "t0ken-5", requestsPerMinute: 60_000 })
    return {
      // A source records its requests in a journal.
      source: Effect.provide(made, Layer.provide(Journal.layer, JournalStoreMemory.layer)),
      known: [{ messageId: "a" }, { messageId: "b" }],
      unknown: { messageId: "c" },
      faults: {
        begin: {
          junk: () => fail("junk"),
          unavailable: () => fail("unavailable"),
          refused: () => fail("refused"),
          stall: () => fail("stall")
        },
        end: () => fail(undefined)
      }
    }
  }
})

/** A tracker over a platform that has these receipts. */
const tracked = async (receipts: Parameters<typeof platform>[0]) => {
  const far = await platform(receipts)
  const tracker = createTracker({
    sources: [source({ url: far.url, token: "t0ken-5", requestsPerMinute: 60_000 })],
    journal: JournalStoreMemory.layer
  })
  onTestFinished(async () => {
    await tracker.close()
    far.close()
  })
  return { ...far, tracker }
}

test("reads receipts, many with one request", async () => {
  const { asked, tracker } = await tracked({ a: { state: "DELIVERED" }, b: { state: "FAILED", error: "17" } })
  await tracker.register([{ messageId: "a" }, { messageId: "b" }, { messageId: "c" }])
  const { summary } = await tracker.run({ once: true })
  expect(summary).toMatchObject({ delivered: 1, failed: 1, pending: 1, missing: 1 })
  expect(asked).toEqual([["a", "b", "c"]])
})

test("ends the run where it is refused, and keeps the token to itself", async () => {
  const { answers, tracker } = await tracked({})
  answers.push({ status: 401 })
  await tracker.register([{ messageId: "a" }])
  await expect(tracker.run()).rejects.toThrow(/^127\.0\.0\.1:\d+ refuses the credentials \(401: no access\)/)
  for await (const event of tracker.events()) {
    expect(JSON.stringify(event)).not.toContain("t0ken-5")
    if (event.kind === "run.stopped") break
  }
})

test("keeps the pause that it is asked for", async () => {
  const { answers, asked, tracker } = await tracked({ a: { state: "DELIVERED" } })
  answers.push({ status: 429, headers: { "retry-after": "0" } })
  await tracker.register([{ messageId: "a" }])
  expect((await tracker.run({ once: true })).summary).toMatchObject({ delivered: 1 })
  expect(asked).toHaveLength(2)
})
